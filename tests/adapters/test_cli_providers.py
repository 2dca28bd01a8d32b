"""``payymo connect`` and ``payymo fetch`` against the fake, as a user runs them."""

import json
import os
import re
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from click.testing import CliRunner, Result

from payymo_adapters.cli import main
from payymo_adapters.exchange import read_transactions
from payymo_adapters.state import State, Waiting
from tests.fakes.serving import serve
from tests.fakes.stripe import NOON, FakeStripe, Fault

PAYYMO = (sys.executable, "-c", "from payymo_adapters.cli import main; main()")
KEY = "sk_test_platform"
DAYS = ("--since", "2026-03-01", "--until", "2026-03-02")


@pytest.fixture(autouse=True)
def kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> State:
    """What is known from one run to the next."""
    monkeypatch.setenv("PAYYMO_STATE", str(tmp_path / "state"))
    return State(tmp_path / "state")


@contextmanager
def settings(fake: FakeStripe, **words: str) -> Iterator[dict[str, str]]:
    with serve(fake) as origin:
        yield {
            "PAYYMO_STRIPE_KEY": KEY,
            "PAYYMO_STRIPE_CLIENT_ID": fake.client_id,
            "PAYYMO_STRIPE_API": origin,
            "PAYYMO_STRIPE_CONNECT": origin,
            **words,
        }


def run(environment: dict[str, str], *arguments: object) -> Result:
    words = [str(argument) for argument in arguments]
    return CliRunner().invoke(main, words, env=environment, catch_exceptions=False)


# --- connect --------------------------------------------------------------------------


@contextmanager
def connecting(
    environment: dict[str, str], *options: str, **further: str
) -> Iterator["subprocess.Popen[str]"]:
    process = subprocess.Popen(
        [*PAYYMO, "connect", "stripe", *options],
        env={**os.environ, **environment, **further},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as found:
        port: int = found.getsockname()[1]
    return port


def said_by(process: "subprocess.Popen[str]") -> tuple[str, str]:
    """The redirect address and the link that it prints first."""
    assert process.stderr
    waiting, consent = process.stderr.readline(), process.stderr.readline()
    address = re.search(r"waiting at (\S+),", waiting)
    link = re.search(r"open: (\S+)", consent)
    assert address
    assert link
    return address[1], link[1]


def visit(link: str) -> httpx.Response:
    """Say yes, or no, as the owner does in the browser."""
    return httpx.get(link, follow_redirects=True, timeout=30)


def test_connect_waits_for_the_owner_and_says_what_to_set() -> None:
    fake = FakeStripe()
    with (
        settings(fake) as environment,
        connecting(environment, "--no-browser", "--port", "0") as process,
    ):
        address, link = said_by(process)
        fake.redirects.add(address)
        assert "scope=read_only" in link
        assert "Connected" in visit(link).text
        out, errors = process.communicate(timeout=30)
    assert process.returncode == 0
    assert out.splitlines() == [
        "connected: acct_owner (read_only, test mode)",
        "to read it: set PAYYMO_STRIPE_ACCOUNT=acct_owner",
    ]
    assert fake.connected == {"acct_owner": "read_only"}
    for secret in (KEY, "sk_test_of_the_owner", "rt_of_the_owner"):
        assert secret not in out + errors + link


def test_connect_opens_the_browser_unless_told_not_to(tmp_path: Path) -> None:
    browser = tmp_path / "browser.py"
    browser.write_text(
        "import sys, httpx\n"
        "httpx.get(sys.argv[1], follow_redirects=True, timeout=30)\n",
        encoding="utf-8",
    )
    port = free_port()
    fake = FakeStripe(redirects={f"http://127.0.0.1:{port}/stripe"})
    opener = f"{sys.executable} {browser} %s"
    with (
        settings(fake) as environment,
        connecting(environment, "--port", str(port), BROWSER=opener) as process,
    ):
        out, _ = process.communicate(timeout=60)
    assert process.returncode == 0
    assert "connected: acct_owner" in out


def test_connect_says_that_the_owner_refused() -> None:
    fake = FakeStripe(denies=True)
    with (
        settings(fake) as environment,
        connecting(environment, "--no-browser", "--port", "0") as process,
    ):
        address, link = said_by(process)
        fake.redirects.add(address)
        assert "Not connected" in visit(link).text
        _, errors = process.communicate(timeout=30)
    assert process.returncode == 3
    assert "access_denied" in errors
    assert "Traceback" not in errors
    assert not fake.connected


def test_connect_waits_on_when_somebody_else_comes() -> None:
    fake = FakeStripe()
    with (
        settings(fake) as environment,
        connecting(environment, "--no-browser", "--port", "0") as process,
    ):
        address, link = said_by(process)
        fake.redirects.add(address)
        assert visit(f"{address}?code=ac_theirs&state=guessed").status_code == 400
        assert visit(link).status_code == 200
        out, _ = process.communicate(timeout=30)
    assert process.returncode == 0
    assert "connected: acct_owner" in out


def test_connect_gives_up_in_time() -> None:
    with settings(FakeStripe()) as environment:
        shown = run(
            environment, "connect", "stripe", "--no-browser", "--port", 0, "--wait", 1
        )
    assert shown.exit_code == 3
    assert "nobody came back" in shown.stderr


def test_connect_tells_the_window_that_the_code_was_not_taken() -> None:
    fake = FakeStripe(faults={"/oauth/token": [Fault(400, b'{"error": "invalid_x"}')]})
    with (
        settings(fake) as environment,
        connecting(environment, "--no-browser", "--port", "0") as process,
    ):
        address, link = said_by(process)
        fake.redirects.add(address)
        assert visit(link).status_code == 502
        _, errors = process.communicate(timeout=30)
    assert process.returncode == 3
    assert "invalid_x" in errors
    assert "Traceback" not in errors


def test_a_registered_address_may_stand_before_the_listener() -> None:
    with (
        settings(
            FakeStripe(), PAYYMO_STRIPE_REDIRECT="https://billing.example/back"
        ) as environment,
        connecting(environment, "--no-browser", "--port", "0") as process,
    ):
        address, link = said_by(process)
    assert address == "https://billing.example/back"
    assert "redirect_uri=https%3A%2F%2Fbilling.example%2Fback" in link


@pytest.mark.parametrize("command", ["connect", "fetch"])
def test_a_setting_that_is_missing_is_named(command: str) -> None:
    days = DAYS if command == "fetch" else ()
    shown = run({"PAYYMO_STRIPE_KEY": " "}, command, "stripe", *days)
    assert shown.exit_code == 2
    assert "PAYYMO_STRIPE_KEY" in shown.stderr


def test_connecting_needs_the_client_id() -> None:
    shown = run({"PAYYMO_STRIPE_KEY": KEY}, "connect", "stripe")
    assert shown.exit_code == 2
    assert "PAYYMO_STRIPE_CLIENT_ID: missing" in shown.stderr


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("ACCOUNT", "acme"),
        ("CLIENT_ID", "acme"),
        ("UGX_DECIMALS", "3"),
        ("API", "http://api.stripe.example"),
        ("CONNECT", "ftp://x"),
    ],
)
def test_a_setting_that_is_wrong_is_named(name: str, value: str) -> None:
    wrong = {"PAYYMO_STRIPE_KEY": KEY, f"PAYYMO_STRIPE_{name}": value}
    shown = run(wrong, "fetch", "stripe", *DAYS)
    assert shown.exit_code == 2
    assert f"PAYYMO_STRIPE_{name}" in shown.stderr
    assert KEY not in shown.output


# --- fetch ----------------------------------------------------------------------------


def busy(payments: int = 3) -> FakeStripe:
    fake = FakeStripe()
    for number in range(payments):
        fake.pay(10_000 + number, description=f"Invoice INV-2026-004{number}")
    return fake


def test_fetch_writes_what_match_reads(tmp_path: Path) -> None:
    fake = busy()
    target = tmp_path / "stripe.jsonl"
    bills = tmp_path / "open.jsonl"
    bill = {
        "id": "i1",
        "number": "INV-2026-0041",
        "outstanding": "100.01",
        "currency": "EUR",
    }
    bills.write_text(json.dumps(bill), encoding="utf-8")
    with settings(fake) as environment:
        shown = run(environment, "fetch", "stripe", *DAYS, "-o", target)
    assert shown.exit_code == 0
    assert shown.stdout.splitlines() == [
        "3 transactions fetched",
        f"written: {target}",
    ]
    assert not list(tmp_path.glob("*.partial"))
    matched = run({}, "match", target, bills, "--json")
    told = [json.loads(line) for line in matched.stdout.splitlines()]
    assert [t["outcome"] for t in told].count("match") == 1


def test_fetch_without_a_file_is_for_a_pipe() -> None:
    with settings(busy()) as environment:
        shown = run(environment, "fetch", "stripe", *DAYS)
    rows = [json.loads(line) for line in shown.stdout.splitlines()]
    assert [row["remittance"] for row in rows] == [
        "Invoice INV-2026-0042",
        "Invoice INV-2026-0041",
        "Invoice INV-2026-0040",
    ]
    assert shown.stderr.splitlines() == ["3 transactions fetched"]


def test_fetch_says_what_is_no_payment_and_what_a_person_has_to_look_at() -> None:
    fake = busy(1)
    late = fake.pay(settled=False)
    disputed = fake.pay()
    fake.dispute(disputed)
    lines = [o for o in fake.objects.values() if o["object"] == "balance_transaction"]
    payout = fake.pay_out(*lines)
    payout["amount"] += 1
    by_hand = fake.pay_out(automatic=False)
    with settings(fake) as environment:
        shown = run(environment, "fetch", "stripe", *DAYS)
    assert shown.exit_code == 1
    assert f"note: charge {late['id']} of 2026-03-01 is no money yet" in shown.stderr
    assert "note: left aside, since they pay nothing: 2 payout" in shown.stderr
    assert f"note: payout {by_hand['id']} is not itemised: by hand" in shown.stderr
    assert "2 records rejected" in shown.stderr
    assert f"record '{disputed['balance_transaction']}'" in shown.stderr
    assert f"record '{payout['id']}': amount: the lines" in shown.stderr


def test_fetch_goes_on_where_it_was_cut_off(tmp_path: Path) -> None:
    fake = busy(250)
    target = tmp_path / "stripe.jsonl"
    down = Fault(503, headers={"Stripe-Should-Retry": "false"})
    fake.faults["/v1/charges"] = [down]
    with settings(fake) as environment:
        shown = run(environment, "fetch", "stripe", *DAYS, "-o", target)
        assert shown.exit_code == 3
        assert "503" in shown.stderr
        assert f"kept: {target}.partial" in shown.stderr
        assert not target.exists()
        assert lists(fake)["/v1/balance_transactions"] == 3
        again = run(environment, "fetch", "stripe", *DAYS, "-o", target)
    assert again.exit_code == 0
    assert f"going on with {target}.partial: 3 answers in it" in again.stderr
    # The pages of the balance were not asked for again.
    assert lists(fake)["/v1/balance_transactions"] == 3
    assert len(read_transactions(target)) == 250
    assert not (tmp_path / "stripe.jsonl.partial").exists()


def lists(fake: FakeStripe) -> dict[str, int]:
    paths = [path for _, path, _ in fake.asked]
    return {path: paths.count(path) for path in paths}


def test_fetch_of_other_days_begins_anew(tmp_path: Path) -> None:
    fake = busy()
    target = tmp_path / "stripe.jsonl"
    down = Fault(503, headers={"Stripe-Should-Retry": "false"})
    fake.faults["/v1/charges"] = [down]
    with settings(fake) as environment:
        run(environment, "fetch", "stripe", *DAYS, "-o", target)
        other = ("--since", "2026-02-28", "--until", "2026-03-02")
        shown = run(environment, "fetch", "stripe", *other, "-o", target)
    assert shown.exit_code == 0
    assert "going on" not in shown.stderr
    assert lists(fake)["/v1/balance_transactions"] == 2


def test_shillings_are_read_as_the_settings_say() -> None:
    fake = FakeStripe()
    paid = fake.pay(5_000, settled=False, currency="ugx")
    fake.settle(paid, currency="ugx")
    told = []
    for decimals in ("2", "0"):
        with settings(fake, PAYYMO_STRIPE_UGX_DECIMALS=decimals) as environment:
            row = json.loads(run(environment, "fetch", "stripe", *DAYS).stdout)
        told.append((row["amount"], row["fee"]))
    assert told == [("49", "1"), ("4900", "100")]


def test_settings_may_stand_in_a_file_but_for_the_key(tmp_path: Path) -> None:
    fake = busy(1)
    fake.connected["acct_owner"] = "read_only"
    file = tmp_path / "payymo.toml"
    with settings(fake) as environment:
        key = {"PAYYMO_STRIPE_KEY": KEY}
        api = environment["PAYYMO_STRIPE_API"]
        text = f'[stripe]\naccount = "acct_owner"\napi = "{api}"\n'
        file.write_text(text, encoding="utf-8")
        shown = run(key, "fetch", "stripe", *DAYS, "--settings", file)
        assert json.loads(shown.stdout)["account"] == "acct_owner"
        file.write_text(f'{text}key = "{KEY}"\n', encoding="utf-8")
        shown = run(key, "fetch", "stripe", *DAYS, "--settings", file)
    assert shown.exit_code == 2
    assert "no place in a file" in shown.stderr


NEXT_DAYS = ("--since", "2026-04-01", "--until", "2026-04-02")


def test_a_charge_that_settles_between_two_windows_is_not_lost(kept: State) -> None:
    fake = busy(0)
    charge = fake.pay(settled=False, description="Invoice INV-2026-0050")
    later = fake.pay(settled=False)
    with settings(fake) as environment:
        assert run(environment, "fetch", "stripe", *DAYS).stdout == ""
        assert set(kept.waiting("")) == {charge["id"], later["id"]}
        fake.settle(charge, created=NOON + 10 * 86_400)
        for found in (["Invoice INV-2026-0050"], []):
            shown = run(environment, "fetch", "stripe", *NEXT_DAYS)
            assert shown.exit_code == 0, shown.output
            rows = [json.loads(line) for line in shown.stdout.splitlines()]
            assert [row["remittance"] for row in rows] == found
            assert kept.waiting("") == (later["id"],)


def test_what_waits_is_kept_until_it_was_handed_out(
    kept: State, tmp_path: Path
) -> None:
    fake = busy(0)
    charge = fake.pay(settled=False)
    target = tmp_path / "stripe.jsonl"
    with settings(fake) as environment:
        run(environment, "fetch", "stripe", *DAYS)
        fake.settle(charge, created=NOON + 10 * 86_400)
        down = Fault(503, headers={"Stripe-Should-Retry": "false"})
        fake.faults[f"/v1/charges/{charge['id']}"] = [down]
        shown = run(environment, "fetch", "stripe", *NEXT_DAYS, "-o", target)
        assert shown.exit_code == 3
        assert kept.waiting("") == (charge["id"],)
        run(environment, "fetch", "stripe", *NEXT_DAYS, "-o", target)
    assert len(read_transactions(target)) == 1
    assert kept.waiting("") == ()


def test_a_charge_that_is_not_found_is_said_and_kept(kept: State) -> None:
    fake = busy(1)
    kept.keep_waiting(Waiting(account="", charges=("ch_of_another",)))
    kept.keep_waiting(Waiting(account="acct_2", charges=("ch_2",)))
    with settings(fake) as environment:
        shown = run(environment, "fetch", "stripe", *DAYS)
    assert shown.exit_code == 0, shown.output
    assert len(shown.stdout.splitlines()) == 1
    assert "charge ch_of_another is waited for and not found" in shown.stderr
    assert kept.waiting("") == ("ch_of_another",)
    assert kept.waiting("acct_2") == ("ch_2",)


def test_the_days_are_whole_days_of_utc() -> None:
    midnight = NOON - 12 * 3600
    fake = FakeStripe()
    for made in (midnight - 1, midnight, midnight + 86_399, midnight + 86_400):
        fake.settle(fake.pay(settled=False, created=made), created=made)
    day = ("--since", "2026-03-01", "--until", "2026-03-01")
    with settings(fake) as environment:
        shown = run(environment, "fetch", "stripe", *day)
    dates = [json.loads(line)["booking_date"] for line in shown.stdout.splitlines()]
    assert dates == ["2026-03-01", "2026-03-01"]


def test_a_connected_account_is_read_in_its_name() -> None:
    fake = busy(1)
    fake.connected["acct_owner"] = "read_only"
    with settings(fake, PAYYMO_STRIPE_ACCOUNT="acct_owner") as environment:
        shown = run(environment, "fetch", "stripe", *DAYS)
        assert json.loads(shown.stdout)["account"] == "acct_owner"
        fake.connected.clear()
        gone = run(environment, "fetch", "stripe", *DAYS)
    assert gone.exit_code == 3
    assert "payymo connect stripe" in gone.stderr
    assert KEY not in gone.output


@pytest.mark.parametrize(
    ("options", "fault"),
    [
        ((), "--since"),
        (("--since", "yesterday"), "yesterday"),
        (("--since", "2026-03-02", "--until", "2026-03-01"), "is after"),
        ((*DAYS, "-o", "/no/such/place/x"), "there is no directory"),
    ],
)
def test_wrong_usage_is_said_before_anything_is_asked(
    options: tuple[str, ...], fault: str
) -> None:
    fake = busy()
    with settings(fake) as environment:
        shown = run(environment, "fetch", "stripe", *options)
    assert shown.exit_code == 2
    assert fault in shown.stderr
    assert not fake.asked


def test_the_other_commands_do_not_load_what_speaks_http() -> None:
    code = (
        "import sys, payymo_adapters.cli; "
        "print([n for n in ('httpx', 'stamina', 'keyring') if n in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, check=True, text=True
    )
    assert done.stdout.strip() == "[]"


def test_what_is_not_installed_is_said(tmp_path: Path) -> None:
    blocked = "import sys; sys.modules['httpx'] = None\n"
    code = f"{blocked}from payymo_adapters.cli import main; main()"
    environment: dict[str, Any] = {**os.environ, "PAYYMO_STRIPE_KEY": KEY}
    done = subprocess.run(
        [sys.executable, "-c", code, "fetch", "stripe", *DAYS],
        capture_output=True,
        check=False,
        cwd=tmp_path,
        env=environment,
        text=True,
    )
    assert done.returncode == 2
    assert "pip install 'payymo[cli,http]'" in done.stderr
