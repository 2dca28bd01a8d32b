import json
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from payymo_adapters.errors import FileError
from payymo_adapters.files.whmcs import read_whmcs
from payymo_core.errors import Rejected
from payymo_core.records import Customer, Invoice, InvoiceStatus

DATA = Path(__file__).parent / "data"
ENTRY = {
    "id": 1,
    "userid": 2,
    "total": "9.00",
    "status": "Unpaid",
    "currencycode": "EUR",
}


@pytest.fixture
def read(tmp_path):
    def read_response(response):
        file = tmp_path / "saved.json"
        file.write_text(response if isinstance(response, str) else json.dumps(response))
        return read_whmcs(file)

    return read_response


def test_a_saved_response_is_read_with_names_decoded_and_empty_numbers_unknown():
    found: Any = read_whmcs(DATA / "whmcs.json")
    assert found.records[0] == Invoice(
        id="1042",
        outstanding=Decimal("119.00"),
        total=Decimal("119.00"),
        currency="EUR",
        issue_date=date(2026, 2, 1),
        due_date=date(2026, 2, 15),
        customer=Customer(id="7", name="Jürgen O'Neil", company="Smith & Sons"),
    )


def test_a_balance_counts_where_there_is_one_and_a_date_of_zeros_is_none():
    found: Any = read_whmcs(DATA / "whmcs.json")
    second, third = found.records[1:3]
    assert (second.total, second.outstanding) == (Decimal("20.00"), Decimal("5.00"))
    assert (second.number, second.issue_date) == ("INV-77", None)
    assert (third.status, third.outstanding) == (InvoiceStatus.PAID, Decimal("0.00"))


def test_a_bad_invoice_is_rejected_with_its_place():
    bad = read_whmcs(DATA / "whmcs.json").records[3]
    assert isinstance(bad, Rejected)
    assert (bad.record_id, bad.field) == ("1045", "date")
    assert bad.where.endswith("whmcs.json: invoices.invoice.4")


def test_an_invoice_given_twice_is_rejected_with_both_places(read):
    found = read({"invoices": {"invoice": [ENTRY, {**ENTRY, "id": 2}, ENTRY]}})
    again = found.records[2]
    assert again.where.endswith("saved.json: invoices.invoice.3")
    assert "the same record was given before" in again.fault
    assert again.fault.endswith("saved.json: invoices.invoice.1)")


def test_what_the_response_does_not_hold_is_noted():
    pages, balances = read_whmcs(DATA / "whmcs.json").notes
    assert "4 of 5" in pages
    assert "no balances" in balances


@pytest.mark.parametrize(
    ("held", "count"),
    [
        ({"invoice": [ENTRY, ENTRY]}, 2),
        ({"invoice": ENTRY}, 1),
        ({"invoice": ""}, 0),
        ("", 0),
        ({}, 0),
        ([ENTRY], 1),
    ],
)
def test_a_list_an_object_and_an_empty_text_are_all_lists(read, held, count):
    assert len(read({"result": "success", "invoices": held}).records) == count


def test_several_responses_in_a_list_are_read_together(read):
    page = {"result": "success", "totalresults": 2, "invoices": {"invoice": [ENTRY]}}
    found = read([page, page])
    assert len(found.records) == 2
    assert not [note for note in found.notes if "pages" in note]


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        ("Unpaid", InvoiceStatus.OPEN),
        ("Overdue", InvoiceStatus.OPEN),
        ("Collections", InvoiceStatus.OPEN),
        ("Payment Pending", InvoiceStatus.OPEN),
        ("Draft", InvoiceStatus.DRAFT),
        ("Paid", InvoiceStatus.PAID),
        ("Cancelled", InvoiceStatus.CANCELLED),
        ("Refunded", InvoiceStatus.REFUNDED),
    ],
)
def test_each_status_of_whmcs_is_known(read, status, expected):
    [found] = read({"invoices": [{**ENTRY, "status": status}]}).records
    assert found.status is expected


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("id", None),
        ("id", ""),
        ("total", None),
        ("total", "nine"),
        ("total", "NaN"),
        ("total", True),
        ("total", "9.001"),
        ("balance", "x"),
        ("status", "Odd"),
        ("currencycode", ""),
        ("duedate", "15/02/2026"),
    ],
)
def test_a_fault_names_its_field(read, key, value):
    [found] = read({"invoices": [{**ENTRY, key: value}]}).records
    assert isinstance(found, Rejected)
    assert found.field == key


def test_a_currency_that_is_not_given_is_called_that(read):
    entry = {key: value for key, value in ENTRY.items() if key != "currencycode"}
    [found] = read({"invoices": [entry]}).records
    assert str(found).partition("currencycode: ")[2].startswith("none is given")


def test_a_number_in_place_of_an_amount_is_read_exactly(read):
    response = json.dumps({"invoices": [ENTRY]}).replace('"9.00"', "0.1")
    [found] = read(response).records
    assert found.total == Decimal("0.1")


@pytest.mark.parametrize(
    ("response", "words"),
    [
        (
            {"result": "error", "message": "Authentication Failed"},
            "Authentication Failed",
        ),
        ({"result": "success"}, "no 'invoices'"),
        ("7", "not a response"),
        ("{", "not JSON"),
        ("[" * 100_000, "too deep"),
    ],
)
def test_what_is_no_response_is_refused_in_words(read, response, words):
    with pytest.raises(FileError, match=words):
        read(response)
