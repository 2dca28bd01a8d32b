"""What could not be read of files: how it is said, and how that ends."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from payymo_adapters.cli import main
from payymo_adapters.exchange import write_invoices
from tests.store.builders import begin_in, billed

GOOD = '{"id": "t1", "amount": "1.00", "currency": "EUR"}\n'
BAD = '{"id": "t2", "amount": 1.5, "currency": "EUR"}\n'
MENDED = BAD.replace("1.5", '"1.50"')
GONE = (
    "no run reads that file any more: bring it back, mended, or "
    "`payymo decide do-without main in/a.jsonl`"
)


@pytest.fixture(autouse=True)
def _folder(tmp_path, monkeypatch, url):
    begin_in(tmp_path, monkeypatch, url)
    write_invoices([billed("i1", "900.00")], "invoices.jsonl")
    bring("a.jsonl", GOOD + BAD)
    assert payymo("run").exit_code == 1


def payymo(*arguments: str) -> Result:
    return CliRunner().invoke(main, arguments, catch_exceptions=False)


def bring(name: str, text: str) -> None:
    Path("in", name).write_text(text, encoding="utf-8")


def told() -> str:
    """The line of ``status`` about what is missing."""
    lines = payymo("status").stdout.splitlines()
    return next((line for line in lines if "rejected" in line), "")


def missing() -> list[dict[str, object]]:
    held: list[dict[str, object]] = json.loads(payymo("status", "--json").stdout)[
        "rejected"
    ]
    return held


def remove() -> None:
    """The faulty file goes; another stays."""
    bring("b.jsonl", GOOD.replace("t1", "t9"))
    Path("in/a.jsonl").unlink()


def test_what_a_file_had_that_is_there_no_more_is_said_to_be_so():
    assert told() == "main: in/a.jsonl: 1 record rejected, and missing: payymo run"
    assert missing()[0]["is_read"] is True
    remove()
    assert told() == f"main: in/a.jsonl: 1 record rejected, and missing; {GONE}"
    assert missing()[0]["is_read"] is False
    done = payymo("run")
    assert done.exit_code == 1
    assert "main: in/a.jsonl: 1 record rejected\n" in done.stderr
    assert "a.jsonl:2: record 't2': amount" in done.stderr
    assert GONE in done.stderr


def test_a_file_that_comes_back_as_it_was_is_read_again():
    remove()
    payymo("run")
    bring("a.jsonl", GOOD + BAD)
    assert told().endswith("and missing: payymo run")
    assert GONE not in payymo("run").stderr


def test_a_person_does_without_what_is_missing():
    remove()
    done = payymo("decide", "do-without", "main", "in/a.jsonl")
    assert done.stdout == "main: in/a.jsonl: 1 record done without\n"
    assert (told(), missing()) == ("", [])
    assert payymo("run").exit_code == 0
    again = payymo("decide", "do-without", "main", "in/a.jsonl")
    assert again.exit_code == 2
    assert "no record of 'in/a.jsonl' is missing there" in again.stderr
    assert payymo("audit", "verify", "--tenant", "acme").exit_code == 0


def test_what_is_done_without_is_said_again_where_the_file_is_read_anew():
    payymo("decide", "do-without", "main", "in/a.jsonl")
    assert payymo("run").exit_code == 0
    bring("a.jsonl", GOOD + BAD + GOOD.replace("t1", "t3"))
    assert payymo("run").exit_code == 1
    assert told()


def test_a_record_that_another_file_brings_is_missing_no_more():
    remove()
    bring("c.jsonl", MENDED)
    assert payymo("run").exit_code == 0
    assert (told(), missing()) == ("", [])


def test_a_record_that_no_file_brings_stays_missing():
    bring("a.jsonl", GOOD + BAD + BAD.replace("t2", "t3"))
    bring("c.jsonl", MENDED)
    assert payymo("run").exit_code == 1
    assert [each["record"] for each in missing()] == ["t3"]
