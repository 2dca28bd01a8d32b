"""``payymo run`` with an account at Stripe: a real server, run after run."""

import json
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import select

from payymo_adapters.cli import main
from payymo_adapters.exchange import write_invoices
from payymo_adapters.pipeline import apply
from payymo_adapters.store import schema
from payymo_adapters.store.decisions import match_by_hand, undo
from tests.fakes.serving import serve
from tests.fakes.stripe import FakeStripe, Fault
from tests.store.builders import ACT, Ledger, billed, give, on_sqlite, row, run_of

KEY = "sk_test_platform"
DAY = 86_400
NOW = int(time.time())
DOWN = Fault(503, headers={"Stripe-Should-Retry": "false"})
SETTINGS = """
[payymo]
tenant = "acme"
[accounts.cards]
name = "Stripe"
from = "stripe"
since = {since}
[accounts.shop]
files = "in/*.jsonl"
[invoices]
from = "invoices.jsonl"
"""


@pytest.fixture
def fake(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, url: str
) -> Iterator[FakeStripe]:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PAYYMO_DATABASE", url)
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.null.Keyring")
    monkeypatch.delenv("PAYYMO_SETTINGS", raising=False)
    write_invoices([billed("i1", "100.00", number="INV-2026-1001")], "invoices.jsonl")
    Path("in").mkdir()
    Path("in/a.jsonl").write_text("", encoding="utf-8")
    configure(days=20)
    fake = FakeStripe()
    with serve(fake) as origin:
        monkeypatch.setenv("PAYYMO_STRIPE_KEY", KEY)
        monkeypatch.setenv("PAYYMO_STRIPE_API", origin)
        yield fake


def configure(days: int) -> None:
    since = datetime.now(UTC).date() - timedelta(days=days)
    Path("payymo.toml").write_text(SETTINGS.format(since=since), encoding="utf-8")


def pay(fake: FakeStripe, text: str, *, days: float = 1, **words: Any) -> Any:
    """A payer pays some days ago, and it reaches the balance at once."""
    made = NOW - int(days * DAY)
    charge = fake.pay(settled=False, created=made, description=text, **words)
    return charge, fake.settle(charge, created=made + 60)


def payymo(*arguments: str) -> Result:
    shown = CliRunner().invoke(main, arguments, catch_exceptions=False)
    assert KEY not in shown.output
    return shown


def rows(store: Any) -> dict[str, Any]:
    """The transactions, by their ids at Stripe."""
    table = schema.transactions
    with store.reading("acme") as connection:
        return {each.external_id: each for each in connection.execute(select(table))}


def states(store: Any, line: Any) -> list[str]:
    """Of the decisions about a line, in their order."""
    table = schema.match_decisions
    mine = table.c.transaction_id == f"cards/{line['id']}"
    with store.reading("acme") as connection:
        found = select(table.c.state).where(mine).order_by(table.c.id)
        return list(connection.scalars(found))


def kept(store: Any) -> list[tuple[Any, ...]]:
    """The cursors and all that they describe."""
    said: list[tuple[Any, ...]] = []
    tables = (
        schema.transactions,
        schema.transaction_versions,
        schema.sync_cursors,
    )
    with store.reading("acme") as connection:
        for table in tables:
            held = connection.execute(select(table).order_by(*table.primary_key))
            said += [tuple(each) for each in held if "file:" not in str(each)]
    return said


def test_payments_are_recorded_once_and_matched(fake: FakeStripe, store: Any) -> None:
    charge, line = pay(
        fake, "INV-2026-1001", receipt_url="https://pay.example/receipt/1"
    )
    fake.objects[charge["payment_intent"]]["client_secret"] = "pi_secret"
    pay(fake, "Thank you", days=2)
    first = payymo("run")
    assert first.exit_code == 0, first.output
    assert "cards: 2 new, 0 changed, 0 known" in first.stdout
    assert "proposed: 2 new" in first.stdout
    charge["receipt_url"] = "https://pay.example/receipt/2"
    again = payymo("run")
    assert "cards: 0 new, 0 changed, 2 known" in again.stdout
    assert "proposed: 0 new, 2 as before" in again.stdout
    assert payymo("status").stdout.startswith("cards: read 20")
    held = rows(store)[line["id"]]
    assert (held.amount, held.fee, held.gross) == (9800, 200, 10_000)
    of_balance, of_charge = json.loads(held.payload)
    assert (of_balance["id"], of_balance["source"]) == (line["id"], charge["id"])
    assert of_charge["description"] == "INV-2026-1001"
    assert of_charge["payment_intent"]["id"] == charge["payment_intent"]
    for secret in ("pi_secret", "receipt_url"):
        assert secret not in held.payload


def test_stripe_is_of_one_name_for_good(fake: FakeStripe, store: Any) -> None:
    """Under another, each of its payments would be there twice."""
    pay(fake, "INV-2026-1001")
    payymo("run")
    text = Path("payymo.toml").read_text("utf-8")
    renamed = text.replace("[accounts.cards]", "[accounts.till]")
    Path("payymo.toml").write_text(renamed, "utf-8")
    shown = payymo("run")
    assert shown.exit_code == 2
    assert "Stripe is read as 'cards' already" in shown.stderr
    assert len(rows(store)) == 1
    Path("payymo.toml").write_text(text, "utf-8")
    assert payymo("run").exit_code == 0


def test_a_charge_that_settles_late_comes_with_a_later_run(
    fake: FakeStripe, store: Any
) -> None:
    pay(fake, "Thank you")
    made = NOW - 15 * DAY
    late = fake.pay(settled=False, created=made, description="INV-2026-1001")
    first = payymo("run")
    assert "cards: 1 new" in first.stdout
    assert "cards: 1 charge to become money yet" in first.stdout
    # Its charge is long before the next reading: it is asked for by its id.
    line = fake.settle(late, created=NOW - 14 * DAY)
    second = payymo("run")
    assert "cards: 1 new, 0 changed, 1 known" in second.stdout
    assert "become money" not in second.stdout
    assert rows(store)[line["id"]].remittance == "INV-2026-1001"


def test_a_pending_payment_is_booked_under_its_id(fake: FakeStripe, store: Any) -> None:
    charge, line = pay(fake, "INV-2026-1001", status="pending")
    first = payymo("run")
    assert "proposed: 0 new" in first.stdout
    assert rows(store)[line["id"]].status == "pending"
    charge["status"] = "succeeded"
    second = payymo("run")
    assert "cards: 0 new, 1 changed, 0 known" in second.stdout
    assert "proposed: 1 new" in second.stdout
    held = rows(store)[line["id"]]
    assert (held.status, held.version) == ("booked", 2)
    before = row(store, schema.transaction_versions, transaction_id=held.id)
    assert json.loads(before.payload)[1]["status"] == "pending"


def test_money_that_went_back_comes_as_its_own_and_is_said(
    fake: FakeStripe, store: Any
) -> None:
    charge, line = pay(fake, "INV-2026-1001")
    payymo("run")
    refund = fake.refund(charge, 4_000, created=NOW - 3_600)
    shown = payymo("run")
    assert shown.exit_code == 1
    assert f"put aside: cards/{line['id']} is not as it was: 40.00" in shown.stderr
    found = rows(store)
    assert found[line["id"]].version == 1
    back = found[refund["balance_transaction"]]
    assert back.amount == -4_000
    assert json.loads(back.payload)[1]["object"] == "refund"
    # What was offered to a person is not any more, until one says so.
    assert states(store, line) == ["superseded", "active"]
    with store.writing(ACT) as books:
        undo(books, found[line["id"]].decision_id)
    again = payymo("run")
    assert "put aside" not in again.stderr
    assert states(store, line) == ["superseded", "undone", "proposed"]


def missing() -> list[str]:
    """Ids of what is rejected and not in the books, by the status."""
    said = json.loads(payymo("status", "--json").stdout)["rejected"]
    return [each["record"] for each in said if each["source"] == "cards"]


def test_what_is_refused_and_not_in_the_books_is_missing_until_it_is(
    fake: FakeStripe,
) -> None:
    known, _ = pay(fake, "INV-2026-1001")
    payymo("run")
    fake.refund(known, 4_000, created=NOW - 3_600)
    disputed, line = pay(fake, "Thank you", days=2, disputed=True)
    for _ in range(2):
        assert payymo("run").exit_code == 1
        assert missing() == [line["id"]]  # what is in the books already is put aside
    told = "cards: 1 record rejected, and missing: payymo status --json"
    assert told in payymo("status").stdout
    disputed["disputed"] = False
    payymo("run")
    assert missing() == []


def test_what_is_refused_is_missing_when_its_days_are_read_no_more(
    fake: FakeStripe,
) -> None:
    _, early = pay(fake, "Hello", days=15, disputed=True)
    payymo("run")
    _, late = pay(fake, "Thank you", disputed=True)
    payymo("run")
    assert missing() == [early["id"], late["id"]]
    done = payymo("decide", "do-without", "cards", "--as", "Ada")
    assert done.stdout == "cards: 2 records done without\n"
    payymo("run")
    assert missing() == [late["id"]]  # which Stripe listed again


def test_what_went_back_before_it_was_posted_is_not_posted(
    fake: FakeStripe, store: Any
) -> None:
    charge, line = pay(fake, "INV-2026-1001")
    payymo("run")
    name = f"cards/{line['id']}"
    with store.writing(ACT) as books:
        match_by_hand(books, name, [give("i1", "100.00")])
    fake.refund(charge, 4_000, created=NOW - 3_600)
    payymo("run")
    assert states(store, line) == ["superseded", "stopped", "active"]
    ledger = Ledger()
    apply(run_of(store), ledger)
    assert not ledger.posted


def test_what_went_back_after_it_was_posted_stays_as_it_is(
    fake: FakeStripe, store: Any
) -> None:
    charge, line = pay(fake, "INV-2026-1001")
    payymo("run")
    with store.writing(ACT) as books:
        match_by_hand(books, f"cards/{line['id']}", [give("i1", "100.00")])
    assert apply(run_of(store), Ledger()).confirmed == 1
    fake.refund(charge, 4_000, created=NOW - 3_600)
    for _ in range(2):
        shown = payymo("run")
        assert (shown.exit_code, "40.00 of the 100.00" in shown.stderr) == (1, True)
    assert states(store, line) == ["superseded", "active"]
    assert rows(store)[line["id"]].allocated == 10_000
    table = schema.outbox_events.c
    with store.reading("acme") as connection:
        told = select(table.seq).where(table.kind == "match.stopped")
        assert not connection.scalars(told).all()


def test_a_payout_is_named_with_what_it_carries(fake: FakeStripe, store: Any) -> None:
    _, line = pay(fake, "INV-2026-1001", days=2)
    payymo("run")
    payout = fake.pay_out(line, created=NOW - DAY)
    assert "cards: 0 new, 1 changed" in payymo("run").stdout
    held = rows(store)
    assert list(held) == [line["id"]]
    assert payout["id"] in held[line["id"]].metadata


def test_a_failure_in_the_middle_leaves_everything_as_it_was(
    fake: FakeStripe, store: Any
) -> None:
    pay(fake, "Thank you")
    payymo("run")
    before = kept(store)
    pay(fake, "INV-2026-1001")
    fake.faults["/v1/payouts"] = [DOWN]
    shown = payymo("run")
    assert shown.exit_code == 3
    assert "cards: not read: Stripe" in shown.stderr
    assert "invoices: 0 new, 0 changed, 1 known" in shown.stdout
    assert kept(store) == before
    status = payymo("status").stdout
    assert "cards: not read: Stripe" in status
    assert "; last read 20" in status
    assert "cards: 1 new, 0 changed, 1 known" in payymo("run").stdout
    assert "not read" not in payymo("status").stdout


@on_sqlite
def test_a_long_history_goes_on_where_it_broke_off(
    fake: FakeStripe, store: Any
) -> None:
    configure(days=80)
    charge, _ = pay(fake, "long ago", days=78)
    pay(fake, "Thank you", days=75)
    fake.refund(charge, 10_000, created=NOW - DAY)
    # The last piece asks for the charge by its id.
    fake.faults[f"/v1/charges/{charge['id']}"] = [DOWN]
    shown = payymo("run")
    assert shown.exit_code == 3
    assert len(rows(store)) == 1  # the one that was not taken back
    asked = len(fake.asked)
    assert payymo("run").exit_code == 0
    assert len(rows(store)) == 2
    pieces = [path for _, path, _ in fake.asked[asked:] if path == "/v1/payouts"]
    assert len(pieces) == 1


@on_sqlite
def test_a_key_that_is_missing_stops_no_other(
    fake: FakeStripe, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert not fake.asked
    monkeypatch.setenv("PAYYMO_STRIPE_KEY", " ")
    shown = payymo("run")
    assert (shown.exit_code, "proposed: 0 new" in shown.stdout) == (3, True)
    assert "cards: not read: PAYYMO_STRIPE_KEY" in payymo("status").stdout
