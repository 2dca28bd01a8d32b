"""How likely a bank shows just this payer for a customer, by the customer's form."""

from collections import defaultdict
from collections.abc import Sequence

import numpy as np
from attrs import frozen
from numpy.typing import NDArray

from benchmarks.judge.debtors import Debtor, legal_form
from benchmarks.judge.made_names import (
    company_chance,
    first_name_chance,
    person_chance,
)
from benchmarks.judge.outcomes import outcomes
from benchmarks.world.banks import printed_name
from benchmarks.world.mix import Mix, PayerForm
from benchmarks.world.names import COUNTRIES
from payymo_core.records import Counterparty

Vector = NDArray[np.float64]

FORMS = tuple(PayerForm)
_STRANGER, _MISSING = (
    FORMS.index(PayerForm.STRANGER),
    FORMS.index(PayerForm.MISSING),
)
_SHOWN = 0.85
_CONTACT = 0.2
_USUAL = 0.9


@frozen
class PrintedNames:
    """How each customer's name may be printed.

    Attributes:
        of: By debtor: printed name to a vector by form.
        whose: By printed name: the debtors that it may be.
    """

    of: Sequence[dict[str, Vector]]
    whose: dict[str, list[int]]


def printed_names(debtors: Sequence[Debtor]) -> PrintedNames:
    """All printed names of all customers."""
    of = [_printed(debtor) for debtor in debtors]
    whose: dict[str, list[int]] = defaultdict(list)
    for place, printed in enumerate(of):
        for name in printed:
            whose[name].append(place)
    return PrintedNames(of, dict(whose))


def _printed(debtor: Debtor) -> dict[str, Vector]:
    customer = debtor.customer
    shares = {customer.company or customer.name or "": 1.0}
    if customer.company and customer.name:
        shares = {customer.company: 1 - _CONTACT, customer.name: _CONTACT}
    found: dict[str, Vector] = {}
    for place, form in enumerate(FORMS):
        if place in (_STRANGER, _MISSING):
            continue
        for name, share in shares.items():
            for text, chance in _forms_of(name, form).items():
                row = found.setdefault(text, np.zeros(len(FORMS)))
                row[place] += share * chance
    return found


def _forms_of(name: str, form: PayerForm) -> dict[str, float]:
    return outcomes(lambda dice: printed_name(name, form, dice))


def account_of(shown: Counterparty | None) -> str | None:
    """The payer's account, IBAN or not."""
    return (shown.iban or shown.account) if shown else None


def digits_of(account: str) -> int:
    """How many free characters an account has; its probability is ten to minus that."""
    country = account[:2]
    if country not in COUNTRIES:
        return len(account)
    # The bank of a Belgian account is given, and its last two are check digits.
    return 7 if country == "BE" else len(account) - 4


@frozen
class PayerChances:
    """Likelihood of the payer shown.

    Attributes:
        by_form: By the customer's form.
        stranger: Of the name as a stranger's; part of ``by_form`` already.
        own: Whether the name may be the customer's own.
        account: Log of the likelihood of the account, its digits aside; the digits of
            a known one are a certainty that others lack.
    """

    by_form: Vector
    stranger: float
    own: bool
    account: float


CERTAIN = PayerChances(np.ones(len(FORMS)), 0.0, own=True, account=0.0)
"""Of a payer whose name is accounted for elsewhere."""


def payer_chances(
    shown: Counterparty | None, debtor: Debtor, names: PrintedNames, mix: Mix
) -> PayerChances | None:
    """How likely this customer is shown so; None if it never is."""
    account, name = account_of(shown), shown.name if shown else None
    log_account = account_chance(account, debtor)
    if log_account is None:
        return None
    seen = np.zeros(len(FORMS))
    stranger = 0.0
    own = name is None
    if name is None:
        seen[_MISSING] = _SHOWN if account else 1 - _SHOWN
    else:
        printed = names.of[debtor.place].get(name)
        if printed is not None:
            own = True
            seen += printed * (_SHOWN if account else 1 - _SHOWN)
        if account is None:
            stranger = stranger_chance(name, debtor)
            seen[_STRANGER] += stranger
    if not seen.any():
        return None
    shares = shares_of(mix)
    return PayerChances(
        _USUAL * seen + (1 - _USUAL) * float(seen @ shares),
        stranger,
        own,
        log_account,
    )


def account_chance(account: str | None, debtor: Debtor) -> float | None:
    """Log likelihood of an account, but for its digits; None if never this one's."""
    if account is None:
        return 0.0
    known = debtor.known_account
    if known:
        return digits_of(account) * np.log(10) if account == known else None
    of_country = sum(
        chance
        for country, chance in debtor.countries.items()
        if fits_country(account, country)
    )
    return float(np.log(of_country)) if of_country else None


def fits_country(account: str, country: str) -> bool:
    """Whether an account of this form is of the country."""
    if COUNTRIES[country].bank:
        return account.startswith(country)
    return account.isdigit()


def shares_of(mix: Mix) -> Vector:
    """Share of each form among payers."""
    edges = (0.0, *mix.payers.edges)
    shares = dict(zip(mix.payers.values, np.diff(edges).tolist(), strict=True))
    return np.array([shares.get(form, 0.0) for form in FORMS])


def stranger_chance(name: str, debtor: Debtor) -> float:
    """Probability of the name of who else pays for a customer."""
    first, _, last = name.partition(" ")
    customer = debtor.customer
    contact = customer.name or ""
    if customer.company is None and legal_form(contact):
        # Whose contact the ledger does not show.
        family = person_chance(name)
    else:
        own = contact.rsplit(maxsplit=1)[-1] == last
        family = first_name_chance(first) if own else 0.0
    company = sum(
        chance * company_chance(name, country)
        for country, chance in debtor.countries.items()
    )
    return 0.4 * family + 0.6 * (0.3 * person_chance(name) + 0.7 * company)
