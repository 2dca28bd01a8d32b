"""Money that is no customer's payment: how likely it looks like this."""

from collections.abc import Iterator, Mapping
from functools import lru_cache

from benchmarks.judge.days import stray_day_chance
from benchmarks.judge.made_names import company_chance, person_chance
from benchmarks.judge.outcomes import WILDCARD, density, wild
from benchmarks.judge.payers import fits_country
from benchmarks.judge.rates import Rates, shares
from benchmarks.judge.sheets import Sheet
from benchmarks.judge.sums import PRICE_CHANCES, octave_chance
from benchmarks.world import words
from benchmarks.world.banks import folded
from benchmarks.world.mix import PayerForm
from benchmarks.world.names import COUNTRIES
from benchmarks.world.strays import INSTITUTIONS, STRAY_KINDS
from benchmarks.world.truth import Kind

_LENGTHS = tuple(range(4, 10))


def others_chance(sheet: Sheet, rates: Rates) -> float:
    """Expected number of such transactions from those whom the ledger does not know.

    Customers' own money of another sort is counted by customer, but for who pays
    under a stranger's name or none: that could be any of them.
    """
    if sheet.transaction.account is not None:
        return 0.0
    day = stray_day_chance(sheet.day)
    return rates.strays * day * (sum(_institutions(sheet)) + _passers_by(sheet, rates))


def _institutions(sheet: Sheet) -> Iterator[float]:
    if sheet.account or sheet.transaction.currency != "EUR":
        return
    kinds = shares(STRAY_KINDS)
    for kind, looks in INSTITUTIONS.items():
        edges = (5, 10) if kind is Kind.INTEREST else (13, 21)
        amount = octave_chance(*edges, sheet.amount)
        for name, text in looks:
            shown = [(name or None) == sheet.name, folded(name) == (sheet.name or "")]
            if any(shown):
                chance = _reads(text, sheet) * sum(shown) / 2
                yield kinds[kind] / len(looks) * chance * amount


def _passers_by(sheet: Sheet, rates: Rates) -> float:
    kinds, mix = shares(STRAY_KINDS), rates.mix
    amount = PRICE_CHANCES[rates.regime](sheet.amount)
    text = unrelated_text_chance(sheet)
    if not (text and amount):
        return 0.0
    fresh = any_customer = 0.0
    for country, share in shares(mix.countries).items():
        land = COUNTRIES[country]
        if land.currency != sheet.transaction.currency:
            continue
        has_iban = bool(land.bank)
        if sheet.name and has_iban == bool(sheet.account):
            fits = not sheet.account or fits_country(sheet.account, country)
            fresh += share * fits * person_chance(sheet.name)
        any_customer += share * _nameless(sheet, country, rates)
    return kinds[Kind.UNRELATED] * amount * text * 0.5 * (fresh + any_customer)


def _nameless(sheet: Sheet, country: str, rates: Rates) -> float:
    """A customer of this country, but nothing says which."""
    forms = shares(rates.mix.payers)
    if sheet.name is None:
        if sheet.account is None:
            return forms[PayerForm.MISSING] * 0.15
        fits = fits_country(sheet.account, country)
        return forms[PayerForm.MISSING] * 0.85 * fits * (1 - rates.mix.iban_known)
    if sheet.account:
        return 0.0
    person = person_chance(sheet.name)
    company = company_chance(sheet.name, country)
    stranger = 0.4 * person + 0.6 * (0.3 * person + 0.7 * company)
    return forms[PayerForm.STRANGER] * stranger


def unrelated_text_chance(sheet: Sheet) -> float:
    """Probability of the text on money of another sort."""
    texts = words.UNRELATED
    return sum(_reads(text, sheet) for text in texts) / len(texts)


def _reads(template: str, sheet: Sheet) -> float:
    """Probability that a template is filled in to what is seen."""
    month = f"{sheet.day:%m/%Y}"
    return sum(
        share * density(text) * bool(wild(text).fullmatch(sheet.text))
        for text, share in _filled(template, month).items()
    )


@lru_cache(maxsize=1 << 10)
def _filled(template: str, month: str) -> Mapping[str, float]:
    if "{digits}" not in template:
        return {template.format(month=month): 1.0}
    return {
        template.format(digits=WILDCARD * count, month=month): 1 / len(_LENGTHS)
        for count in _LENGTHS
    }
