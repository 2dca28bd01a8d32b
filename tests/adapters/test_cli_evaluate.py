"""``payymo evaluate``, given a truth that names things otherwise than the run."""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from payymo_adapters.cli import main


@pytest.fixture
def matches(tmp_path: Path) -> Path:
    """A run whose one match pays the invoice ``i1``, which has another number."""
    rows: dict[str, list[dict[str, Any]]] = {
        "bank": [
            {
                "id": "t1",
                "amount": "119.00",
                "currency": "EUR",
                "remittance": "INV-2026-1",
            },
            {"id": "t2", "amount": "7.50", "currency": "EUR", "remittance": "thanks"},
        ],
        "invoices": [
            {
                "id": "i1",
                "number": "INV-2026-1",
                "outstanding": "119.00",
                "currency": "EUR",
            }
        ],
    }
    for name, records in rows.items():
        text = "".join(json.dumps(record) + "\n" for record in records)
        (tmp_path / f"{name}.jsonl").write_text(text, "utf-8")
    target = tmp_path / "matches.jsonl"
    read = [str(tmp_path / f"{name}.jsonl") for name in rows]
    ran = CliRunner().invoke(main, ["match", *read, "-o", str(target)])
    assert ran.exit_code == 0, ran.output
    return target


def measured(matches: Path, *truth: dict[str, Any]) -> Result:
    path = matches.with_name("truth.jsonl")
    path.write_text("".join(json.dumps(one) + "\n" for one in truth), "utf-8")
    return CliRunner().invoke(main, ["evaluate", str(matches), str(path)])


def test_a_truth_of_ids_is_measured_without_a_word(matches: Path) -> None:
    ran = measured(matches, {"transaction": "t1", "invoices": ["i1"]})
    assert ran.exit_code == 0
    assert ran.stderr == ""
    assert "100.00 %" in ran.stdout


def test_numbers_in_place_of_ids_are_told(matches: Path) -> None:
    ran = measured(matches, {"transaction": "t1", "invoices": ["INV-2026-1"]})
    assert ran.exit_code == 0
    assert "'INV-2026-1'" in ran.stderr
    assert "as 'i1': ids are wanted, not numbers" in ran.stderr


def test_a_transaction_that_the_run_does_not_know_is_told(matches: Path) -> None:
    known = {"transaction": "t1", "invoices": ["i1"]}
    ran = measured(matches, known, {"transaction": "T-9", "invoices": []})
    assert ran.exit_code == 0
    assert "1 transaction of" in ran.stderr
    assert "as 'T-9'" in ran.stderr


def test_files_the_wrong_way_round_are_said_to_be(matches: Path) -> None:
    measured(matches, {"transaction": "t1", "invoices": ["i1"]})
    truth = matches.with_name("truth.jsonl")
    ran = CliRunner().invoke(main, ["evaluate", str(truth), str(matches)])
    assert ran.exit_code == 2
    told = f"holds a truth, and {matches} matches: give them the other way round"
    assert told in ran.stderr


def test_a_truth_of_another_run_is_refused(matches: Path) -> None:
    ran = measured(matches, {"transaction": "T-1", "invoices": ["i1"]})
    assert ran.exit_code == 2
    assert "none of its transactions, as 'T-1'" in ran.stderr
    assert "ids are wanted, as 't1'" in ran.stderr


def test_a_rejected_proposal_that_is_not_made_again_is_no_number(matches: Path) -> None:
    rejected = {"transaction": "t2", "invoices": ["i7"], "verdict": "reject"}
    assert measured(matches, rejected).stderr == ""


@pytest.mark.parametrize(
    "arguments", [["fetch", "stripe", "--since", "1.2.2026"], ["export", "--to", "May"]]
)
def test_a_day_that_is_none_is_told_as_it_is_wanted(arguments: list[str]) -> None:
    ran = CliRunner().invoke(main, arguments)
    assert ran.exit_code == 2
    assert "is not a day, as 2026-05-31" in ran.stderr
    assert "%Y" not in ran.stderr
