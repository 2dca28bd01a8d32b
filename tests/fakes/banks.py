"""Both bank providers with their fakes, set up alike."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import httpx
from attrs import evolve, frozen
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from payymo_adapters.banking import (
    BankAccount,
    BankProvider,
    Connection,
    Listing,
    Period,
    Wish,
)
from payymo_adapters.consent import ConsentsInMemory, accept, begin, read_redirect
from payymo_adapters.enablebanking import EnableBanking
from payymo_adapters.enablebanking.faults import (
    is_worth_asking_again as enable_banking_again,
)
from payymo_adapters.gocardless import BankAccountData
from payymo_adapters.gocardless.faults import (
    is_worth_asking_again as gocardless_again,
)
from payymo_adapters.http import HttpResponse, Secret
from payymo_adapters.http_rules import Limits, Site
from payymo_adapters.httpx_driver import HttpxDriver
from tests.fakes.bank_account_data import BankAccountDataFake
from tests.fakes.enable_banking import EnableBankingFake
from tests.fakes.serving import serve

KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
PRIVATE = KEY.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
PUBLIC = (
    KEY.public_key()
    .public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    .decode()
)
LIMITS = Limits(first_wait_seconds=0.01, most_wait_seconds=0.02)
SECRETS = ("s-key", PRIVATE.splitlines()[1], "t0ken")


@frozen
class Setting:
    """A provider, its fake, and what the user and the bank do, named alike.

    Attributes:
        provider: Behind the port.
        fake: The service.
        driver: Of its site.
        consent: The user agrees to what was begun; gives the redirect's query.
        decline: The user does not.
        book: The bank books a payment: day, amount, text, id.
        end: Every consent expires.
    """

    provider: BankProvider
    fake: Any
    driver: HttpxDriver
    consent: Callable[[str], str]
    decline: Callable[[str], str]
    book: Callable[[str, str, str, str], None]
    end: Callable[[], None]

    def connect(self, user: str = "anna", back: str = "anna") -> Connection:
        """Let a user connect their bank."""
        (bank,) = self.driver.run(self.provider.banks("de"))
        return self._finish(bank, user, back, self.consent)

    def refused(self) -> Connection:
        (bank,) = self.driver.run(self.provider.banks("de"))
        return self._finish(bank, "anna", "anna", self.decline)

    def _finish(
        self, bank: Any, user: str, back: str, agree: Callable[[str], str]
    ) -> Connection:
        store, now = ConsentsInMemory(), datetime.now(UTC)
        name, names = self.provider.name, self.provider.redirect_names
        entropy = f"{len(self.fake.faults.seen):032}".encode()
        begun = begin(provider=name, user=user, entropy=entropy, now=now)
        wish = Wish(bank=bank, redirect="http://127.0.0.1:8765/connected")
        link = self.driver.run(self.provider.connect(wish, begun.state))
        assert link.url.startswith("https://")
        store.put(evolve(begun.consent, subject=link.connection))
        answer = read_redirect(agree(link.connection), provider=name, names=names)
        accepted = accept(store, answer, user=back, now=now)
        return self.driver.run(
            self.provider.finish(accepted.consent.subject, accepted.code)
        )

    def fetch(self, account: BankAccount, period: Period = Period()) -> Listing:  # noqa: B008
        return self.driver.run(self.provider.transactions(account, period))


@contextmanager
def gocardless() -> Iterator[Setting]:
    fake = BankAccountDataFake()

    def book(day: str, amount: str, text: str, name: str) -> None:
        fake.booked.append(
            {
                "bookingDate": day,
                "transactionAmount": {"amount": amount, "currency": "EUR"},
                "remittanceInformationUnstructured": text,
                "debtorName": "Anna Berg",
                **({"transactionId": name} if name else {}),
            }
        )

    def end() -> None:
        for found in fake.requisitions.values():
            fake.expired.update(found["accounts"])

    provider = BankAccountData(
        secret_id=Secret(fake.secret[0]), secret_key=Secret(fake.secret[1])
    )
    with running(fake.app, "GoCardless", gocardless_again) as driver:
        yield Setting(
            provider, fake, driver, fake.consent, fake.refuse_consent, book, end
        )


@contextmanager
def enable_banking() -> Iterator[Setting]:
    fake = EnableBankingFake(PUBLIC)

    def book(day: str, amount: str, text: str, name: str) -> None:
        fake.entries.append(
            {
                "booking_date": day,
                "transaction_amount": {
                    "amount": amount.removeprefix("-"),
                    "currency": "EUR",
                },
                "credit_debit_indicator": "DBIT" if amount[0] == "-" else "CRDT",
                "status": "BOOK",
                "remittance_information": [text],
                "debtor": {"name": "Anna Berg"},
                "entry_reference": name or None,
            }
        )

    provider = EnableBanking(
        application_id=fake.application_id, private_key=Secret(PRIVATE)
    )
    with running(fake.app, "Enable Banking", enable_banking_again) as driver:
        yield Setting(
            provider,
            fake,
            driver,
            lambda _: fake.consent(),
            lambda _: fake.refuse_consent(),
            book,
            fake.end_sessions,
        )


@contextmanager
def running(
    app: Any, name: str, again: Callable[[HttpResponse], bool]
) -> Iterator[HttpxDriver]:
    with serve(app) as origin, httpx.Client(trust_env=False) as client:
        site = Site(provider=name, origin=origin, limits=LIMITS, again=again)
        yield HttpxDriver(client=client, site=site)
