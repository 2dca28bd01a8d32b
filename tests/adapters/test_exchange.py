import json
import os
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from payymo_adapters.errors import FileError
from payymo_adapters.exchange import (
    match_to_json,
    read_invoices,
    read_labels,
    read_matches,
    read_transactions,
    read_truth,
    read_truth_or_labels,
    write_invoices,
    write_matches,
    write_transactions,
)
from payymo_core import match
from payymo_core.errors import PayymoError, RecordError, Rejected
from payymo_core.labels import Label, Truth, Verdict
from payymo_core.records import (
    Counterparty,
    Customer,
    Invoice,
    InvoiceStatus,
    Transaction,
    TransactionStatus,
)
from payymo_core.results import (
    Allocation,
    Evidence,
    Match,
    Outcome,
    Proposal,
    Reason,
)

SCENARIOS = Path(__file__).resolve().parents[3] / "shared" / "scenarios.jsonl"

TRANSACTION = {"id": "t1", "amount": "12.50", "currency": "EUR"}
INVOICE = {"id": "i1", "outstanding": "12.50", "currency": "EUR"}
MATCH = Match(
    transaction="t1",
    outcome=Outcome.REVIEW,
    confidence=0.75,
    allocations=(Allocation("i1", Decimal("10.00")),),
    unapplied=Decimal("2.50"),
    alternatives=(Proposal((Allocation("i2", Decimal("12.50")),), 0.2),),
    evidence=(Evidence("prior", "none", -3.5, "", ""),),
    reasons=(Reason.AMBIGUOUS, Reason.AMOUNT_DIFFERS),
)


@pytest.fixture
def file(tmp_path):
    return tmp_path / "file.jsonl"


def put(file: Path, *rows: object) -> Path:
    file.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return file


def fault_of(read: Any, file: Path, row: object) -> Rejected:
    [rejected] = read(put(file, row))
    assert isinstance(rejected, Rejected)
    return rejected


# --- strategies -----------------------------------------------------------------

words = st.text(
    st.characters(exclude_categories=["Cs"]), min_size=1, max_size=12
).filter(str.strip)
amounts = st.integers(-(10**12), 10**12).map(lambda minor: Decimal(minor).scaleb(-2))
maybe = {
    "text": st.none() | words,
    "day": st.none() | st.dates(),
    "table": st.dictionaries(words, words, max_size=2),
    "texts": st.lists(words, max_size=2).map(tuple),
}
counterparties = st.builds(
    Counterparty, name=words, iban=maybe["text"], account=maybe["text"]
)
transactions = st.builds(
    Transaction,
    id=words,
    amount=amounts,
    currency=st.sampled_from(["EUR", "USD"]),
    booking_date=maybe["day"],
    value_date=maybe["day"],
    status=st.sampled_from(TransactionStatus),
    remittance=maybe["text"],
    creditor_reference=maybe["text"],
    end_to_end_id=maybe["text"],
    mandate_id=maybe["text"],
    counterparty=st.none() | counterparties,
    account=maybe["text"],
    fee=st.none() | amounts,
    metadata=maybe["table"],
)
customers = st.builds(
    Customer,
    id=words,
    name=maybe["text"],
    company=maybe["text"],
    email=maybe["text"],
    ibans=maybe["texts"],
    accounts=maybe["texts"],
    aliases=maybe["texts"],
)
invoices = st.builds(
    Invoice,
    id=words,
    outstanding=amounts,
    currency=st.sampled_from(["EUR", "USD"]),
    number=maybe["text"],
    total=st.none() | amounts,
    issue_date=maybe["day"],
    due_date=maybe["day"],
    status=st.sampled_from(InvoiceStatus),
    creditor_reference=maybe["text"],
    references=maybe["table"],
    customer=st.none() | customers,
    metadata=maybe["table"],
)


@given(st.lists(transactions, max_size=4, unique_by=lambda record: record.id))
def test_transactions_come_back_as_they_were_written(tmp_path_factory, records):
    file = tmp_path_factory.mktemp("t") / "t.jsonl"
    write_transactions(records, file)
    assert read_transactions(file) == records


@given(st.lists(invoices, max_size=4, unique_by=lambda record: record.id))
def test_invoices_come_back_as_they_were_written(tmp_path_factory, records):
    file = tmp_path_factory.mktemp("i") / "i.jsonl"
    write_invoices(records, file)
    assert read_invoices(file) == records


def test_matches_come_back_as_they_were_written(file):
    write_matches([MATCH], file)
    assert read_matches(file) == [MATCH]


def test_a_match_has_every_key_of_the_exchange_format_and_amounts_are_strings():
    assert match_to_json(MATCH) == {
        "transaction": "t1",
        "outcome": "review",
        "confidence": 0.75,
        "allocations": [{"invoice": "i1", "amount": "10.00"}],
        "unapplied": "2.50",
        "alternatives": [
            {"allocations": [{"invoice": "i2", "amount": "12.50"}], "confidence": 0.2}
        ],
        "evidence": [
            {
                "rule": "prior",
                "level": "none",
                "weight": -3.5,
                "transaction_text": "",
                "invoice_text": "",
            }
        ],
        "reasons": ["ambiguous", "amount_differs"],
    }


@pytest.mark.parametrize(
    ("currency", "amount", "written"),
    [
        ("EUR", Decimal("9.5"), "9.50"),
        ("JPY", Decimal(900), "900"),
        ("KWD", Decimal("1.5"), "1.500"),
        ("EUR", Decimal("1E+3"), "1000.00"),
    ],
)
def test_amounts_are_written_with_the_decimals_of_the_currency(
    file, currency, amount, written
):
    write_transactions([Transaction(id="t", amount=amount, currency=currency)], file)
    assert json.loads(file.read_text())["amount"] == written


def test_a_full_transaction_is_read(file):
    row = {
        **TRANSACTION,
        "booking_date": "2026-03-04",
        "value_date": "2026-03-05",
        "status": "pending",
        "counterparty": {"name": "Ann", "iban": "DE1", "account": "7"},
        "fee": "0.30",
        "metadata": {"anything": "goes"},
    }
    [found] = read_transactions(put(file, row))
    assert found == Transaction(
        id="t1",
        amount=Decimal("12.50"),
        currency="EUR",
        booking_date=date(2026, 3, 4),
        value_date=date(2026, 3, 5),
        status=TransactionStatus.PENDING,
        counterparty=Counterparty(name="Ann", iban="DE1", account="7"),
        fee=Decimal("0.30"),
        metadata={"anything": "goes"},
    )


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("amount", 12.5),
        ("amount", 12),
        ("amount", True),
        ("amount", "NaN"),
        ("amount", "Infinity"),
        ("amount", "1e3"),
        ("amount", "1,250.00"),
        ("amount", "1_000"),
        ("amount", " 1"),
        ("amount", "+1"),
        ("amount", "\u0661"),
        ("amount", ""),
        ("amount", "1" * 40),
        ("amount", "1.00000000000000000000000000001"),
        ("amount", "12.505"),
        ("fee", 0.3),
        ("currency", "EURO"),
        ("currency", "eur"),
        ("booking_date", "2026-02-30"),
        ("booking_date", "20260204"),
        ("booking_date", "2026-W05-1"),
        ("value_date", "04.02.2026"),
        ("status", "BOOKED"),
        ("remittance", 7),
        ("remittance", None),
        ("id", ""),
        ("id", 7),
        ("metadata", {"a": 1}),
        ("metadata", []),
        ("counterparty", {"nmae": "x"}),
        ("counterparty", "Ann"),
        ("nonsense", "x"),
    ],
)
def test_a_bad_value_rejects_the_transaction_and_names_line_and_field(file, key, value):
    put(file, TRANSACTION, {**TRANSACTION, key: value}, {**TRANSACTION, "id": "t3"})
    good, bad, also_good = read_transactions(file)
    assert isinstance(good, Transaction)
    assert isinstance(also_good, Transaction)
    assert isinstance(bad, Rejected)
    assert bad.where == f"{file}:2"
    assert bad.field.split(".")[0] == key


@pytest.mark.parametrize(
    ("key", "value", "field"),
    [
        ("outstanding", 7, "outstanding"),
        ("total", "7.777", "total"),
        ("due_date", "0000-00-00", "due_date"),
        ("status", "overdue", "status"),
        ("references", {"po": None}, "references.po"),
        ("customer", {"name": "Ann"}, "customer.id"),
        ("customer", {"id": "c", "ibans": ["a", 7]}, "customer.ibans.2"),
        ("customer", {"id": "c", "ibans": "DE1"}, "customer.ibans"),
        ("customer", {"id": "c", "vat": "x"}, "customer.vat"),
    ],
)
def test_a_bad_value_rejects_the_invoice_and_names_the_field(file, key, value, field):
    assert fault_of(read_invoices, file, {**INVOICE, key: value}).field == field


@pytest.mark.parametrize("key", ["id", "amount", "currency"])
def test_a_missing_key_is_named(file, key):
    row = {k: v for k, v in TRANSACTION.items() if k != key}
    found = fault_of(read_transactions, file, row)
    assert (found.field, found.fault) == (key, "required, and missing")


def test_a_rejected_record_keeps_its_id(file):
    assert fault_of(read_invoices, file, {**INVOICE, "total": 7}).record_id == "i1"


@pytest.mark.parametrize(
    "line",
    [
        b"not json",
        b"[1]",
        b'"text"',
        b"{",
        b'{"id": "t", "id": "t", "amount": "1", "currency": "EUR"}',
        b'{"id": "t", "amount": NaN, "currency": "EUR"}',
        b'{"id": "t", "amount": Infinity, "currency": "EUR"}',
        b'{"id": "t", "amount": "1", "currency": "EUR", "metadata": {"a":"1","a":"2"}}',
        b'{"id": "\\ud800", "amount": "1", "currency": "EUR"}',
        b'{"id": "\xff"}',
        b"[" * 100_000,
        b"9" * 5000,
    ],
)
def test_a_line_that_is_no_record_is_rejected_with_its_place(file, line):
    file.write_bytes(line + b"\n" + json.dumps(TRANSACTION).encode())
    bad, good = read_transactions(file)
    assert isinstance(good, Transaction)
    assert isinstance(bad, Rejected)
    assert bad.where == f"{file}:1"


def test_a_byte_order_mark_blank_lines_and_crlf_are_tolerated(file):
    row = json.dumps(TRANSACTION).encode()
    other = row.replace(b'"t1"', b'"t2"')
    file.write_bytes(b"\xef\xbb\xbf" + row + b"\r\n\r\n   \n" + other)
    assert [type(r) for r in read_transactions(file)] == [Transaction, Transaction]


def test_the_same_record_given_again_is_rejected_with_the_lines_of_both(file):
    other = {**TRANSACTION, "id": "t2"}
    put(file, TRANSACTION, other, TRANSACTION, TRANSACTION)
    found: list[Any] = read_transactions(file)
    one, two, *again = found
    assert [one.id, two.id] == ["t1", "t2"]
    same = "duplicate id: the same record was given before"
    assert list(map(str, again)) == [
        f"{file}:3: record 't1': id: {same} (also {file}:1, {file}:4)",
        f"{file}:4: record 't1': id: {same} (also {file}:1, {file}:3)",
    ]


def test_different_records_of_one_id_are_rejected_where_they_stand(file):
    twins = [{**INVOICE, "outstanding": f"{n}.00"} for n in range(1, 6)]
    put(file, twins[0], {**INVOICE, "id": "i2"}, *twins[1:], {"id": "i1"})
    found: list[Any] = read_invoices(file)
    first, good, *others, unread = found
    assert isinstance(good, Invoice)
    assert str(first) == (
        f"{file}:1: record 'i1': id: duplicate id: 5 different records carry it "
        f"(also {file}:3, {file}:4, {file}:5 and 1 more)"
    )
    assert [rejected.where for rejected in others] == [
        f"{file}:{n}" for n in range(3, 7)
    ]
    assert unread.fault == "required, and missing"


def test_what_a_reader_rejects_as_repeated_is_what_the_engine_would(file):
    rows = [TRANSACTION, {**TRANSACTION, "amount": "7.00"}, {**TRANSACTION, "id": "t2"}]
    rows += [rows[2], {**TRANSACTION, "id": "t3"}]
    held = [read_transactions(put(file, row))[0] for row in rows]
    by_engine = match(held, [])
    by_reader = match(read_transactions(put(file, *rows)), [])
    assert [m.transaction for m in by_reader] == [m.transaction for m in by_engine]
    assert [(r.record_id, r.field) for r in by_reader.rejected] == [
        (r.record_id, r.field) for r in by_engine.rejected
    ]


def test_labels_and_truths_are_read(file):
    row = {"transaction": "t", "invoices": ["a", "b"]}
    assert read_truth(put(file, row)) == [Truth(transaction="t", invoices=("a", "b"))]
    label = Label(transaction="t", invoices=("a", "b"), verdict=Verdict.REJECT)
    assert read_labels(put(file, {**row, "verdict": "reject"})) == [label]
    both = put(file, row, {**row, "verdict": "reject"})
    assert read_truth_or_labels(both) == [*read_truth(put(file, row)), label]


@pytest.mark.parametrize(
    ("read", "row", "field"),
    [
        (read_labels, {"transaction": "t", "invoices": [], "verdict": "no"}, "verdict"),
        (read_labels, {"transaction": "t", "invoices": []}, "verdict"),
        (read_truth, {"transaction": "t", "invoices": [7]}, "invoices.1"),
        (read_truth_or_labels, {"transaction": "t", "invoices": [7]}, "invoices.1"),
        (
            read_truth_or_labels,
            {"transaction": "t", "invoices": [], "verdict": None},
            "verdict",
        ),
        (read_truth, {"transaction": "t", "invoices": [], "x": 1}, "x"),
        (read_matches, {**match_to_json(MATCH), "confidence": 1.5}, "confidence"),
        (read_matches, {**match_to_json(MATCH), "confidence": True}, "confidence"),
        (read_matches, {**match_to_json(MATCH), "unapplied": 2.5}, "unapplied"),
        (read_matches, {**match_to_json(MATCH), "reasons": ["odd"]}, "reasons.1"),
        (read_matches, {**match_to_json(MATCH), "outcome": "yes"}, "outcome"),
    ],
)
def test_a_fault_in_payymos_own_files_is_one_located_error(file, read, row, field):
    file.write_text("\n" + json.dumps(row))
    with pytest.raises(FileError) as caught:
        read(file)
    assert (caught.value.line, caught.value.field) == (2, field)
    assert str(caught.value).startswith(f"{file}:2: {field}: ")
    assert isinstance(caught.value, PayymoError)


def test_a_failing_write_leaves_the_old_file_and_nothing_else(file):
    file.write_text("old")

    def matches() -> Iterator[Match]:
        yield MATCH
        message = "the source broke"
        raise RuntimeError(message)

    with pytest.raises(RuntimeError):
        write_matches(matches(), file)
    assert file.read_text() == "old"
    assert [p.name for p in file.parent.iterdir()] == [file.name]


def test_a_record_that_cannot_be_is_not_written(file):
    bad: Any = 0.1
    with pytest.raises(RecordError):
        write_transactions([Transaction(id="t", amount=bad, currency="EUR")], file)
    assert list(file.parent.iterdir()) == []


def test_writing_keeps_the_mode_of_the_file_and_follows_links(tmp_path):
    real, link = tmp_path / "real", tmp_path / "link"
    real.write_text("old")
    real.chmod(0o640)
    link.symlink_to(real)
    write_matches([MATCH], link)
    assert link.is_symlink()
    assert real.stat().st_mode & 0o777 == 0o640
    assert json.loads(real.read_text())["transaction"] == "t1"


def test_a_pipe_is_written_to_and_not_replaced():
    reader, writer = os.pipe()
    with os.fdopen(reader) as stream:
        write_matches([MATCH], f"/dev/fd/{writer}")
        os.close(writer)
        assert json.loads(stream.read())["transaction"] == "t1"


@pytest.mark.skipif(not SCENARIOS.exists(), reason="shared files are not here")
def test_every_record_of_the_shared_scenarios_is_accepted(file):
    for scenario in map(json.loads, SCENARIOS.read_text().splitlines()):
        found = [
            *read_transactions(put(file, *scenario["transactions"])),
            *read_invoices(put(file, *scenario["invoices"])),
        ]
        assert not [str(r) for r in found if isinstance(r, Rejected)]
