"""``payymo init``, ``run``, ``status``, ``history`` and ``export``."""

import csv
import json
import signal
import subprocess
import sys
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from payymo_adapters.cli import main
from payymo_adapters.exchange import write_invoices, write_transactions
from payymo_adapters.pipeline import apply
from payymo_adapters.store import schema
from payymo_adapters.store.decisions import (
    confirm,
    ignore,
    match_by_hand,
    split,
    undo,
)
from payymo_adapters.store.locks import only_runner
from payymo_core.results import Reason
from payymo_core.wording import reason_in_words
from tests.fakes.serving import serve
from tests.fakes.whmcs import IDENTIFIER, SECRET, Fault, Whmcs
from tests.store.builders import (
    ACT,
    Ledger,
    at,
    billed,
    give,
    on_postgresql,
    on_sqlite,
    paid,
    record,
    row,
    run_of,
)

SETTINGS = """
[payymo]
tenant = "acme"
[accounts.main]
name = "Main account"
files = "in/*.jsonl"
[invoices]
from = "invoices.jsonl"
"""
APPLY = '[apply.EUR]\npayment = "150.00"\nday = "500.00"\n'


@pytest.fixture(autouse=True)
def _folder(tmp_path, monkeypatch, url):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PAYYMO_DATABASE", url)
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.null.Keyring")
    monkeypatch.delenv("PAYYMO_SETTINGS", raising=False)
    Path("in").mkdir()
    Path("payymo.toml").write_text(SETTINGS, encoding="utf-8")


def payymo(*arguments: str) -> Result:
    return CliRunner().invoke(main, arguments, catch_exceptions=False)


def bring(name: str, *transactions) -> None:
    write_transactions(transactions, Path("in", name))


def owe(*invoices) -> None:
    write_invoices(invoices, "invoices.jsonl")


def naming(invoice: str, name: str = "t1", **more):
    return paid(name, remittance=f"INV-2026-{invoice}", **more)


def owed(invoice: str, **more):
    return billed(invoice, number=f"INV-2026-{invoice}", **more)


# --- settings -------------------------------------------------------------------------


@on_sqlite
def test_what_init_writes_is_read_and_runs_once_there_are_files():
    Path("payymo.toml").unlink()
    assert payymo("init").exit_code == 0
    Path("statements").mkdir()
    write_transactions([naming("1001")], "statements/a.jsonl")
    Path("invoices.csv").write_text(
        "Invoice,Customer,Total,Currency,Due date\n"
        "INV-2026-1001,Larsen Ltd,119.00,EUR,2026-03-01\n",
        encoding="utf-8",
    )
    ran = payymo("run")
    assert ran.exit_code == 0, ran.output
    assert "proposed: 1 new" in ran.stdout
    again = payymo("init")
    assert (again.exit_code, "stays as it is" in again.stderr) == (2, True)


@on_sqlite
@pytest.mark.parametrize("named", ['database = "sqlite:///own.db"', ""])
def test_the_database_of_a_settings_file_is_in_its_folder(tmp_path, monkeypatch, named):
    Path("payymo1.db").rename("own.db" if named else "payymo.db")
    text = SETTINGS.replace("[accounts.main]", f"{named}\n[accounts.main]")
    Path("payymo.toml").write_text(text, encoding="utf-8")
    monkeypatch.delenv("PAYYMO_DATABASE")
    bring("a.jsonl", naming("1001"))
    owe(owed("1001"))
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    monkeypatch.chdir(elsewhere)
    ran = payymo("run", "--settings", str(tmp_path / "payymo.toml"))
    assert ran.exit_code == 0, ran.output
    assert list(elsewhere.iterdir()) == []


def test_an_account_of_ours_is_read_under_one_name_only():
    """Under two, each payment is two, and the second pays what else it fits."""
    shop = '[accounts.shop]\nfiles = "shop/*.jsonl"\n[invoices]'
    Path("payymo.toml").write_text(SETTINGS.replace("[invoices]", shop), "utf-8")
    Path("shop").mkdir()
    owe(owed("1001"))
    iban = "DE89370400440532013000"
    bring("a.jsonl", naming("1001", account="DE89 3704 0044 0532 0130 00"))
    write_transactions([naming("1001", "x9", account=iban)], Path("shop/a.jsonl"))
    dollars = naming("1002", "x8", account=iban, currency="USD")
    write_transactions([dollars], Path("shop/b.jsonl"))
    ran = payymo("run")
    assert ran.exit_code == 1
    assert "shop/a.jsonl: its account is read as 'main' already" in ran.stderr
    assert "main: in/a.jsonl: 1 new" in ran.stdout
    assert "shop: shop/b.jsonl: 1 new" in ran.stdout
    bring("c.jsonl", naming("1001", "t2", account=iban))
    assert "main: in/c.jsonl: 1 new" in payymo("run").stdout


ENTRY = "2026-03-02,119.00,EUR,INV-2026-1001,Larsen Ltd\n"
HEAD = "Date,Amount,Currency,Description,Name\n"


@pytest.mark.parametrize("copy", ["in/a.csv", "in/copy.csv"])
def test_a_file_of_an_account_that_is_called_otherwise_is_not_read_again(copy):
    """No bank's number says whose it is, as of most CSV."""
    csv_files = SETTINGS.replace("*.jsonl", "*.csv")
    Path("payymo.toml").write_text(csv_files, encoding="utf-8")
    owe(owed("1001"))
    Path("in/a.csv").write_text(HEAD + ENTRY, encoding="utf-8")
    assert payymo("run").exit_code == 0
    Path("in/a.csv").rename(copy)
    if copy == "in/a.csv":
        Path(copy).write_text(HEAD + ENTRY + ENTRY.replace("-02", "-03"), "utf-8")
    renamed = csv_files.replace("accounts.main", "accounts.giro")
    Path("payymo.toml").write_text(renamed, encoding="utf-8")
    for _ in range(2):  # until it is mended
        ran = payymo("run")
        assert ran.exit_code == 1
        assert f"{copy}: it was read as a file of 'main'" in ran.stderr
    Path("payymo.toml").write_text(csv_files, encoding="utf-8")
    assert payymo("run").exit_code == 0


@pytest.mark.parametrize("more", ["Value date", "Reference", "IBAN", "Transaction ID"])
def test_a_file_that_is_exported_with_other_columns_holds_no_new_money(store, more):
    """What has no id of its bank's is known by what it says, and says more now."""
    csv_files = SETTINGS.replace("*.jsonl", "*.csv")
    Path("payymo.toml").write_text(csv_files, encoding="utf-8")
    owe(owed("1001"))
    Path("in/a.csv").write_text(HEAD + ENTRY, encoding="utf-8")
    payymo("run")
    first = row(store, schema.transactions).id
    cells = {"Value date": "2026-03-02", "IBAN": "DE02120300000000202051"}
    entry = ENTRY.replace("\n", f",{cells.get(more, '77')}\n")
    head = HEAD.replace("\n", f",{more}\n")
    # Another payer says the same of as much, and the day has a payment of its own.
    others = entry.replace("Larsen Ltd", "Bo Ek"), entry.replace("INV", "RE")
    entries = "".join((entry, *others)).splitlines(keepends=True)
    entries = [e.replace(",77", f",{77 + n}") for n, e in enumerate(entries)]
    Path("in/a.csv").write_text(head + "".join(entries), encoding="utf-8")
    ran = payymo("run")
    assert ran.exit_code == 1
    assert ran.stderr.count("in doubt, and put aside") == 1
    assert f"may be {first} under another id" in ran.stderr
    assert "proposed: 2 new" in ran.stdout
    again = payymo("run")
    assert "in doubt" not in again.stderr


def test_files_that_hold_nothing_are_no_one_file():
    shop = '[accounts.shop]\nfiles = "shop/*.csv"\n[invoices]'
    files = SETTINGS.replace("*.jsonl", "*.csv").replace("[invoices]", shop)
    Path("payymo.toml").write_text(files, encoding="utf-8")
    Path("shop").mkdir()
    owe(owed("1001"))
    for folder in ("in", "shop"):
        Path(folder, "a.csv").write_text(HEAD, encoding="utf-8")
    ran = payymo("run")
    assert ran.exit_code == 0, ran.output


@on_sqlite
def test_every_fault_of_the_settings_is_named():
    Path("payymo.toml").write_text(
        '[payymo]\ntenant = "a/b"\nextra = 1\n[accounts.main]\nfiles = 3\n'
        '[accounts.two]\nfiles = "x"\nwhole_days = "yes"\n[acounts]\n'
        '[apply.EUR]\npayment = "1.234"\nday = "x"\n[four_eyes]\neur = "1"\n',
        encoding="utf-8",
    )
    ran = payymo("run")
    assert ran.exit_code == 2
    for wanted in (
        *("payymo.tenant", "payymo.extra", "accounts.main.files"),
        *("accounts.two.whole_days", "acounts", "invoices.from"),
        *("apply.EUR.payment", "apply.EUR.day"),
        "four_eyes.eur",
    ):
        assert f"{wanted} in the settings file" in ran.stderr


@on_sqlite
@pytest.mark.parametrize(
    ("text", "said"),
    [
        (SETTINGS.replace("Main account", "a\\u0000b"), "accounts.main.name"),
        (SETTINGS.replace("invoices.jsonl", "a\\u0000b"), "invoices.from"),
        ("a=" + "[" * 10_000, "not TOML: nested too deeply"),
    ],
    ids=["name", "path", "nested"],
)
def test_settings_that_nobody_writes_are_named_as_well(text, said):
    Path("payymo.toml").write_text(text, encoding="utf-8")
    ran = payymo("run")
    assert (ran.exit_code, said in ran.stderr) == (2, True), ran.output


def test_half_a_character_is_refused_wherever_it_is_given():
    """As a shell gives what is written in another encoding than its own."""
    bring("a.jsonl", naming("1001"))
    owe(owed("1001"))
    payymo("run")
    for given in (
        ("ignore", "main/t1", "--reason", "M\udcfcll", "--as", "Ada"),
        ("ignore", "main/t1", "--reason", "none", "--as", "J\udcf6rg"),
        ("match", "main/t1", "\udcff=1.00", "--as", "Ada"),
        ("ignore", "main/\udcff", "--reason", "none", "--as", "Ada"),
    ):
        refused = payymo("decide", *given)
        assert refused.exit_code == 2
        assert "a text holds half a character" in refused.stderr
    assert payymo("history", "\udcff").exit_code == 2
    assert "1 match proposal to be decided" in payymo("status").stdout


@on_sqlite
def test_without_a_settings_file_it_is_said_how_to_get_one():
    Path("payymo.toml").unlink()
    for command in (["run"], ["status"], ["history", "x"], ["export"]):
        ran = payymo(*command)
        assert (ran.exit_code, "`payymo init` writes one" in ran.stderr) == (2, True)


# --- run ------------------------------------------------------------------------------


def test_a_file_is_recorded_once_and_matched():
    bring("a.jsonl", naming("1001"))
    owe(owed("1001"))
    first = payymo("run")
    assert (first.exit_code, first.stdout.splitlines()) == (
        0,
        [
            "main: in/a.jsonl: 1 new, 0 changed, 0 known",
            "invoices: 1 new, 0 changed, 0 known",
            "proposed: 1 new, 0 as before",
            "decided: 0",
        ],
    )
    again = payymo("run")
    assert "main:" not in again.stdout
    assert "proposed: 0 new, 1 as before" in again.stdout
    bring("b.jsonl", naming("1001"), naming("1002", "t2"))
    assert "main: in/b.jsonl: 1 new, 0 changed, 1 known" in payymo("run").stdout


@on_sqlite
def test_how_a_csv_was_read_is_said_once():
    text = Path("payymo.toml").read_text(encoding="utf-8")
    text = text.replace("in/*.jsonl", "in/*.csv").replace(".jsonl", ".csv")
    Path("payymo.toml").write_text(text, encoding="utf-8")
    Path("in/a.csv").write_text(
        "Buchungstag;Betrag;Währung;Verwendungszweck;Kürzel\n"
        "02/03/2026;1.119,00;EUR;INV-2026-1001;x\n"
        "31/03/2026;7,50;EUR;Thank you;x\n",
        encoding="utf-8",
    )
    Path("invoices.csv").write_text(
        "Invoice,Total,Currency,Due date\nINV-2026-1001,1119.00,EUR,2026-03-31\n",
        encoding="utf-8",
    )
    ran = payymo("run")
    assert ran.exit_code == 0, ran.output
    told, unused, *_ = ran.stdout.splitlines()
    assert told.startswith("main: in/a.csv: CSV in utf-8, cells between semicolons, ")
    assert "decimal comma, dates day first; " in told
    assert "amount from 'Betrag'" in told
    assert unused == "main: in/a.csv: not used: 'Kürzel'"
    assert "invoices: CSV in utf-8, cells between commas" in ran.stdout
    again = payymo("run")
    assert "CSV" not in again.stdout
    # Another file of the account, or the same grown longer, is read in the same way.
    grown = Path("in/a.csv").read_text("utf-8")
    Path("in/a.csv").write_text(f"{grown}01/04/2026;9,50;EUR;More;x\n", "utf-8")
    Path("in/b.csv").write_text(f"{grown}02/04/2026;9,90;EUR;Most;x\n", "utf-8")
    later = payymo("run")
    assert "main: in/b.csv: " in later.stdout
    assert "CSV" not in later.stdout
    other = grown.replace(";", "\t")
    Path("in/c.csv").write_text(f"{other}03/04/2026\t9,99\tEUR\tLast\tx\n", "utf-8")
    assert "main: in/c.csv: CSV in utf-8, cells between tabs" in payymo("run").stdout


def test_ids_that_stand_for_other_money_lose_none(store):
    """Rows that are counted from 1 in each file are not those of the file before."""
    write_invoices([billed("i1")], "invoices.jsonl")
    bring("feb.jsonl", paid("1", booking_date=date(2026, 2, 3), remittance="INV-1"))
    payymo("run")
    bring("mar.jsonl", paid("1", booking_date=date(2026, 3, 3), remittance="INV-2"))
    for _ in range(2):  # until it is mended
        ran = payymo("run")
        assert ran.exit_code == 1
        assert "in/mar.jsonl: the id '1' stood for other money before" in ran.stderr
    assert row(store, schema.transactions).remittance == "INV-1"
    # Nor are those of another file of the day.
    other = paid("1", booking_date=date(2026, 2, 3), amount="50.00", remittance="x")
    bring("mar.jsonl", other)
    assert "the id '1' stood for other money before" in payymo("run").stderr
    # A bank that moves a booking leaves the rest of it as it was.
    bring("mar.jsonl", paid("1", booking_date=date(2026, 2, 4), remittance="INV-1"))
    assert "1 changed" in payymo("run").stdout


def test_what_cannot_be_read_is_said_and_the_rest_goes_on():
    Path("in/a.jsonl").write_text("{", encoding="utf-8")
    bring("b.jsonl", naming("1001"))
    owe(owed("1001"))
    ran = payymo("run")
    assert ran.exit_code == 1
    assert "proposed: 1 new" in ran.stdout
    status = payymo("status")
    assert "invoices: read 20" in status.stdout


def test_an_account_that_no_database_keeps_is_set_aside_with_its_entry():
    bring("a.jsonl", naming("1001"), naming("1001", "t2", account="a\0b"))
    owe(owed("1001"))
    ran = payymo("run")
    assert (ran.exit_code, "proposed: 1 new" in ran.stdout) == (1, True), ran.output
    assert "account: holds a character that no text may hold" in ran.stderr


def test_without_the_invoices_nothing_is_decided():
    bring("a.jsonl", naming("1001"))
    ran = payymo("run")
    assert (ran.exit_code, "matched" in ran.stdout) == (3, False)
    told = "invoices: not read: invoices.jsonl: no such file or directory; see what"
    assert told in ran.stderr
    assert told in payymo("status").stdout
    owe(owed("1001"))
    assert payymo("run").exit_code == 0
    assert "not read" not in payymo("status").stdout


def test_of_two_runners_one_works_and_one_says_so(store):
    with only_runner(store, "acme"):
        ran = payymo("run")
    assert (ran.exit_code, "another process runs" in ran.stderr) == (2, True)


@on_sqlite
def test_it_runs_again_until_it_is_ended():
    bring("a.jsonl", naming("1001"))
    command = [sys.executable, "-m", "payymo_adapters", "run", "--every", "0.002"]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout
        assert process.stderr
        assert "1 new" in process.stdout.readline()
        assert "invoices" in process.stderr.readline()
        owe(owed("1001"))  # what failed is tried again
        told = [process.stdout.readline() for _ in range(5)]
        process.send_signal(signal.SIGTERM)
    assert "proposed: 1 new, 0 as before\n" in told


@pytest.fixture
def confirmed(store):
    """Money for 1001 was confirmed, whose invoices are in a file."""
    bring("a.jsonl", naming("1001"))
    owe(owed("1001"), owed("1002"))
    payymo("run")
    store.write(ACT, lambda books: confirm(books, 1))
    return store


@pytest.mark.usefixtures("confirmed")
def test_what_was_confirmed_and_is_listed_no_more_is_settled_and_waits_no_more():
    owe(owed("1002"))  # it was recorded in the books
    assert (
        "invoices: 1001: what was decided for it is paid there" in payymo("run").stdout
    )
    assert "119.00 is allocated, 0.00 waits" in payymo("status").stdout
    assert ",119.00,settled,1001," in payymo("export").stdout
    again = payymo("run")
    assert (again.exit_code, "1001" in again.stdout + again.stderr) == (0, False)


@pytest.mark.usefixtures("confirmed")
def test_what_is_listed_again_is_taken_back_and_proposed_anew():
    owe(owed("1002"))
    payymo("run")
    owe(owed("1001"), owed("1002"))
    ran = payymo("run")
    told = "invoices: 1001 is open again: what was decided for it is taken back"
    assert told in ran.stderr
    assert "proposed: 1 new" in ran.stdout
    assert "0.00 is allocated, 119.00 waits" in payymo("status").stdout


@pytest.mark.usefixtures("confirmed")
def test_what_is_settled_in_a_file_is_undone_by_who_keeps_the_books():
    owe(owed("1002"))
    payymo("run")
    undone = payymo("decide", "undo", "1", "--as", "Ada").stdout
    assert "119.00 to 1001 was paid, and a person has to take it back" in undone
    told = "posting 2: payment of 119.00 EUR to invoice 1001 to be taken back"
    assert told in payymo("status").stdout
    done = payymo("decide", "taken-back", "2", "--as", "Ada")
    assert "taken back by hand; its money is free" in done.stdout
    assert "119.00 waits" in payymo("status").stdout
    assert "to be taken back" not in payymo("status").stdout


@pytest.mark.usefixtures("confirmed")
def test_an_invoice_that_changed_stops_what_was_decided_for_it_and_it_is_said():
    owe(owed("1001", outstanding="50.00"), owed("1002"))  # other money came
    ran = payymo("run")
    assert "invoices: 1001 changed: what was decided for it is stopped" in ran.stderr
    assert "match.stopped by payymo" in payymo("history", "main/t1").stdout
    assert "invoice 1001 changed" in payymo("history", "1001").stdout


# --- to WHMCS -------------------------------------------------------------------------


@pytest.fixture
def whmcs(monkeypatch):
    found = Whmcs()
    found.bill(1001, "119.00", invoicenum="INV-2026-1001")
    found.bill(1002, "300.00", invoicenum="INV-2026-1002")
    with serve(found) as origin:
        monkeypatch.setenv("PAYYMO_WHMCS_URL", origin)
        monkeypatch.setenv("PAYYMO_WHMCS_IDENTIFIER", IDENTIFIER)
        monkeypatch.setenv("PAYYMO_WHMCS_SECRET", SECRET)
        text = SETTINGS.replace("invoices.jsonl", "whmcs") + APPLY
        Path("payymo.toml").write_text(text, encoding="utf-8")
        bring("a.jsonl", naming("1001"), naming("1002", "t2", amount="300.00"))
        yield found


def test_what_is_sure_and_within_the_limits_is_applied_once(whmcs):
    first = payymo("run")
    assert (first.exit_code, first.stdout.splitlines()[-2:]) == (
        0,
        ["decided: 1", "applied: 1 confirmed, 0 refused, 0 unknown"],
    )
    assert payymo("run").stdout.splitlines()[-1].startswith("applied: 0 confirmed")
    assert [e["invoiceid"] for e in whmcs.transactions] == ["1001"]
    told = payymo("history", "main/t1").stdout
    for word in (
        "recorded",
        "match.proposed",
        "match.confirmed by payymo",
        "posting.confirmed",
    ):
        assert word in told
    assert "119.00 to 1001" in payymo("history", "1001").stdout


@pytest.mark.usefixtures("whmcs")
def test_settings_of_whmcs_that_are_wrong_stay_with_the_status(monkeypatch):
    monkeypatch.setenv("PAYYMO_WHMCS_URL", "nonsense")
    monkeypatch.delenv("PAYYMO_WHMCS_SECRET")
    ran = payymo("run")
    assert (ran.exit_code, "matched" in ran.stdout) == (3, False)
    for told in (ran.stderr, payymo("status").stdout):
        assert "invoices: not read: PAYYMO_WHMCS_URL: the address is not one" in told
        assert "; PAYYMO_WHMCS_SECRET, or whmcs.secret in the keyring: missing" in told


@pytest.mark.usefixtures("whmcs")
def test_libraries_that_are_missing_stay_with_the_status(monkeypatch):
    monkeypatch.setitem(sys.modules, "httpx", None)
    assert payymo("run").exit_code == 3
    told = "not installed (httpx); pip install 'payymo[cli,http]'"
    assert "invoices: not read: the libraries" in payymo("status").stdout
    assert told in payymo("status").stdout


def test_books_whose_invoices_came_from_a_file_take_none_of_whmcs(whmcs):
    text = Path("payymo.toml").read_text(encoding="utf-8")
    Path("payymo.toml").write_text(SETTINGS, encoding="utf-8")
    owe(owed("1001"))
    payymo("run")
    Path("payymo.toml").write_text(text, encoding="utf-8")
    ran = payymo("run")
    told = "the source of invoices is file in these books, and cannot become whmcs: ids"
    assert (ran.exit_code, told in ran.stderr) == (2, True)
    assert f"invoices: not read: {told}" in payymo("status").stdout
    assert not whmcs.calls


def test_a_whmcs_that_is_down_changes_nothing_and_is_seen(whmcs):
    whmcs.allowed.clear()
    ran = payymo("run")
    assert (ran.exit_code, "decided" in ran.stdout) == (3, False)
    assert "invoices: not read: WHMCS" in payymo("status").stdout
    assert not whmcs.transactions


@on_postgresql
def test_a_lost_answer_is_unknown_until_it_is_asked_for(store, whmcs):
    failing = [
        ("AddInvoicePayment", Fault.FAILED_AFTER),
        *[("GetTransactions", Fault.FAILED_BEFORE)] * 4,
    ]

    def fault(action: str) -> Fault | None:
        return failing.pop(0)[1] if failing and failing[0][0] == action else None

    whmcs.fault = fault
    lost = payymo("run")
    assert (lost.exit_code, "1 unknown" in lost.stdout) == (1, True)
    assert "payment of 119.00 EUR to invoice 1001 unknown" in payymo("status").stdout
    payymo("run")
    assert len(whmcs.transactions) == 1
    assert row(store, schema.postings, id=1).state == "confirmed"


def test_what_got_no_answer_is_sent_again_by_a_person_alone(whmcs):
    failing = ["AddInvoicePayment"]
    whmcs.fault = lambda action: (
        Fault.LOST if action in failing and failing.pop() else None
    )
    lost = payymo("run")
    assert (lost.exit_code, "1 unknown" in lost.stdout) == (1, True)
    assert "`payymo decide` rules on it" in lost.stderr
    for _ in range(2):
        assert payymo("run").exit_code == 1
    assert whmcs.calls.count("AddInvoicePayment") == 1
    assert payymo("decide", "send-again", "1", "--as", "Ada").exit_code == 0
    assert "applied: 1 confirmed" in payymo("run").stdout
    assert [e["invoiceid"] for e in whmcs.transactions] == ["1001"]


def test_above_a_sum_two_persons_confirm_before_anything_is_sent(whmcs):
    with Path("payymo.toml").open("a", encoding="utf-8") as file:
        file.write('[four_eyes]\nEUR = "118.99"\n')
    assert "decided: 0" in payymo("run").stdout
    payymo("decide", "confirm", "1", "--as", "Ada")
    assert "applied: 0 confirmed" in payymo("run").stdout
    payymo("decide", "confirm", "1", "--as", "Bo")
    assert "applied: 1 confirmed" in payymo("run").stdout
    assert [e["invoiceid"] for e in whmcs.transactions] == ["1001"]


# --- looking --------------------------------------------------------------------------


@pytest.fixture
def month(store):
    """Transactions of every fate."""
    record(
        store,
        [
            *(paid(name) for name in ("t1", "t2", "t3", "t4")),
            paid("t5", "-20.00"),
            paid("t6", booking_date=date(2026, 4, 1)),
        ],
        [billed("i1", "100.00"), billed("i2", "19.00"), billed("=i3", "119.00")],
    )
    with store.writing(ACT) as books:
        match_by_hand(books, "main/t1", [give("i1", "100.00")])
        split(books, "main/t2", [give("i2", "19.00")], "a donation")
        ignore(books, "main/t3", "our own")
        match_by_hand(books, "main/t4", [give("=i3", "119.00")])
    return store


@pytest.mark.usefixtures("month")
def test_an_export_adds_up_to_what_came():
    ran = payymo("export", "--from", "2026-03-01", "--to", "2026-03-31")
    rows = list(csv.DictReader(ran.stdout.splitlines()))
    told = [(r["transaction"], r["amount"], r["state"], r["invoice"]) for r in rows]
    assert told == [
        ("main/t1", "100.00", "reserved", "i1"),
        ("main/t1", "19.00", "waiting", ""),
        ("main/t2", "19.00", "reserved", "i2"),
        ("main/t2", "100.00", "aside", ""),
        ("main/t3", "119.00", "aside", ""),
        ("main/t4", "119.00", "reserved", "'=i3"),
        ("main/t5", "-20.00", "waiting", ""),
    ]
    assert {r["decided_by"] for r in rows} == {"Ada", ""}


@pytest.mark.usefixtures("month")
@pytest.mark.parametrize("form", ["csv", "jsonl"])
@pytest.mark.parametrize(
    ("days", "count"),
    [
        (["--from", "2026-04-01"], 1),
        (["--from", "2026-03-03", "--to", "2026-03-31"], 0),
        (["--to", "2026-03-02"], 7),
        (["--from", "2026-03-02", "--to", "2026-04-01"], 8),
    ],
)
def test_an_export_holds_its_days_and_no_other(form, days, count):
    lines = payymo("export", "--format", form, *days).stdout.splitlines()
    assert len(lines) - (form == "csv") == count


@pytest.mark.usefixtures("month")
def test_a_period_that_ends_before_it_begins_is_refused():
    ran = payymo("export", "--from", "2026-03-31", "--to", "2026-03-01")
    assert (ran.exit_code, ran.stdout) == (2, "")
    assert "--from 2026-03-31 is after --to 2026-03-01" in ran.stderr
    same = payymo("export", "--from", "2026-03-02", "--to", "2026-03-02")
    assert same.exit_code == 0


@pytest.mark.usefixtures("month")
def test_an_export_as_json_lines_goes_to_a_file_whole():
    assert payymo("export", "--format", "jsonl", "-o", "out.jsonl").exit_code == 0
    text = Path("out.jsonl").read_text(encoding="utf-8")
    rows = [json.loads(line) for line in text.splitlines()]
    assert sum(Decimal(r["amount"]) for r in rows) == Decimal("575.00")
    assert rows[5]["invoice"] == "=i3"


@pytest.mark.usefixtures("month")
def test_the_status_says_where_the_money_is():
    ran = payymo("status")
    where = "238.00 is allocated, 138.00 waits, 219.00 is put aside"
    assert ran.stdout.splitlines() == [
        f"EUR: 595.00 came in 5 transactions; {where}",
        "1 payment with money left: payymo review --rest",
        "1 transaction without a proposal: payymo review --rest",
    ]


@pytest.mark.usefixtures("month")
def test_a_history_is_of_one_record_and_no_other():
    of_t1 = payymo("history", "main/t1").stdout
    assert "by Ada" in of_t1
    assert "i2" not in of_t1
    assert "our own" in payymo("history", "main/t3").stdout
    unknown = payymo("history", "i")
    assert (unknown.exit_code, "no invoice 'i'" in unknown.stderr) == (2, True)


def test_a_history_shows_each_version_as_it_was_when_it_was_seen():
    bring("a.jsonl", naming("1001"))
    owe(owed("1001", outstanding="1119.00"), owed("1002"))
    payymo("run")
    owe(owed("1001", outstanding="50.00", due_date=date(2026, 4, 1)), owed("1002"))
    payymo("run")
    told = payymo("history", "1001").stdout.splitlines()
    first, second = (line for line in told if " recorded: " in line)
    assert first.endswith("version 1: 1,119.00 EUR is owed, open")
    assert second.endswith(
        "version 2: 50.00 EUR is owed, open, due 2026-04-01; "
        "changed: outstanding from 1,119.00 to 50.00, "
        "due date from nothing to 2026-04-01"
    )
    lines = payymo("history", "1001", "--json").stdout.splitlines()
    versions = [e for e in map(json.loads, lines) if e["action"] == "recorded"]
    assert [e["outstanding"] for e in versions] == ["1119.00", "50.00"]


def test_what_is_posted_changes_no_version_and_not_when_it_was_seen(store):
    record(store, [paid("t1")], [billed("i1", "200.00")])
    with store.writing(at(1)) as books:
        match_by_hand(books, "main/t1", [give("i1", "119.00")])
    apply(run_of(store, 2), Ledger())
    record(store, [], [billed("i1", "81.00")], hours=3)
    told = payymo("history", "i1").stdout.splitlines()
    assert told[0] == "2026-03-02 09:30 recorded: version 1: 200.00 EUR is owed, open"
    assert told[-1] == (
        "2026-03-02 12:30 recorded: version 2: 81.00 EUR is owed, open; "
        "changed: outstanding from 200.00 to 81.00"
    )


def test_a_history_says_reasons_in_words_and_has_their_codes_as_json():
    bring("a.jsonl", paid("t1", "119.00", remittance="thanks"))
    owe(owed("1001"))
    payymo("run")
    lines = payymo("history", "main/t1", "--json").stdout.splitlines()
    [codes] = [e["reasons"] for e in map(json.loads, lines) if "reasons" in e]
    told = payymo("history", "main/t1").stdout
    assert codes
    for code in codes:
        assert code not in told
        assert reason_in_words(Reason(code)) in told


def test_what_was_rejected_is_said_until_its_file_is_read_without_it():
    good = '{"id": "t1", "amount": "1.00", "currency": "EUR"}\n'
    Path("in/a.jsonl").write_text(good + good.replace("t1", "t\\u00002"), "utf-8")
    with Path("in/a.jsonl").open("a", encoding="utf-8") as file:
        file.write('{"id": "t3", "amount": 1.5, "currency": "EUR"}\n')
    owe(owed("1001"))
    assert payymo("run").exit_code == 1
    again = payymo("run")
    assert (again.exit_code, "a.jsonl:3: record 't3'" in again.stderr) == (1, True)
    told = "main: in/a.jsonl: 2 records rejected, and missing: payymo run"
    assert told in payymo("status").stdout
    held = json.loads(payymo("status", "--json").stdout)["rejected"]
    kept = [(e["source"], e["file"], e["record"], e["field"]) for e in held]
    assert ("main", "in/a.jsonl", "t3", "amount") in kept
    Path("in/a.jsonl").write_text(good, encoding="utf-8")
    assert payymo("run").exit_code == 0
    assert "rejected" not in payymo("status").stdout
    assert json.loads(payymo("status", "--json").stdout)["rejected"] == []


def test_what_is_being_taken_back_is_named_apart(store):
    record(store, [paid("t1")], [billed("i1")])
    with store.writing(at(1)) as books:
        number = match_by_hand(books, "main/t1", [give("i1", "119.00")])
    apply(run_of(store, 2), Ledger())
    assert "119.00 is allocated, 0.00 waits" in payymo("status").stdout
    with store.writing(at(3)) as books:
        undo(books, number)
    told = "0.00 is allocated, 119.00 is being taken back, 0.00 waits"
    assert told in payymo("status").stdout
    apply(run_of(store, 4), Ledger())
    assert "0.00 is allocated, 119.00 waits" in payymo("status").stdout


def test_what_is_left_of_money_that_went_out_waits_for_nobody(store):
    record(store, [paid("t1", "-20.00")], [billed("i1", "-15.00")])
    with store.writing(at(1)) as books:
        match_by_hand(books, "main/t1", [give("i1", "-15.00")])
    assert payymo("status").stdout == "nothing was read yet\n"


def test_a_history_has_the_order_of_the_audit_log_though_a_clock_was_set_back(store):
    record(store, [paid("t1")], [billed("i1")])
    with store.writing(at(2)) as books:
        match_by_hand(books, "main/t1", [give("i1", "119.00")])
    with store.writing(at(1)) as books:
        undo(books, 1)
    told = payymo("history", "main/t1").stdout
    assert told.index("match.confirmed") < told.index("match.undone")
    assert "2026-03-02 10:30 match.undone" in told


@pytest.mark.usefixtures("month")
def test_another_tenants_books_are_not_shown():
    text = SETTINGS.replace('"acme"', '"other"')
    Path("payymo.toml").write_text(text, encoding="utf-8")
    assert payymo("status").stdout == "nothing was read yet\n"
    assert payymo("history", "main/t1").exit_code == 2
    assert len(payymo("export").stdout.splitlines()) == 1
