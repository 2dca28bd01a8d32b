"""``payymo connect``, ``accounts`` and ``fetch`` with banks, as a user runs them."""

import json
import re
import stat
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import keyring
import pytest
from attrs import evolve

from payymo_adapters.cli.locking import lock
from payymo_adapters.state import Consented
from tests.fakes.banks import enable_banking, gocardless
from tests.fakes.desks import DAYS, IBAN, SECRETS, Desk, desk_of
from tests.fakes.rings import Ring, ringing


@pytest.fixture(autouse=True)
def ring() -> Iterator[Ring]:
    with ringing() as ring:
        yield ring


@pytest.fixture(params=[("gocardless", gocardless), ("enablebanking", enable_banking)])
def desk(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Desk]:
    name, made = request.param
    with desk_of(name, made, tmp_path) as desk:
        yield desk


@pytest.fixture
def cardless(tmp_path: Path) -> Iterator[Desk]:
    with desk_of("gocardless", gocardless, tmp_path) as desk:
        yield desk


def rows_of(path: Path) -> list[dict[str, str]]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


# --- connect --------------------------------------------------------------------------


def test_a_bank_is_connected_and_can_be_read(desk: Desk) -> None:
    out = desk.connect().stdout
    until = datetime.now(UTC).date() + timedelta(days=180)
    assert re.match(r"connected: .*" + f"until {until}", out)
    assert f"account: {IBAN} Nordwind Hosting" in out
    for _ in range(2):
        desk.setting.book("2026-03-02", "119.00", "INV-1", "")
    target = desk.home / "bank.jsonl"
    shown = desk.fetch(*DAYS, "-o", target)
    assert shown.exit_code == 0, shown.output
    assert shown.stdout.splitlines() == [
        "2 transactions fetched",
        f"{IBAN}: 3 of 4 calls left today",
        f"written: {target}",
    ]
    assert [row["remittance"] for row in rows_of(target)] == ["INV-1", "INV-1"]
    assert {row["account"] for row in rows_of(target)} == {IBAN}


def test_a_consent_that_is_refused_connects_nothing(desk: Desk) -> None:
    shown = desk.connect(desk.setting.decline)
    assert shown.exit_code == 3
    assert "the consent was not given" in shown.stderr
    assert not desk.state.consents()


def test_what_is_kept_is_for_us_alone_and_holds_no_secret(desk: Desk) -> None:
    desk.connect()
    desk.setting.book("2026-03-02", "1.00", "x", "t1")
    desk.fetch()
    held = [path for path in desk.state.directory.rglob("*") if path.is_file()]
    assert {p.name for p in held} >= {"connections.json", "calls.json"}
    assert len(held) == 4  # those two, a book, the lock
    for path in held:
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert not [s for s in (*SECRETS, "s-id") if s in path.read_text("utf-8")]
    assert stat.S_IMODE(desk.state.directory.stat().st_mode) == 0o700


def test_the_same_again_reconnects_and_the_history_goes_on(desk: Desk) -> None:
    desk.connect()
    desk.setting.book("2026-03-02", "119.00", "INV-1", "")
    desk.fetch(*DAYS, "-o", desk.home / "one.jsonl")
    desk.setting.end()
    gone = desk.fetch()
    assert gone.exit_code == 3
    assert f"not read: {IBAN}" in gone.stderr
    assert "its history goes on" in desk.connect().stdout
    assert len(desk.state.consents()) == 1
    desk.setting.book("2026-03-03", "7.00", "INV-2", "")
    shown = desk.fetch(*DAYS, "-o", desk.home / "two.jsonl")
    assert shown.exit_code == 0, shown.output
    one, two = (rows_of(desk.home / f"{n}.jsonl") for n in ("one", "two"))
    # The one that was known keeps its id, so that nothing pays it twice.
    assert one[0] in two
    assert len(two) == 2


@pytest.mark.parametrize(
    ("options", "fault"),
    [
        ((), "--country and --bank are wanted"),
        (("--country", "DE"), "--country and --bank are wanted"),
        (("--country", "DE", "--bank", "Nordbank"), "is none of these in DE"),
        (("--country", "FR", "--bank", "x"), "no bank of 'FR'"),
    ],
)
def test_a_bank_that_cannot_be_connected_is_said(
    desk: Desk, options: tuple[str, ...], fault: str
) -> None:
    shown = desk.run("connect", desk.name, *options)
    assert shown.exit_code == 2
    assert fault in shown.stderr


def test_stripe_is_no_bank(cardless: Desk) -> None:
    shown = cardless.run("connect", "stripe", "--country", "DE", "--bank", "x")
    assert shown.exit_code == 2
    assert "Stripe is no bank" in shown.stderr


# --- accounts -------------------------------------------------------------------------


def test_accounts_are_listed_with_what_is_left(desk: Desk) -> None:
    desk.connect()
    desk.fetch()
    shown = desk.run("accounts")
    assert shown.exit_code == 0
    assert shown.stdout.startswith(IBAN)
    assert shown.stdout.endswith(", 3 of 4 calls left today\n")
    assert desk.setting.provider.name in shown.stdout
    assert shown.stderr == ""


@pytest.mark.parametrize(
    ("days", "said"),
    [(15.5, ""), (13.5, "in 13 days; reconnect"), (-1.0, "has ended; reconnect")],
)
def test_the_end_of_a_consent_is_warned_of(
    cardless: Desk, days: float, said: str
) -> None:
    cardless.connect()
    (given,) = cardless.state.consents()
    end = datetime.now(UTC) + timedelta(days=days)
    ending = evolve(given.connection, expires_at=end)
    cardless.state.keep_consent(Consented(country="DE", connection=ending))
    for shown in (cardless.run("accounts"), cardless.fetch()):
        assert said in shown.stderr
        assert bool(said) == ("reconnect" in shown.stderr)


def test_no_account_is_said_with_what_to_do(cardless: Desk) -> None:
    shown = cardless.run("accounts")
    assert (shown.exit_code, shown.stdout) == (0, "")
    assert "payymo connect" in shown.stderr
    shown = cardless.fetch()
    assert shown.exit_code == 2
    assert "no bank is connected by GoCardless; payymo connect" in shown.stderr


# --- fetch ----------------------------------------------------------------------------


def test_a_doubt_is_printed_and_written_apart_every_time(desk: Desk) -> None:
    desk.connect()
    desk.setting.book("2026-03-02", "119.00", "INV-1", "t1")
    target = desk.home / "bank.jsonl"
    assert desk.fetch(*DAYS, "-o", target).exit_code == 0
    entries = getattr(desk.setting.fake, "entries", None) or desk.setting.fake.booked
    entries.clear()
    # The same again in other words, under no id: moved, or another payment?
    desk.setting.book("2026-03-03", "119.00", "Invoice one", "")
    for _ in range(2):
        shown = desk.fetch(*DAYS, "-o", target)
        assert shown.exit_code == 1, shown.output
        assert "in doubt: " in shown.stderr
        assert "119.00 EUR of 2026-03-03, 'Invoice one'" in shown.stderr
        assert "0 transactions fetched" in shown.stdout
        assert not rows_of(target)
        doubts = rows_of(desk.home / "bank.doubts.jsonl")
        assert [row["remittance"] for row in doubts] == ["Invoice one"]


def test_the_limit_of_the_day_is_said_and_holds(desk: Desk) -> None:
    desk.connect()
    for left in (3, 2, 1):
        assert f"{left} of 4 calls left today" in desk.fetch().stderr
    tomorrow = datetime.now(UTC).date() + timedelta(days=1)
    later = f"{IBAN}: next refresh possible at {tomorrow} 00:00 UTC"
    assert later in desk.fetch().stderr
    asked = len(desk.setting.fake.faults.seen)
    shown = desk.fetch()
    assert shown.exit_code == 3
    assert later in shown.stderr
    assert "not read" in shown.stderr
    # GoCardless was asked for a token, the bank for nothing.
    asked_since = desk.setting.fake.faults.seen[asked:]
    assert not [path for path in asked_since if "transactions" in path]


def test_what_was_answered_is_not_asked_for_again(desk: Desk) -> None:
    desk.connect()
    desk.setting.book("2026-03-02", "119.00", "INV-1", "t1")
    # A second account, at the same bank, that fails at first.
    (given,) = desk.state.consents()
    (account,) = given.connection.accounts
    other = evolve(account, id="00000000-0000-0000-0000-00000000dead", key="other")
    both = evolve(given.connection, accounts=(account, other))
    desk.state.keep_consent(Consented(country="DE", connection=both))
    desk.setting.fake.faults.inject("dead/transactions/", 503, {"detail": "down"})
    failing = 503 if desk.name == "gocardless" else 504
    for _ in range(9):
        for ending in ("dead/transactions/", "dead/transactions"):
            error = {"error": "ASPSP_ERROR", "type": "ConnectionError"}
            desk.setting.fake.faults.inject(ending, failing, {"detail": "no", **error})
    target = desk.home / "bank.jsonl"
    shown = desk.fetch(*DAYS, "-o", target)
    assert shown.exit_code == 3, shown.output
    assert "not read: other: " in shown.stderr
    assert f"kept: {target}.partial" in shown.stderr
    assert len(rows_of(target)) == 1
    again = desk.fetch(*DAYS, "-o", target)
    assert "going on with" in again.stderr
    asked = [p for p in desk.setting.fake.faults.seen if account.id in p]
    assert len([p for p in asked if "transactions" in p]) == 1
    assert len(rows_of(target)) == 1


def asked_for_transactions(desk: Desk) -> int:
    seen: list[str] = desk.setting.fake.faults.seen
    return len([path for path in seen if path.endswith("/transactions/")])


@pytest.mark.parametrize(
    "answer",
    [
        {"id": "a", "status": "ERROR"},
        {"id": "a", "status": "SUSPENDED"},
        {"summary": "Suspended", "detail": "x", "type": "AccountSuspendedError"},
    ],
)
def test_an_account_that_failed_is_asked_no_more_until_it_is_connected_again(
    cardless: Desk, answer: dict[str, str]
) -> None:
    cardless.connect()
    cardless.setting.book("2026-03-02", "119.00", "INV-1", "t1")
    cardless.setting.fake.faults.inject("/transactions/", 409, answer)
    assert cardless.fetch().exit_code == 3
    for _ in range(2):
        shown = cardless.fetch()
        assert shown.exit_code == 3
        assert f"not read: {IBAN}: GoCardless: not asked, since" in shown.stderr
        assert "Connect the bank again" in shown.stderr
    assert asked_for_transactions(cardless) == 1
    cardless.connect()
    shown = cardless.fetch()
    assert shown.exit_code == 0, shown.output
    assert json.loads(shown.stdout)["remittance"] == "INV-1"


def test_an_account_that_failed_when_it_was_connected_is_not_asked(
    cardless: Desk,
) -> None:
    cardless.setting.fake.status = "ERROR"
    cardless.connect()
    shown = cardless.fetch()
    assert shown.exit_code == 3
    assert "the account is failed at the bank" in shown.stderr
    assert asked_for_transactions(cardless) == 0


def test_an_account_that_is_being_collected_is_asked_again(cardless: Desk) -> None:
    cardless.connect()
    waits = {"id": "a", "status": "PROCESSING"}
    cardless.setting.fake.faults.inject("/transactions/", 409, waits)
    assert cardless.fetch().exit_code == 3
    assert cardless.fetch().exit_code == 0


def test_days_that_are_none_are_refused(cardless: Desk) -> None:
    ahead = datetime.now(UTC).date() + timedelta(days=1)
    shown = cardless.fetch("--since", ahead, "--until", ahead)
    assert shown.exit_code == 2
    assert "still to come" in shown.stderr


def test_days_without_a_booking_are_said(cardless: Desk) -> None:
    cardless.connect()
    shown = cardless.fetch()
    assert shown.exit_code == 0
    assert "nothing was booked in these days" in shown.stderr


def test_two_at_once_are_refused(cardless: Desk) -> None:
    cardless.connect()
    with cardless.state.open_lock() as file:
        lock(file, cardless.state.directory, "payymo fetch")
        shown = cardless.fetch()
    assert shown.exit_code == 2
    assert "another payymo connect, fetch or run is running" in shown.stderr


def test_a_state_that_is_spoilt_is_said_and_not_begun_anew(cardless: Desk) -> None:
    cardless.connect()
    cardless.setting.book("2026-03-02", "119.00", "INV-1", "t1")
    cardless.fetch()
    (book,) = (cardless.state.directory / "books").iterdir()
    book.write_text("{}", "utf-8")
    shown = cardless.fetch()
    assert shown.exit_code == 2
    assert "put a copy from before in its place" in shown.stderr


# --- tokens ---------------------------------------------------------------------------


def test_tokens_are_kept_in_the_keyring_alone(cardless: Desk, ring: Ring) -> None:
    cardless.connect()
    for _ in range(3):
        cardless.fetch()
    assert keyring.get_keyring() is ring
    assert "t0ken" in ring.held["payymo", "gocardless.tokens"]
    made = [p for p in cardless.setting.fake.faults.seen if p.endswith("/token/new/")]
    assert len(made) == 1


def test_tokens_of_other_secrets_are_not_used(cardless: Desk, ring: Ring) -> None:
    cardless.connect()
    cardless.fetch()
    kept = ring.held["payymo", "gocardless.tokens"]
    ring.held["payymo", "gocardless.tokens"] = kept.replace('"of": "', '"of": "0')
    asked = len(cardless.setting.fake.faults.seen)
    assert cardless.fetch().exit_code == 0
    assert cardless.setting.fake.faults.seen[asked].endswith("/token/new/")
