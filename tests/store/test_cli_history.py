"""What a history tells of money that is posted, taken back, or left over."""

import json

import pytest
from click.testing import CliRunner, Result

from payymo_adapters.cli import main
from payymo_adapters.exchange import write_invoices, write_transactions
from payymo_adapters.store.recording import record_transactions
from payymo_core.records import InvoiceStatus
from tests.store.builders import at, begin_in, billed, paid, record


@pytest.fixture(autouse=True)
def _folder(tmp_path, monkeypatch, url):
    begin_in(tmp_path, monkeypatch, url)
    write_transactions([paid("t1", remittance="INV-i1")], "in/a.jsonl")
    owe(billed("i1"), billed("i2", "500.00"))
    assert payymo("run").exit_code == 0


def payymo(*arguments: str) -> Result:
    return CliRunner().invoke(main, arguments, catch_exceptions=False)


def owe(*invoices) -> None:
    write_invoices(invoices, "invoices.jsonl")


def told(record: str) -> list[str]:
    """What happened to a record, without when."""
    return [line[17:] for line in payymo("history", record).stdout.splitlines()]


def test_a_payment_in_the_books_and_its_taking_back_are_told_apart():
    payymo("decide", "confirm", "1")
    owe(billed("i2", "500.00"))
    payymo("run")
    owe(billed("i1"), billed("i2", "500.00"))
    payymo("run")
    posted = [line for line in told("i1") if line.startswith("posting")]
    assert [line.partition("; key ")[0] for line in posted] == [
        (
            "posting.confirmed by payymo: "
            "posting 1: payment of 119.00 EUR to invoice i1; decision 1 on main/t1; "
            "the ledger has it as paid"
        ),
        (
            "posting.confirmed by payymo: "
            "posting 2: reversal of 119.00 EUR to invoice i1; decision 1 on main/t1; "
            "the ledger has the invoice as open again"
        ),
    ]
    lines = payymo("history", "i1", "--json").stdout.splitlines()
    kinds = [e["kind"] for e in map(json.loads, lines) if "posting" in e]
    assert kinds == ["payment", "reversal"]


def test_a_proposal_that_nothing_replaces_is_told_to_have_ended():
    owe(billed("i1", status=InvoiceStatus.CANCELLED), billed("i2", "500.00"))
    payymo("run")
    over = "match.lapsed by payymo: decision 1 on main/t1 is proposed no more"
    assert (told("main/t1").count(over), told("i1")[-1]) == (1, over)


def test_a_proposal_that_another_replaces_did_not_lapse():
    payymo("decide", "match", "main/t1", "i2=19")
    assert [line for line in told("main/t1") if "lapsed" in line] == []


def test_a_choice_and_what_was_given_of_its_rest_are_told_apart():
    payymo("decide", "match", "main/t1", "i2=19")
    payymo(*["decide", "split", "main/t1", "i1=90", "--reason", "fee", "--as", "Bo"])
    assert told("main/t1")[-3:] == [
        "match.chosen by Ada: decision 2: main/t1 pays 19.00 to i2",
        "match.confirmed by Ada: main/t1; decision 2; invoices i2",
        (
            "match.rest_settled by Bo: decision 2: "
            "main/t1 pays 90.00 to i1, 19.00 to i2; "
            "the rest is put aside: fee"
        ),
    ]


def test_an_invoice_that_is_listed_no_more_is_not_told_as_if_the_file_cancelled_it():
    owe(billed("i2", "500.00"))
    payymo("run")
    said = "from open to cancelled, metadata.listed from nothing to no more"
    assert [line for line in told("i1") if said in line]
    owe(billed("i1"), billed("i2", "500.00"))
    payymo("run")
    assert "metadata.listed from no more to nothing" in "".join(told("i1"))


def test_a_proposal_that_was_replaced_says_by_which():
    write_transactions([paid("t1", remittance="INV-i1 and INV-i2")], "in/a.jsonl")
    payymo("run")
    ran = payymo("decide", "confirm", "1")
    assert ran.exit_code == 2
    assert "it waits for no verdict; decision 2 took its place" in ran.stderr


def test_a_version_of_a_transaction_keeps_its_amount_its_day_and_its_text():
    for text in ("INV-i1", "INV-i1, thanks"):
        corrected = paid("t1", "120.00", remittance=text)
        write_transactions([corrected], "in/a.jsonl")
        payymo("run")
    came = [line for line in told("main/t1") if line.startswith("recorded")]
    assert came == [
        "recorded: version 1: 119.00 EUR, booked, of 2026-03-02, 'INV-i1'",
        (
            "recorded: version 2: 120.00 EUR, booked, of 2026-03-02, 'INV-i1'; "
            "changed: amount from 119.00 to 120.00"
        ),
        (
            "recorded: version 3: 120.00 EUR, booked, of 2026-03-02, 'INV-i1, thanks'; "
            "changed: remittance from INV-i1 to INV-i1, thanks"
        ),
    ]
    lines = map(json.loads, payymo("history", "main/t1", "--json").stdout.splitlines())
    versions = [each for each in lines if each["action"] == "recorded"]
    assert [each["gross"] for each in versions] == ["119.00", "120.00", "120.00"]
    assert [each["text"] for each in versions][1:] == ["INV-i1", "INV-i1, thanks"]


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        ('{"amount": 11900, "of": {"day": "2026-03-02"}}', "amount 11900, of.day 2"),
        ("none that anybody reads", "version 1"),
    ],
)
def test_what_a_provider_sent_before_is_told_in_its_own_words(store, sent, said):
    record(store)
    for hours, payload in ((1, sent), (2, '{"amount": 12000}')):
        with store.writing(at(hours)) as books:
            record_transactions(books, "main", [paid("p1")], {"p1": payload})
    first, second = told("main/p1")
    assert said in first
    assert "version 2: 119.00 EUR, booked" in second
