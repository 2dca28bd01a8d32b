"""What a changed ledger looks up, against a ledger indexed anew: number by number."""

from collections.abc import Iterable
from datetime import date, timedelta
from decimal import Decimal
from random import Random

import numpy as np
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from payymo_core import Customer, Invoice, InvoiceStatus, Matcher
from payymo_core.columns import CURRENCIES
from payymo_core.keys import mix
from payymo_core.ledger import Ledger

CURRENCY = ("EUR", "GBP")
AMOUNTS = tuple(Decimal(n) for n in (10, 20, 30, -5))


def bills(dice: Random, ids: Iterable[int]) -> list[Invoice]:
    """Invoices with few amounts, days and customers between them."""
    people = [Customer(id=f"c{n}", name=f"Anna {n}") for n in range(9)]
    return [
        Invoice(
            id=f"{each}",
            number=f"INV-{dice.randrange(40):03d}",
            outstanding=dice.choice(AMOUNTS),
            total=dice.choice((None, Decimal(30))),
            currency=dice.choice(CURRENCY),
            issue_date=date(2026, 1, 1) + timedelta(dice.randrange(4)),
            creditor_reference=dice.choice((None, "RF18539007547034", "77")),
            customer=dice.choice((None, *people)),
        )
        for each in ids
    ]


def looked_up(ledger: Ledger) -> dict[str, object]:
    """All that a ledger says, whatever it calls its customers and forms."""
    customers, invoices = ledger.customers, ledger.invoices
    rows = np.arange(len(invoices))
    owner, currency = customers.of_invoice, invoices.currency
    number = customers.numbers(owner)
    forms = ledger.forms
    keys, form = forms.index.entries()
    said = zip(
        keys.tolist(),
        forms.invoices(form).tolist(),
        forms.rule.values[form].tolist(),
        forms.digits_only.values[form].tolist(),
        forms.atoms.values[form].tolist(),
        forms.bits.values[form].tolist(),
        strict=True,
    )
    of_customer = ledger.by_customer.probe(mix(number, currency), len(rows))[:2]
    of_amount = ledger.by_customer_amount.probe(
        mix(number, currency, invoices.outstanding), len(rows)
    )[:2]
    day = invoices.issued + 1
    near = ledger.near
    return {
        "columns": [
            column.tolist()
            for column in (invoices.outstanding, invoices.total, invoices.issued)
        ],
        "state": [invoices.is_open.tolist(), invoices.due.tolist(), currency.tolist()],
        "customers": [list(customers.ids), owner.tolist()],
        "forms": sorted(said),
        "written": [
            forms.references(n, rows).tolist() for n in range(len(forms.written))
        ],
        "amount": [part.tolist() for part in ledger.by_amount.entries()],
        "amounts": [part.tolist() for part in ledger.amounts.entries()],
        "near": [near.keys.whole().tolist(), near.rows(np.arange(len(near))).tolist()],
        "of customers": [part.tolist() for part in (*of_customer, *of_amount)],
        "days": [
            ledger.timing.issued.whole().tolist(),
            ledger.timing.expected.whole().tolist(),
        ],
        "items": ledger.customer_items.open_on(number, currency, day).tolist(),
        "debtors": ledger.debtors.open_items(rows).tolist(),
        "counts": [ledger.closed_count.tolist(), ledger.debtors.in_currency.tolist()],
        "shapes": [ledger.shapes.tolist(), forms.heads.tolist(), forms.longest],
        "formats": [ledger.formats.rows.tolist(), ledger.formats.used.tolist()],
        "texts": ledger.texts.letters.tobytes(),
        "in currencies": np.bincount(currency, minlength=len(CURRENCIES)).tolist(),
    }


def changed(
    matcher: Matcher, held: dict[str, Invoice], dice: Random, new: list[Invoice]
) -> tuple[Matcher, dict[str, Invoice]]:
    """A matcher after one thing that happens, and what it holds then."""
    some = dice.sample(sorted(held), min(len(held), dice.randrange(6)))
    what = dice.randrange(3)
    if what == 0:
        joined = [new.pop() for _ in range(min(len(new), dice.randrange(9)))]
        return matcher.add(joined), held | {each.id: each for each in joined}
    if what == 1:
        paid = {i: evolve(held[i], status=InvoiceStatus.PAID) for i in some}
        return matcher.close(some), held | paid
    owed = {i: dice.choice((*AMOUNTS, Decimal(0))) for i in some}
    other = {i: evolve(held[i], outstanding=amount) for i, amount in owed.items()}
    return matcher.update(owed), held | other


@given(st.integers(0, 10_000), st.integers(0, 30), st.integers(1, 12))
def test_a_changed_ledger_looks_up_what_a_fresh_one_does(seed, first, steps):
    dice = Random(seed)
    given = bills(dice, dice.sample(range(200), 80))
    held = {each.id: each for each in given[:first]}
    matcher, new = Matcher(held.values()), given[first:]
    seen = [(matcher, held)]
    for _ in range(steps):
        matcher, held = changed(matcher, held, dice, new)
        seen.append((matcher, held))
    for old, there in (seen[0], dice.choice(seen), seen[-1]):
        assert looked_up(old.ledger) == looked_up(Matcher(there.values()).ledger)
