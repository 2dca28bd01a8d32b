"""``payymo doctor`` against the fakes, with what can go wrong."""

import json
import os
import sys
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from attrs import evolve
from click.testing import CliRunner, Result

from payymo_adapters.checkup import Symptom
from payymo_adapters.cli import main
from payymo_adapters.cli.redirect import PORT, listening
from payymo_adapters.state import Consented, State
from tests.fakes.banks import enable_banking, gocardless
from tests.fakes.desks import IBAN, SECRETS, Desk, desk_of
from tests.fakes.rings import ringing
from tests.fakes.serving import response, scripted, serve, serve_raw
from tests.fakes.stripe import FakeStripe
from tests.fakes.stripe import Fault as StripeFault
from tests.fakes.whmcs import IDENTIFIER, SECRET, Fault, Whmcs

BACK = "https://billing.example/back"
KEY = "sk_test_platform"


@pytest.fixture(autouse=True)
def _nothing_set_up(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    for name in [name for name in os.environ if name.startswith("PAYYMO_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("PAYYMO_STATE", str(tmp_path / "state"))
    with ringing():
        yield


def run(environment: dict[str, str], *arguments: object) -> Result:
    words = ["doctor", *(str(argument) for argument in arguments)]
    return CliRunner().invoke(main, words, env=environment, catch_exceptions=False)


def symptoms(shown: Result) -> list[str]:
    """What it found, in order; and it says nothing that is secret."""
    for secret in (*SECRETS, SECRET, IDENTIFIER, KEY):
        assert secret not in shown.output
    assert shown.exit_code == (0 if "all is well" in shown.stdout else 1)
    heads = [line.partition(":")[0] for line in shown.stdout.splitlines()]
    return [head for head in heads if head in set(Symptom)]


# --- WHMCS ----------------------------------------------------------------------------


@pytest.fixture
def whmcs() -> Whmcs:
    found = Whmcs()
    found.bill(1, "9.00")
    return found


def of_whmcs(origin: str, **more: str) -> dict[str, str]:
    return {
        "PAYYMO_WHMCS_URL": origin,
        "PAYYMO_WHMCS_IDENTIFIER": IDENTIFIER,
        "PAYYMO_WHMCS_SECRET": SECRET,
        **more,
    }


def look_at(whmcs: Whmcs, **more: str) -> Result:
    with serve(whmcs) as origin:
        return run(of_whmcs(origin, **more))


def test_what_is_well_is_said_to_be(whmcs: Whmcs) -> None:
    shown = look_at(whmcs)
    assert symptoms(shown) == []
    assert shown.stdout.splitlines()[0] == "well: WHMCS GetInvoices"
    # Nothing is written, whatever is asked.
    assert {action[:3] for action in whmcs.calls} == {"Get"}


def test_each_permission_that_the_role_lacks_is_named(whmcs: Whmcs) -> None:
    whmcs.allowed -= {"GetInvoice", "GetClientsDetails", "GetPaymentMethods"}
    shown = look_at(whmcs)
    assert symptoms(shown) == ["permission"] * 3
    for action in ("GetInvoice", "GetClientsDetails", "GetPaymentMethods"):
        assert f"Allow {action} in the API role" in shown.stdout
    assert "3 things to mend" in shown.stdout


def test_an_address_that_is_not_allowed_is_named(whmcs: Whmcs) -> None:
    whmcs.blocked = "192.0.2.7"
    shown = look_at(whmcs)
    assert symptoms(shown) == ["address"]
    assert "Add 192.0.2.7 in WHMCS" in shown.stdout


def test_credentials_that_are_wrong_are_asked_about_once(whmcs: Whmcs) -> None:
    shown = look_at(whmcs, PAYYMO_WHMCS_IDENTIFIER="other")
    assert symptoms(shown) == ["credentials"]
    assert len(whmcs.calls) == 1


def test_a_way_to_pay_that_is_none_is_named(whmcs: Whmcs) -> None:
    shown = look_at(whmcs, PAYYMO_WHMCS_GATEWAY="cash")
    assert symptoms(shown) == ["gateway"]
    assert "banktransfer, mailin" in shown.stdout


def test_what_fails_on_its_side_is_no_fault_of_ours(whmcs: Whmcs) -> None:
    whmcs.fault = lambda _: Fault.FAILED_BEFORE
    assert symptoms(look_at(whmcs)) == ["unreachable"]


def test_a_page_in_place_of_an_answer_is_said(whmcs: Whmcs) -> None:
    whmcs.fault = lambda _: Fault.GARBLED_BEFORE
    assert symptoms(look_at(whmcs)) == ["answer"]


def test_nobody_there_is_unreachable() -> None:
    with listening(0, "/") as gone:
        origin = gone.address.rstrip("/")
    shown = run(of_whmcs(origin))
    assert symptoms(shown) == ["unreachable"]


def test_a_clock_that_is_off_is_said_once() -> None:
    body = b'{"result": "success", "currencies": {"currency": []}}'
    then = (datetime.now(UTC) - timedelta(hours=3)).strftime(
        "%a, %d %b %Y %H:%M:%S GMT"
    )
    answer = response(200, body, content_type="application/json", date=then)
    with serve_raw(scripted(answer)) as (origin, _):
        shown = run(of_whmcs(origin))
    assert symptoms(shown).count("clock") == 1
    assert "3:00:0" in shown.stdout
    assert "ahead of the provider's" in shown.stdout


def test_settings_that_lack_are_all_named_and_nobody_is_asked(whmcs: Whmcs) -> None:
    shown = look_at(whmcs, PAYYMO_WHMCS_SECRET="", PAYYMO_WHMCS_IDENTIFIER="")
    assert symptoms(shown) == ["settings", "settings"]
    assert not whmcs.calls


# --- Stripe ---------------------------------------------------------------------------


def of_stripe(origin: str, **more: str) -> dict[str, str]:
    return {
        "PAYYMO_STRIPE_KEY": KEY,
        "PAYYMO_STRIPE_API": origin,
        "PAYYMO_STRIPE_CLIENT_ID": "ca_payymo",
        "PAYYMO_STRIPE_REDIRECT": BACK,
        **more,
    }


@pytest.mark.parametrize(
    ("more", "found"),
    [
        ({}, []),
        ({"PAYYMO_STRIPE_KEY": "sk_test_other"}, ["credentials"]),
        ({"PAYYMO_STRIPE_ACCOUNT": "acct_gone"}, ["consent"]),
        ({"PAYYMO_STRIPE_REDIRECT": "http://billing.example"}, ["redirect"]),
        ({"PAYYMO_STRIPE_ACCOUNT": "gone"}, ["settings"]),
    ],
)
def test_stripe_is_looked_at(more: dict[str, str], found: list[str]) -> None:
    with serve(FakeStripe()) as origin:
        assert symptoms(run(of_stripe(origin, **more))) == found


def test_a_permission_that_a_restricted_key_lacks_is_named() -> None:
    said = b'{"error": {"type": "invalid_request_error", "message": "no rights"}}'
    fake = FakeStripe(faults={"/v1/payouts": [StripeFault(403, said)]})
    with serve(fake) as origin:
        shown = run(of_stripe(origin))
    assert symptoms(shown) == ["permission"]
    assert "Stripe /v1/payouts: no rights" in shown.stdout
    assert "well: Stripe /v1/refunds" in shown.stdout


# --- banks ----------------------------------------------------------------------------


@pytest.fixture(params=[("gocardless", gocardless), ("enablebanking", enable_banking)])
def desk(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Desk]:
    name, made = request.param
    with desk_of(name, made, tmp_path) as desk:
        yield desk


def see(desk: Desk, **more: str) -> Result:
    section = f"PAYYMO_{desk.name.upper()}_"
    held = {k: v for k, v in desk.environment.items() if k.startswith(section)}
    state = {"PAYYMO_STATE": desk.environment["PAYYMO_STATE"]}
    named = {f"{section}{key}": value for key, value in more.items()}
    return run({**held, **state, f"{section}REDIRECT": BACK, **named})


def test_a_bank_that_is_well_is_said_to_be(desk: Desk) -> None:
    assert symptoms(see(desk)) == []
    desk.connect()
    shown = see(desk)
    assert symptoms(shown) == []
    assert f"well: {desk.setting.provider.name} consent for" in shown.stdout
    asked = [path for path in desk.setting.fake.faults.seen if "transactions" in path]
    assert not asked


def test_a_consent_that_has_ended_is_said(desk: Desk) -> None:
    desk.connect()
    if desk.name == "gocardless":
        for requisition in desk.setting.fake.requisitions.values():
            requisition["status"] = "EX"
    else:
        desk.setting.end()
    assert "consent" in symptoms(see(desk))


def test_a_consent_that_is_about_to_end_is_said(desk: Desk) -> None:
    desk.connect()
    end = (datetime.now(UTC) + timedelta(days=9.5)).isoformat()
    if desk.name == "gocardless":
        for agreement in desk.setting.fake.agreements.values():
            agreement["access_valid_for_days"] = 9
    else:
        for session in desk.setting.fake.sessions.values():
            session["access"]["valid_until"] = end
    shown = see(desk)
    assert symptoms(shown) == ["consent"]
    assert "reconnect" in shown.stdout


def test_a_bank_that_is_no_longer_reached_is_said(desk: Desk) -> None:
    desk.connect()
    known = State(Path(desk.environment["PAYYMO_STATE"]))
    (given,) = known.consents()
    elsewhere = evolve(given.connection, bank="Gone Bank")
    known.keep_consent(Consented(country="DE", connection=elsewhere))
    assert symptoms(see(desk)) == ["bank"]


def test_the_calls_of_a_day_that_are_used_up_are_said(desk: Desk) -> None:
    desk.connect()
    for _ in range(4):
        desk.fetch()
    shown = see(desk)
    assert symptoms(shown) == ["limit"]
    assert f"{IBAN}: the calls of today are used up" in shown.stdout
    assert "Next refresh possible at" in shown.stdout


def test_wrong_credentials_of_a_bank_provider_are_said(desk: Desk) -> None:
    wrong = {"SECRET_KEY": "other", "APPLICATION": "other"}
    assert symptoms(see(desk, **wrong)) == ["credentials"]
    if desk.name == "enablebanking":
        assert symptoms(see(desk, KEY="-----BEGIN")) == ["credentials"]


def test_an_address_that_a_bank_provider_does_not_allow_is_said(desk: Desk) -> None:
    told = {"error": "UNAUTHORIZED_IP", "message": "IP address access denied"}
    more = {"summary": "IP address access denied", "detail": "192.0.2.7"}
    for ending in ("/institutions/", "/aspsps"):
        desk.setting.fake.faults.inject(ending, 403, {**told, **more})
    assert symptoms(see(desk)) == ["address"]


def test_a_port_that_is_taken_is_said(tmp_path: Path) -> None:
    with (
        desk_of("gocardless", gocardless, tmp_path) as desk,
        listening_or_taken(),
    ):
        shown = see(desk, REDIRECT="")
    assert symptoms(shown) == ["redirect"]
    assert f"redirect to port {PORT}" in shown.stdout


@contextmanager
def listening_or_taken() -> Iterator[None]:
    try:
        with listening(PORT, "/"):
            yield
    except OSError:  # by somebody else, which is as good
        yield


def without(monkeypatch: pytest.MonkeyPatch, library: str) -> None:
    """Be where a library is not installed, and nothing that needs it was imported."""
    needs = "payymo_adapters.enablebanking"
    for name in [each for each in sys.modules if each.startswith(needs)]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, library, None)


# --- the database ---------------------------------------------------------------------


def test_a_database_is_looked_at(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'payymo.db'}"
    of_it = {"PAYYMO_DATABASE": url}
    assert symptoms(run(of_it)) == ["database"]
    upgraded = CliRunner().invoke(main, ["db", "upgrade"], env=of_it)
    assert upgraded.exit_code == 0
    assert symptoms(run(of_it)) == []


def test_a_database_that_is_not_to_be_reached_is_said_without_its_password() -> None:
    with listening(0, "/") as gone:
        port = gone.address.rpartition(":")[2].rstrip("/")
    url = f"postgresql://payymo:hunter2@127.0.0.1:{port}/payymo"
    shown = run({"PAYYMO_DATABASE": url})
    assert symptoms(shown) == ["database"]
    assert "hunter2" not in shown.output


@pytest.fixture
def settled_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a settings file of files alone, and the database that it names."""
    monkeypatch.chdir(tmp_path)
    Path("payymo.toml").write_text(SETTINGS, encoding="utf-8")
    made = CliRunner().invoke(main, ["db", "upgrade"])
    assert (made.exit_code, Path("own.db").is_file()) == (0, True)
    return tmp_path


SETTINGS = """
[payymo]
tenant = "acme"
database = "sqlite:///own.db"
[accounts.main]
files = "bank.jsonl"
[invoices]
from = "invoices.jsonl"
"""


@pytest.mark.usefixtures("settled_in")
def test_settings_of_files_alone_need_no_library_of_providers(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    without(monkeypatch, "jwt")
    monkeypatch.setitem(sys.modules, "httpx", None)
    assert run({}).stdout == "well: database\nwell: books\nall is well\n"


@pytest.mark.usefixtures("settled_in")
def test_a_library_that_settings_need_is_named_with_what_brings_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    without(monkeypatch, "jwt")
    shown = run({"PAYYMO_ENABLEBANKING_APPLICATION": "a"})
    assert symptoms(shown) == ["settings"]
    assert "not installed (jwt); pip install 'payymo[cli,http]'" in shown.stdout
    assert "what to do: Install it; or take out the settings" in shown.stdout


@pytest.mark.parametrize(
    "arguments",
    [("db", "check"), ("db", "upgrade"), ("audit", "verify", "--tenant", "acme")],
)
def test_every_command_finds_the_database_of_the_settings(
    settled_in: Path, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...]
) -> None:
    CliRunner().invoke(main, ["run"])  # begins the books
    here = CliRunner().invoke(main, arguments)
    assert here.exit_code == 0, here.output
    elsewhere = settled_in / "elsewhere"
    elsewhere.mkdir()
    monkeypatch.chdir(elsewhere)
    named = CliRunner().invoke(main, [*arguments, "--settings", "../payymo.toml"])
    assert (named.exit_code, named.stdout) == (0, here.stdout)
    assert list(elsewhere.iterdir()) == []
    gone = CliRunner().invoke(main, [*arguments, "--settings", "no.toml"])
    assert (gone.exit_code, "no.toml: not found" in gone.stderr) == (2, True)


@pytest.mark.usefixtures("settled_in")
def test_the_settings_of_a_run_say_what_is_looked_at() -> None:
    text = SETTINGS.replace("invoices.jsonl", "whmcs")
    Path("payymo.toml").write_text(text, encoding="utf-8")
    shown = run({})
    assert "PAYYMO_WHMCS_URL, or url under [whmcs]" in shown.stdout
    assert symptoms(shown) == ["settings"] * 3


@pytest.mark.usefixtures("settled_in")
def test_what_a_run_could_not_read_is_to_be_mended() -> None:
    files(Path(), [paid("t1", "1.005", "hello")], [])
    CliRunner().invoke(main, ["run"])
    shown = run({})
    assert symptoms(shown) == ["reading", "reading"]
    said = CliRunner().invoke(main, ["status"]).stdout.splitlines()
    unread = [line for line in said if "not read" in line or "missing" in line]
    told = [line for line in shown.stdout.splitlines() if line.startswith("reading")]
    assert told == [f"reading: books: {line}" for line in unread]
    files(Path(), [paid("t1", "1.05", "hello")], [])
    Path("open.jsonl").rename("invoices.jsonl")
    CliRunner().invoke(main, ["run"])
    assert symptoms(run({})) == []


# --- the webhook ----------------------------------------------------------------------


def test_a_webhook_that_answers_is_well_and_one_that_does_not_is_said() -> None:
    secret = "whsec_" + b64encode(b"x" * 32).decode()
    with listening(0, "/") as closed:
        gone = closed.address.rstrip("/")
    with serve_raw(scripted(response(405))) as (origin, _):
        of_it = {"PAYYMO_WEBHOOK_URL": origin, "PAYYMO_WEBHOOK_SECRET": secret}
        assert "well: webhook\n" in run(of_it).stdout
    assert symptoms(run({**of_it, "PAYYMO_WEBHOOK_URL": gone})) == ["unreachable"]
    assert symptoms(run({**of_it, "PAYYMO_WEBHOOK_SECRET": "short"})) == ["settings"]


# --- files and usage ------------------------------------------------------------------


def files(
    tmp_path: Path, payments: list[dict[str, str]], bills: list[dict[str, str]]
) -> tuple[str, Path, str, Path]:
    paths = tmp_path / "bank.jsonl", tmp_path / "open.jsonl"
    for path, rows in zip(paths, (payments, bills), strict=True):
        path.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    return "--transactions", paths[0], "--invoices", paths[1]


def paid(name: str, amount: str, text: str) -> dict[str, str]:
    day = "2026-03-02"
    return {
        "id": name,
        "amount": amount,
        "currency": "EUR",
        "booking_date": day,
        "remittance": text,
    }


def bill(name: str, number: str, amount: str) -> dict[str, str]:
    return {"id": name, "number": number, "outstanding": amount, "currency": "EUR"}


@pytest.mark.parametrize(
    ("payments", "bills", "found"),
    [
        (
            [paid("t1", "119.00", "INV-2026-0041")],
            [bill("i1", "INV-2026-0041", "119.00")],
            [],
        ),
        ([], [bill("i1", "INV-2026-0041", "119.00")], ["empty"]),
        (
            [paid("t1", "1.005", "x"), paid("t2", "119.00", "INV-2026-0041")],
            [bill("i1", "INV-2026-0041", "119.00")],
            ["file"],
        ),
        (
            [paid("t1", "119.00", "thanks")],
            [bill("i1", "INV-2026-0041", "119.00")],
            ["confidence"],
        ),
        (
            [paid("t1", "5.00", "nothing of these")],
            [
                bill("i1", "INV-2026-0041", "119.00"),
                bill("i2", "INV-2026-0041", "119.00"),
            ],
            ["incorrect"],
        ),
    ],
)
def test_files_are_looked_at(
    tmp_path: Path,
    payments: list[dict[str, str]],
    bills: list[dict[str, str]],
    found: list[str],
) -> None:
    assert symptoms(run({}, *files(tmp_path, payments, bills))) == found


def test_a_file_that_is_none_is_said(tmp_path: Path) -> None:
    given = files(tmp_path, [], [])
    given[1].write_bytes(b"\x00\x01")
    assert symptoms(run({}, *given)) == ["file"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((), "nothing is set up of whmcs, stripe, gocardless"),
        (("--transactions", __file__), "go together"),
        (("paypal",), "paypal"),
    ],
)
def test_what_cannot_be_asked_is_said(arguments: tuple[str, ...], said: str) -> None:
    shown = run({}, *arguments)
    assert shown.exit_code == 2
    assert said in shown.stderr


def test_a_subject_that_is_named_is_looked_at_though_nothing_is_set() -> None:
    assert symptoms(run({}, "gocardless")) == ["settings"] * 2
