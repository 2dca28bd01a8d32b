"""The documentation, executed: what a page shows is what happens."""

import contextlib
import io
import json
import os
import re
import shlex
import tomllib
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest
from attrs import NOTHING, fields, frozen
from click.testing import CliRunner

from payymo_adapters.cli import main
from payymo_adapters.cli.failures import Exit
from payymo_adapters.cli.ruleset_toml import ruleset_to_toml
from payymo_adapters.errors import FileError, ProviderError
from payymo_adapters.exchange import (
    read_invoices,
    read_labels,
    read_matches,
    read_transactions,
    read_truth,
)
from payymo_adapters.files import CsvMapping
from payymo_adapters.files.headers import BANK, LEDGER
from payymo_core import Evaluation, PayymoError, Reason, Rejected, Ruleset
from payymo_core.curve import Advice, CurvePoint
from payymo_core.inspection.advice import WORDS
from payymo_core.reliability import CalibrationBin
from payymo_core.rules import ReferenceRule
from tests.fakes.pages import (
    bank_around,
    gocardless_payments_around,
    postgresql_around,
    receiver_around,
    stripe_around,
)
from tests.fakes.rings import ringing
from tests.fakes.serving import serve
from tests.fakes.whmcs import IDENTIFIER, SECRET, Whmcs

ROOT = Path(__file__).resolve().parents[1]
DOCS = ROOT / "docs"
PAGES = [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted(DOCS.rglob("*.md"))]
READERS: dict[str, Callable[[Path], Sequence[object]]] = {
    "transaction": read_transactions,
    "invoice": read_invoices,
    "match": read_matches,
    "label": read_labels,
    "truth": read_truth,
}
# A fence: its language, further words, and what stands in it.
_FENCE = re.compile(r"^```(\w*)[ ]?([^\n]*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"\]\(([^)\s]+)\)")


@frozen
class Snippet:
    """A fenced block: its language, the words beside that, and its text."""

    language: str
    words: tuple[str, ...]
    text: str

    @property
    def file(self) -> str | None:
        """What the block is saved as, where it says so."""
        named = [w.removeprefix("file=") for w in self.words if w.startswith("file=")]
        return named[0] if named else None


def snippets(page: Path) -> list[Snippet]:
    found = _FENCE.findall(page.read_text(encoding="utf-8"))
    return [Snippet(kind, tuple(words.split()), text) for kind, words, text in found]


def name_of(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


def every(language: str, *words: str) -> list[Any]:
    return [
        pytest.param(snippet, id=f"{name_of(page)}-{place}")
        for page in PAGES
        for place, snippet in enumerate(snippets(page))
        if snippet.language == language and set(words) <= set(snippet.words)
    ]


@contextlib.contextmanager
def nothing_around(_monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Most pages need nobody but themselves."""
    yield


@contextlib.contextmanager
def whmcs_around(monkeypatch: pytest.MonkeyPatch) -> Iterator[Whmcs]:
    """A WHMCS with two open invoices, and the settings that reach it."""
    whmcs = Whmcs()
    whmcs.clients[7] = {"firstname": "Anna", "lastname": "Berg", "currency": 1}
    whmcs.clients[8] = {"companyname": "Weber Metallbau GmbH", "currency": 1}
    whmcs.bill(1042, "119.00", client=7)
    whmcs.bill(1043, "59.50", client=8)
    with serve(whmcs) as origin:
        monkeypatch.setenv("PAYYMO_WHMCS_URL", origin)
        monkeypatch.setenv("PAYYMO_WHMCS_IDENTIFIER", IDENTIFIER)
        monkeypatch.setenv("PAYYMO_WHMCS_SECRET", SECRET)
        monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.null.Keyring")
        yield whmcs


@contextlib.contextmanager
def ill_whmcs_around(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A WHMCS whose role lacks a permission, and a gateway that is none."""
    for name in [name for name in os.environ if name.startswith("PAYYMO_")]:
        monkeypatch.delenv(name)
    with whmcs_around(monkeypatch) as whmcs, ringing():
        whmcs.allowed.remove("GetInvoices")
        monkeypatch.setenv("PAYYMO_WHMCS_GATEWAY", "cash")
        yield


# Page -> what it talks to while it is run.
AROUND = {
    "docs/how-to/connect-a-bank.md": bank_around,
    "docs/how-to/connect-whmcs.md": whmcs_around,
    "docs/how-to/move-to-postgresql.md": postgresql_around,
    "docs/how-to/read-gocardless-payouts.md": gocardless_payments_around,
    "docs/how-to/read-stripe.md": stripe_around,
    "docs/how-to/receive-events.md": receiver_around,
    "docs/how-to/troubleshoot.md": ill_whmcs_around,
}


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_what_a_page_shows_is_what_happens(
    page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.setenv("PAYYMO_STATE", str(tmp_path / "state"))
    with AROUND.get(name_of(page), nothing_around)(monkeypatch):
        execute_page(page)


def execute_page(page: Path) -> None:
    """Run what a page holds in the working directory, and compare what it shows."""
    names: dict[str, object] = {}
    printed = ""
    for snippet in snippets(page):
        if snippet.file:
            Path(snippet.file).write_text(snippet.text, encoding="utf-8")
        if snippet.language == "python":
            printed = executed(snippet.text, name_of(page), names)
        elif snippet.language == "console":
            run_session(snippet.text)
        elif "output" in snippet.words:
            assert_shown(snippet.text.splitlines(), printed)


@pytest.mark.parametrize("name", ["README.md", "docs/tutorials/first-match.md"])
def test_a_first_page_says_how_to_get_payymo_before_it_is_run(name: str) -> None:
    text = (ROOT / name).read_text(encoding="utf-8")
    way = text.index(". .venv/bin/activate")
    assert all(
        way < place.start() for place in re.finditer(r"^\$ ", text, re.MULTILINE)
    )
    assert all(way < place.start() for place in re.finditer("```python", text))
    assert "VENV := .venv\n" in (ROOT / "Makefile").read_text(encoding="utf-8")


def test_the_first_page_shows_what_its_commands_print() -> None:
    sessions = [s for s in snippets(ROOT / "README.md") if s.language == "console"]
    assert sessions
    for session in sessions:
        silent = [command for command, shown in commands_of(session.text) if not shown]
        assert not silent


def executed(code: str, page: str, names: dict[str, object]) -> str:
    """Run the code of a page in its namespace, and give what it prints."""
    with contextlib.redirect_stdout(io.StringIO()) as printed:
        exec(compile(code, page, "exec"), names)
    return printed.getvalue()


def run_session(text: str) -> None:
    """Run the commands of a session, and compare what they print."""
    code = 0
    for command, shown in commands_of(text):
        if command == "echo $?":
            assert shown == [str(code)]
            continue
        if code:
            pytest.fail("a command that fails is followed by `$ echo $?`")
        name, *arguments = shlex.split(command)
        assert name == "payymo"
        code, printed = run_payymo(arguments)
        assert_shown(shown, printed)
    if code and "$ echo $?" not in text:
        pytest.fail(f"exit code {code}, and the page does not say so")


def run_payymo(arguments: Sequence[str]) -> tuple[int, str]:
    """Run ``payymo``, its output into a file where ``> FILE`` says so."""
    target = None
    if ">" in arguments:
        place = arguments.index(">")
        target, arguments = arguments[place + 1], arguments[:place]
    ran = CliRunner().invoke(main, arguments, catch_exceptions=False)
    if target is None:
        return ran.exit_code, ran.output
    Path(target).write_bytes(ran.stdout_bytes)
    return ran.exit_code, ran.stderr


def commands_of(text: str) -> Iterator[tuple[str, list[str]]]:
    """Each command, with the lines shown below it."""
    for part in re.split(r"^\$ ", text, flags=re.MULTILINE)[1:]:
        command, *shown = part.rstrip("\n").replace("\\\n", " ").split("\n")
        yield command, shown


def assert_shown(shown: Sequence[str], printed: str) -> None:
    """What is shown is all that was printed; a line ``...`` stands for lines left out.

    Within a line ``...`` stands for any text. Blank lines, and how wide a gap is, do
    not count. Where nothing is shown, nothing is claimed.
    """
    if not shown:
        return
    parts = [
        r"(?:.*\n)*?"
        if line == "..."
        else re.escape(line).replace(r"\.\.\.", ".*") + r"\n"
        for line in told(shown)
    ]
    text = "".join(f"{line}\n" for line in told(printed.splitlines()))
    reached = max(
        n for n in range(len(parts) + 1) if re.match("".join(parts[:n]), text)
    )
    assert reached == len(parts), f"{parts[reached]!r} is not printed next:\n{text}"
    assert re.fullmatch("".join(parts), text), f"more is printed:\n{text}"


def told(lines: Sequence[str]) -> list[str]:
    """Lines that say anything, every gap one blank."""
    return [" ".join(line.split()) for line in lines if line.strip()]


@pytest.mark.parametrize("snippet", every("toml"))
def test_every_toml_snippet_is_accepted(snippet: Snippet) -> None:
    if "mapping" in snippet.words:
        CsvMapping.from_toml(snippet.text)
    elif "wrong" in snippet.words:
        with pytest.raises(PayymoError):
            Ruleset.from_toml(snippet.text)
    else:
        Ruleset.from_toml(snippet.text)


@pytest.mark.parametrize("kind", READERS)
def test_the_records_shown_are_read(kind: str, tmp_path: Path) -> None:
    page = DOCS / "reference" / "exchange-format.md"
    shown = [s for s in snippets(page) if s.language == "json" and kind in s.words]
    assert shown
    for snippet in shown:
        path = tmp_path / "records.jsonl"
        path.write_text(" ".join(snippet.text.split()) + "\n", encoding="utf-8")
        assert not [r for r in READERS[kind](path) if isinstance(r, Rejected)]


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_link_leads_somewhere(page: Path) -> None:
    broken = [target for target in links(page) if not target.exists()]
    assert not broken


def links(page: Path) -> list[Path]:
    """What a page links to in the repository."""
    text = _FENCE.sub("", page.read_text(encoding="utf-8"))
    found = [link.partition("#")[0] for link in _LINK.findall(text)]
    inside = [link for link in found if link and "://" not in link]
    return [(page.parent / unquote(link)).resolve() for link in inside]


def test_every_file_of_the_documentation_is_reached_from_its_index() -> None:
    reached: set[Path] = set()
    ahead = [DOCS / "README.md"]
    while ahead:
        page = ahead.pop()
        if page in reached or not page.is_file():
            continue
        reached.add(page)
        if page.suffix == ".md":
            ahead += links(page)
    lost = [f for f in DOCS.rglob("*") if f.is_file() and f not in reached]
    assert not lost


def test_the_ruleset_page_names_every_key_with_its_default() -> None:
    rows = table_rows(DOCS / "reference" / "ruleset.md")
    defaults = tomllib.loads(ruleset_to_toml(Ruleset()))
    for name in (f.name for f in fields(Ruleset)):
        if name != "references" and isinstance(defaults[name], dict):
            for key, value in defaults[name].items():
                assert rows.pop(f"{name}.{key}") == value
    assert rows.pop("version") == defaults["version"]
    for rule_field in fields(ReferenceRule):
        default = rule_field.default
        wanted = None if default in (NOTHING, None) else default
        shown = rows.pop(f"references.{rule_field.name}")
        assert shown == (list(wanted) if isinstance(wanted, tuple) else wanted)
    assert not rows, "keys that no ruleset has"


def table_rows(page: Path) -> dict[str, object]:
    """Key and default of each row, the default read as TOML; ``none`` is None."""
    found = re.findall(
        r"^\| `([\w.]+)` \|[^|]*\| (?:`([^`]+)`|none|required) \|",
        page.read_text(encoding="utf-8"),
        re.MULTILINE,
    )
    return {
        key: tomllib.loads(f"value = {text}")["value"] if text else None
        for key, text in found
    }


def test_every_reason_error_and_exit_code_is_explained() -> None:
    text = (DOCS / "reference" / "exchange-format.md").read_text(encoding="utf-8")
    assert [r for r in Reason if f"| `{r}` |" not in text] == []
    text = (DOCS / "reference" / "errors.md").read_text(encoding="utf-8")
    errors = {
        PayymoError,
        FileError,
        *PayymoError.__subclasses__(),
        *ProviderError.__subclasses__(),
    }
    assert [e for e in errors if f"`{e.__name__}`" not in text] == []
    assert [code for code in Exit if f"| `{code:d}` |" not in text] == []


@pytest.mark.parametrize("currency", ["EUR", "JPY"])
def test_the_largest_amount_is_what_the_exchange_format_says(
    currency: str, tmp_path: Path
) -> None:
    text = (DOCS / "reference" / "exchange-format.md").read_text(encoding="utf-8")
    found = re.search(rf"(\d+)(?: digits\sbefore the point)? for {currency}", text)
    assert found
    most = int(found[1])
    rows = [
        {"id": str(digits), "amount": "9" * digits, "currency": currency}
        for digits in (most, most + 1)
    ]
    path = tmp_path / "bank.jsonl"
    path.write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    largest, too_large = read_transactions(path)
    assert not isinstance(largest, Rejected)
    assert isinstance(too_large, Rejected)


def test_every_finding_is_explained_at_each_severity() -> None:
    text = (DOCS / "reference" / "findings.md").read_text(encoding="utf-8")
    rows = re.findall(
        r"^\| (?:`(\w+)` )?\| (error|warning|note) \|", text, re.MULTILINE
    )
    told: list[tuple[str, str]] = []
    for code, severity in rows:
        told.append((code or told[-1][0], severity))
    assert told == [(str(code), str(severity)) for code, severity in WORDS]


def test_every_command_has_its_place_in_the_reference() -> None:
    text = (DOCS / "reference" / "command-line.md").read_text(encoding="utf-8")
    for name, command in main.commands.items():
        assert f"## payymo {name}\n" in text
        names = [opt for param in command.params for opt in param.opts]
        flags = [opt for opt in names if opt.startswith("-")]
        assert [flag for flag in flags if f"`{flag}" not in text] == []


def test_every_key_of_an_evaluation_is_explained() -> None:
    text = (DOCS / "reference" / "command-line.md").read_text(encoding="utf-8")
    keys = [f.name for f in fields(Evaluation)]
    for part in (CalibrationBin, CurvePoint, Advice):
        keys += [f.name for f in fields(part)]
    assert [key for key in keys if f"`{key}`" not in text] == []


def test_every_role_of_a_csv_column_is_listed() -> None:
    text = (DOCS / "reference" / "files.md").read_text(encoding="utf-8")
    roles = [role for role in (*BANK, *LEDGER) if not role.startswith("references.")]
    assert [role for role in roles if f"`{role}`" not in text] == []
