"""``payymo run`` with accounts at banks: real servers, run after run."""

import json
import re
import tomllib
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import keyring
import pytest
from attrs import evolve
from click.testing import Result
from sqlalchemy import event, func, select

from payymo_adapters.bank_sync import KNOWN, OVERLAP, record_listings
from payymo_adapters.banking import BankLine, Listing, Period
from payymo_adapters.cli.starting import TEMPLATE
from payymo_adapters.exchange import write_invoices, write_transactions
from payymo_adapters.feeds import BankFeed
from payymo_adapters.pipeline import apply
from payymo_adapters.run_settings import read_run_settings
from payymo_adapters.state import Consented
from payymo_adapters.store import schema
from payymo_adapters.store.decisions import match_by_hand
from payymo_adapters.store.store import Store
from payymo_core.records import TransactionStatus
from tests.fakes.banks import enable_banking, gocardless
from tests.fakes.desks import IBAN, SECRETS, Desk, desk_of
from tests.fakes.rings import ringing
from tests.fakes.serving import serve
from tests.fakes.whmcs import IDENTIFIER, SECRET, Fault, Whmcs
from tests.store.builders import (
    ACT,
    Ledger,
    at,
    billed,
    give,
    have_time_till_midnight,
    on_sqlite,
    paid,
    row,
    run_of,
)

SETTINGS = """
[payymo]
tenant = "acme"
[accounts.main]
name = "Main account"
from = "{provider}"
account = "{iban}"
since = {since}
every_hours = {hours}
[accounts.shop]
files = "in/*.jsonl"
[invoices]
from = "invoices.jsonl"
"""


@pytest.fixture(autouse=True)
def _folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, url: str
) -> Iterator[None]:
    have_time_till_midnight()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PAYYMO_DATABASE", url)
    monkeypatch.delenv("PAYYMO_SETTINGS", raising=False)
    write_invoices([billed("i1", number="INV-2026-1001")], "invoices.jsonl")
    Path("in").mkdir()
    Path("in/a.jsonl").write_text("", encoding="utf-8")
    with ringing():
        yield


# A provider for each database: what reads a bank knows nothing of where it is kept.
MADE = {
    "sqlite": ("gocardless", gocardless),
    "postgresql": ("enablebanking", enable_banking),
}


@pytest.fixture
def desk(backend: str, tmp_path: Path) -> Iterator[Desk]:
    name, made = MADE[backend]
    with desk_of(name, made, tmp_path) as desk:
        connect(desk)
        configure(desk)
        yield desk


@pytest.fixture
def cardless(tmp_path: Path) -> Iterator[Desk]:
    with desk_of("gocardless", gocardless, tmp_path) as desk:
        connect(desk)
        configure(desk)
        yield desk


def connect(desk: Desk) -> None:
    """The user consents, as with ``payymo connect``."""
    given = Consented(country="DE", connection=desk.setting.connect())
    desk.state.keep_consent(given)


def configure(desk: Desk, hours: float = 0, since: date | None = None) -> None:
    first = since or today() - timedelta(90)
    text = SETTINGS.format(provider=desk.name, iban=IBAN, since=first, hours=hours)
    Path("payymo.toml").write_text(text, encoding="utf-8")


def today() -> date:
    return datetime.now(UTC).date()


def ago(days: int) -> str:
    return (today() - timedelta(days=days)).isoformat()


def entries(desk: Desk) -> list[dict[str, Any]]:
    fake = desk.setting.fake
    listed: list[dict[str, Any]] = (
        fake.booked if desk.name == "gocardless" else fake.entries
    )
    return listed


def pend(desk: Desk, amount: str, text: str) -> None:
    """The bank shows what it has not booked yet."""
    desk.setting.book(ago(1), amount, text, "")
    entry = entries(desk).pop()
    if desk.name == "gocardless":
        desk.setting.fake.pending.append(entry)
    else:
        desk.setting.fake.entries.append({**entry, "status": "PDNG"})


def unpend(desk: Desk) -> None:
    """What was pending is so no more."""
    if desk.name == "gocardless":
        desk.setting.fake.pending.clear()
    else:
        held = [e for e in entries(desk) if e["status"] != "PDNG"]
        entries(desk)[:] = held


def rows(store) -> dict[str, Any]:
    """The transactions, by what they say."""
    table = schema.transactions
    with store.reading("acme") as connection:
        found = connection.execute(select(table).where(table.c.account_id == "main"))
        return {f"{each.remittance} {each.status}": each for each in found}


def kept(store) -> list[str]:
    """The cursor and all that it describes."""
    said = []
    with store.reading("acme") as connection:
        for table in (schema.transactions, schema.transaction_versions):
            held = connection.execute(select(table).order_by(*table.primary_key))
            said += [str(tuple(each)) for each in held]
        cursors = schema.sync_cursors.c
        position = select(cursors.position).where(cursors.stream == KNOWN)
        said.append(str(connection.scalar(position)))
    return said


def run(desk: Desk) -> Result:
    shown = desk.run("run")
    assert not [secret for secret in SECRETS if secret in shown.output]
    return shown


# --- what comes -----------------------------------------------------------------------


def test_what_a_bank_lists_is_recorded_once_and_matched(desk: Desk, store) -> None:
    desk.setting.book(ago(3), "119.00", "INV-2026-1001", "t1")
    for _ in range(2):  # twins without an id are two
        desk.setting.book(ago(2), "7.00", "Coffee", "")
    first = run(desk)
    assert first.exit_code == 0, first.output
    assert first.stdout.splitlines() == [
        "shop: in/a.jsonl: 0 new, 0 changed, 0 known",
        "main: 3 new, 0 changed, 0 known",
        "invoices: 1 new, 0 changed, 0 known",
        "proposed: 3 new, 0 as before",
        "decided: 0",
    ]
    again = run(desk)
    assert "main: 0 new, 0 changed, 3 known" in again.stdout
    held = rows(store)["INV-2026-1001 booked"]
    assert held.id == "main/t1"
    assert held.own_account == IBAN
    assert json.loads(held.payload) == entries(desk)[0]


@on_sqlite
def test_a_statement_of_an_account_that_its_bank_is_asked_for_is_refused(
    cardless: Desk, store
) -> None:
    """Its money would be there twice; from before the bank was asked it is not."""
    cardless.setting.book(ago(3), "119.00", "INV-2026-1001", "t1")
    twice = paid("t1", account=IBAN, booking_date=today() - timedelta(3))
    write_transactions([twice], "in/a.jsonl")
    earlier = paid("t0", account=IBAN, booking_date=today() - timedelta(91))
    write_transactions([earlier], "in/b.jsonl")
    shown = run(cardless)
    assert shown.exit_code == 1
    assert "in/a.jsonl: 't1' is of DE" in shown.stderr
    assert "shop: in/b.jsonl: 1 new" in shown.stdout
    with store.reading("acme") as connection:
        names = list(connection.scalars(select(schema.transactions.c.id)))
    assert len([name for name in names if name.startswith("main/")]) == 1
    assert [name for name in names if name.startswith("shop/")] == ["shop/t0"]


def test_late_bookings_come_in_and_withdrawn_ones_are_said(desk: Desk, store) -> None:
    for days, text in ((9, "old"), (5, "withdrawn"), (2, "INV-2026-1001")):
        desk.setting.book(ago(days), f"{days}.00", text, text)
    run(desk)
    entries(desk)[:] = [e for e in entries(desk) if "withdrawn" not in str(e)]
    desk.setting.book(ago(6), "6.50", "late", "late")
    shown = run(desk)
    assert "main: 1 new, 0 changed, 2 known" in shown.stdout
    assert "main: main/withdrawn is listed no more" in shown.stdout
    found = rows(store)
    assert found["withdrawn booked"].gone_at is not None
    assert [t for t, e in found.items() if e.gone_at] == ["withdrawn booked"]
    # Said once; and taken back when the bank lists it again.
    assert "listed no more" not in run(desk).stdout
    desk.setting.book(ago(5), "5.00", "withdrawn", "withdrawn")
    assert "1 changed" in run(desk).stdout
    assert rows(store)["withdrawn booked"].gone_at is None


def test_a_pending_entry_is_replaced_by_the_booked_one(desk: Desk, store) -> None:
    desk.setting.book(ago(4), "1.00", "before", "b")
    pend(desk, "119.00", "card 1001")
    pend(desk, "8.00", "comes to nothing")
    first = run(desk)
    assert "main: 3 new" in first.stdout
    assert rows(store)["card 1001 pending"].decision_id is None
    unpend(desk)
    desk.setting.book(ago(0), "119.00", "INV-2026-1001", "t1")
    second = run(desk)
    assert "is booked as main/t1" in second.stdout
    assert "listed no more" not in second.stdout
    found = rows(store)
    assert found["card 1001 pending"].replaced_by == "main/t1"
    assert found["comes to nothing pending"].gone_at is not None
    assert found["comes to nothing pending"].replaced_by is None


def test_every_version_of_what_was_sent_is_kept(desk: Desk, store) -> None:
    desk.setting.book(ago(3), "119.00", "INV-2026-1001", "t1")
    run(desk)
    before = rows(store)["INV-2026-1001 booked"].payload
    (entry,) = entries(desk)
    entry["bankTransactionCode" if desk.name == "gocardless" else "note"] = "PMNT"
    assert "main: 0 new, 1 changed" in run(desk).stdout
    held = rows(store)["INV-2026-1001 booked"]
    assert (held.version, "PMNT" in held.payload) == (2, True)
    version = row(store, schema.transaction_versions, transaction_id="main/t1")
    assert version.payload == before


@on_sqlite
def test_the_next_reading_overlaps_the_last(cardless: Desk, store) -> None:
    asked = cardless.setting.fake.faults
    run(cardless)
    run(cardless)
    assert asked.seen
    with store.reading("acme") as connection:
        position = connection.scalar(
            select(schema.sync_cursors.c.position).where(
                schema.sync_cursors.c.stream == KNOWN
            )
        )
    assert position.startswith(today().isoformat())
    # Older than the overlap: it is not asked for, so it is neither new nor gone.
    edge = today() - OVERLAP
    cardless.setting.book((edge - timedelta(1)).isoformat(), "1.00", "older", "o")
    cardless.setting.book(edge.isoformat(), "2.00", "edge", "e")
    assert "main: 1 new" in run(cardless).stdout
    assert list(rows(store)) == ["edge booked"]


# --- what is in doubt -----------------------------------------------------------------


def doubtful(desk: Desk) -> Result:
    """A posted entry is gone, and one like it is there in other words."""
    desk.setting.book(ago(3), "119.00", "INV-2026-1001", "")
    desk.setting.book(ago(2), "1.00", "other", "x")
    run(desk)
    entries(desk)[:] = [e for e in entries(desk) if "other" in str(e)]
    desk.setting.book(ago(2), "119.00", "Invoice 1001", "")
    return run(desk)


def test_what_may_be_known_again_is_put_aside_for_a_person(desk: Desk, store) -> None:
    shown = doubtful(desk)
    assert shown.exit_code == 1
    found = rows(store)
    doubt, before = found["Invoice 1001 booked"], found["INV-2026-1001 booked"]
    said = f"{doubt.id} may be {before.id} again (other words)"
    assert f"in doubt, and put aside: {said}" in shown.stderr
    assert before.gone_at is not None
    assert "proposed: 0 new, 0 as before" in shown.stdout
    aside = f"in doubt, and put aside by decision {doubt.decision_id}: {said}"
    assert aside in desk.run("status").stdout
    assert "doubted" in desk.run("history", doubt.id).stdout
    # Said once, and kept; no label says that a person gave a verdict.
    again = run(desk)
    assert (again.exit_code, "in doubt" in again.output) == (0, False)
    with store.reading("acme") as connection:
        assert not connection.scalar(select(func.count()).select_from(schema.labels))


@on_sqlite
def test_a_person_says_that_a_doubt_is_money_of_its_own(cardless: Desk, store) -> None:
    doubtful(cardless)
    number = rows(store)["Invoice 1001 booked"].decision_id
    undone = cardless.run("decide", "undo", number, "--as", "Ada")
    assert undone.exit_code == 0, undone.output
    shown = run(cardless)
    assert "in doubt" not in shown.output
    with store.reading("acme") as connection:
        row = schema.match_decisions.c
        waits = select(row.transaction_id).where(row.state == "proposed")
        assert rows(store)["Invoice 1001 booked"].id in connection.scalars(waits).all()
    assert "in doubt" not in cardless.run("status").stdout


def test_posted_money_under_another_id_is_never_taken_for_new(
    cardless: Desk, store
) -> None:
    cardless.setting.book(ago(3), "119.00", "INV-2026-1001", "t1")
    cardless.setting.book(ago(2), "1.00", "other", "x")
    run(cardless)
    settle(store, "main/t1")
    entries(cardless)[:] = [e for e in entries(cardless) if "other" in str(e)]
    gone = run(cardless)
    assert gone.exit_code == 1
    assert "main/t1 was posted, and the bank withdrew it" in gone.stderr
    # Later, in other words and with an id of its own: nobody doubts it by itself.
    cardless.setting.book(ago(3), "119.00", "INV-2026-1001 once more", "t1-new")
    back = run(cardless)
    assert "main/t1-new may be main/t1 under another id" in back.stderr
    assert rows(store)["INV-2026-1001 once more booked"].decision_id is not None


def settle(store, transaction: str) -> None:
    """Post a transaction to the invoice i1."""
    with store.writing(ACT) as books:
        match_by_hand(books, transaction, [give("i1", "119.00")])
    assert apply(run_of(store), Ledger()).confirmed == 1


# --- what fails -----------------------------------------------------------------------


def test_a_failure_in_the_middle_leaves_everything_as_it_was(desk: Desk, store) -> None:
    for days in (6, 5, 4, 3):
        desk.setting.book(ago(days), f"{days}.00", f"t{days}", f"t{days}")
    run(desk)
    before = kept(store)
    entries(desk).pop()
    desk.setting.book(ago(2), "119.00", "INV-2026-1001", "t1")
    if desk.name == "gocardless":
        desk.setting.fake.faults.inject("transactions/", 200, {"transactions": {}})
    else:  # the first page is answered, the second is not
        entry = entries(desk)[-1]
        entry["transaction_amount"] = None
        broken = {"transactions": [{"status": 3}], "continuation_key": 7}
        desk.setting.fake.faults.inject("transactions", 200, broken)
    shown = run(desk)
    assert shown.exit_code == 3
    assert f"main: not read: {desk.setting.provider.name}" in shown.stderr
    assert kept(store) == before
    # The others were read, and what is known was matched.
    assert "invoices: 0 new, 0 changed, 1 known" in shown.stdout
    assert "proposed: 0 new" in shown.stdout
    status = desk.run("status").stdout
    assert f"main: not read: {desk.setting.provider.name}" in status
    assert "; last read 20" in status
    if desk.name == "gocardless":
        assert "main: 1 new" in run(desk).stdout
        assert "main: read 20" in desk.run("status").stdout


FEED = BankFeed(
    id="main", name="", provider="gocardless", key="K", since=date(2026, 3, 1)
)


def line(text: str, amount: str = "119.00", **more: Any) -> BankLine:
    said = paid("", amount, remittance=text, **more)
    return BankLine(transaction=said, raw=f'"{text}"')


def test_a_reading_that_breaks_off_while_it_is_recorded_is_as_never_made(store) -> None:
    def listing(*texts: str) -> Listing:
        return Listing(account="K", period=Period(), booked=tuple(map(line, texts)))

    with store.writing(ACT) as books:
        record_listings(books, FEED, [listing("a")])
    before = kept(store)
    with pytest.raises(RuntimeError), store.writing(ACT) as books:
        record_listings(books, FEED, [listing("a", "b")])
        raise RuntimeError
    assert kept(store) == before


class BrokenOff(BaseException):
    """The process ends."""


def two_readings(url: str, at_statement: int = 0) -> tuple[list[str], int]:
    """Read an account twice, broken off once: what is kept, by how many statements."""
    store = Store.open(url)
    store.add_tenant(ACT, "Acme Hosting")
    seen = 0

    def strike(*_: object) -> None:
        nonlocal seen
        seen += 1
        if seen == at_statement:
            raise BrokenOff

    event.listen(store.engine, "before_cursor_execute", strike)
    waits = line("waits", "8.00", status=TransactionStatus.PENDING)
    first = Listing(
        account="K",
        period=Period(),
        booked=(line("a", "1.00"), line("b", "2.00")),
        pending=(waits,),
    )
    # The second is withdrawn, the pending one booked, and one may be the second again.
    second = evolve(
        first,
        booked=(line("a", "1.00"), line("waits", "8.00"), line("B", "2.00")),
        pending=(),
    )
    while True:
        try:
            for hours, listing in ((0, first), (6, second)):
                with store.writing(at(hours)) as books:
                    record_listings(books, FEED, [listing])
            break
        except BrokenOff:
            continue
    count = seen
    said = kept(store)
    store.close()
    return said, count


def test_broken_off_at_any_statement_two_readings_come_to_the_same(fresh) -> None:
    whole, count = two_readings(fresh())
    for place in range(1, count, max(1, count // 7)):
        assert two_readings(fresh(), place)[0] == whole, place


def test_two_currencies_of_an_account_are_one_account(store) -> None:
    def listing(currency: str, *booked: str) -> Listing:
        waits = line(
            f"{currency} waits", currency=currency, status=TransactionStatus.PENDING
        )
        return Listing(
            account="K",
            period=Period(),
            booked=tuple(line(text, currency=currency) for text in booked),
            pending=(waits,),
        )

    both = [listing("EUR", "a", "b"), listing("USD", "c", "d")]
    with store.writing(ACT) as books:
        assert record_listings(books, FEED, both).recorded.new == 6
    with store.writing(at(6)) as books:
        done = record_listings(books, FEED, both)
    assert (done.recorded.unchanged, done.gone, done.doubts) == (6, (), ())
    fewer = [listing("EUR", "a", "b"), listing("USD", "c")]
    with store.writing(at(12)) as books:
        (gone,) = record_listings(books, FEED, fewer).gone
    assert rows(store)["d booked"].id == gone


def test_an_entry_that_cannot_be_read_withdraws_no_other(desk: Desk, store) -> None:
    desk.setting.book(ago(4), "4.00", "first", "t1")
    desk.setting.book(ago(3), "3.00", "second", "t2")
    run(desk)
    entry = entries(desk)[0]
    key = "transactionAmount" if desk.name == "gocardless" else "transaction_amount"
    entry[key] = {"amount": "4.001", "currency": "EUR"}
    shown = run(desk)
    assert shown.exit_code == 1
    assert "1 record rejected" in shown.stderr
    assert "an entry cannot be read" in shown.stdout
    assert rows(store)["first booked"].gone_at is None


def test_an_entry_that_cannot_be_read_is_in_the_status_until_it_can(
    desk: Desk,
) -> None:
    desk.setting.book(ago(4), "4.00", "first", "t1")
    key = "transactionAmount" if desk.name == "gocardless" else "transaction_amount"
    entry = entries(desk)[0]
    good, entry[key] = entry[key], {"amount": "4.001", "currency": "EUR"}
    assert run(desk).exit_code == 1
    told = "main: 1 record rejected, and missing: payymo status --json"
    assert told in desk.run("status").stdout
    [missing] = json.loads(desk.run("status", "--json").stdout)["rejected"]
    assert (missing["source"], missing["file"]) == ("main", None)
    assert "4.001" in missing["fault"]
    done = desk.run("decide", "do-without", "main", "--as", "Ada")
    assert done.stdout == "main: 1 record done without\n"
    assert "rejected" not in desk.run("status").stdout
    assert run(desk).exit_code == 1
    assert told in desk.run("status").stdout
    entry[key] = good
    run(desk)
    assert "rejected" not in desk.run("status").stdout


def test_a_bank_that_lists_nothing_at_all_has_withdrawn_nothing(
    desk: Desk, store
) -> None:
    desk.setting.book(ago(4), "4.00", "first", "t1")
    run(desk)
    entries(desk).clear()
    assert "nothing was booked in these days" in run(desk).stdout
    assert rows(store)["first booked"].gone_at is None


def test_without_the_invoices_a_bank_is_read_and_nothing_decided(desk: Desk) -> None:
    desk.setting.book(ago(3), "119.00", "INV-2026-1001", "t1")
    Path("invoices.jsonl").unlink()
    shown = run(desk)
    assert (shown.exit_code, "matched" in shown.stdout) == (3, False)
    assert "main: 1 new" in shown.stdout


@on_sqlite
@pytest.mark.parametrize("missing", ["PAYYMO_GOCARDLESS_SECRET_KEY", ""])
def test_a_provider_that_cannot_be_asked_stops_no_other(
    cardless: Desk, missing: str
) -> None:
    if missing:
        cardless.environment[missing] = " "
        fault = missing
    else:
        cardless.environment["PAYYMO_STATE"] = str(cardless.home / "elsewhere")
        fault = f"{IBAN} is not connected; payymo connect gocardless"
    shown = run(cardless)
    assert (shown.exit_code, "proposed: 0 new" in shown.stdout) == (3, True)
    assert f"main: not read: {fault}" in shown.stderr
    assert f"main: not read: {fault}" in cardless.run("status").stdout


# --- how often ------------------------------------------------------------------------


def asked_for(desk: Desk) -> int:
    seen = desk.setting.fake.faults.seen
    return len([path for path in seen if "transactions" in path])


def test_an_account_is_asked_when_its_turn_comes(desk: Desk) -> None:
    configure(desk, hours=6)
    desk.setting.book(ago(3), "119.00", "INV-2026-1001", "t1")
    asked_at = datetime.now(UTC)
    assert "main: 1 new" in run(desk).stdout
    asked = asked_for(desk)
    again = run(desk)
    assert (again.exit_code, "main:" in again.output) == (0, False)
    assert asked_for(desk) == asked
    told = desk.run("status").stdout
    later = [asked_at + timedelta(hours=6, minutes=m) for m in (0, 1)]
    assert any(f"; next at {at:%Y-%m-%d %H:%M} UTC; consent" in told for at in later)
    # A new consent is used at once.
    connect(desk)
    assert "main: 0 new, 0 changed, 1 known" in run(desk).stdout


@on_sqlite
def test_when_only_the_credentials_were_wrong_the_next_run_asks(cardless: Desk) -> None:
    configure(cardless, hours=6)
    before = cardless.environment["PAYYMO_GOCARDLESS_SECRET_KEY"]
    cardless.environment["PAYYMO_GOCARDLESS_SECRET_KEY"] = "wrong"
    cardless.setting.fake.forget_tokens()
    keyring.set_password("payymo", "gocardless.tokens", "{}")
    assert "secret key is not accepted" in run(cardless).stderr
    cardless.environment["PAYYMO_GOCARDLESS_SECRET_KEY"] = before
    assert "main: 0 new" in run(cardless).stdout


@on_sqlite
def test_a_bank_that_failed_is_not_asked_at_every_run(cardless: Desk) -> None:
    configure(cardless, hours=6)
    cardless.setting.fake.status = "ERROR"
    waits = {"id": "a", "status": "PROCESSING"}
    cardless.setting.fake.faults.inject("/transactions/", 409, waits)
    assert run(cardless).exit_code == 3
    assert run(cardless).exit_code == 0
    assert asked_for(cardless) == 1
    assert "main: not read: GoCardless" in cardless.run("status").stdout


def test_the_calls_of_a_day_are_counted_with_the_books(desk: Desk, store) -> None:
    desk.setting.book(ago(3), "119.00", "INV-2026-1001", "t1")
    for _ in range(4):
        assert run(desk).exit_code == 0
    held = row(store, schema.call_budgets)
    assert (held.connection_id, held.used, held.allowed) == ("accounts/main", 4, 4)
    # Another machine, that has no count of its own, asks no more either.
    (desk.state.directory / "calls.json").unlink()
    asked = asked_for(desk)
    shown = run(desk)
    assert shown.exit_code == 3
    assert "the calls of the day" in shown.stderr
    assert "Next call possible at" in shown.stderr
    assert asked_for(desk) == asked
    assert "4 of 4 calls left today" in desk.run("accounts").stdout
    tomorrow = today() + timedelta(days=1)
    assert f"next at {tomorrow} 00:00 UTC" in desk.run("status").stdout


def test_a_limit_that_the_bank_names_holds_for_every_machine(desk: Desk, store) -> None:
    desk.setting.fake.calls_a_day = 0
    assert run(desk).exit_code == 3
    held = row(store, schema.call_budgets)
    assert (held.used, held.allowed) == (4, 4)
    (desk.state.directory / "calls.json").unlink()
    asked = asked_for(desk)
    assert run(desk).exit_code == 3
    assert asked_for(desk) == asked


# --- consents -------------------------------------------------------------------------


def end_in(desk: Desk, days: float) -> None:
    (given,) = desk.state.consents()
    end = datetime.now(UTC) + timedelta(days=days)
    connection = evolve(given.connection, expires_at=end)
    desk.state.keep_consent(Consented(country="DE", connection=connection))


def expiring(store) -> list[dict[str, object]]:
    row = schema.outbox_events.c
    with store.reading("acme") as connection:
        found = connection.scalars(
            select(row.payload).where(row.kind == "connection.expiring")
        )
        return [json.loads(each) for each in found]


def test_the_end_of_a_consent_is_told_once_and_shown(desk: Desk, store) -> None:
    configure(desk, hours=6)
    end_in(desk, 15)
    run(desk)
    assert not expiring(store)
    end_in(desk, 13.5)
    for _ in range(2):
        shown = run(desk)
        assert "in 13 days; reconnect" in shown.stderr
    (told,) = expiring(store)
    assert told["accounts"] == ["main"]
    assert told["provider"] == desk.setting.provider.name
    until = datetime.now(UTC) + timedelta(days=13.5)
    assert f"consent until {until:%Y-%m-%d}" in desk.run("status").stdout
    # Another consent, another end.
    connect(desk)
    end_in(desk, 2)
    run(desk)
    assert len(expiring(store)) == 2


@on_sqlite
def test_how_long_before_is_a_setting(cardless: Desk, store) -> None:
    text = Path("payymo.toml").read_text("utf-8")
    more = 'tenant = "acme"\nconsent_warning_days = 30'
    Path("payymo.toml").write_text(text.replace('tenant = "acme"', more), "utf-8")
    end_in(cardless, 29)
    run(cardless)
    assert len(expiring(store)) == 1


def test_a_consent_that_is_gone_is_said_and_renewed(desk: Desk) -> None:
    desk.setting.book(ago(3), "119.00", "INV-2026-1001", "t1")
    run(desk)
    desk.setting.end()
    gone = run(desk)
    assert gone.exit_code == 3
    assert "Connect the bank again" in gone.stderr
    connect(desk)
    assert "main: 0 new, 0 changed, 1 known" in run(desk).stdout


# --- settings -------------------------------------------------------------------------


@on_sqlite
def test_what_init_writes_of_banks_and_stripe_is_read_once_it_is_uncommented() -> None:
    text = re.sub(r"(?m)^# (\[|\w+ = )", r"\1", TEMPLATE)
    read = read_run_settings(tomllib.loads(text), Path())
    kinds = [type(account).__name__ for account in read.accounts]
    assert kinds == ["FileAccount", "BankFeed", "StripeFeed"]


@on_sqlite
def test_every_fault_of_an_account_at_a_bank_is_named(cardless: Desk) -> None:
    Path("payymo.toml").write_text(
        '[payymo]\ntenant = "acme"\nconsent_warning_days = "x"\n'
        '[accounts.a]\nfrom = "gocardles"\n'
        '[accounts.b]\nfrom = "gocardless"\nsince = "soon"\nevery_hours = -1\n'
        f'[accounts.c]\nfrom = "gocardless"\naccount = "{IBAN}"\nsince = 2026-01-01\n'
        f'[accounts.d]\nfrom = "enablebanking"\naccount = "{IBAN}"\n'
        "since = 2026-01-01\n"
        '[accounts.e]\nfrom = "stripe"\nsince = 2026-01-01\nfiles = "x"\n'
        '[invoices]\nfrom = "invoices.jsonl"\n',
        encoding="utf-8",
    )
    shown = run(cardless)
    assert shown.exit_code == 2
    for wanted in (
        "payymo.consent_warning_days in the settings file: a number",
        'accounts.a.from in the settings file: one of "files", "gocardless"',
        "accounts.b.account in the settings file: missing",
        "accounts.b.since in the settings file: a day is wanted",
        "accounts.b.every_hours in the settings file: a number",
        "accounts.d in the settings file: another account of these is the same one",
        "accounts.e.files in the settings file: no such setting",
    ):
        assert wanted in shown.stderr


@on_sqlite
def test_an_account_goes_on_with_the_other_provider(
    cardless: Desk, tmp_path: Path, store
) -> None:
    cardless.setting.book(ago(3), "119.00", "INV-2026-1001", "")
    run(cardless)
    with desk_of("enablebanking", enable_banking, tmp_path) as other:
        connect(other)
        configure(other)
        other.setting.book(ago(3), "119.00", "INV-2026-1001", "")
        assert "main: 0 new, 1 changed, 0 known" in run(other).stdout
    assert list(rows(store)) == ["INV-2026-1001 booked"]


@on_sqlite
def test_a_name_is_of_one_account_for_good(cardless: Desk, store) -> None:
    del store
    cardless.setting.book(ago(3), "119.00", "INV-2026-1001", "t1")
    run(cardless)
    text = Path("payymo.toml").read_text("utf-8").replace(IBAN, "NL91ABNA0417164300")
    Path("payymo.toml").write_text(text, "utf-8")
    cardless.setting.fake.iban = "NL91ABNA0417164300"
    connect(cardless)
    shown = run(cardless)
    assert shown.exit_code == 2
    assert "main was read from another account" in shown.stderr


def test_an_account_is_of_one_name_for_good(desk: Desk, store) -> None:
    """Under another, each of its payments would be there twice."""
    desk.setting.book(ago(3), "119.00", "INV-2026-1001", "t1")
    run(desk)
    text = Path("payymo.toml").read_text("utf-8")
    renamed = text.replace("[accounts.main]", "[accounts.giro]")
    Path("payymo.toml").write_text(renamed, "utf-8")
    shown = run(desk)
    assert shown.exit_code == 2
    assert f"{IBAN} is read as 'main' already" in shown.stderr
    with store.reading("acme") as connection:
        assert len(connection.execute(select(schema.transactions)).all()) == 1
    Path("payymo.toml").write_text(text, "utf-8")
    assert run(desk).exit_code == 0


# --- while a posting is on its way ----------------------------------------------------


@on_sqlite
def test_money_that_is_withdrawn_while_it_may_arrive_is_not_sent_again(
    cardless: Desk, store, monkeypatch: pytest.MonkeyPatch
) -> None:
    whmcs = Whmcs()
    for number in (1001, 1002):
        whmcs.bill(number, "50.00")
    cardless.setting.book(ago(3), "100.00", "two invoices", "t1")
    cardless.setting.book(ago(2), "1.00", "other", "x")
    text = Path("payymo.toml").read_text("utf-8")
    Path("payymo.toml").write_text(text.replace("invoices.jsonl", "whmcs"), "utf-8")
    with serve(whmcs) as origin:
        monkeypatch.setenv("PAYYMO_WHMCS_URL", origin)
        monkeypatch.setenv("PAYYMO_WHMCS_IDENTIFIER", IDENTIFIER)
        monkeypatch.setenv("PAYYMO_WHMCS_SECRET", SECRET)
        run(cardless)
        with store.writing(ACT) as books:
            both = [give("1001", "50.00"), give("1002", "50.00")]
            match_by_hand(books, "main/t1", both)
        whmcs.fault = lambda a: Fault.LOST if a == "AddInvoicePayment" else None
        assert "2 unknown" in run(cardless).stdout
        whmcs.fault = lambda _: None
        entries(cardless)[:] = [e for e in entries(cardless) if "other" in str(e)]
        withdrawn = run(cardless)
        assert withdrawn.exit_code == 1
        assert "main/t1 was posted, and the bank withdrew it" in withdrawn.stderr
        run(cardless)
    assert rows(store)["two invoices booked"].gone_at is not None
    assert not whmcs.transactions
