"""Who gives verdicts, and how what they say is read."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from decimal import Decimal, InvalidOperation
from typing import Any

from attrs import frozen

from payymo_adapters.cli.actor import Person
from payymo_adapters.cli.run_file import load_run_settings, opened
from payymo_adapters.http_rules import utc_now
from payymo_adapters.run_settings import WHMCS
from payymo_adapters.store.four_eyes import hold_sums
from payymo_adapters.store.store import Act, Books, Store
from payymo_core.results import Allocation


@frozen(kw_only=True)
class Reviewer:
    """Who gives verdicts, and on whose books.

    Attributes:
        store: The books.
        tenant: Whose.
        actor: A person's name.
        is_posting: Whether a run posts what is decided.
    """

    store: Store
    tenant: str
    actor: str
    is_posting: bool

    def do(self, work: Callable[[Books], Any]) -> Any:
        """Do something in a transaction of its own."""
        act = Act(tenant=self.tenant, actor=self.actor, now=utc_now())
        return self.store.write(act, work)


@contextmanager
def acting_as(person: Person) -> Iterator[Reviewer]:
    """Lend the books that a settings file names, held to the sums that it names.

    Raises:
        StoreError: They cannot be used.
    """
    settings = load_run_settings(person.settings)
    with opened(settings) as store:
        who = Reviewer(
            store=store,
            tenant=settings.tenant,
            actor=person.name,
            is_posting=settings.invoices == WHMCS,
        )
        who.do(lambda books: hold_sums(books, settings.four_eyes))
        yield who


def allocation(part: str) -> Allocation:
    """Read an allocation, as ``4711=119.00``.

    Raises:
        ValueError: It is none.
    """
    invoice, _, amount = part.rpartition("=")
    try:
        money = Decimal(amount.strip())
    except InvalidOperation:
        money = Decimal("NaN")
    # Python reads 1_50 as 150: a slip of the finger for 1.50 is none.
    if not invoice.strip() or "_" in amount or not money.is_finite():
        msg = f"{part.strip()!r} is not INVOICE=AMOUNT, as 4711=119.00"
        raise ValueError(msg)
    return Allocation(invoice.strip(), money)
