"""A prepared ledger that changes, and one that others look at."""

import multiprocessing
from collections.abc import Iterator, Sequence
from concurrent.futures import Executor, ProcessPoolExecutor, ThreadPoolExecutor
from decimal import Decimal
from typing import Any

import pytest
from attrs import evolve
from hypothesis import given, settings
from hypothesis import strategies as st

from payymo_core import (
    Customer,
    Invoice,
    InvoiceStatus,
    Matcher,
    Outcome,
    RecordError,
    Rejected,
    match,
)
from payymo_core.money import from_minor
from tests import strategies
from tests.builders import bill, payment
from tests.core.test_laws import lines

ANNA = Customer(id="c1", name="Anna Berg")
BORIS = Customer(id="c2", name="Boris Lund", ibans=("DE89370400440532013000",))
LEDGER = (
    bill("i1", "100.00 EUR", "INV-2026-0041", customer=ANNA),
    bill("i3", "70.00 EUR", "INV-2026-0043", customer=ANNA),
)
LATER = bill("i2", "55.00 EUR", "INV-2026-0042", customer=BORIS)


def outcome(matcher: Matcher, amount: str, text: str) -> tuple[Outcome, str]:
    [line] = matcher.match([payment("t", amount, text)])
    return line.outcome, " ".join(a.invoice for a in line.allocations)


def test_a_name_is_asked_of_a_ledger_that_knows_none():
    nobody = Matcher([bill("i1", "100.00 EUR", "INV-2026-0041")])
    for matcher in (Matcher([]), nobody):
        [line] = matcher.match([payment("t", "9.00 EUR", payer="Anna B. Berg")])
        assert line.outcome is Outcome.NONE


# --- what joins, is paid, or owes another amount --------------------------------------


@given(strategies.worlds(), strategies.rulesets(), st.data())
def test_a_ledger_that_changed_is_as_good_as_a_fresh_one(world, ruleset, data):
    ids = st.sampled_from([i.id for i in world.invoices] or [""])
    first = data.draw(st.sets(ids))
    paid = data.draw(st.sets(ids, max_size=2)) - {""}
    minor = data.draw(st.dictionaries(ids, st.integers(-200, 20_000), max_size=3))
    owed = {
        invoice.id: from_minor(minor[invoice.id], invoice.currency)
        for invoice in world.invoices
        if invoice.id in minor
    }
    held = [invoice for invoice in world.invoices if invoice.id in first]
    later = [invoice for invoice in world.invoices if invoice.id not in first]
    cut = data.draw(st.integers(0, len(later)))
    matcher = Matcher(held, ruleset).add(later[:cut]).add(later[cut:])
    changed = [
        evolve(
            invoice,
            status=InvoiceStatus.PAID if invoice.id in paid else invoice.status,
            outstanding=owed.get(invoice.id, invoice.outstanding),
        )
        for invoice in world.invoices
    ]
    result = matcher.close(paid).update(owed).match(world.transactions)
    assert lines(result) == lines(match(world.transactions, changed, ruleset))


Held = dict[str, Invoice]
State = tuple[Matcher, Held]
Step = tuple[str, Any]


@st.composite
def histories(draw: st.DrawFn, invoices: Sequence[Invoice]) -> list[Step]:
    """What happens to a ledger of some invoices: (what, to which of them)."""
    ids = st.sampled_from([invoice.id for invoice in invoices] or [""])
    amounts = st.dictionaries(ids, st.integers(-200, 20_000), max_size=3)
    steps = st.one_of(
        st.tuples(st.just("add"), st.sets(ids, min_size=1, max_size=12)),
        st.tuples(st.just("close"), st.sets(ids, max_size=3)),
        st.tuples(st.just("update"), amounts),
    )
    return draw(st.lists(steps, min_size=2, max_size=8))


def happened(matcher: Matcher, held: Held, invoices: Held, step: Step) -> State:
    """A matcher and the invoices that it holds, after something happened to them."""
    what, given = step
    if what == "add":
        new = {i: invoices[i] for i in given if i in invoices and i not in held}
        return matcher.add(new.values()), held | new
    if what == "close":
        there = {i for i in given if i in held}
        paid = {i: evolve(held[i], status=InvoiceStatus.PAID) for i in there}
        return matcher.close(there), held | paid
    owed = {i: from_minor(m, held[i].currency) for i, m in given.items() if i in held}
    other = {i: evolve(held[i], outstanding=amount) for i, amount in owed.items()}
    return matcher.update(owed), held | other


@given(strategies.worlds(), strategies.rulesets(), st.data())
def test_whatever_happens_a_ledger_is_as_good_as_a_fresh_one(world, ruleset, data):
    """And so is each ledger on the way, when all the others have grown from it."""
    invoices = {invoice.id: invoice for invoice in world.invoices}
    begun = data.draw(st.integers(0, len(invoices)))
    first = dict(list(invoices.items())[:begun])
    seen: list[State] = [(Matcher(first.values(), ruleset), first)]
    for step in data.draw(histories(world.invoices)):
        matcher, held = seen[
            data.draw(st.integers(max(len(seen) - 2, 0), len(seen) - 1))
        ]
        seen.append(happened(matcher, held, invoices, step))
    checked = {data.draw(st.integers(0, len(seen) - 1)), len(seen) - 1}
    for matcher, held in (seen[place] for place in checked):
        records = list(matcher.ledger.invoices.records)
        assert records == [held[each] for each in sorted(held)]
        fresh = Matcher(held.values(), ruleset)
        assert lines(matcher.match(world.transactions)) == lines(
            fresh.match(world.transactions)
        )


def test_what_joined_is_matched_and_the_ledger_before_knows_nothing_of_it():
    before = Matcher(LEDGER)
    after = before.add([LATER])
    assert outcome(after, "55.00 EUR", "INV-2026-0042") == (Outcome.MATCH, "i2")
    assert outcome(before, "55.00 EUR", "INV-2026-0042") == (Outcome.NONE, "")


def test_what_is_closed_is_paid_and_the_ledger_before_still_has_it_open():
    before = Matcher(LEDGER)
    after = before.close(["i1"])
    assert outcome(after, "100.00 EUR", "INV-2026-0041")[0] is not Outcome.MATCH
    assert outcome(before, "100.00 EUR", "INV-2026-0041") == (Outcome.MATCH, "i1")


def test_what_is_outstanding_after_a_part_payment_is_what_is_matched():
    matcher = Matcher(LEDGER).update({"i1": Decimal("40.00")})
    assert outcome(matcher, "40.00 EUR", "INV-2026-0041") == (Outcome.MATCH, "i1")


def test_an_id_that_the_ledger_has_is_set_aside_and_the_rest_joins():
    matcher = Matcher(LEDGER).add([evolve(LATER, id="i1"), LATER])
    [refused] = matcher.rejected
    assert (refused.record_id, refused.field) == ("i1", "id")
    assert outcome(matcher, "55.00 EUR", "INV-2026-0042") == (Outcome.MATCH, "i2")


def test_what_is_bad_is_set_aside_and_the_rest_joins():
    bad = evolve(LATER, id=7)  # type: ignore[arg-type]
    read = Rejected(record_id="x", fault="is no invoice")
    matcher = Matcher(LEDGER).add([bad, read, LATER])
    assert [r.record_id for r in matcher.rejected] == ["x", ""]
    assert outcome(matcher, "55.00 EUR", "INV-2026-0042") == (Outcome.MATCH, "i2")


@pytest.mark.parametrize(
    "change",
    [
        lambda matcher: matcher.close(["i1", "i9"]),
        lambda matcher: matcher.update({"i9": Decimal(1)}),
        lambda matcher: matcher.update({"i1": Decimal("0.001")}),
        lambda matcher: matcher.update({"i1": 1.0}),
    ],
    ids=["no-such-invoice", "nor-here", "too-many-decimals", "float"],
)
def test_what_cannot_be_changed_is_said(change):
    with pytest.raises(RecordError, match=r"i9|0\.001|float"):
        change(Matcher(LEDGER))


# --- who looks ------------------------------------------------------------------------


@pytest.fixture(scope="module")
def processes() -> Iterator[Executor]:
    spawning = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(2, mp_context=spawning) as pool:
        yield pool


@settings(max_examples=20, deadline=None)
@given(strategies.worlds(), st.integers(1, 4))
def test_other_processes_see_the_same(processes, world, chunk):
    matcher = Matcher(world.invoices, chunk=chunk)
    result = matcher.match(world.transactions, executor=processes)
    assert lines(result) == lines(match(world.transactions, world.invoices))


@settings(max_examples=20)
@given(strategies.worlds(), st.integers(1, 4), st.integers(1, 5))
def test_any_number_of_threads_sees_the_same(world, chunk, workers):
    matcher = Matcher(world.invoices, chunk=chunk)
    with ThreadPoolExecutor(workers) as pool:
        result = matcher.match(world.transactions, executor=pool)
    assert lines(result) == lines(match(world.transactions, world.invoices))


def test_what_an_executor_refuses_reaches_the_caller():
    with ThreadPoolExecutor(1) as closed:
        pass
    with pytest.raises(RuntimeError, match="shutdown"):
        match([payment("t", "1.00 EUR")], LEDGER, executor=closed)


def test_a_ledger_of_one_customer_takes_another():
    """Names are indexed again where somebody is new."""
    matcher = Matcher(LEDGER[:1]).add([LATER])
    paid = payment("t", "55.00 EUR", payer="Boris Lund")
    assert lines(matcher.match([paid])) == lines(match([paid], [LEDGER[0], LATER]))


def test_the_same_ledger_holds_the_records_that_changed():
    held: list[Invoice] = list(Matcher(LEDGER).close(["i3"]).ledger.invoices.records)
    assert [(i.id, i.status.value) for i in held] == [("i1", "open"), ("i3", "paid")]
