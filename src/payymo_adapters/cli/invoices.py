"""``payymo invoices``: what is open in WHMCS, as a file of the exchange format."""

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from payymo_adapters.cli.connections import connected, load_settings, settings_option
from payymo_adapters.cli.failures import CONNECTED_EXIT_CODES, finish
from payymo_adapters.cli.outputs import STDOUT, WRITABLE
from payymo_adapters.cli.terminal import print_json, say, stage, stderr, steps, writing
from payymo_adapters.encoding import invoice_to_json
from payymo_adapters.exchange import write_invoices
from payymo_adapters.files.texts import counted
from payymo_adapters.settings import WhmcsSettings
from payymo_adapters.whmcs.flows import (
    Access,
    Api,
    classic_api,
    find_invoice,
    list_clients,
    list_invoices,
)
from payymo_adapters.whmcs.mapping import COLLECTED_BY, merged, open_ones, to_ledger
from payymo_adapters.whmcs.wire import ClientEntry, InvoiceEntry
from payymo_core import Invoice, InvoiceStatus, Rejected

if TYPE_CHECKING:
    from payymo_adapters.httpx_driver import HttpxDriver

# What is open; WHMCS lists one status at a time, or all of them.
OPEN = ("Unpaid", "Collections", "Payment Pending")


@click.command("invoices", epilog=CONNECTED_EXIT_CODES)
@click.option(
    "-o",
    "--output",
    type=WRITABLE,
    default=STDOUT,
    help="Where to write them, JSON Lines; - is stdout.  [default: -]",
)
@click.option("--all", "all_", is_flag=True, help="Those that are not open, too.")
@settings_option
def invoices_command(output: Path, settings: Path | None, *, all_: bool) -> None:
    """Fetch the open invoices of WHMCS, with what is left to pay on each.

    Settings: PAYYMO_WHMCS_URL, PAYYMO_WHMCS_IDENTIFIER, PAYYMO_WHMCS_SECRET, and where
    this machine is not on the list of addresses allowed PAYYMO_WHMCS_ACCESS_KEY.
    """
    whmcs = load_settings(WhmcsSettings, settings)
    with connected(whmcs.site) as driver:
        records = fetch_invoices(driver, api_of(whmcs), ("",) if all_ else OPEN)
    held = [record for record in records if isinstance(record, Invoice)]
    if output == STDOUT:
        for invoice in held:
            print_json(invoice_to_json(invoice))
    else:
        with writing(output):
            write_invoices(held, output)
    _show(held)
    finish([record for record in records if isinstance(record, Rejected)])


def api_of(settings: WhmcsSettings) -> Api:
    """The transport that settings ask for."""
    return classic_api(
        Access(
            identifier=settings.identifier,
            secret=settings.secret,
            access_key=settings.access_key,
            path=settings.path,
        )
    )


def fetch_invoices(
    driver: "HttpxDriver", api: Api, statuses: Iterable[str]
) -> list[Invoice | Rejected]:
    """Ask for the invoices of some statuses, and what is left to pay on the open ones.

    Raises:
        ProviderError: A question was not answered.
    """
    with stage("listing invoices and clients"):
        found = [
            entry
            for status in statuses
            for entry in driver.run(list_invoices(api, status))
        ]
        clients = driver.run(list_clients(api))
    # An invoice whose status changes meanwhile is listed under both.
    entries = {each.id: each for each in found if isinstance(each, InvoiceEntry)}
    # Only one by itself says its balance, and which others it collects.
    for entry in steps("asking for balances", open_ones(entries.values())):
        alone = driver.run(find_invoice(api, entry.id))
        if alone is None:  # deleted since it was listed
            del entries[entry.id]
        else:
            entries[entry.id] = merged(entry, alone)
    known = [each for each in clients if isinstance(each, ClientEntry)]
    emails = {client.id: client.email for client in known if client.email}
    bad = [each for each in (*found, *clients) if isinstance(each, Rejected)]
    return [*to_ledger(entries.values(), emails), *bad]


def _show(invoices: list[Invoice]) -> None:
    console = stderr()
    count = sum(invoice.status is InvoiceStatus.OPEN for invoice in invoices)
    say(console, f"{counted(len(invoices), 'invoice')}, {count:,} of them open")
    collected = sum(COLLECTED_BY in invoice.metadata for invoice in invoices)
    if collected:
        say(
            console,
            f"{counted(collected, 'invoice')} collected by a mass-payment invoice that "
            "is open, so not open themselves",
        )
