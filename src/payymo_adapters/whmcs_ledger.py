"""The open invoices of WHMCS, recorded as they are, and those that are open no more."""

from collections.abc import Callable, Sequence
from decimal import Decimal

from attrs import evolve

from payymo_adapters.errors import FieldError, PayloadError
from payymo_adapters.http import Flow
from payymo_adapters.pipeline import Run
from payymo_adapters.store.recording import Recorded, record_invoices
from payymo_adapters.store.store import Books
from payymo_adapters.sync import missing_invoices
from payymo_adapters.whmcs import PROVIDER
from payymo_adapters.whmcs.flows import Api, find_invoice
from payymo_adapters.whmcs.mapping import to_status
from payymo_adapters.whmcs.wire import InvoiceEntry
from payymo_core.errors import Rejected
from payymo_core.records import Invoice, InvoiceStatus

Records = Sequence[Invoice | Rejected]


def record_whmcs(
    run: Run, fetch: Callable[[], Records], ask: Callable[[list[Invoice]], Records]
) -> Recorded:
    """Record what is open in WHMCS, and what became of what is open no more.

    Nothing is recorded unless all of it was answered.

    Args:
        run: Whose.
        fetch: Gives what is open.
        ask: Gives known invoices as they are now.

    Raises:
        ProviderError: A question was not answered.
    """
    taken_at = run.clock()
    found = fetch()
    names = [e.id if isinstance(e, Invoice) else e.record_id for e in found]

    def missing(books: Books) -> list[Invoice]:
        return missing_invoices(books, names)

    closed = ask(run.store.write(run.act(), missing))
    return run.store.write(
        run.act(), lambda books: record_invoices(books, [*found, *closed], taken_at)
    )


def ask_again(api: Api, known: Sequence[Invoice]) -> Flow[list[Invoice | Rejected]]:
    """Ask for invoices that were open when they were listed last."""
    found: list[Invoice | Rejected] = []
    for invoice in known:
        entry = yield from find_invoice(api, invoice.id)
        found.append(_as_it_is(invoice, entry))
    return found


def _as_it_is(known: Invoice, entry: InvoiceEntry | None) -> Invoice | Rejected:
    """A known invoice with the status and the balance that it has now."""
    if entry is None:  # deleted
        return evolve(known, status=InvoiceStatus.CANCELLED)
    if entry.balance is None:
        raise PayloadError(PROVIDER, "required, and missing", field="balance")
    try:
        status = to_status(entry.status)
    except FieldError as error:
        return Rejected(
            record_id=known.id, fault=error.fault, field=error.path, where=PROVIDER
        )
    # Paid too much, a balance is below nothing: that is no money we owe on it.
    owed = max(entry.balance, Decimal(0))
    return evolve(known, status=status, outstanding=owed)
