"""Several explanations fit a payment alike: what tells them apart, and whom to ask."""

from collections.abc import Sequence

from payymo_core.bearers import PayerLevel
from payymo_core.circumstances import Circumstances
from payymo_core.comparison import TextLevel
from payymo_core.money import written
from payymo_core.naming import (
    added_up,
    called_apart,
    day_of,
    listed,
    owner,
    payer,
    payment,
    told_together,
)
from payymo_core.records import Invoice
from payymo_core.scoring import Kind


def which_of_several(case: Circumstances) -> str:
    """What fits as well as the proposal: other invoices, other payments, or both."""
    if case.rivals and case.claims:
        others = _others(case)
        fit = "fits" if len(others) == 1 else "fit"
        return (
            f"{_which_invoice(case)} {listed(others)} {fit} as well. Ask the payer "
            "which payment is for which."
        )
    if case.rivals:
        return f"{_which_invoice(case)} {_question(case)}"
    if case.claims:
        return which_payment(case)
    return (
        f"What fits best is {case.contest.named(case.best)}, but so many payments and "
        "invoices fit one another that no choice is sure. Ask the payer for the number "
        "of the invoice."
    )


def which_payment(case: Circumstances) -> str:
    """Other payments that claim the same invoices."""
    wanted = told_together(case.bills)
    payments = listed([payment(case.record), *_others(case)])
    return (
        f"{payments} may each pay {wanted}. Ask the payer which of them is for "
        "something else."
    )


def _others(case: Circumstances) -> list[str]:
    return [payment(case.contest.transaction(claim)) for claim in case.claims]


def _which_invoice(case: Circumstances) -> str:
    """Other invoices explain the payment about as well."""
    options = [case.best, *case.rivals]
    says = _text_says(case, options)
    if {case.kind(option) for option in options} != {Kind.FULL}:
        return f"{_ways(case, options)}; {says}."
    bills = [bill for option in options for bill in case.contest.bills(option)]
    one = len(case.customers(options)) == 1
    lines = [
        " ".join(filter(None, (name, "" if one else _of_owner(bill), day_of(bill))))
        for name, bill in zip(called_apart(bills), bills, strict=True)
    ]
    customer = bills[0].customer
    whose = f" for {owner(customer)}" if one and customer else ""
    count = _COUNTS.get(len(bills), str(len(bills)))
    what = "invoices" if bills[0].outstanding > 0 else "credit notes"
    amount = written(bills[0].outstanding, bills[0].currency)
    return f"{count} {what} of {amount} are open{whose}: {listed(lines)}; {says}."


_COUNTS = {2: "Two", 3: "Three", 4: "Four"}


def _of_owner(invoice: Invoice) -> str:
    return f"of {owner(invoice.customer)}" if invoice.customer else ""


def _ways(case: Circumstances, options: Sequence[int]) -> str:
    """Explanations of any kind; what sets have in common is said once."""
    kinds = [case.kind(option) for option in options]
    held = [case.contest.bills(option) for option in options]
    common = [bill for bill in held[0] if all(bill in bills for bills in held)]
    rest = [[bill for bill in bills if bill not in common] for bills in held]
    if set(kinds) == {Kind.SEVERAL} and common:
        either = listed([added_up(bills) for bills in rest], "or")
        return f"Together with {added_up(common)} it may pay {either}"
    ways = [
        _WAYS.get(kind, "{}").format(told_together(bills))
        for kind, bills in zip(kinds, held, strict=True)
    ]
    return f"It may pay {listed(ways, 'or')}"


_WAYS = {
    Kind.PART: "a part of {}",
    Kind.SHORT: "{} short by a fee",
    Kind.OVER: "{} and more",
    Kind.TWICE: "{} twice",
}


_SAYS = {
    TextLevel.EMPTY: "there is no text",
    TextLevel.WORDS_ONLY: "the text has no number in it",
    TextLevel.OTHER_NUMBERS: "the numbers in the text are none of theirs",
    TextLevel.OTHER_INVOICE: "the text names another invoice",
    TextLevel.UNKNOWN_REFERENCE: "the text names what is not in the ledger",
}


def _text_says(case: Circumstances, options: Sequence[int]) -> str:
    named = [option for option in options if case.named(option)]
    if not named:
        return _SAYS[case.said()]
    if len(named) == len(options):
        return "the text names each of them"
    names = listed([added_up(case.contest.bills(option)) for option in named])
    return f"the text names {names}"


def _question(case: Circumstances) -> str:
    who = payer(case.record)
    strange = case.payer_level() >= PayerLevel.SHARED_WORD
    if who and strange and len(case.customers([case.best, *case.rivals])) > 1:
        return (
            f"Find out for whom {who} pays, and add {known_by(case)} to that customer."
        )
    return "Ask the payer which it is for."


def known_by(case: Circumstances) -> str:
    """What a payer would be known by from now on, once its customer has it."""
    other = case.record.counterparty
    if other is not None and (other.iban or other.account):
        return "the IBAN" if other.iban else "the account"
    return "the name"
