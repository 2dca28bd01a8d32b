"""The demo's month day by day: it balances, and says when it does not."""

import json
import re
import shutil
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from attrs import define, field
from click.testing import CliRunner, Result
from sqlalchemy import select

from payymo_adapters.cli import main
from payymo_adapters.cli.demo_days import opened
from payymo_adapters.cli.locking import lock
from payymo_adapters.demo import TRUTH, copy_files
from payymo_adapters.demo.closing import Closing, close
from payymo_adapters.demo.daily import Day, Office, live_through
from payymo_adapters.demo.days import Home, Month, prepare, read_month
from payymo_adapters.demo.serving import serve
from payymo_adapters.demo.whmcs import GATEWAY, Form, Reply, StandIn
from payymo_adapters.errors import FileError, UnauthorisedError, UndeliveredError
from payymo_adapters.exchange import read_truth
from payymo_adapters.http import Secret
from payymo_adapters.store import schema
from payymo_adapters.store.decisions import confirm
from payymo_adapters.store.store import Act, Store, upgrade
from payymo_adapters.whmcs import flows
from payymo_adapters.whmcs.applying import Outcome, Payment, apply_payment
from payymo_adapters.whmcs.flows import Access, Api, classic_api
from payymo_adapters.whmcs.wire import InvoiceEntry
from tests.fakes.whmcs import IDENTIFIER, SECRET, Whmcs

MAY_4, MAY_5 = date(2026, 5, 4), date(2026, 5, 5)


def run_demo(directory: Path) -> Result:
    arguments = ["demo", "--daily", "--dir", str(directory)]
    return CliRunner().invoke(main, arguments, catch_exceptions=False)


@pytest.fixture(scope="module")
def month(tmp_path_factory: pytest.TempPathFactory) -> Month:
    path = tmp_path_factory.mktemp("month")
    copy_files(path)
    return read_month(Home(path))


@pytest.fixture(scope="module")
def lived(tmp_path_factory: pytest.TempPathFactory) -> tuple[Home, str]:
    """The whole month, run by the command line."""
    home = Home(tmp_path_factory.mktemp("lived") / "demo")
    ran = run_demo(home.directory)
    assert ran.exit_code == 0, ran.output
    return home, ran.stdout


def payments(home: Home) -> list[dict[str, str]]:
    """What the stand-in was told of."""
    lines = home.memory.read_text("utf-8").splitlines()
    return [json.loads(line) for line in lines]


def amounts(printed: str, words: str) -> list[Decimal]:
    """Those of a line of what was printed, by its first words."""
    line = next(line for line in printed.splitlines() if line.strip().startswith(words))
    found = line.strip().removeprefix(words).replace(",", "").split()
    return [Decimal(0 if text == "-" else text) for text in found]


# --- the whole month ------------------------------------------------------------------


def test_what_is_printed_is_what_statement_ledger_and_stand_in_hold(
    lived: tuple[Home, str], month: Month
) -> None:
    home, printed = lived
    assert "It balances" in printed
    currency = {str(int(each.id[-5:])): each.currency for each in month.ledger}
    for place, code in enumerate(("EUR", "USD")):
        came = sum(
            each.gross
            for each in month.transactions
            if each.currency == code and each.amount > 0 and each.status == "booked"
        )
        billed = sum(
            each.outstanding
            for each in month.ledger
            if each.currency == code and each.status == "open" and each.outstanding > 0
        )
        paid = sum(
            Decimal(each["amountin"])
            for each in payments(home)
            if currency[each["invoiceid"]] == code
        )
        assert paid
        shown = {
            words: amounts(printed, words)[place]
            for words in (
                "Came in, by the bank, before card fees",
                "applied to invoices",
                "waiting for your verdict",
                "no open invoice for it",
                "Still owed, by the books",
                "Still owed, by WHMCS",
            )
        }
        first, *parts = list(shown.values())[:4]
        assert first == came
        assert sum(parts) == came
        assert shown["applied to invoices"] == paid
        assert shown["Still owed, by the books"] == billed - paid
        assert shown["Still owed, by WHMCS"] == billed - paid


def test_no_payment_is_posted_twice_nor_an_invoice_paid_beyond_what_is_owed(
    lived: tuple[Home, str], month: Month
) -> None:
    home, _ = lived
    assert max(Counter(each["transid"] for each in payments(home)).values()) == 1
    paid = Counter[str]()
    for each in payments(home):
        paid[each["invoiceid"]] += Decimal(each["amountin"])  # type: ignore[assignment]
    owed = {str(int(each.id[-5:])): each.outstanding for each in month.ledger}
    assert [name for name, amount in paid.items() if amount > owed[name]] == []


def test_each_invoice_that_is_paid_is_one_that_the_payment_is_for(
    lived: tuple[Home, str],
) -> None:
    home, _ = lived
    truth = {
        each.transaction: each.invoices for each in read_truth(home.directory / TRUTH)
    }
    store = Store.open(home.url)
    row = schema.allocations
    with store.reading() as connection:
        held = connection.execute(select(row.c.transaction_id, row.c.invoice_id)).all()
    store.close()
    assert len(held) > 300
    for transaction, invoice in held:
        meant = {int(name[-5:]) for name in truth[transaction.removeprefix("bank/")]}
        assert int(invoice) in meant


def test_what_is_said_to_be_typed_next_can_be_typed(lived: tuple[Home, str]) -> None:
    _, printed = lived
    begun = printed.index("The books are in")
    ways = [line.split(":  ")[1].split() for line in printed[begun:].splitlines()[1:]]
    assert [way[1] for way in ways] == ["status", "review", "demo", "history", "export"]
    for way in (ways[0], ways[3]):
        ran = CliRunner().invoke(main, way[1:])
        assert ran.exit_code == 0, ran.output
        assert ran.stdout
    shown = CliRunner().invoke(main, ways[1][1:], input="q\n")
    assert "0 verdicts, 32 left" in shown.stdout


def test_two_at_once_do_not_clash(tmp_path: Path) -> None:
    with (tmp_path / ".lock").open("a", encoding="utf-8") as file:
        lock(file, tmp_path, "another")
        ran = CliRunner().invoke(main, ["demo", "--daily", "--dir", str(tmp_path)])
    assert (ran.exit_code, ran.stdout) == (2, "")
    assert "another payymo demo --daily is running; wait for its end" in ran.stderr


def test_the_month_again_changes_nothing(
    lived: tuple[Home, str], tmp_path: Path
) -> None:
    home, first = lived
    again = copied(home, tmp_path / "again")
    ran = run_demo(again.directory)
    assert ran.exit_code == 0
    assert "run before" in ran.stdout
    assert again.memory.read_bytes() == home.memory.read_bytes()
    assert amounts(ran.stdout, "In all") == [0, 0, 0, 0, 32]
    of_first, of_second = (
        text[text.index("What it comes to") : text.index("The books are")]
        for text in (first, ran.stdout)
    )
    assert of_second == of_first


def test_a_payment_that_whmcs_forgot_is_noticed(
    lived: tuple[Home, str], tmp_path: Path
) -> None:
    home = copied(lived[0], tmp_path / "forgot")
    *kept, last = home.memory.read_text("utf-8").splitlines(keepends=True)
    home.memory.write_text("".join(kept), "utf-8")
    ran = run_demo(home.directory)
    assert ran.exit_code == 1
    assert "It balances" not in ran.stdout
    lost = json.loads(last)
    words = f"invoice {lost['invoiceid']}: the books say nothing is owed, and WHMCS"
    assert f"{words} {lost['amountin']} EUR" in ran.stdout


def copied(home: Home, directory: Path) -> Home:
    """The same month elsewhere, and its settings with the path of the books there."""
    shutil.copytree(home.directory, directory)
    other = Home(directory)
    text = other.settings.read_text("utf-8").replace(home.url, other.url)
    other.settings.write_text(text, "utf-8")
    return other


# --- a few of its days ----------------------------------------------------------------


@contextmanager
def office_of(
    path: Path, month: Month, kind: type[StandIn] = StandIn
) -> Iterator[tuple[Office, Api]]:
    home = Home(path)
    prepare(home, month)
    upgrade(home.url)
    whmcs = kind.over(month.ledger, home.memory, "secret", month.days[0])
    with opened(home, month, whmcs) as held:
        yield held


def first_days(month: Month, last: date) -> Month:
    """Its first days, and of the ledger what they are about and a few more."""
    few = [t for t in month.transactions if t.booking_date and t.booking_date <= last]
    texts = " ".join(t.remittance or "" for t in few)
    numbers = [i.id for i in month.ledger[:30]] + re.findall(r"KN-2026-\d{5}", texts)
    return Month(few, [each for each in month.ledger if each.id in numbers])


def lived_through(
    path: Path, month: Month, kind: type[StandIn] = StandIn
) -> tuple[list[Day], Closing]:
    with office_of(path, month, kind) as (office, api):
        return list(live_through(office, month, api)), close(office, month, api)


def test_a_month_that_breaks_off_comes_to_the_same_when_it_is_run_again(
    month: Month, tmp_path: Path
) -> None:
    few = first_days(month, MAY_5)
    with office_of(tmp_path / "broken", few) as (office, api):
        next(live_through(office, few, api))
    _, resumed = lived_through(tmp_path / "broken", few)
    _, whole = lived_through(tmp_path / "whole", few)
    assert resumed.faults == ()
    assert resumed == whole


def test_a_verdict_is_applied_by_the_next_run(month: Month, tmp_path: Path) -> None:
    few = first_days(month, MAY_4)
    _, before = lived_through(tmp_path, few)
    waiting = before.parts["proposed"]["EUR"]
    with office_of(tmp_path, few) as (office, _):
        run, row = office.run, schema.match_decisions
        with run.store.reading() as connection:
            surest = select(row.c.id).where(row.c.state == "proposed")
            number = connection.scalars(surest.order_by(-row.c.confidence)).first()
        act = Act(tenant=run.tenant, actor="Jo", now=office.clock())
        run.store.write(act, lambda books: confirm(books, number or 0))
    days, after = lived_through(tmp_path, few)
    assert [day.applied for day in days] == [1]
    assert after.faults == ()
    moved = after.parts["settled"]["EUR"] - before.parts["settled"]["EUR"]
    assert 0 < moved <= waiting


@define
class Swallowing(StandIn):
    """Says that it is done, and records nothing."""

    def add_payment(self, form: Form) -> Reply:
        assert form["amount"]
        return {}


@define
class Doubling(StandIn):
    """Records everything twice."""

    def add_payment(self, form: Form) -> Reply:
        StandIn.add_payment(self, form)
        return StandIn.add_payment(self, form)


@define
class Halving(StandIn):
    """Records the half."""

    def add_payment(self, form: Form) -> Reply:
        half = Decimal(form["amount"]) / 2
        return StandIn.add_payment(self, {**form, "amount": f"{half:.2f}"})


@define
class Misplacing(StandIn):
    """Has payments on record, and counts them for another invoice."""

    def book(self, payment: dict[str, str]) -> None:
        StandIn.book(self, payment)
        amount = Decimal(payment["amountin"])
        self.bills[int(payment["invoiceid"])].received -= amount
        self.bills[1204].received += amount


@pytest.mark.parametrize(
    ("kind", "noticed"),
    [
        pytest.param(StandIn, [], id="sound"),
        pytest.param(Swallowing, ["failed"], id="swallowing"),
        pytest.param(Doubling, ["failed", "differs"], id="doubling"),
        pytest.param(Halving, ["failed", "differs"], id="halving"),
        pytest.param(Misplacing, ["differs"], id="misplacing"),
    ],
)
def test_a_stand_in_that_is_broken_is_noticed(
    kind: type[StandIn], noticed: list[str], month: Month, tmp_path: Path
) -> None:
    [day], closing = lived_through(tmp_path, first_days(month, MAY_4), kind)
    assert ("failed" in noticed) is (day.failed > 0)
    assert ("differs" in noticed) is (closing.faults != ())
    assert ("failed" in noticed) is (day.applied == 0)


@define
class Dropping(StandIn):
    """Records a payment, and hangs up before it says so: once."""

    dropped: list[str] = field(factory=list)

    def add_payment(self, form: Form) -> Reply:
        done = StandIn.add_payment(self, form)
        if not self.dropped:
            self.dropped.append(form["transid"])
            raise ConnectionAbortedError
        return done


def test_a_lost_answer_is_asked_for_and_never_sent_again(
    month: Month, tmp_path: Path
) -> None:
    few = first_days(month, MAY_5)
    days, closing = lived_through(tmp_path, few, Dropping)
    assert closing.faults == ()
    assert max(Counter(p["transid"] for p in payments(Home(tmp_path))).values()) == 1
    assert sum(day.applied for day in days) == len(payments(Home(tmp_path)))


# --- the stand-in, and where it is kept -----------------------------------------------


def test_the_stand_in_answers_flows_as_the_fake_of_the_tests_does(
    month: Month, tmp_path: Path
) -> None:
    ledger = [each for each in month.ledger if each.outstanding > 0][:300]
    fake = Whmcs()
    for each in StandIn.over(ledger, tmp_path / "none", "", MAY_5).bills.values():
        code = {"EUR": 1, "USD": 2}[each.record.currency]
        fake.clients[each.client] = {**each.names, "currency": code}
        fake.bill(
            each.number,
            str(each.balance),
            client=each.client,
            invoicenum=each.record.number,
            status=str(each.columns["status"]),
        )
    assert answers(fake.drive, fake_api()) == answers_of_stand_in(ledger, tmp_path)


def fake_api() -> Api:
    access = Access(identifier=Secret(IDENTIFIER), secret=Secret(SECRET))
    return classic_api(access)


def answers_of_stand_in(ledger: Any, path: Path) -> Any:
    whmcs = StandIn.over(ledger, path / "memory", SECRET, date(2026, 5, 31))
    with serve(whmcs.answer) as line:
        return answers(line.run, fake_api())


def answers(drive: Any, api: Api) -> Any:
    """What flows make of a WHMCS, but for days and totals, which these do not share."""
    listed = [
        (e.id, e.status, e.currency, e.customer, e.number, e.company, e.last_name)
        for e in drive(flows.list_invoices(api, "Unpaid"))
    ]
    first, other = (drive(flows.find_invoice(api, each[0])) for each in listed[:2])
    codes = {c.id: c.code for c in drive(flows.list_currencies(api))}
    done = []
    for amount in (first.balance, first.balance, Decimal("0.01")):
        payment = Payment(
            account="",
            transaction="t1",
            invoice=first.id,
            amount=amount,
            currency="EUR",
            day=MAY_5,
            gateway=GATEWAY,
            key="" if amount == first.balance else "another",
        )
        done.append(drive(apply_payment(api, payment, codes)))
    assert [each.outcome for each in done] == [
        Outcome.APPLIED,
        Outcome.ALREADY_APPLIED,
        Outcome.REFUSED,
    ]
    left = drive(flows.find_invoice(api, first.id))
    on_record = drive(flows.find_transactions(api, done[0].payment.transid))
    return (
        listed,
        [(e.id, e.balance, e.status, e.customer) for e in (first, other, left)],
        codes,
        [(e.outcome, e.refusal) for e in done],
        [(e.transid, e.invoice, e.amount_in, e.amount_out) for e in on_record],
        sorted(c.id for c in drive(flows.list_clients(api))),
        drive(flows.get_client(api, first.customer)).currency,
        drive(flows.find_invoice(api, "99")),
    )


def test_the_stand_in_lets_nobody_in_without_the_secret(
    month: Month, tmp_path: Path
) -> None:
    whmcs = StandIn.over(month.ledger, tmp_path / "memory", "another", MAY_5)
    with serve(whmcs.answer) as line, pytest.raises(UnauthorisedError):
        line.run(flows.list_currencies(fake_api()))


def test_a_stand_in_that_is_gone_is_an_error_of_the_provider(
    month: Month, tmp_path: Path
) -> None:
    whmcs = StandIn.over(month.ledger, tmp_path / "memory", SECRET, MAY_5)
    with serve(whmcs.answer) as line:
        line.run(flows.list_currencies(fake_api()))
    with pytest.raises(UndeliveredError):
        line.run(flows.list_currencies(fake_api()))


def test_an_invoice_is_there_from_its_day_of_issue_on(
    month: Month, tmp_path: Path
) -> None:
    with office_of(tmp_path, month) as (office, api):
        for day in (MAY_4, date(2026, 5, 12)):
            office.whmcs.today = day
            listed = office.poster.drive(flows.list_invoices(api))
            issued = [e.issued for e in listed if isinstance(e, InvoiceEntry)]
            assert max(each for each in issued if each) == day


@pytest.mark.parametrize("name", ["payymo.db", "payymo.toml", "whmcs.jsonl"])
def test_what_is_not_the_demos_stays_as_it_is(
    name: str, month: Month, tmp_path: Path
) -> None:
    home = Home(tmp_path)
    home.days.mkdir()
    mine = home.days / name
    mine.write_text("mine", "utf-8")
    with pytest.raises(FileError, match="--dir"):
        prepare(home, month)
    assert [path.name for path in home.days.iterdir()] == [name]
    assert mine.read_text("utf-8") == "mine"
