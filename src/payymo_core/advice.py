"""The one thing that would settle a transaction that is not matched."""

from collections.abc import Callable, Mapping
from datetime import date

from attrs import frozen

from payymo_core.ambiguity import known_by, which_of_several, which_payment
from payymo_core.bearers import PayerLevel
from payymo_core.circumstances import LIKELY, Circumstances
from payymo_core.matching import MatchResult
from payymo_core.money import from_minor, to_minor, written
from payymo_core.naming import (
    added_up,
    called,
    day_of,
    listed,
    owner,
    payer,
    payment,
    shortened,
    texts,
    told,
    told_together,
)
from payymo_core.records import Customer, InvoiceStatus
from payymo_core.results import Outcome, Reason
from payymo_core.scoring import Kind
from payymo_core.wording import sentence


@frozen
class Advice:
    """What would settle a transaction.

    Attributes:
        reason: Of the reasons why it is not a match, the one to clear up first.
        sentence: What is known of it, with the records concerned, and what to do.
    """

    reason: Reason
    sentence: str


def what_would_settle(result: MatchResult, transaction: str) -> Advice | None:
    """Say what a person would have to know to decide about a transaction.

    Returns:
        The one thing to clear up first; None for a match.

    Raises:
        KeyError: No usable transaction has this id.
    """
    match = result.of(transaction)
    if match.outcome is Outcome.MATCH:
        return None
    case = Circumstances(result.run, result.row_of(transaction))
    reasons = [reason for reason in ADVISERS if reason in match.reasons]
    said = ((reason, ADVISERS[reason](case)) for reason in reasons)
    reason, words = next((one for one in said if one[1]), (reasons[0], _weak(case)))
    return Advice(reason, words)


# --- what no question can settle ------------------------------------------------------


def _pending(_: Circumstances) -> str:
    return "The bank has not booked it yet: match it again when it has."


def _outgoing(_: Circumstances) -> str:
    return "The money went out, and no open credit note explains it."


def _rejected(case: Circumstances) -> str:
    """What was rejected for it, and what is left."""
    rejected = case.rejected()
    if [] in rejected:
        fact = "A reviewer said that it pays nothing that is open"
        return f"{fact}. Ask the payer what it is for, or pay it back."
    sets = listed([told_together(bills) for bills in rejected])
    fact = f"A reviewer rejected {sets} for it"
    if not case.offered:
        return f"{fact}, and nothing else that is open fits. {_who(case)}"
    left = told_together(case.bills)
    return f"{fact}; what fits next is {left}. Ask the payer whether it is for that."


# --- the invoice is another, or not to be paid any more -------------------------------


def _repeated(case: Circumstances) -> str:
    if case.contest.alone[case.best] < LIKELY:
        return ""  # it would not pay what another pays, whatever became of that
    before = case.contest.paid_before(case.row)
    claims = case.contest.claims(case.best) if before is None else [before]
    of = case.run.confidence.of
    if claims and of[claims[0]] * LIKELY > case.confidence:
        pays = "pays {}" if before is None else "has paid {} already"
        paid = pays.format(told_together(case.contest.bills(claims[0])))
        first = payment(case.contest.transaction(claims[0]))
        return (
            f"{first} {paid} ({case.contest.likely(claims[0])}). Ask the payer what "
            "this one is for, or pay it back."
        )
    return which_payment(case) if case.claims else ""


def _closed(case: Circumstances) -> str:
    closed = case.closed()
    [invoice] = case.contest.bills(closed)
    amount = invoice.outstanding if invoice.total is None else invoice.total
    about = [written(amount, invoice.currency) if amount else "", day_of(invoice)]
    shown = f" ({', '.join(filter(None, about))})" if any(about) else ""
    status = f"which is {invoice.status}"
    if invoice.status is InvoiceStatus.OPEN:
        status = "on which nothing is outstanding"
    named = f"The text names {called(invoice)}{shown}, {status}"
    left = [told(item) for item in case.open_items(closed)]
    if not left:
        return f"{named}. Ask the payer what it is for, or pay it back."
    return (
        f"{named}; open for {owner(invoice.customer)}: {listed(left)}. Ask the payer "
        "which one it is for, or pay it back."
    )


def _currency(case: Circumstances) -> str:
    if case.offered and case.confidence > 0.5:
        return ""  # a number that stands in the text by chance, most likely
    paid = written(case.record.amount, case.record.currency)
    items = listed([told(invoice) for invoice in case.foreign_invoices()])
    return (
        f"The text names {items}; this is {paid}. Ask the bank what was converted, and "
        "settle it by hand."
    )


def _other_invoice(case: Circumstances) -> str:
    others = case.named_beside()
    said = "what looks like an invoice, and is none of the ledger"
    if others:
        said = listed([told(invoice) for invoice in others])
    return (
        f"The text names {said}, but what fits best is {case.contest.named(case.best)}."
        " Ask the payer which it is for."
    )


def _contrary(case: Circumstances) -> str:
    said = shortened(texts(case.record))
    return (
        f'The text "{said}" speaks of a refund, or of what is not paid; what fits best '
        f"is {case.contest.named(case.best)}. Ask the payer what it is for."
    )


# --- one fits, but not quite ----------------------------------------------------------


def _difference(case: Circumstances) -> str:
    stands, more, currency = _stands(case), case.more(), case.record.currency
    left = {to_minor(i.outstanding, currency): i for i in case.open_items(case.best)}
    if more in left:
        note = "credit note " if more < 0 else ""
        return (
            f"{stands}; {note}{told(left[more])} comes to just that. Ask the payer "
            "whether it is meant too."
        )
    gross = to_minor(case.record.gross, currency)
    if gross in left:
        return (
            f"{stands}; it would pay {told(left[gross])} in full. Ask the payer which "
            "it is for."
        )
    fee = case.record.fee
    if fee is not None and to_minor(fee, currency) == more:
        return f"{stands}: the fee. Ask the payer whether it was to be paid too."
    return f"{stands}. {_ASKED[case.kind(case.best)].format(_apart(case))}"


_ASKED = {
    Kind.PART: "Ask the payer whether the {} will follow.",
    Kind.SHORT: "Ask the bank whether it kept back the {}.",
    Kind.OVER: "Ask the payer what the {} are for.",
    Kind.TWICE: "Ask the payer what the other {} are for.",
}


def _stands(case: Circumstances) -> str:
    """How the money stands to what is outstanding on the one invoice proposed."""
    [invoice] = case.bills
    owed = written(invoice.outstanding, invoice.currency)
    paid = written(case.record.gross, invoice.currency)
    than = "more" if case.more() > 0 else "less"
    name = called(invoice)
    return f"{paid} is {_apart(case)} {than} than the {owed} outstanding on {name}"


def _apart(case: Circumstances) -> str:
    currency = case.record.currency
    return written(from_minor(abs(case.more()), currency), currency)


def _amount_only(case: Circumstances) -> str:
    who, [first, *_] = payer(case.record), case.bills
    number = " and a short number" if case.named(case.best) else ""
    only = f"Nothing but the amount{number} speaks for {told_together(case.bills)}"
    if not who:
        return f"{only}, and nothing says who paid. Ask the bank."
    if first.customer is None:
        return f"{only}. Ask {who}, or give the invoice its customer."
    return f"{only}. {_if_customer(case, first.customer)}"


def _if_customer(case: Circumstances, customer: Customer) -> str:
    who, whose = payer(case.record), owner(customer)
    known = f"customer {customer.id}"
    return f"If {who} pays for {whose}, add {known_by(case)} to {known}."


def _early(case: Circumstances) -> str:
    invoice = max(case.bills, key=lambda bill: (bill.issue_date or date.min, bill.id))
    day = case.record.booking_date or case.record.value_date
    return (
        f"It came on {day}, but {called(invoice)} was issued on {invoice.issue_date}. "
        "Ask the payer what it is for."
    )


def _stale(case: Circumstances) -> str:
    invoice, late = case.oldest()
    allowed = case.run.ruleset.dates.stale_after_days
    return (
        f"{told(invoice)} was {late:,} days past its day; the ruleset lets pass unseen "
        f"no more than {allowed:,} (dates.stale_after_days). See whether it is still "
        "owed."
    )


_POLICIES = {
    Kind.PART: ("part", "a part payment"),
    Kind.SHORT: ("short", "a payment short by a fee"),
    Kind.OVER: ("over", "an overpayment"),
    Kind.SEVERAL: ("several", "a payment of several invoices"),
}


def _policy(case: Circumstances) -> str:
    key, words = _POLICIES[case.kind(case.best)]
    several = key == "several"
    fact = f"It pays {added_up(case.bills)}" if several else _stands(case)
    wanted = f"the ruleset wants a person to see {words} (policies.{key})"
    if case.confidence < case.run.ruleset.thresholds.match:
        return f"{fact}, and {wanted}. {_missing(case)}"
    return f"{fact}. The evidence is enough, but {wanted}: confirm it."


def _weak(case: Circumstances) -> str:
    if case.best < 0:
        return _no_candidate(case)
    rows = [row for row in case.evidence() if row.rule != "prior"]
    worst = min(rows, key=lambda row: row.weight)
    against = f": {sentence(worst)}" if worst.weight <= -1 else ""
    names = case.contest.named(case.best)
    if case.offered:
        return f"The best fit is {names}, not a sure one{against}. {_missing(case)}"
    return f"Nothing open fits; the nearest is {names}{against}. {_who(case)}"


def _missing(case: Circumstances) -> str:
    """What would make the best explanation surer."""
    customer = case.bills[0].customer
    if case.payer_level() >= PayerLevel.SHARED_WORD and customer and payer(case.record):
        return _if_customer(case, customer)
    if len(case.bills) > 1:
        return "Ask the payer which invoices it is for."
    if not case.named(case.best):
        return "Ask the payer for the number of the invoice."
    return "Ask the payer what it is for."


def _no_candidate(case: Circumstances) -> str:
    return f"No open invoice agrees in reference, payer or amount. {_who(case)}"


def _who(case: Circumstances) -> str:
    """What is known of a payer of whom nothing open is paid."""
    who, known = payer(case.record), case.known_payers()
    if known:
        ids = listed([f"customer {c.id} ({owner(c)})" for c in known], "or")
        return f"The payer is {ids}: ask what it is for."
    if not who:
        return "Ask the bank who paid."
    return f"If {who} is a customer, add {known_by(case)} to that customer."


def _owes_the_same(case: Circumstances) -> str:
    best = case.contest.named(case.best)
    return (
        f"The text names {best}, which is another's, but the payer owes the same "
        "amount. Ask the payer which one it is for."
    )


def _sent_back(case: Circumstances) -> str:
    best = case.contest.named(case.best)
    return (
        "A debit of the same amount followed: a returned payment, it seems. See "
        f"whether {best} is open still, or again."
    )


ADVISERS: Mapping[Reason, Callable[[Circumstances], str]] = {
    Reason.PENDING: _pending,
    Reason.OUTGOING: _outgoing,
    Reason.REJECTED_BEFORE: _rejected,
    Reason.DUPLICATE_PAYMENT: _repeated,
    Reason.REFERENCE_OF_PAID_INVOICE: _closed,
    Reason.CURRENCY_DIFFERS: _currency,
    Reason.SENT_BACK: _sent_back,
    Reason.PAYER_OWES_THE_SAME: _owes_the_same,
    Reason.AMBIGUOUS: which_of_several,
    Reason.CONTRARY_WORDS: _contrary,
    Reason.OTHER_INVOICE_NAMED: _other_invoice,
    Reason.AMOUNT_ONLY: _amount_only,
    Reason.BEFORE_ISSUE: _early,
    Reason.TOO_OLD: _stale,
    Reason.REVIEW_BY_POLICY: _policy,
    Reason.AMOUNT_DIFFERS: _difference,
    Reason.LOW_CONFIDENCE: _weak,
    Reason.NO_CANDIDATE: _no_candidate,
}
"""What to say of each reason: the first of those that apply is the one to clear up."""
