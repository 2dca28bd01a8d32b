"""What a history tells of money that is posted, taken back, or left over."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from payymo_adapters.cli import main
from payymo_adapters.exchange import write_invoices, write_transactions
from payymo_core.records import InvoiceStatus
from tests.store.builders import billed, paid

SETTINGS = """
[payymo]
tenant = "acme"
[accounts.main]
files = "in/*.jsonl"
[invoices]
from = "invoices.jsonl"
"""


@pytest.fixture(autouse=True)
def _folder(tmp_path, monkeypatch, url):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PAYYMO_DATABASE", url)
    monkeypatch.setenv("PAYYMO_ACTOR", "Ada")
    monkeypatch.delenv("PAYYMO_SETTINGS", raising=False)
    Path("in").mkdir()
    Path("payymo.toml").write_text(SETTINGS, encoding="utf-8")
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
