"""Events reach a server of the user's at least once, in order per subject."""

import logging
import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import httpx
import pytest
from attrs import evolve
from click.testing import CliRunner, Result
from sqlalchemy import select

from payymo_adapters.cli import main
from payymo_adapters.delivery import LONGEST, Told, deliver
from payymo_adapters.errors import SettingsError, UndeliveredError
from payymo_adapters.exchange import write_invoices, write_transactions
from payymo_adapters.http import Secret
from payymo_adapters.httpx_driver import HttpxDriver
from payymo_adapters.pipeline import Run, apply, match_undecided
from payymo_adapters.settings import Source, load
from payymo_adapters.store import schema
from payymo_adapters.store.decisions import confirm, match_by_hand
from payymo_adapters.store.outbox import (
    MOST_ATTEMPTS,
    Outbox,
    emit,
    outbox,
    send_aside_again,
)
from payymo_adapters.store.recording import notice_gone
from payymo_adapters.store.store import Store
from payymo_adapters.webhooks import WebhookSettings, send
from payymo_core import Ruleset
from tests.fakes.receivers import SECRET, Receiver
from tests.fakes.serving import response, scripted, serve, serve_raw
from tests.store.builders import (
    ACT,
    NOW,
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


@pytest.fixture
def receiver() -> Receiver:
    return Receiver()


@pytest.fixture
def origin(receiver: Receiver) -> Iterator[str]:
    with serve(receiver) as found:
        yield found


def told(run: Run, origin: str) -> Told:
    """Deliver what is due."""
    hook = WebhookSettings(url=f"{origin}/payymo", secret=Secret(SECRET))
    with httpx.Client(trust_env=False) as client:
        driver = HttpxDriver(client=client, site=hook.site)
        return deliver(run, lambda each: driver.run(send(hook, each, run.clock())))


def happen(store: Store, *events: tuple[str, str]) -> None:
    with store.writing(ACT) as books:
        for subject, kind in events:
            emit(books, kind, subject, {})


ONE, TWO, OTHER = ("a", "one"), ("a", "two"), ("b", "one")


# --- delivery -------------------------------------------------------------------------


def test_what_happened_is_told_once_and_in_its_order(store, receiver, origin):
    happen(store, ONE, OTHER, TWO)
    done = told(run_of(store), origin)
    assert (done.sent, done.left.waiting) == (3, 0)
    assert sorted(receiver.said, key=lambda said: said[0]) == [ONE, TWO, OTHER]
    assert len({came.id for came in receiver.came}) == 3
    assert receiver.came[0].headers[":path"] == "/payymo"
    assert told(run_of(store), origin).sent == 0
    assert len(receiver.came) == 3


def test_a_subject_that_is_refused_waits_longer_each_time_and_no_other_does(
    store, receiver, origin
):
    happen(store, ONE, TWO, OTHER)
    receiver.answer = lambda said: 500 if said["subject"] == "a" else 204
    done = told(run_of(store), origin)
    assert (done.sent, done.left.waiting, done.left.tried) == (1, 2, 1)
    assert done.left.fault == "Webhook: answers with 500, and not 2xx"
    assert receiver.said == [ONE, OTHER]
    for minutes, tries in ((0.9, 1), (1.1, 2), (3, 2), (3.2, 3), (7, 3), (7.3, 4)):
        told(run_of(store, minutes / 60), origin)
        assert receiver.said.count(ONE) == tries
    receiver.answer = lambda _: 204
    done = told(run_of(store, 1), origin)
    assert (done.sent, done.left.waiting, done.left.fault) == (2, 0, "")
    assert receiver.said[-2:] == [ONE, TWO]


def test_an_event_is_known_by_its_id_however_often_it_is_sent(store, receiver, origin):
    happen(store, ONE)
    receiver.answer = lambda _: 503
    told(run_of(store), origin)
    told(run_of(store, 1), origin)
    first, second = receiver.came
    assert (first.id, first.body) == (second.id, second.body)
    assert first.headers["webhook-timestamp"] != second.headers["webhook-timestamp"]
    assert first.headers["webhook-signature"] != second.headers["webhook-signature"]


def test_a_run_in_which_a_receiver_never_ends_its_answer_goes_on(store):
    happen(store, ONE)
    endless = b"HTTP/1.1 200 OK\r\ncontent-length: 99999999\r\n\r\n" + b"x" * 2**17
    with serve_raw(scripted(endless)) as (origin, _):
        done = told(run_of(store), origin)
    assert (done.sent, done.left.waiting) == (0, 1)
    assert "larger than 65,536 bytes" in done.left.fault


def test_a_redirect_is_not_followed(store, receiver, origin):
    happen(store, ONE)
    away = response(307, location=f"{origin}/elsewhere")
    with serve_raw(scripted(away)) as (elsewhere, _):
        done = told(run_of(store), elsewhere)
    assert (done.sent, receiver.came) == (0, [])
    assert "redirect" in done.left.fault


def test_a_receiver_that_is_not_there_is_said_and_tried_again(store, receiver):
    happen(store, ONE, OTHER)
    with closing(socket.socket()) as held:
        held.bind(("127.0.0.1", 0))  # and nobody listens
        done = told(run_of(store), f"http://127.0.0.1:{held.getsockname()[1]}")
    assert (done.sent, done.left.tried) == (0, 2)
    assert "no connection" in done.left.fault
    with serve(receiver) as origin:
        assert told(run_of(store, 1), origin).sent == 2


def test_a_receiver_that_asks_for_a_pause_is_left_alone(store, receiver, origin):
    happen(store, ONE, OTHER)
    receiver.answer = lambda _: 429
    receiver.headers = ((b"retry-after", b"30"),)
    done = told(run_of(store), origin)
    assert receiver.said == [ONE]
    assert (done.left.waiting, done.left.tried) == (2, 1)


def test_a_run_is_not_held_up_by_a_receiver_that_is_slow(store, origin):
    happen(store, ONE, OTHER)
    clock = iter([NOW + LONGEST / 3 * n for n in range(99)])
    run = evolve(run_of(store), clock=lambda: next(clock))
    done = told(run, origin)
    assert (done.sent, done.left.waiting, done.left.tried) == (1, 1, 0)


def test_an_event_that_a_restored_backup_numbers_again_is_another(
    store, receiver, origin
):
    happen(store, ONE)
    told(run_of(store), origin)
    with store.writing(at(1)) as books:
        books.connection.execute(schema.outbox_events.delete())
        emit(books, "one", "a", {})
    told(run_of(store, 1), origin)
    first, second = receiver.came
    assert first.told["seq"] == second.told["seq"]
    assert first.id != second.id


# --- what is told ---------------------------------------------------------------------


def test_a_payments_way_is_told_to_its_end(store, receiver, origin):
    record(store, [paid("t1", remittance="INV-i1")], [billed("i1")])
    (number,) = match_undecided(run_of(store), Ruleset(), None).new
    with store.writing(ACT) as books:
        confirm(books, number)
    ledger = Ledger()
    ledger.faults = [("after", UndeliveredError("Ledger", "no answer"))]
    apply(run_of(store), ledger)
    ledger.faults = [("asked", UndeliveredError("Ledger", "no answer"))]
    apply(run_of(store), ledger)  # still unknown: told once
    apply(run_of(store, 1), ledger)
    told(run_of(store, 1), origin)
    assert [kind for _, kind in receiver.said] == [
        *("match.proposed", "match.confirmed", "posting.unknown", "match.applied"),
    ]
    proposed, *_, applied = (came.told["data"] for came in receiver.came)
    assert proposed["allocations"] == [{"invoice": "i1", "amount": "119.00"}]
    assert proposed["outcome"] == "match"
    shown = [applied[key] for key in ("kind", "amount", "currency", "invoice")]
    assert shown == ["payment", "119.00", "EUR", "i1"]


def test_a_proposal_that_nothing_takes_the_place_of_is_told_to_have_lapsed(
    store, receiver, origin
):
    record(store, [paid("t1", remittance="INV-i1")], [billed("i1")])
    match_undecided(run_of(store), Ruleset(), None)
    record(store, invoices=[billed("i1", "0.00")], hours=1)
    match_undecided(run_of(store, 1), Ruleset(), None)
    told(run_of(store, 1), origin)
    assert [kind for _, kind in receiver.said] == ["match.proposed", "match.lapsed"]


def test_posted_money_that_the_bank_withdrew_is_told(store, receiver, origin):
    record(store, [paid("t1"), paid("t2")], [billed("i1")])
    with store.writing(ACT) as books:
        match_by_hand(books, "main/t1", [give("i1", "119.00")])
    apply(run_of(store), Ledger())
    with store.writing(at(1)) as books:
        notice_gone(books, ["main/t1", "main/t2"])
    told(run_of(store, 1), origin)
    assert receiver.said.count(("main/t1", "transaction.gone")) == 1
    assert ("main/t2", "transaction.gone") not in receiver.said


# --- settings -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("http://example.com/payymo", "use https://"),
        ("https://ada:pw@example.com/", "credentials have settings"),
        ("https://example.com/?key=hunter2", "more than a scheme"),
        ("https://example.com/a b\n", "signs that are to be encoded"),
        ("example.com", "is not one"),
        ("https://[", "is not one"),
    ],
)
def test_an_address_that_cannot_be_used_is_refused(url, words):
    environment = {"PAYYMO_WEBHOOK_URL": url, "PAYYMO_WEBHOOK_SECRET": SECRET}
    source = Source(environment=environment, file={}, keyring=lambda _: None)
    with pytest.raises(SettingsError, match=words) as error:
        load(WebhookSettings, source)
    assert "hunter2" not in str(error.value)


@pytest.mark.parametrize(
    "secret", ["hunter2hunter2", "whsec_aHVudGVyMg==", "aHVudGVyMg==" * 3, "whsec_é"]
)
def test_a_secret_that_is_none_is_refused_and_not_quoted(secret):
    environment = {
        "PAYYMO_WEBHOOK_URL": "https://example.com",
        "PAYYMO_WEBHOOK_SECRET": secret,
    }
    source = Source(environment=environment, file={}, keyring=lambda _: None)
    with pytest.raises(SettingsError, match="24 to 64 random bytes") as error:
        load(WebhookSettings, source)
    assert secret.removeprefix("whsec_") not in str(error.value)


# --- a run ----------------------------------------------------------------------------

SETTINGS = """
[payymo]
tenant = "acme"
[accounts.main]
files = "bank.jsonl"
[invoices]
from = "invoices.jsonl"
[webhook]
url = "{origin}/payymo"
"""


@pytest.fixture
def _folder(tmp_path, monkeypatch, url, origin):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PAYYMO_DATABASE", url)
    monkeypatch.setenv("PAYYMO_WEBHOOK_SECRET", SECRET)
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.null.Keyring")
    monkeypatch.delenv("PAYYMO_SETTINGS", raising=False)
    Path("payymo.toml").write_text(SETTINGS.format(origin=origin), encoding="utf-8")
    lines = [paid(f"t{n}", remittance=f"INV-i{n}") for n in (1, 2)]
    write_transactions(lines, "bank.jsonl")
    write_invoices([billed("i1"), billed("i2")], "invoices.jsonl")


def payymo(*arguments: str) -> Result:
    return CliRunner().invoke(main, arguments, catch_exceptions=False)


@pytest.mark.usefixtures("_folder")
def test_a_run_tells_what_it_did_and_the_status_what_waits(receiver):
    ran = payymo("run")
    assert (ran.exit_code, ran.stdout.splitlines()[-1]) == (
        0,
        "events: 2 events delivered, 0 waiting",
    )
    assert payymo("status").stdout.splitlines()[-1] == (
        "webhook: 0 events to be delivered"
    )
    assert "webhook: read" not in payymo("status").stdout
    assert receiver.said == [(f"main/t{n}", "match.proposed") for n in (1, 2)]


@pytest.mark.usefixtures("_folder")
def test_a_receiver_that_refuses_is_seen_in_the_run_and_the_status(receiver):
    receiver.answer = lambda _: 410
    ran = payymo("run")
    assert (ran.exit_code, "answers with 410" in ran.stderr) == (1, True)
    shown = payymo("status").stdout.splitlines()[-1]
    assert shown == (
        "webhook: 2 events to be delivered; "
        "not all arrived: Webhook: answers with 410, and not 2xx"
    )


@pytest.mark.usefixtures("_folder")
def test_the_secret_is_left_nowhere(store, monkeypatch, caplog):
    """Not even by a receiver that says what it knows."""
    echo = response(500, SECRET.encode(), x_secret=SECRET)
    monkeypatch.setenv("PAYYMO_DEBUG", "1")
    with serve_raw(scripted(echo)) as (origin, raw), caplog.at_level(logging.DEBUG):
        monkeypatch.setenv("PAYYMO_WEBHOOK_URL", origin)
        ran = payymo("run")
    assert (ran.exit_code, len(raw.requests)) == (1, 2)
    with store.reading("acme") as connection:
        kept = [
            [tuple(each) for each in connection.execute(select(table))]
            for table in schema.metadata.sorted_tables
        ]
    ours = [each for each in caplog.records if not each.name.startswith("httpcore")]
    assert ours
    logged = [(each.getMessage(), vars(each)) for each in ours]
    sent = [request for request in raw.requests if SECRET.encode()[6:] in request]
    for place in (ran.output, kept, logged, sent, payymo("status").output):
        assert SECRET.removeprefix("whsec_") not in str(place)


@pytest.mark.usefixtures("_folder")
def test_without_its_invoices_a_run_tells_what_waits(store, receiver):
    Path("invoices.jsonl").unlink()
    happen(store, ONE)
    assert payymo("run").exit_code == 3
    assert receiver.said == [ONE]


@on_sqlite
@pytest.mark.usefixtures("_folder")
def test_settings_that_are_wrong_stop_a_run_before_it_does_anything(store, monkeypatch):
    monkeypatch.delenv("PAYYMO_WEBHOOK_SECRET")
    ran = payymo("run")
    assert (ran.exit_code, ran.stdout) == (2, "")
    assert "PAYYMO_WEBHOOK_SECRET, or webhook.secret in the keyring" in ran.stderr
    with store.reading("acme") as connection:
        assert outbox(connection, "acme") is None


@pytest.mark.usefixtures("_folder")
def test_a_run_killed_between_sending_and_noting_tells_it_again(store, receiver):
    """The receiver kills it: the event is there, and nobody noted that."""
    running: list[subprocess.Popen[bytes]] = []

    def kill(_told: object) -> int:
        os.kill(running[0].pid, signal.SIGKILL)
        return 204

    receiver.answer = kill
    command = [sys.executable, "-m", "payymo_adapters", "run"]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as process:
        running.append(process)
    assert process.returncode == -signal.SIGKILL
    (before,) = receiver.came
    receiver.answer = lambda _: 204
    with store.reading("acme") as connection:
        assert outbox(connection, "acme").waiting == 2  # type: ignore[union-attr]
    ran = payymo("run")
    for _ in range(100):
        if ran.exit_code != 2:  # the server has not noticed yet who was killed
            break
        ran = payymo("run")
    assert ran.exit_code == 0, ran.output
    _, again, other = receiver.came
    assert (again.id, again.body) == (before.id, before.body)
    assert other.id != again.id


# --- what never arrives ---------------------------------------------------------------


def tried_in_vain(store: Store, origin: str) -> timedelta:
    """Run whenever it is due until nothing is sent; how long that takes."""
    before, hours = -1, 0.0
    for _ in range(2 * MOST_ATTEMPTS):
        event = row(store, schema.outbox_events, seq=1)
        if event.attempts == before:
            return timedelta(hours=hours)
        before = event.attempts
        hours = (event.next_at - NOW) / timedelta(hours=1)
        told(run_of(store, hours), origin)
    raise AssertionError


def test_what_is_never_taken_is_set_aside_and_its_subject_waits_for_a_person(
    store, receiver, origin
):
    happen(store, ONE, TWO, OTHER)
    receiver.answer = lambda said: 400 if said["subject"] == "a" else 204
    lasted = tried_in_vain(store, origin)
    assert timedelta(days=6) < lasted < timedelta(days=8)
    assert receiver.said.count(ONE) == MOST_ATTEMPTS
    assert TWO not in receiver.said
    # Nothing is sent any more, and it is said for as long as that is so.
    later = told(run_of(store, 24 * 30), origin)
    assert receiver.said.count(ONE) == MOST_ATTEMPTS
    assert (later.sent, later.left) == (
        0,
        Outbox(
            waiting=2,
            tried=1,
            aside=1,
            fault="Webhook: answers with 400, and not 2xx",
        ),
    )
    happen(store, OTHER)  # others go on
    assert told(run_of(store, 24 * 30), origin).sent == 1
    with store.writing(at(24 * 31)) as books:
        assert send_aside_again(books) == 1
        assert send_aside_again(books) == 0
    receiver.answer = lambda _: 204
    done = told(run_of(store, 24 * 31), origin)
    assert (done.sent, done.left.waiting, done.left.fault) == (2, 0, "")
    assert receiver.said[-2:] == [ONE, TWO]


@on_postgresql
def test_the_wait_has_an_end(store, receiver, origin):
    happen(store, ONE)
    receiver.answer = lambda _: 500
    for day in range(12):
        told(run_of(store, 24 * day), origin)
    event = row(store, schema.outbox_events, seq=1)
    assert event.next_at - at(24 * 11).now == timedelta(hours=6)


@on_sqlite
@pytest.mark.usefixtures("_folder")
def test_a_person_sees_what_is_set_aside_and_has_it_sent_again(store, receiver):
    receiver.answer = lambda said: 410 if said["subject"] == "main/t1" else 204
    payymo("run")
    with store.writing(ACT) as books:
        event = schema.outbox_events
        tried = event.update().where(event.c.delivered_at.is_(None))
        books.connection.execute(tried.values(attempts=MOST_ATTEMPTS))
    aside = "; 1 event set aside: payymo events again"
    ran = payymo("run")
    assert (ran.exit_code, ran.stderr.splitlines()[-1].endswith(aside)) == (1, True)
    assert payymo("status").stdout.splitlines()[-1].endswith(aside)
    assert len(receiver.came) == 2
    assert re.fullmatch(
        r"1: match\.proposed on main/t1, of 20.* UTC: set aside after 36 attempts\n",
        payymo("events", "list").stdout,
    )
    again = payymo("events", "again", "--as", "Ada")
    assert again.stdout == "1 event to be sent again by the next run\n"
    assert payymo("events", "list").stdout == "no event is set aside\n"
    said = row(store, schema.audit_log, action="events.sent_again")
    assert (said.actor, said.detail) == ("Ada", '{"events": 1}')
    receiver.answer = lambda _: 204
    assert payymo("run").exit_code == 0
    assert receiver.said[-1] == ("main/t1", "match.proposed")
