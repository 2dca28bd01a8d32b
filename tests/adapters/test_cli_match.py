"""``payymo match``, as a person and as a program use it."""

import json
import os
import pty
import subprocess
import sys
from collections.abc import Callable, Mapping
from decimal import Decimal
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result

from payymo_adapters.cli import main
from payymo_adapters.cli.failures import Exit, Group
from payymo_adapters.demo import INVOICES, STATEMENT, copy_files
from payymo_adapters.exchange import read_matches
from payymo_core import Money

PAYYMO = (sys.executable, "-m", "payymo_adapters")
INVOICE = {"id": "i1", "number": "INV-2026-004711", "outstanding": "99.00"}
NAMED = {"id": "t1", "amount": "99.00", "remittance": "INV-2026-004711"}
UNNAMED = {"id": "t2", "amount": "12.34", "remittance": "hello"}


def run(*arguments: object) -> Result:
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


def lines(path: Path, *objects: Mapping[str, object]) -> Path:
    rows = [json.dumps({"currency": "EUR", **row}) for row in objects]
    path.write_text("\n".join(rows), encoding="utf-8")
    return path


@pytest.fixture
def bank(tmp_path: Path) -> Path:
    return lines(tmp_path / "bank.jsonl", NAMED, UNNAMED)


@pytest.fixture
def ledger(tmp_path: Path) -> Path:
    return lines(tmp_path / "open.jsonl", INVOICE)


def test_without_options_the_table_says_outcome_invoice_and_reason(
    bank: Path, ledger: Path
) -> None:
    ran = run("match", bank, ledger)
    assert ran.exit_code == 0
    assert ran.stderr == ""
    for words in ("match", "t1", "99.00 EUR", "INV-2026-004711", "paid in full", "t2"):
        assert words in ran.stdout
    assert "1   99.00 EUR" in ran.stdout
    assert "exchange format" in ran.stdout


WIDTHS = ["40", "71", "72", "119", "120", "200"]


def table_of(width: str, bank: Path, ledger: Path) -> str:
    """The table that a terminal of a width is shown."""
    ran = CliRunner().invoke(
        main, ["match", str(bank), str(ledger)], env={"COLUMNS": width}
    )
    return ran.stdout.split(str(bank))[0]


@pytest.mark.parametrize("columns", WIDTHS)
def test_the_table_fits_the_width_it_is_given(
    bank: Path, ledger: Path, columns: str
) -> None:
    table = table_of(columns, bank, ledger)
    assert "99.00 EUR" in table
    assert "INV-2026-004711" in table
    assert max(map(len, table.splitlines())) <= int(columns)
    assert ("Outcome" in table) == (int(columns) >= 72)
    assert ("Amount" in table) == (int(columns) >= 120)


@pytest.mark.parametrize("columns", WIDTHS)
def test_a_long_id_is_folded_and_never_cut(
    tmp_path: Path, ledger: Path, columns: str
) -> None:
    name = "".join(map(str, range(10, 60)))
    bank = lines(tmp_path / "bank.jsonl", {**NAMED, "id": name})
    table = table_of(columns, bank, ledger)
    pieces = [w for w in table.split() if len(w) >= 10 and w.isdigit()]
    assert "".join(pieces) == name
    assert "\u2026" not in table


def test_a_file_with_nothing_in_it_is_told_and_no_empty_table_shown(
    tmp_path: Path, ledger: Path
) -> None:
    empty = tmp_path / "empty.csv"
    empty.write_text("", encoding="utf-8")
    ran = run("match", empty, ledger)
    assert ran.exit_code == 0
    assert "note: holds no transactions" in ran.stdout
    assert "Outcome" not in ran.stdout


def test_what_a_csv_was_taken_for_is_told_below_the_figures_a_column_a_line(
    tmp_path: Path, ledger: Path
) -> None:
    bank = tmp_path / "bank.csv"
    bank.write_text("Date;Text;Amount (EUR);Odd\n2026-05-04;x;1,50;y\n", "utf-8")
    shown = run("match", bank, ledger).stdout
    figures, _, files = shown.partition(f"{bank}: ")
    assert "1.50 EUR" in figures
    described, *columns = files.partition(f"\n\n{ledger}")[0].splitlines()
    assert described.startswith("CSV in utf-8, ")
    assert [" ".join(line.split()) for line in columns] == [
        "booking_date Date",
        "amount Amount (EUR)",
        "remittance Text",
        "not used Odd",
    ]


def test_the_table_and_the_figures_have_the_outcomes_of_the_json(
    tmp_path: Path, ledger: Path
) -> None:
    bank = lines(
        tmp_path / "bank.jsonl",
        NAMED,
        UNNAMED,
        {"id": "t3", "amount": "-5.00"},
        {"id": "t4", "amount": "7.00", "status": "pending"},
    )
    outcomes = {json.loads(line)["outcome"] for line in run_json(bank, ledger)}
    shown = run("match", bank, ledger).stdout
    table, _, figures = shown.partition(" Count ")
    rows = [line.split()[0] for line in table.splitlines() if line[1:2].isalpha()]
    assert set(rows) - {"Outcome"} == outcomes
    rows = [line for line in figures.splitlines() if line.startswith(" ")]
    named = [line[:16].strip() for line in rows if line[1:2].isalpha()]
    assert named == ["match", "none", "none: outgoing", "none: pending"]


def run_json(bank: Path, ledger: Path) -> list[str]:
    return run("match", bank, ledger, "--json").stdout.splitlines()


def test_json_puts_the_matches_on_stdout_and_nothing_else(
    bank: Path, ledger: Path
) -> None:
    ran = run("match", bank, ledger, "--json")
    first, second = map(json.loads, ran.stdout.splitlines())
    assert (first["transaction"], first["outcome"]) == ("t1", "match")
    assert (second["transaction"], second["outcome"]) == ("t2", "none")
    assert "applied to invoices" in ran.stderr


def test_output_is_what_json_prints(tmp_path: Path, bank: Path, ledger: Path) -> None:
    target = tmp_path / "matches.jsonl"
    ran = run("match", bank, ledger, "-o", target, "--json")
    assert target.read_text("utf-8") == ran.stdout
    assert [m.transaction for m in read_matches(target)] == ["t1", "t2"]


def test_a_dash_is_stdout(
    tmp_path: Path, bank: Path, ledger: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    matches = run("match", bank, ledger, "-o", "-")
    assert matches.stdout == run("match", bank, ledger, "--json").stdout
    assert "applied to invoices" in matches.stderr
    page = run("match", bank, ledger, "--report", "-", "-o", "m.jsonl")
    assert run("match", bank, ledger, "--report", "r.html").exit_code == 0
    assert page.stdout == Path("r.html").read_text("utf-8")
    assert "written: m.jsonl" in page.stderr
    assert not Path("-").exists()


@pytest.mark.parametrize("other", [("-o", "-"), ("--json",)])
def test_stdout_takes_one_output(
    bank: Path, ledger: Path, other: tuple[str, ...]
) -> None:
    said = refused(run("match", bank, ledger, "--report", "-", *other))
    assert "either the matches or the report" in said


def test_with_output_the_summary_is_shown_and_no_table(
    tmp_path: Path, bank: Path, ledger: Path
) -> None:
    ran = run("match", bank, ledger, "-o", tmp_path / "matches.jsonl")
    assert "matches.jsonl" in ran.stdout
    assert "applied to invoices" in ran.stdout
    assert "Payer and text" not in ran.stdout


def test_rejected_records_are_listed_and_the_rest_is_matched(
    tmp_path: Path, ledger: Path
) -> None:
    bank = tmp_path / "bank.jsonl"
    bad = {"id": "bad", "amount": 1.5}
    lines(bank, NAMED, bad, {"id": "odd", "amount": "1", "currency": "XYZ"})
    ran = run("match", bank, ledger, "--json")
    assert ran.exit_code == 1
    assert json.loads(ran.stdout)["transaction"] == "t1"
    assert "2 records rejected" in ran.stderr
    assert f"{bank}:2: record 'bad': amount: 1.5" in ran.stderr
    assert f"{bank}:3: record 'odd': currency: unknown currency 'XYZ'" in ran.stderr


def test_one_record_is_not_called_records(tmp_path: Path, ledger: Path) -> None:
    bank = lines(tmp_path / "bank.jsonl", NAMED, {"id": "bad", "amount": "1e9"})
    assert "1 record rejected:" in run("match", bank, ledger, "--json").stderr


def test_a_duplicate_id_is_rejected_and_named(tmp_path: Path, ledger: Path) -> None:
    bank = lines(tmp_path / "bank.jsonl", NAMED, NAMED)
    ran = run("match", bank, ledger, "--json")
    assert ran.exit_code == 1
    assert len(ran.stdout.splitlines()) == 1
    assert "'t1'" in ran.stderr


def refused(ran: Result) -> str:
    """The message of a command that could not be carried out."""
    assert ran.exit_code == 2
    assert ran.stdout == ""
    assert "Traceback" not in ran.stderr
    assert ran.exception is None or isinstance(ran.exception, SystemExit)
    return ran.stderr


def test_a_missing_file_is_one_message(tmp_path: Path, ledger: Path) -> None:
    assert "nope.xml" in refused(run("match", tmp_path / "nope.xml", ledger))


def test_a_file_of_no_known_format_is_one_message(tmp_path: Path, ledger: Path) -> None:
    strange = tmp_path / "strange.bin"
    strange.write_bytes(bytes(range(256)) * 9)
    assert str(strange) in refused(run("match", strange, ledger))


def test_an_xml_file_cut_off_is_one_message(tmp_path: Path, ledger: Path) -> None:
    copy_files(tmp_path)
    cut = tmp_path / "cut.xml"
    cut.write_bytes((tmp_path / STATEMENT).read_bytes()[:5000])
    assert f"{cut}:" in refused(run("match", cut, ledger))


def test_every_fault_of_a_ruleset_is_listed(
    tmp_path: Path, bank: Path, ledger: Path
) -> None:
    ruleset = tmp_path / "rules.toml"
    ruleset.write_text("version = 7\n[thresholds]\nmatch = 0.2\n", encoding="utf-8")
    said = refused(run("match", bank, ledger, "--ruleset", ruleset))
    assert "rules.toml" in said
    assert "version: 7" in said
    assert "thresholds.match: 0.2" in said


def test_a_ruleset_that_is_no_text_is_one_message(
    tmp_path: Path, bank: Path, ledger: Path
) -> None:
    ruleset = tmp_path / "rules.toml"
    ruleset.write_bytes(b"\xff\xfe\x00")
    assert "not UTF-8" in refused(run("match", bank, ledger, "--ruleset", ruleset))


def itself(path: Path) -> Path:
    return path


def symbolic_link(path: Path) -> Path:
    link = path.with_name("link")
    link.symlink_to(path)
    return link


def hard_link(path: Path) -> Path:
    link = path.with_name("link")
    link.hardlink_to(path)
    return link


@pytest.mark.parametrize("option", ["-o", "--report"])
@pytest.mark.parametrize("read", range(5))
@pytest.mark.parametrize("named", [itself, symbolic_link, hard_link])
def test_no_output_takes_the_place_of_what_is_read(
    tmp_path: Path,
    bank: Path,
    ledger: Path,
    option: str,
    read: int,
    named: Callable[[Path], Path],
) -> None:
    rules, columns, other = (tmp_path / f"{name}.toml" for name in "abc")
    for path in (rules, columns, other):
        path.write_text("", encoding="utf-8")
    target = named((bank, ledger, rules, columns, other)[read])
    before = target.read_bytes()
    mapped = ("--transactions-mapping", columns, "--invoices-mapping", other)
    ran = run("match", bank, ledger, "--ruleset", rules, *mapped, option, target)
    assert f"{target} is read by this command" in refused(ran)
    assert target.read_bytes() == before


def test_two_outputs_are_not_written_to_one_file(
    tmp_path: Path, bank: Path, ledger: Path
) -> None:
    target = tmp_path / "x.out"
    (tmp_path / "sub").mkdir()
    same = tmp_path / "sub" / ".." / "x.out"
    said = refused(run("match", bank, ledger, "-o", target, "--report", same))
    assert "cannot hold both" in said
    assert not target.exists()


def test_a_device_may_take_both_outputs(bank: Path, ledger: Path) -> None:
    ran = run("match", bank, ledger, "-o", os.devnull, "--report", os.devnull)
    assert ran.exit_code == 0, ran.output


def test_a_target_in_no_directory_is_refused_before_the_work(
    tmp_path: Path, bank: Path, ledger: Path
) -> None:
    said = refused(run("match", bank, ledger, "-o", tmp_path / "no" / "m.jsonl"))
    assert "there is no directory" in said


def test_a_target_that_leads_nowhere_is_one_message(
    tmp_path: Path, bank: Path, ledger: Path
) -> None:
    target = tmp_path / "loop"
    target.symlink_to(target)
    assert "loop" in refused(run("match", bank, ledger, "-o", target))


def test_what_cannot_be_written_is_said_with_its_name(bank: Path, ledger: Path) -> None:
    ran = run("match", bank, ledger, "-o", "/proc/matches.jsonl")
    assert ran.exit_code == 2
    assert "/proc/matches.jsonl: cannot be written" in ran.stderr


def test_the_ruleset_decides(tmp_path: Path, bank: Path, ledger: Path) -> None:
    ruleset = tmp_path / "rules.toml"
    ruleset.write_text("[thresholds]\nmatch = 0.9999999\n", encoding="utf-8")
    ran = run("match", bank, ledger, "--ruleset", ruleset, "--json")
    assert json.loads(ran.stdout.splitlines()[0])["outcome"] == "review"


def test_a_mapping_names_the_columns_that_are_not_detected(
    tmp_path: Path, ledger: Path
) -> None:
    bank = tmp_path / "bank.csv"
    bank.write_text("wann;wieviel;was\n2026-05-04;99,00;INV-2026-004711\n", "utf-8")
    assert str(bank) in refused(run("match", bank, ledger))
    mapping = tmp_path / "bank.toml"
    mapping.write_text(
        'currency = "EUR"\n[columns]\nbooking_date = "wann"\namount = "wieviel"\n'
        'remittance = "was"\n',
        encoding="utf-8",
    )
    ran = run("match", bank, ledger, "--transactions-mapping", mapping, "--json")
    assert json.loads(ran.stdout)["outcome"] == "match", ran.stderr


def test_a_text_cannot_steer_the_terminal_nor_be_markup(
    tmp_path: Path, ledger: Path
) -> None:
    text = "[red]loud[/red] \x1b[31mred\x07 :boom:"
    bank = lines(tmp_path / "bank.jsonl", {**UNNAMED, "remittance": text})
    ran = run("match", bank, ledger)
    assert "\x1b" not in ran.stdout
    assert "\x07" not in ran.stdout
    assert "[red]loud[/red]" in ran.stdout
    assert ":boom:" in ran.stdout


def test_a_balance_that_does_not_add_up_is_said(tmp_path: Path) -> None:
    copy_files(tmp_path)
    statement = tmp_path / STATEMENT
    content = statement.read_text("utf-8")
    statement.write_text(content.replace(">48211.07<", ">48210.07<", 1), "utf-8")
    ran = run("match", statement, tmp_path / INVOICES, "-o", tmp_path / "m.jsonl")
    assert "does not add up" in ran.stdout
    assert "difference 1.00" in ran.stdout


def as_process(
    *arguments: object, **environment: str
) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [*PAYYMO, *map(str, arguments)],
        capture_output=True,
        check=False,
        env={**os.environ, **environment},
    )


def test_as_a_process_it_gives_its_exit_codes(bank: Path, ledger: Path) -> None:
    assert as_process("match", bank, ledger).returncode == 0
    assert as_process("match", bank, "nowhere").returncode == 2
    lines(bank, NAMED, {"id": "x", "amount": "?"})
    assert as_process("match", bank, ledger).returncode == 1


@click.group(cls=Group)
def broken() -> None:
    """Commands that fail as no input makes one fail."""


@broken.command()
def divide() -> None:
    """Divide by nothing."""
    click.echo(str(1 // 0))


@broken.command()
def record() -> None:
    """Find a value that no record may carry, where none is read."""
    Money(Decimal("0.001"), "EUR")


@pytest.mark.parametrize(
    ("command", "where"),
    [
        ("divide", "ZeroDivisionError at test_cli_match.py:"),
        ("record", "RecordError at money.py:"),
    ],
)
def test_an_error_of_its_own_is_told_with_a_code_of_its_own(
    command: str, where: str
) -> None:
    ran = CliRunner().invoke(broken, [command])
    assert (ran.exit_code, int(Exit.BROKEN)) == (4, 4)
    assert ran.stdout == ""
    assert ran.stderr.startswith("payymo: an error in payymo itself, please report it")
    assert where in ran.stderr
    assert "Traceback" not in ran.stderr
    asked = CliRunner().invoke(broken, [command], env={"PAYYMO_DEBUG": "1"})
    assert asked.exit_code == 4
    assert asked.stderr.startswith("Traceback")
    assert asked.stderr.endswith(ran.stderr)


@pytest.mark.parametrize("form", [(), ("--json",), ("--report", "r.html", "-o", "m")])
def test_sums_may_be_larger_than_any_record(
    form: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    most = "99999999999999.99"
    bank = lines(
        tmp_path / "bank.jsonl",
        *({**UNNAMED, "id": f"t{n}", "amount": most} for n in (1, 2)),
        {**UNNAMED, "id": "t3", "amount": most, "fee": most},
    )
    ledger = lines(tmp_path / "open.jsonl", INVOICE)
    ran = run("match", bank, ledger, *form)
    assert ran.exit_code == 0
    assert "299,999,999,999,999.97 EUR" in ran.stdout + ran.stderr
    assert run("explain", "t3", "--in", bank, ledger).exit_code == 0
    assert run("check", bank, ledger).exit_code == 0


def test_no_colour_goes_into_a_pipe(bank: Path, ledger: Path) -> None:
    ran = as_process("match", bank, ledger)
    assert b"\x1b" not in ran.stdout + ran.stderr


def on_a_terminal(*arguments: object, **environment: str) -> bytes:
    """What a process writes to a terminal that is both its stdout and its stderr."""
    mine, its = pty.openpty()
    with subprocess.Popen(
        [*PAYYMO, *map(str, arguments)],
        stdin=its,
        stdout=its,
        stderr=its,
        env={**os.environ, "TERM": "xterm-256color", "COLUMNS": "130", **environment},
    ):
        os.close(its)
        written = b""
        while True:
            try:
                part = os.read(mine, 65_536)
            except OSError:  # how Linux tells that the other end is closed
                break
            if not part:
                break
            written += part
    os.close(mine)
    return written


def test_colours_are_for_a_terminal_and_not_where_no_color_is_set(
    bank: Path, ledger: Path
) -> None:
    green = b"\x1b[32m"
    assert green in on_a_terminal("match", bank, ledger, NO_COLOR="")
    assert green not in on_a_terminal("match", bank, ledger, NO_COLOR="1")


def stopped_early(lines: int, *arguments: object) -> tuple[int, bytes]:
    """Exit code and stderr of a process whose reader goes after so many lines."""
    with subprocess.Popen(
        [*PAYYMO, *map(str, arguments)], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        for _ in range(lines):
            process.stdout.readline()
        process.stdout.close()
        said = process.stderr.read()
    return process.returncode, said


@pytest.mark.parametrize("read", [0, 1])
@pytest.mark.parametrize("form", [(), ("--json",)])
def test_a_reader_that_stops_early_is_no_fault(
    tmp_path: Path, read: int, form: tuple[str, ...]
) -> None:
    copy_files(tmp_path)
    files = tmp_path / STATEMENT, tmp_path / INVOICES
    code, said = stopped_early(read, "match", *files, *form)
    assert (code, b"Traceback" in said) == (0, False)


@pytest.mark.parametrize(
    "arguments", [("rules",), ("rules", "--explain"), ("rules", "--help")]
)
def test_no_command_minds_a_reader_that_stops_early(arguments: tuple[str, ...]) -> None:
    assert stopped_early(0, *arguments) == (0, b"")


def test_records_are_rejected_whether_or_not_the_reader_stops_early(
    tmp_path: Path, ledger: Path
) -> None:
    bank = lines(tmp_path / "bank.jsonl", NAMED, {"id": "x", "amount": "?"})
    code, said = stopped_early(0, "match", bank, ledger, "--json")
    assert code == 1
    assert b"record 'x'" in said
