"""Customers that a payer's name may be: names cut short among many alike."""

from payymo_core import Customer, Outcome, match
from tests.builders import bill, payment

FIRST = ["Ada", "Bert", "Carl", "Dora", "Emil", "Frida", "Gustav", "Hanna", "Ida"]
SECOND = ["Maria", "Otto", "Paula", "Quirin", "Rosa"]
KLEINS = [f"{first} {second} Klein" for first in FIRST for second in SECOND]


def test_an_initial_tells_bearers_of_a_common_word_apart():
    """Of 46 customers called Klein, one alone begins with a W."""
    names = [*KLEINS, "Wilhelm Klein"]
    invoices = [
        bill(
            f"i{n}",
            f"{200 + n}.17 EUR",
            str(70_000 + n),
            due="2026-03-01",
            customer=Customer(id=f"c{n}", name=name),
        )
        for n, name in enumerate(names)
    ]
    owed = invoices[-1].outstanding
    paid = payment("t1", f"{owed} EUR", "danke", payer="W. Klein", booked="2026-03-02")
    (found,) = match([paid], invoices)
    assert [a.invoice for a in found.allocations] == [invoices[-1].id]
    told = {row.rule: row.level for row in found.evidence}
    assert told["counterparty"] == "abbreviated"
    assert found.outcome is Outcome.MATCH
