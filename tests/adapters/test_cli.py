"""``payymo`` and its smaller commands: evaluate, explain, rules."""

import json
import tomllib
from collections.abc import Mapping
from pathlib import Path

import pytest
from attrs import evolve
from click.testing import CliRunner, Result
from hypothesis import given
from hypothesis import strategies as st

from payymo_adapters.cli import main
from payymo_adapters.cli.ruleset_toml import ruleset_to_toml
from payymo_core import ReferenceRule, Ruleset, Thresholds
from payymo_core.rules import Exactness, GroupLimits, TiePolicy


def run(*arguments: object) -> Result:
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


def lines(path: Path, *objects: Mapping[str, object]) -> Path:
    path.write_text("\n".join(map(json.dumps, objects)), encoding="utf-8")
    return path


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path]:
    """Two customers who owe the same; one pays and names its invoice, one does not."""
    bank = lines(
        tmp_path / "bank.jsonl",
        {"id": "t1", "amount": "99.00", "currency": "EUR", "remittance": "INV-004711"},
        {
            "id": "t2",
            "amount": "50.00",
            "currency": "EUR",
            "counterparty": {"name": "Ahornhof Optik GmbH"},
        },
        {"id": "bad", "amount": 1, "currency": "EUR"},
    )
    owner = {"id": "c1", "company": "Ahornhof Optik GmbH"}
    ledger = lines(
        tmp_path / "open.jsonl",
        {"id": "i1", "number": "INV-004711", "outstanding": "99.00", "currency": "EUR"},
        {"id": "i2", "number": "INV-004712", "outstanding": "99.00", "currency": "EUR"},
        *(
            {
                "id": name,
                "number": "INV-SAME",
                "outstanding": "50.00",
                "currency": "EUR",
                "customer": owner,
            }
            for name in ("i3", "i4")
        ),
    )
    return bank, ledger


def test_help_documents_the_exit_codes() -> None:
    for command in ("", *main.commands):
        shown = run(*command.split(), "--help").stdout
        assert "0  done" in shown
        assert "1  done, but" in shown
        assert "2  not done" in shown
        assert "4  not done" in shown
        asks = command in ("", "run", "fetch", "connect", "invoices", "apply")
        assert ("3  a provider did not answer" in shown) == asks


def test_an_unknown_command_is_wrong_usage() -> None:
    assert run("mtach").exit_code == 2


# -- check


def test_check_says_what_is_wrong_and_what_to_do(files: tuple[Path, Path]) -> None:
    shown = run("check", *files).stdout.splitlines()
    assert shown[0] == "error: duplicate_number (1)"
    assert shown[2].startswith('  - number "INV-SAME" on 2 invoices')
    assert shown[2].endswith("[invoices i3, i4; customer c1]")
    assert shown[3].startswith("  What to do: ")
    assert shown[-1] == "1 finding in 2 transactions and 4 invoices"


def test_check_gives_a_program_every_case_and_id(files: tuple[Path, Path]) -> None:
    said = [
        json.loads(line)
        for line in run("check", *files, "--json").stdout.split("\n")
        if line
    ]
    (one,) = said
    assert (one["code"], one["severity"]) == ("duplicate_number", "error")
    assert one["says"]
    assert one["advice"]
    (case,) = one["cases"]
    assert case["invoices"] == ["i3", "i4"]
    assert case["customers"] == ["c1"]
    assert case["transactions"] == []


def test_check_tells_a_person_the_first_few_only(tmp_path: Path) -> None:
    owed = {"outstanding": "5.00", "currency": "EUR"}
    numbers = [(f"i{n}", f"A-{n % 9 + 1000}") for n in range(7 * 9)]
    ledger = lines(
        tmp_path / "open.jsonl", *({"id": i, "number": n, **owed} for i, n in numbers)
    )
    bank = lines(tmp_path / "bank.jsonl")
    shown = run("check", bank, ledger).stdout
    assert "error: duplicate_number (9)" in shown
    assert shown.count("  - number ") == 5
    assert "  - and 4 more; --json shows all of them" in shown
    assert "[invoices i0, i18, i27, i36 and 3 more]" in shown


def test_check_follows_the_ruleset(files: tuple[Path, Path], tmp_path: Path) -> None:
    rules = tmp_path / "rules.toml"
    rules.write_text(
        '[[references]]\nname = "order"\ninvoice_fields = ["references.order"]\n'
    )
    shown = run("check", *files, "--ruleset", rules).stdout
    assert 'rule "order": no invoice has references.order' in shown


def test_check_says_so_where_nothing_is_wrong(tmp_path: Path) -> None:
    bank, ledger = lines(tmp_path / "bank.jsonl"), lines(tmp_path / "open.jsonl")
    ran = run("check", bank, ledger)
    assert ran.stdout == "nothing found in 0 transactions and 0 invoices\n"
    assert ran.exit_code == 0


def test_check_tells_that_records_were_rejected(files: tuple[Path, Path]) -> None:
    ran = run("check", *files, "--json")
    assert ran.exit_code == 1
    assert "'bad'" in ran.stderr


# -- explain


def test_explain_shows_rows_that_add_up_and_a_conclusion(
    files: tuple[Path, Path],
) -> None:
    ran = run("explain", "t1", "--in", *files, "--json")
    said = json.loads(ran.stdout)
    assert said["invoices"] == ["i1"]
    assert sum(row["weight"] for row in said["rows"]) == said["weight"]
    assert all(row["sentence"] for row in said["rows"])
    assert said["conclusion"]


def test_explain_is_a_table_with_bars_for_a_person(files: tuple[Path, Path]) -> None:
    shown = run("explain", "t1", "--in", *files).stdout
    for words in ("INV-004711", "99.00 EUR", "prior", "amount", "sum", "█", "│"):
        assert words in shown


def test_explain_says_what_would_settle_a_review(files: tuple[Path, Path]) -> None:
    shown = run("explain", "t2", "--in", *files).stdout
    assert "Two invoices of 50.00 EUR are open for Ahornhof Optik GmbH" in shown
    assert "INV-SAME (id i3) and INV-SAME (id i4)" in shown
    assert "(confidence 50.0 %)" in shown


def test_explain_writes_no_signed_zero(files: tuple[Path, Path]) -> None:
    for transaction in ("t1", "t2"):
        shown = run("explain", transaction, "--in", *files).stdout
        assert "-0.00" not in shown
        assert "+0.00" not in shown


def test_explain_says_why_not_another_invoice(files: tuple[Path, Path]) -> None:
    shown = run("explain", "t1", "--in", *files, "--invoice", "i2").stdout
    assert "Not INV-004712" in shown


def test_explain_takes_an_invoice_by_its_number(files: tuple[Path, Path]) -> None:
    by_number = run("explain", "t1", "--in", *files, "--invoice", "INV-004712")
    by_id = run("explain", "t1", "--in", *files, "--invoice", "i2")
    assert by_number.stdout == by_id.stdout


def test_explain_asks_for_the_id_where_a_number_is_used_twice(
    files: tuple[Path, Path],
) -> None:
    ran = run("explain", "t2", "--in", *files, "--invoice", "INV-SAME")
    assert ran.exit_code == 2
    assert "i3, i4" in ran.stderr


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("nope",), "no record has this id"),
        (("t1", "--invoice", "nope"), "no record has this id"),
        (("bad",), "it was rejected"),
    ],
)
def test_explain_says_what_it_does_not_know(
    files: tuple[Path, Path], arguments: tuple[str, ...], words: str
) -> None:
    ran = run("explain", *arguments, "--in", *files)
    assert ran.exit_code == 2
    assert words in ran.stderr


def test_explain_tells_that_records_were_rejected(files: tuple[Path, Path]) -> None:
    ran = run("explain", "t1", "--in", *files)
    assert ran.exit_code == 1
    assert "'bad'" in ran.stderr


# -- evaluate


@pytest.fixture
def judged(files: tuple[Path, Path], tmp_path: Path) -> tuple[Path, Path]:
    """Matches, and a truth by which t1 was matched wrongly."""
    matches = tmp_path / "matches.jsonl"
    run("match", *files, "-o", matches)
    truth = lines(
        tmp_path / "truth.jsonl",
        {"transaction": "t1", "invoices": ["i2"]},
        {"transaction": "t2", "invoices": ["i3"]},
    )
    return matches, truth


def test_evaluate_names_wrong_matches(judged: tuple[Path, Path]) -> None:
    ran = run("evaluate", *judged)
    assert ran.exit_code == 0
    assert "wrong match: t1" in ran.stdout
    assert "precision" in ran.stdout
    assert "Said" in ran.stdout


def test_evaluate_gives_programs_one_object(judged: tuple[Path, Path]) -> None:
    figures = json.loads(run("evaluate", *judged, "--json").stdout)
    assert figures["transactions"] == 2
    assert figures["precision"] == 0.0
    assert figures["wrong"] == ["t1"]
    assert sum(part["count"] for part in figures["calibration"]) == 2


def test_evaluate_refuses_a_truth_that_is_none(judged: tuple[Path, Path]) -> None:
    matches, _ = judged
    ran = run("evaluate", matches, matches)
    assert ran.exit_code == 2
    assert f"{matches}:1: " in ran.stderr


def test_evaluate_says_what_few_labels_do_not_show(judged: tuple[Path, Path]) -> None:
    shown = run("evaluate", *judged, "--precision", "0.999").stdout
    assert "at least 2,995 judged matches, all of them right" in shown
    assert "299 judged" not in shown


def test_evaluate_takes_any_number_of_precisions(judged: tuple[Path, Path]) -> None:
    wanted = ("--precision", "0.9", "--precision", "0.97")
    figures = json.loads(run("evaluate", *judged, *wanted, "--json").stdout)
    assert [advice["precision"] for advice in figures["advice"]] == [0.9, 0.97]
    figures = json.loads(run("evaluate", *judged, "--json").stdout)
    assert [advice["precision"] for advice in figures["advice"]] == [0.99, 0.995, 0.999]
    assert run("evaluate", *judged, "--precision", "1").exit_code == 2


def test_evaluate_knows_the_thresholds_of_the_run_by_its_ruleset(
    judged: tuple[Path, Path], tmp_path: Path
) -> None:
    rules = tmp_path / "rules.toml"
    rules.write_text("[thresholds]\nmatch = 0.97\n", encoding="utf-8")
    figures = json.loads(run("evaluate", *judged, "--ruleset", rules, "--json").stdout)
    assert figures["threshold"] == 0.97
    assert 0.97 in [point["threshold"] for point in figures["curve"]]


def test_evaluate_takes_verdicts_for_a_truth(
    judged: tuple[Path, Path], tmp_path: Path
) -> None:
    matches, _ = judged
    labels = lines(
        tmp_path / "labels.jsonl",
        {"transaction": "t1", "invoices": ["i1"], "verdict": "confirm"},
        {"transaction": "t2", "invoices": ["i3"], "verdict": "reject"},
    )
    ran = run("evaluate", matches, labels)
    assert ran.exit_code == 0
    assert "Only a rejected proposal is known of 1 of them" in ran.stdout
    figures = json.loads(run("evaluate", matches, labels, "--json").stdout)
    assert (figures["precision"], figures["payable"]) == (1.0, 1)


def test_evaluate_refuses_verdicts_that_contradict_each_other(
    judged: tuple[Path, Path], tmp_path: Path
) -> None:
    labels = lines(
        tmp_path / "labels.jsonl",
        {"transaction": "t1", "invoices": ["i1"], "verdict": "confirm"},
        {"transaction": "t1", "invoices": ["i1"], "verdict": "reject"},
    )
    ran = run("evaluate", judged[0], labels)
    assert ran.exit_code == 2
    assert f"{labels}: transaction 't1' with ['i1'] is both" in ran.stderr


def test_evaluate_writes_a_page_and_says_so_beside_the_json(
    judged: tuple[Path, Path], tmp_path: Path
) -> None:
    page = tmp_path / "evaluation.html"
    ran = run("evaluate", *judged, "--report", page, "--json")
    assert json.loads(ran.stdout)["wrong"] == ["t1"]
    assert f"written: {page}" in ran.stderr
    assert page.read_text("utf-8").startswith("<!doctype html>")


def test_evaluate_takes_a_dash_for_stdout(judged: tuple[Path, Path]) -> None:
    ran = run("evaluate", *judged, "--report", "-")
    assert ran.stdout.startswith("<!doctype html>")
    assert "wrong match: t1" in ran.stderr
    assert run("evaluate", *judged, "--report", "-", "--json").exit_code == 2


@pytest.mark.parametrize("place", [0, 1])
def test_evaluate_overwrites_nothing_that_it_reads(
    judged: tuple[Path, Path], place: int
) -> None:
    before = judged[place].read_bytes()
    ran = run("evaluate", *judged, "--report", judged[place])
    assert ran.exit_code == 2
    assert "would be overwritten" in ran.stderr
    assert judged[place].read_bytes() == before


# -- rules


def test_the_printed_toml_is_the_default_ruleset() -> None:
    assert Ruleset.from_toml(run("rules").stdout) == Ruleset()
    assert run("rules", "--toml").stdout == run("rules").stdout


@pytest.mark.parametrize("order", [("--explain", "--toml"), ("--toml", "--explain")])
def test_rules_are_printed_in_one_way(order: tuple[str, str]) -> None:
    ran = run("rules", *order)
    assert (ran.exit_code, ran.stdout) == (2, "")
    assert "exclude each other" in ran.stderr


def test_every_field_of_the_printed_toml_has_a_comment_above_it() -> None:
    printed = run("rules").stdout.splitlines()
    first_rule = printed.index("[[references]]")
    other_rules = printed.index("[[references]]", first_rule + 1)
    next_table = printed.index("[amount]")
    for place, line in enumerate(printed):
        inside = other_rules <= place < next_table
        if "=" in line and not line.startswith("#") and not inside:
            assert printed[place - 1].startswith("# "), line


def test_rules_explains_in_words_what_a_file_changes(tmp_path: Path) -> None:
    path = tmp_path / "rules.toml"
    path.write_text("[thresholds]\nmatch = 0.97\n", encoding="utf-8")
    assert "0.97" in run("rules", "--explain", "--ruleset", path).stdout
    assert "0.97" not in run("rules", "--explain").stdout
    assert (
        "An amount counts for more the rarer it is" in run("rules", "--explain").stdout
    )
    assert tomllib.loads(run("rules", "--ruleset", path).stdout)["thresholds"] == {
        "match": 0.97,
        "review": Thresholds().review,
        "margin": Thresholds().margin,
    }


texts = st.text(
    st.characters(exclude_categories=["Cs"]), min_size=1, max_size=12
).filter(str.strip)
rules = st.builds(
    ReferenceRule,
    name=texts,
    transaction_fields=st.just(("remittance", "metadata.*")),
    invoice_fields=texts.map(lambda key: (f"references.{key}",)),
    pattern=st.sampled_from((None, "PO{digits:6}", r'"\d{4}')),
    exactness=st.lists(st.sampled_from(Exactness), min_size=1, unique=True).map(tuple),
    reliability=st.floats(0.01, 0.99),
)
rulesets = st.builds(
    evolve,
    st.just(Ruleset()),
    references=st.lists(rules, max_size=3, unique_by=lambda r: r.name).map(tuple),
    thresholds=st.builds(Thresholds, match=st.floats(0.6, 0.99999)),
    groups=st.builds(GroupLimits, invoices=st.integers(2, 12)),
    policies=st.builds(
        evolve, st.just(Ruleset().policies), ties=st.sampled_from(TiePolicy)
    ),
)


@given(rulesets)
def test_any_ruleset_survives_being_written_as_toml(ruleset: Ruleset) -> None:
    assert Ruleset.from_toml(ruleset_to_toml(ruleset)) == ruleset


# --- learn ----------------------------------------------------------------------------


def test_what_is_learnt_is_a_ruleset_that_every_command_takes(files, tmp_path):
    bank, ledger = files
    labels = lines(
        tmp_path / "labels.jsonl",
        {"transaction": "t1", "invoices": ["i1"], "verdict": "confirm"},
        {"transaction": "t2", "invoices": ["i3"], "verdict": "reject"},
    )
    learnt = tmp_path / "learnt.toml"
    result = run("learn", bank, ledger, labels, "-o", learnt)
    assert result.exit_code == 0
    assert "Learnt from 2 labels:" in result.output
    rules = Ruleset.from_toml(learnt.read_text("utf-8"))
    assert [(r.transaction, r.invoices) for r in rules.learnt.rejected] == [
        ("t2", ("i3",))
    ]
    said = run("rules", "--ruleset", learnt, "--explain").output
    assert "1 rejected proposal does not come again." in said
    matched = run("match", bank, ledger, "--ruleset", learnt, "--json").stdout
    (line,) = (
        found
        for found in map(json.loads, matched.splitlines())
        if found["transaction"] == "t2"
    )
    assert [a["invoice"] for a in line["allocations"]] == ["i4"]
    assert "rejected_before" in line["reasons"]
    again = tmp_path / "again.toml"
    assert not run(
        "learn", bank, ledger, labels, "--ruleset", learnt, "-o", again
    ).exit_code
    assert again.read_text("utf-8") == learnt.read_text("utf-8")


def test_labels_at_fault_are_listed_by_line_and_the_rest_is_learnt(files, tmp_path):
    labels = tmp_path / "labels.jsonl"
    labels.write_text(
        '\n{"transaction": "t9", "invoices": ["i1"], "verdict": "confirm"}\n'
        '\n{"transaction": "t2", "invoices": ["i3"], "verdict": "reject"}\n',
        encoding="utf-8",
    )
    learnt = tmp_path / "learnt.toml"
    result = run("learn", *files, labels, "-o", learnt)
    assert result.exit_code == 1
    fault = (
        f"{labels}:2: record 't9': transaction: no usable transaction has the id 't9'"
    )
    assert fault in result.stderr
    assert Ruleset.from_toml(learnt.read_text("utf-8")).learnt.labels == 1


def test_a_line_that_is_no_label_is_refused_with_its_place(files, tmp_path):
    labels = lines(
        tmp_path / "labels.jsonl",
        {"transaction": "t1", "invoices": ["i1"], "verdict": "perhaps"},
    )
    result = run("learn", *files, labels, "-o", tmp_path / "learnt.toml")
    assert result.exit_code == 2
    assert f"{labels}:1: verdict" in result.stderr
    assert not (tmp_path / "learnt.toml").exists()


# --- tune -----------------------------------------------------------------------------


def test_suggestions_are_printed_and_none_is_made_unasked(files, tmp_path):
    bank, ledger = files
    labels = lines(
        tmp_path / "labels.jsonl",
        {"transaction": "t1", "invoices": ["i1"], "verdict": "confirm"},
        {"transaction": "t2", "invoices": ["i4"]},
    )
    result = run("tune", bank, ledger, labels)
    assert result.exit_code == 0
    assert "Measured on 2 judged transactions" in result.output
    assert "does not prove 99.9 %, which takes at least 2,995" in result.output
    assert result.output.endswith("Nothing was changed.\n")


def test_what_is_proven_is_written_beside_the_rules_that_stay(tmp_path):
    numbers = range(1000, 1040)
    bank = lines(
        tmp_path / "bank.jsonl",
        *(
            {
                "id": f"t{n}",
                "amount": f"{n}.70",
                "currency": "EUR",
                "booking_date": "2026-05-02",
                "mandate_id": f"MREF-{n}-A",
            }
            for n in numbers
        ),
    )
    ledger = lines(
        tmp_path / "ledger.jsonl",
        *(
            {
                "id": f"i{n}",
                "outstanding": f"{n}.70",
                "currency": "EUR",
                "due_date": "2026-05-01",
                "references": {"mandate": f"MREF-{n}-A"},
            }
            for n in numbers
        ),
    )
    labels = lines(
        tmp_path / "labels.jsonl",
        *({"transaction": f"t{n}", "invoices": [f"i{n}"]} for n in numbers),
    )
    rules = tmp_path / "rules.toml"
    rules.write_text("[dates]\nstale_after_days = 99\n", encoding="utf-8")
    tuned = tmp_path / "tuned.toml"
    told = "tune", bank, ledger, labels, "--ruleset", rules, "--precision", "0.9", "-o"
    result = run(*told, tuned)
    assert result.exit_code == 0
    assert "references: a rule for references.mandate in mandate_id" in result.output
    assert "40 of 40" in result.output
    assert f"written: {tuned}, with 1 change\n" in result.output
    assert "Nothing was changed" not in result.output
    written = Ruleset.from_toml(tuned.read_text("utf-8"))
    assert len(written.references) == len(Ruleset().references) + 1
    assert written.dates.stale_after_days == 99
    piped = run(*told, "-")
    assert piped.stdout == tuned.read_text("utf-8")
    matched = run("match", bank, ledger, "--ruleset", tuned, "--json").stdout
    assert {json.loads(one)["outcome"] for one in matched.splitlines()} == {"match"}


def test_labels_at_fault_are_listed_by_tune_too(files, tmp_path):
    labels = lines(tmp_path / "labels.jsonl", {"transaction": "t9", "invoices": []})
    result = run("tune", *files, labels)
    assert result.exit_code == 1
    assert "no usable transaction has the id 't9'" in result.stderr
