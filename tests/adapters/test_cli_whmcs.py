"""``payymo invoices`` and ``payymo apply`` against the fake, over HTTP."""

import json
import logging
import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from attrs import evolve
from click.testing import CliRunner, Result

from payymo_adapters.cli import main
from payymo_adapters.cli.connections import connected
from payymo_adapters.cli.failures import Exit
from payymo_adapters.cli.journal import opened
from payymo_adapters.errors import FileError
from payymo_adapters.exchange import (
    read_invoices,
    write_matches,
    write_transactions,
)
from payymo_adapters.http import Flow, HttpRequest, HttpResponse
from payymo_adapters.http_rules import Limits, Site
from payymo_adapters.whmcs.payments import to_orders
from payymo_core import (
    Allocation,
    Invoice,
    Match,
    Outcome,
    Transaction,
    TransactionStatus,
)
from tests.builders import payment
from tests.fakes.rings import Ring, ringing
from tests.fakes.serving import response, scripted, serve, serve_raw
from tests.fakes.whmcs import ACCESS_KEY, IDENTIFIER, SECRET, Fault, Whmcs

pytestmark = pytest.mark.usefixtures("at")


@pytest.fixture(autouse=True)
def ring() -> Iterator[Ring]:
    with ringing() as ring:
        yield ring


@pytest.fixture
def whmcs() -> Whmcs:
    found = Whmcs()
    found.clients[1] = {"email": "a@example.com", "currency": 1, "lastname": "Berg"}
    found.bill(1, "9.00")
    found.bill(2, "20.00", paid=Decimal("5.00"))
    return found


@pytest.fixture
def at(whmcs, monkeypatch, tmp_path) -> Iterator[Path]:
    """A folder to work in, with the settings for the fake in the environment."""
    with serve(whmcs) as origin:
        monkeypatch.setenv("PAYYMO_WHMCS_URL", origin)
        monkeypatch.setenv("PAYYMO_WHMCS_IDENTIFIER", IDENTIFIER)
        monkeypatch.setenv("PAYYMO_WHMCS_SECRET", SECRET)
        monkeypatch.chdir(tmp_path)
        yield tmp_path


def run(*arguments: object) -> Result:
    ran = CliRunner().invoke(main, [str(argument) for argument in arguments])
    assert SECRET not in ran.output + ran.stderr
    return ran


# --- payymo invoices ------------------------------------------------------------------


def test_open_invoices_are_written_with_what_is_left_to_pay(at, whmcs):
    whmcs.bill(3, "9.00", status="Paid", invoicenum="2026-3")
    whmcs.bill(4, "9.00", status="Collections")
    ran = run("invoices", "-o", at / "open.jsonl")
    assert (ran.exit_code, ran.stdout) == (Exit.DONE, "")
    assert "3 invoices, 3 of them open" in ran.stderr
    found = read_invoices(at / "open.jsonl")
    assert [(i.id, str(i.outstanding)) for i in found if isinstance(i, Invoice)] == [
        ("1", "9.00"),
        ("2", "15.00"),
        ("4", "9.00"),
    ]
    assert isinstance(found[0], Invoice)
    assert found[0].customer
    assert found[0].customer.email == "a@example.com"


def test_all_invoices_are_written_where_all_are_wanted(whmcs):
    whmcs.bill(3, "9.00", status="Paid", invoicenum="2026-3")
    ran = run("invoices", "--all")
    rows = [json.loads(line) for line in ran.stdout.splitlines()]
    assert [(row["id"], row.get("status")) for row in rows][2] == ("3", "paid")
    assert whmcs.calls.count("GetInvoice") == 2


def test_a_mass_payment_is_told_of(whmcs):
    whmcs.bill(9, "24.00", items=[{"type": "Invoice", "relid": n} for n in (1, 2)])
    ran = run("invoices")
    assert "3 invoices, 1 of them open" in ran.stderr
    assert "2 invoices collected by a mass-payment invoice" in ran.stderr


def test_a_bad_invoice_is_listed_and_the_others_are_written(whmcs):
    whmcs.bill(3, "NaN")
    ran = run("invoices")
    assert ran.exit_code == Exit.REJECTED
    assert len(ran.stdout.splitlines()) == 2
    assert "record '3': total" in ran.stderr


def test_an_invoice_that_is_deleted_meanwhile_is_left_out(whmcs):
    def delete(action: str) -> None:
        if action == "GetClients":
            del whmcs.bills[2]

    whmcs.before = delete
    ran = run("invoices")
    assert (ran.exit_code, len(ran.stdout.splitlines())) == (Exit.DONE, 1)


def test_whoever_is_not_let_in_is_told_what_to_do(at, whmcs, ring):
    whmcs.blocked = "203.0.113.7"
    ran = run("invoices", "-o", at / "open.jsonl")
    assert ran.exit_code == Exit.FAILED
    assert "Add 203.0.113.7 in WHMCS" in ran.stderr
    assert not (at / "open.jsonl").exists()
    ring.set_password("payymo", "whmcs.access_key", ACCESS_KEY)
    assert run("invoices").exit_code == Exit.DONE


def test_settings_that_are_missing_are_all_named(monkeypatch):
    for name in ("URL", "IDENTIFIER", "SECRET"):
        monkeypatch.delenv(f"PAYYMO_WHMCS_{name}")
    ran = run("invoices")
    assert ran.exit_code == Exit.REFUSED
    assert [n in ran.stderr for n in ("_URL", "_IDENTIFIER", "_SECRET")] == [True] * 3


def test_a_settings_file_is_read(at, monkeypatch):
    (at / "payymo.toml").write_text(
        f'[whmcs]\nurl = "{os.environ["PAYYMO_WHMCS_URL"]}"'
    )
    monkeypatch.delenv("PAYYMO_WHMCS_URL")
    assert run("invoices", "--settings", at / "payymo.toml").exit_code == Exit.DONE
    monkeypatch.setenv("PAYYMO_SETTINGS", str(at / "payymo.toml"))
    assert run("invoices").exit_code == Exit.DONE
    (at / "payymo.toml").write_text("[whmcs")
    ran = run("invoices")
    assert ran.exit_code == Exit.REFUSED
    assert "not TOML" in ran.stderr


def test_what_is_asked_for_again_writes_nothing_between(caplog):
    def ask() -> Flow[HttpResponse]:
        return (yield HttpRequest(path="/"))

    limits = Limits(first_wait_seconds=0.01)
    script = scripted(response(503), response(200, b"{}"))
    with serve_raw(script) as (origin, raw):
        site = Site(provider="WHMCS", origin=origin, limits=limits)
        with connected(site) as driver:
            assert driver.run(ask()).body == b"{}"
    assert len(raw.requests) == 2
    assert [r.name for r in caplog.records if r.levelno >= logging.WARNING] == []


@pytest.mark.parametrize("missing", ["httpx", "stamina"])
def test_without_the_http_extra_it_says_what_to_install(missing):
    code = (
        f"import sys; sys.modules[{missing!r}] = None\n"
        "from payymo_adapters.cli import main\n"
        "main(sys.argv[1:])"
    )

    def shell(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-c", code, *arguments],
            capture_output=True,
            check=False,
            text=True,
        )

    ran = shell("invoices")
    assert ran.returncode == Exit.REFUSED
    assert "pip install 'payymo[cli,http]'" in ran.stderr
    assert shell("rules", "--explain").returncode == Exit.DONE


# --- payymo apply ---------------------------------------------------------------------


def matched(transaction: str, **allocations: str) -> Match:
    return Match(
        transaction=transaction,
        outcome=Outcome.MATCH,
        confidence=0.99,
        allocations=tuple(
            Allocation(invoice.removeprefix("i"), Decimal(amount))
            for invoice, amount in allocations.items()
        ),
        unapplied=Decimal(0),
        alternatives=(),
        evidence=(),
        reasons=(),
    )


@pytest.fixture
def apply(at):
    """Apply matches of two transactions: t1 brought 24 euros, t2 nine."""

    def apply_all(*options: object, matches: list[Match] | None = None) -> Result:
        write_transactions(
            [
                payment("t1", "24.00 EUR", booked="2026-03-04"),
                payment("t2", "9.00 EUR", booked="2026-03-05"),
            ],
            at / "bank.jsonl",
        )
        default = [matched("t1", i1="9.00", i2="15.00")]
        write_matches(default if matches is None else matches, at / "matches.jsonl")
        files = ("matches.jsonl", "--transactions", "bank.jsonl")
        return run("apply", *files, *options)

    return apply_all


def journal_of(at: Path) -> list[tuple[str, str]]:
    lines = (at / "applied.jsonl").read_text("utf-8").splitlines()
    rows = [json.loads(line) for line in lines]
    return [(row["outcome"], row["invoice"]) for row in rows]


def test_nothing_is_recorded_before_it_is_asked_for(apply, at, whmcs):
    ran = apply()
    assert ran.exit_code == Exit.DONE
    assert ran.stdout.splitlines() == [
        "would apply: 9.00 EUR of t1 to invoice 1",
        "would apply: 15.00 EUR of t1 to invoice 2",
        "2 would apply",
        "nothing was recorded; --yes records them",
    ]
    assert not whmcs.transactions
    assert not (at / "applied.jsonl").exists()


def test_payments_are_recorded_once_however_often_it_runs(apply, at, whmcs):
    ran = apply("--yes")
    assert (ran.exit_code, ran.stdout.splitlines()[-1]) == (Exit.DONE, "2 applied")
    assert [t["amountin"] for t in whmcs.transactions] == ["9.00", "15.00"]
    assert journal_of(at) == [
        ("sending", "1"),
        ("applied", "1"),
        ("sending", "2"),
        ("applied", "2"),
    ]
    ran = apply("--yes")
    assert ran.stdout.splitlines()[-1] == "2 already applied"
    assert len(whmcs.transactions) == 2


def test_what_is_in_doubt_is_not_applied(apply, whmcs):
    doubtful = evolve(matched("t1", i1="9.00"), outcome=Outcome.REVIEW)
    ran = apply("--yes", matches=[doubtful])
    assert (ran.exit_code, ran.stdout) == (Exit.DONE, "nothing to apply\n")
    assert not whmcs.transactions


def test_what_is_refused_is_said_and_the_rest_is_recorded(apply, at, whmcs):
    whmcs.bills[1].status = "Cancelled"
    ran = apply("--yes")
    assert ran.exit_code == Exit.REJECTED
    assert ran.stdout.splitlines() == [
        "refused: 9.00 EUR of t1 to invoice 1 (the invoice is Cancelled)",
        "applied: 15.00 EUR of t1 to invoice 2",
        "1 applied, 1 refused",
    ]
    assert journal_of(at)[1] == ("refused", "1")


def test_too_much_is_credit_only_where_that_is_said(apply, whmcs):
    more = [matched("t1", i1="10.00")]
    assert "9.00 is left to pay" in apply("--yes", matches=more).stdout
    assert apply("--yes", "--credit", matches=more).exit_code == Exit.DONE
    assert whmcs.credit[1] == Decimal("1.00")


def age(at: Path, **ago: int) -> None:
    """Make what the journal tells of as long ago."""
    path = at / "applied.jsonl"
    rows = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    for row in rows:
        earlier = datetime.fromisoformat(row["at"]) - timedelta(**ago)
        row["at"] = earlier.isoformat()
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")


def test_what_is_not_known_is_asked_about_and_not_sent_again(apply, at, whmcs):
    whmcs.fault = lambda a: Fault.LATE if a == "AddInvoicePayment" else None
    one = [matched("t2", i1="9.00")]
    ran = apply("--yes", matches=one)
    assert ran.exit_code == Exit.REJECTED
    assert "unknown: 9.00 EUR of t2 to invoice 1" in ran.stdout
    whmcs.fault = lambda _action: None
    age(at, days=30)
    assert "not on record; not sent again" in apply("--yes", matches=one).stdout
    assert whmcs.calls.count("AddInvoicePayment") == 1
    whmcs.catch_up()
    assert "already applied" in apply("--yes", matches=one).stdout
    assert len(whmcs.transactions) == 1
    assert [outcome for outcome, _ in journal_of(at)] == [
        "sending",
        "unknown",
        "still_unknown",
        "already_applied",
    ]


def test_what_was_never_recorded_is_sent_again_only_when_a_person_says_so(
    apply, at, whmcs
):
    whmcs.fault = lambda a: Fault.LOST if a == "AddInvoicePayment" else None
    both = [matched("t1", i2="15.00"), matched("t2", i1="9.00")]
    apply("--yes", matches=both)
    whmcs.fault = lambda _action: None
    age(at, days=30)
    for options in ((), ("--yes",), ("--yes",)):
        ran = apply(*options, matches=both)
        assert ran.exit_code == Exit.REJECTED
        assert ran.stdout.splitlines()[-2] == "2 unknown"
        assert "--resend TRANSACTION" in ran.stdout.splitlines()[-1]
    assert whmcs.calls.count("AddInvoicePayment") == 2
    assert "would apply: 9.00" in apply("--resend", "t2", matches=both).stdout
    ran = apply("--yes", "--resend", "t2", matches=both)
    assert "unknown: 15.00 EUR of t1" in ran.stdout
    assert "applied: 9.00 EUR of t2" in ran.stdout
    assert [t["amountin"] for t in whmcs.transactions] == ["9.00"]


def test_what_a_person_wants_sent_again_is_asked_about_first(apply, whmcs):
    whmcs.fault = lambda a: Fault.LATE if a == "AddInvoicePayment" else None
    one = [matched("t2", i1="9.00")]
    apply("--yes", matches=one)
    whmcs.fault = lambda _action: None
    whmcs.catch_up()
    assert "already applied" in apply("--yes", "--resend", "t2", matches=one).stdout
    assert whmcs.calls.count("AddInvoicePayment") == 1


def test_what_could_not_be_sent_again_is_as_unknown_as_before(apply, whmcs):
    whmcs.fault = lambda a: Fault.LATE if a == "AddInvoicePayment" else None
    one = [matched("t2", i1="9.00")]
    apply("--yes", matches=one)
    whmcs.fault = lambda a: Fault.GARBLED_BEFORE if a == "GetInvoice" else None
    ran = apply("--yes", "--resend", "t2", matches=one)
    assert ran.exit_code == Exit.FAILED
    whmcs.fault = lambda _action: None
    assert "1 unknown" in apply("--yes", matches=one).stdout
    assert whmcs.calls.count("AddInvoicePayment") == 1


def test_what_is_to_be_sent_again_is_among_the_matches(apply, whmcs):
    ran = apply("--yes", "--resend", "t9")
    assert ran.exit_code == Exit.REFUSED
    assert "no payment of 't9' is to be made" in ran.stderr
    assert not whmcs.calls


def test_a_run_that_was_killed_while_sending_is_taken_for_not_known(apply, at, whmcs):
    one = [matched("t2", i1="9.00")]
    apply("--yes", matches=one)
    path = at / "applied.jsonl"
    sending, _applied = path.read_text("utf-8").splitlines()
    whmcs.bill(1, "9.00")
    whmcs.transactions.clear()
    whmcs._by_transid.clear()
    path.write_text(f'{sending}\n{{"at": "20', "utf-8")
    assert "not sent again" in apply("--yes", matches=one).stdout
    assert not whmcs.transactions


def test_a_site_that_is_down_ends_it_with_nothing_sent(apply, at, whmcs):
    asked = []

    def down(action: str) -> Fault | None:
        asked.append(action)
        return Fault.GARBLED_BEFORE if asked.count("GetClientsDetails") > 1 else None

    whmcs.fault = down
    ran = apply("--yes")
    assert ran.exit_code == Exit.FAILED
    assert "applied: 9.00 EUR of t1 to invoice 1" in ran.stdout
    assert "not JSON" in ran.stderr
    assert journal_of(at)[-1] == ("not_sent", "2")
    whmcs.fault = lambda _action: None
    assert apply("--yes").stdout.splitlines()[-1] == "1 applied, 1 already applied"


def test_a_way_to_pay_that_whmcs_does_not_have_is_refused(apply, whmcs, monkeypatch):
    monkeypatch.setenv("PAYYMO_WHMCS_GATEWAY", "bank")
    ran = apply("--yes")
    assert ran.exit_code == Exit.REFUSED
    assert "'bank' is none of banktransfer, mailin" in ran.stderr
    assert not whmcs.transactions


def test_a_transaction_that_is_not_there_is_refused(apply, whmcs):
    ran = apply("--yes", matches=[matched("t9", i1="9.00")])
    assert ran.exit_code == Exit.REJECTED
    assert "refused: t9 (it is not among the transactions)" in ran.stdout
    assert not whmcs.transactions


def test_the_journal_takes_the_place_of_nothing_that_is_read(apply, at):
    ran = apply("--yes", "--journal", at / "bank.jsonl")
    assert ran.exit_code == Exit.REFUSED
    assert "would be overwritten" in ran.stderr


def test_two_runs_at_once_are_refused(apply, at):
    with opened(at / "applied.jsonl"):
        ran = apply("--yes")
    assert ran.exit_code == Exit.REFUSED
    assert "another payymo apply is running" in ran.stderr


def test_a_file_that_is_no_journal_is_refused(apply, at, whmcs):
    (at / "applied.jsonl").write_text("hello\n{}\n", "utf-8")
    assert "not a line of this journal" in apply("--yes").stderr
    assert not whmcs.transactions


def test_a_journal_goes_on_after_a_line_that_was_cut_off(at):
    path = at / "j.jsonl"
    row = {"at": "2026-03-01T12:00:00+00:00", "outcome": "applied", "transid": "ä"}
    row |= {"account": "", "transaction": "t1", "amount": "9.00"}
    line = json.dumps(row, ensure_ascii=False) + "\n"
    path.write_text(line + '{"at": "2', "utf-8")
    with opened(path):
        pass
    assert path.read_text("utf-8") == line
    path.write_text("[]\n", "utf-8")
    with pytest.raises(FileError, match="line of this journal"), opened(path):
        pass


# --- what is no payment ---------------------------------------------------------------


def refusals(
    transaction: Transaction | None, *matches: Match
) -> tuple[list[str], list[str]]:
    """Invoices that are to be paid, and why others are not."""
    known = {transaction.id: transaction} if transaction else {}
    orders, left = to_orders(matches, known, "banktransfer")
    return [o.payment.invoice for o in orders], [each.says for each in left]


NINE = payment("t1", "9.00 EUR", booked="2026-03-04")
PART = Allocation("1", Decimal("4.00"))


@pytest.mark.parametrize(
    ("transaction", "match", "says"),
    [
        (evolve(NINE, booking_date=None), matched("t1", i1="9.00"), "no date"),
        (NINE, matched("t1", i1="9.01"), "more is allocated"),
        (NINE, matched("t1", i1="5.00", i2="5.00"), "more is allocated"),
        (NINE, matched("t1", i1="12.00", i2="-3.00"), "nets a credit note"),
        (NINE, evolve(matched("t1"), allocations=(PART, PART)), "named twice"),
        (
            evolve(NINE, status=TransactionStatus.PENDING),
            matched("t1", i1="9.00"),
            "not booked",
        ),
        (None, matched("t1", i1="9.00"), "not among"),
    ],
)
def test_a_match_that_is_none_to_record_is_refused(transaction, match, says):
    paid, left = refusals(transaction, match)
    assert not paid
    assert [says in each for each in left] == [True]


def test_a_transaction_that_is_matched_twice_pays_nothing():
    twice = (matched("t1", i1="9.00"), matched("t1", i2="9.00"))
    assert refusals(NINE, *twice) == ([], ["it is matched twice"] * 2)


def test_what_a_processor_kept_back_was_paid_all_the_same():
    net = payment("t1", "8.70 EUR", booked="2026-03-04", fee=Decimal("0.30"))
    assert refusals(net, matched("t1", i1="9.00")) == (["1"], [])


def test_money_that_paid_one_invoice_does_not_pay_another_when_matched_anew(
    apply, whmcs
):
    whmcs.bill(3, "9.00")
    assert apply("--yes", matches=[matched("t2", i1="9.00")]).exit_code == Exit.DONE
    anew = [matched("t2", i3="9.00")]
    for options in ((), ("--yes",)):
        ran = apply(*options, matches=anew)
        assert ran.exit_code == Exit.REJECTED
        assert "it brought 9.00, and 9.00 of that paid others before" in ran.stdout
    assert len(whmcs.transactions) == 1


def test_what_was_refused_has_spent_nothing(apply, whmcs):
    whmcs.bills[1].status = "Cancelled"
    whmcs.bill(3, "9.00")
    assert "refused" in apply("--yes", matches=[matched("t2", i1="9.00")]).stdout
    assert apply("--yes", matches=[matched("t2", i3="9.00")]).exit_code == Exit.DONE
