"""A mock server made of Bank Account Data's own document answers a connect-and-sync.

It runs where ``prism`` (Stoplight's) is on the path, and judges every request by the
document.
"""

import shutil
import socket
import subprocess
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from time import monotonic, sleep

import httpx
import pytest

from payymo_adapters.banking import Period, Wish
from payymo_adapters.errors import RefusedError
from payymo_adapters.gocardless import BankAccountData
from payymo_adapters.http import HttpRequest, Secret
from payymo_adapters.http_rules import Site
from payymo_adapters.httpx_driver import HttpxDriver

SAMPLES = Path(__file__).resolve().parents[3] / "shared" / "samples" / "gocardless"
DOCUMENT = SAMPLES / "bank_account_data_openapi.json"
PRISM = shutil.which("prism")

pytestmark = pytest.mark.skipif(
    not (PRISM and DOCUMENT.exists()), reason="prism or the shared files are not here"
)


@pytest.fixture(scope="module")
def driver() -> Iterator[HttpxDriver]:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    assert PRISM
    command = [PRISM, "mock", "-p", str(port), str(DOCUMENT)]
    process = subprocess.Popen(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        wait_for(port)
        # The document wants a token even where one is asked for.
        headers = {"authorization": "Bearer none-yet"}
        with httpx.Client(trust_env=False, headers=headers) as client:
            site = Site(provider="GoCardless", origin=f"http://127.0.0.1:{port}")
            yield HttpxDriver(client=client, site=site)
    finally:
        process.terminate()
        process.wait(20)


def wait_for(port: int) -> None:
    end = monotonic() + 60
    while monotonic() < end:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            sleep(0.2)
        else:
            return
    pytest.fail("prism does not start")


def test_the_document_answers_a_connect_and_sync(driver: HttpxDriver) -> None:
    provider = BankAccountData(secret_id=Secret("i"), secret_key=Secret("k"))
    bank, *_ = driver.run(provider.banks("DE"))
    wish = Wish(bank=bank, redirect="http://127.0.0.1:8765/connected")
    link = driver.run(provider.connect(wish, "state"))
    connection = driver.run(provider.connection(link.connection))
    assert connection.expires_at
    (account, *_) = connection.accounts
    period = Period(since=date(2026, 1, 1), until=date(2026, 2, 1))
    listing = driver.run(provider.transactions(account, period))
    # The document's example has words for days: its entries are rejected, not lost.
    assert len(listing.rejected) == 3
    assert driver.run(provider.balances(account))
    driver.run(provider.details(account))
    driver.run(provider.disconnect(link.connection))


def test_it_refuses_what_the_document_does_not_allow(driver: HttpxDriver) -> None:
    provider = BankAccountData(secret_id=Secret("i"), secret_key=Secret("k"))
    with pytest.raises(RefusedError):
        driver.run(
            provider._ask(HttpRequest(method="POST", path="/api/v2/requisitions/"))
        )
