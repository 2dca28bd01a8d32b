"""How right a tool is, counted by hand; and each tool on records with one answer."""

from collections.abc import Collection
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.generate import make_world, save
from benchmarks.peers import __main__ as peers
from benchmarks.peers import predecessor
from benchmarks.peers.answers import (
    Pair,
    Point,
    curve,
    quality,
    recall_at,
    thinned,
)
from benchmarks.peers.rows import (
    Side,
    invoice_keys,
    name_key,
    open_items,
    payment_keys,
    payments,
    truth_of,
)
from benchmarks.peers.running import Fault, Reading, measured
from benchmarks.peers.tools import TOOLS, Tool
from benchmarks.world import Kind, Legibility, Regime, TruthRow, World
from payymo_core.records import Counterparty, Customer, Invoice, Transaction

DAY = date(2026, 3, 10)


# What is counted.


def test_only_what_is_accepted_is_judged_and_once():
    truth = {("t1", "i1"), ("t2", "i2"), ("t3", "i3")}
    pairs = [
        Pair("t1", "i1", 9.0),
        Pair("t1", "i1", 8.0),
        Pair("t2", "i9", 7.0),
        Pair("t3", "i3", 1.0, accepted=False),
    ]
    found = quality(pairs, truth)
    assert (found.answered, found.right, found.true) == (2, 1, 3)
    assert found.precision == 0.5
    assert found.recall == pytest.approx(1 / 3)
    assert quality([], truth).precision is None


def test_a_curve_takes_equal_scores_together():
    truth = {("t1", "i1"), ("t2", "i2"), ("t3", "i3"), ("t4", "i4")}
    pairs = [
        Pair("t1", "i1", 0.9),
        Pair("t2", "i9", 0.8),
        Pair("t3", "i3", 0.8),
        Pair("t2", "i2", 0.5),
    ]
    assert curve(pairs, truth) == [
        Point(0.9, 1.0, 0.25),
        Point(0.8, 2 / 3, 0.5),
        Point(0.5, 3 / 4, 0.75),
    ]


def test_recall_at_a_precision_is_the_most_there_is():
    points = [Point(0.9, 1.0, 0.25), Point(0.8, 0.6, 0.5), Point(0.5, 0.75, 0.75)]
    assert recall_at(points, 1.0) == 0.25
    assert recall_at(points, 0.7) == 0.75
    assert recall_at([Point(0.9, 0.9, 0.4)], 0.99) == 0


pairs_of = st.lists(
    st.builds(
        Pair,
        st.sampled_from("abcd"),
        st.sampled_from("wxyz"),
        st.integers(0, 4).map(float),
        st.booleans(),
    ),
    max_size=12,
)
truths = st.frozensets(st.tuples(st.sampled_from("abcd"), st.sampled_from("wxyz")))


@given(pairs_of, truths)
def test_every_point_is_what_a_threshold_would_give(
    pairs: list[Pair], truth: Collection[tuple[str, str]]
) -> None:
    points = curve(pairs, truth)
    assert [p.score for p in points] == sorted({p.score for p in points}, reverse=True)
    for point in points:
        over = [
            Pair(p.transaction, p.invoice, p.score)
            for p in pairs
            if p.score >= point.score
        ]
        found = quality(over, truth)
        assert (point.precision, point.recall) == (found.precision, found.recall)


def test_a_thinned_curve_keeps_its_ends():
    points = [Point(1 - n / 1000, 1.0, n / 1000) for n in range(1000)]
    kept = thinned(points, 10)
    assert (kept[0], kept[-1]) == (points[0], points[-1])
    assert len(kept) <= 12
    assert thinned([], 10) == []


# What is compared.


def side(identity: str, amount: str = "100", **other: object) -> Side:
    known: dict[str, object] = {
        "currency": "EUR",
        "day": DAY,
        "issued": DAY,
        "words": "",
        "references": (),
        "names": (),
        "accounts": (),
    }
    return Side(id=identity, amount=int(Decimal(amount) * 1000), **(known | other))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "text",
    ["RE2026/00417", "pays RE 2026 00417", "re2026-00417, thanks", "417"],
)
def test_a_number_is_found_as_payers_write_it(text):
    item = side("17", words="RE2026/00417")
    assert (
        invoice_keys(item) & payment_keys(side("t1", words=text)) or "2026 417" in text
    )


def test_names_are_one_whatever_their_order_and_form():
    assert name_key("Müller & Weber GmbH") == name_key("WEBER MULLER")
    assert name_key("Müller Bau") != name_key("Weber Bau")


# The predecessor's rules, on the scores that were written down of it.

LONG_AGO = DAY - timedelta(days=60)


@pytest.mark.parametrize(
    ("amount", "text", "names", "days", "confidence"),
    [
        ("100", "", (), 1, 0.8999999999999999),
        ("100", "", (), 20, 0.7),
        ("100", "pays 12345", (), 60, 1.0),
        ("200", "pays 12345", (), 60, 0.8),
        ("200", "pays 12345", (), 1, 1.0),
        ("-100", "12345", (), 1, 1.0),
        ("-100", "", (), 1, 0.5),
        ("0.01", "ann berg", ("Ann Berg",), 1, 1.0),
        ("37", "ann", ("Ann Berg",), 1, 0.8999999999999999),
        ("37", "ann berg", ("Ann Berg",), 5, 0.9),
        ("50", "", (), 10, 0.55),
        ("104", "", (), 20, 0.6),
        ("105", "", (), 20, 0.6),
        ("105.01", "", (), 20, 0.0),
        ("100", "planning fee", ("Ann Li",), 20, 1.0),
        ("100.01", "", (), 20, 0.6),
        ("99.99", "", (), 20, 0.3),
    ],
)
def test_the_additive_rule_scores_as_the_predecessor_did(
    amount, text, names, days, confidence
):
    item = side("12345", names=names, issued=DAY - timedelta(days=days))
    payment = side("t1", amount, words=text)
    assert predecessor.additive(payment, item) == confidence


def test_the_additive_rule_reads_a_number_only_as_it_is_printed():
    item = side("9999", words="INV-2025-001", issued=DAY - timedelta(days=20))
    assert predecessor.additive(side("t1", words="INV-2025-001"), item) == 0.7
    item = side("9999", words="2025001", issued=DAY - timedelta(days=20))
    assert predecessor.additive(side("t1", words="INV-2025-001"), item) == 1.0


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("world")
    save(make_world(Regime.MIXED, 150, 11, 150), folder)
    return folder


def test_all_scores_at_once_are_the_scores_one_by_one(world):
    items = sorted(open_items(world), key=lambda item: (len(item.id), item.id))
    books = predecessor.owed(
        items, lambda item: predecessor.client_name(item).lower().split()
    )
    assert books.items == items
    seen = set()
    for payment in payments(world):
        found = predecessor.additive_scores(payment, books).tolist()
        assert found == [predecessor.additive(payment, item) for item in items]
        seen.update(found)
    assert len(seen) > 12


# A finder, and its confidences: exact, half, a quarter, another part, 5 % more.
MEAN = [
    ("reference", [0.95, 0.875, 0.85, 0.80, 0.90]),
    ("one name", [0.80, 0.725, 0.70, 0.65, 0.75]),
    ("two names", [0.85, 0.775, 0.75, 0.70, 0.80]),
    ("three days", [0.85, 0.775, 0.75, 0.70, 0.80]),
    ("a week", [0.80, 0.725, 0.70, 0.65, 0.75]),
    ("two weeks", [0.75, 0.675, 0.65, 0.60, 0.70]),
]
SAID = {
    "reference": ("7", LONG_AGO),
    "one name": ("ann", LONG_AGO),
    "two names": ("ann berg", LONG_AGO),
    "three days": ("", DAY - timedelta(days=3)),
    "a week": ("", DAY - timedelta(days=7)),
    "two weeks": ("", DAY - timedelta(days=14)),
}


@pytest.mark.parametrize(("finder", "confidences"), MEAN)
def test_the_mean_rule_scores_as_the_predecessor_did(finder, confidences):
    text, issued = SAID[finder]
    item = side("7", names=("Ann Berg",), issued=issued)
    books = predecessor.owed([item], lambda item: item.names[0].lower().split(" "))
    found = []
    for amount in ("100", "50", "25", "37", "105"):
        # In another currency the finder of amounts is silent.
        payment = side("t1", amount, words=text, currency="USD")
        found += predecessor.mean_scores(payment, books)[0].tolist()
    assert found == pytest.approx(confidences)


def test_the_mean_rule_takes_the_first_that_is_enough():
    books = predecessor.owed(
        [side("7", issued=LONG_AGO), side("8", issued=DAY)], lambda _: []
    )
    assert predecessor.first_mean(side("t1"), books) == (0, 0.9)
    assert predecessor.first_mean(side("t1", words="8"), books) == (1, 0.95)
    assert predecessor.first_mean(side("t1", "300"), books) is None


def test_what_is_applied_is_off_the_list():
    incoming = [
        side("t1", words="7", day=DAY),
        side("t2", words="7", day=DAY + timedelta(days=1)),
    ]
    books = predecessor.owed([side("7", issued=LONG_AGO)], lambda _: [])
    pairs = predecessor.applied(incoming, books, predecessor.best_additive, 0.9)
    assert pairs == [Pair("t2", "7", 1.0, accepted=True)]


# Each tool.

WORDS = (
    *("Amsel", "Birke", "Carbon", "Dorado", "Eiche", "Fuchs", "Granit", "Hafen"),
    *("Iris", "Jaguar", "Kiesel", "Linde", "Marmor", "Nebel", "Orkan", "Pappel"),
)


def plain_world() -> World:
    """Each payment names its invoice, its payer and the exact amount."""
    invoices, transactions, truths = [], [], []
    for place, (first, second) in enumerate((a, b) for a in WORDS for b in WORDS):
        number, amount = f"RE2026/{4100 + place:05}", Decimal(100 + place)
        name = f"{first} {second} GmbH"
        customer = Customer(id=f"c{place}", name=name, accounts=(f"40{place:07}",))
        invoices.append(
            Invoice(
                id=f"{70000 + place}",
                number=number,
                outstanding=amount,
                currency="EUR",
                issue_date=DAY - timedelta(days=20),
                due_date=DAY,
                customer=customer,
            )
        )
        transactions.append(
            Transaction(
                id=f"t{place:03}",
                amount=amount,
                currency="EUR",
                booking_date=DAY,
                remittance=f"Invoice {number}",
                counterparty=Counterparty(name=name, account=customer.accounts[0]),
            )
        )
        truths.append(
            TruthRow(
                transaction=f"t{place:03}",
                invoices=(f"{70000 + place}",),
                kind=Kind.FULL,
                reference=Legibility.EXACT,
                payer=Legibility.EXACT,
            )
        )
    return World(
        transactions=tuple(transactions),
        invoices=tuple(invoices),
        truths=tuple(truths),
    )


@pytest.mark.parametrize("name", list(TOOLS))
def test_a_tool_finds_what_is_plain(name, tmp_path):
    missing = TOOLS[name].missing()
    if missing:
        pytest.skip(f"{missing} is not installed")
    save(plain_world(), tmp_path)
    found = measured(name, tmp_path, truth_of(tmp_path), runs=1, limit=120)
    assert not isinstance(found, Fault), found
    for reading in found:
        assert reading.precision == 1
        assert reading.recall > 0.95, reading.reading
        assert reading.seconds[0] > 0


def test_a_tool_that_is_not_installed_is_a_result(monkeypatch, tmp_path):
    monkeypatch.setitem(TOOLS, "absent", Tool(module="absent", packages=("no-such",)))
    found = measured("absent", tmp_path, set(), runs=1, limit=9)
    assert found == Fault("absent", "no-such is not installed")


def test_a_tool_that_takes_too_long_is_a_result(tmp_path):
    save(plain_world(), tmp_path)
    found = measured("dict-and-loop", tmp_path, set(), runs=1, limit=0.01)
    assert isinstance(found, Fault)
    assert found.why.startswith("stopped after")


def test_a_tool_that_fails_is_a_result(tmp_path):
    found = measured("dict-and-loop", tmp_path, set(), runs=1, limit=120)
    assert isinstance(found, Fault)
    assert "transactions.jsonl" in found.why


def test_a_row_is_relative_to_ours():
    ours = Reading(
        tool="payymo",
        reading="match",
        seconds=(2.0, 1.0, 3.0),
        over_mib=100.0,
        loaded_mib=50.0,
        answered=90,
        right=90,
        true=100,
        points=[Point(0.9, 1.0, 0.9), Point(0.1, 0.95, 0.95)],
    )
    other = Reading(
        tool="other",
        reading="best",
        seconds=(6.0,),
        over_mib=50.0,
        loaded_mib=70.0,
        answered=80,
        right=76,
        true=100,
        points=[Point(9.0, 1.0, 0.3), Point(1.0, 0.95, 0.76)],
    )
    row = peers.compared(other, ours)
    assert (row["times_ours"], row["memory_times_ours"]) == (3.0, 0.5)
    assert (row["precision"], row["recall"]) == (0.95, 0.76)
    assert row["recall_at_our_precision"] == 0.3
    assert row["our_recall_at_its_precision"] == 0.95
    assert "3.00" in peers.shown(row)


def test_a_fault_is_a_line_of_the_table():
    line = peers.shown({"size": 9, "tool": "absent", "fault": "is not installed"})
    assert line.split() == ["absent", "is", "not", "installed"]
