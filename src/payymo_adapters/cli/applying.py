"""``payymo apply``: record in WHMCS what was matched."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from contextlib import nullcontext
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click
from attrs import evolve, frozen

from payymo_adapters.cli.connections import connected, load_settings, settings_option
from payymo_adapters.cli.failures import CONNECTED_EXIT_CODES, Exit
from payymo_adapters.cli.inputs import READABLE, load_mapping
from payymo_adapters.cli.invoices import api_of
from payymo_adapters.cli.journal import Journal, Step, opened
from payymo_adapters.cli.outputs import WRITABLE, refuse_overwriting
from payymo_adapters.cli.terminal import say, stage, stdout
from payymo_adapters.errors import ProviderError, SettingsError
from payymo_adapters.exchange import read_matches
from payymo_adapters.files import read_statement
from payymo_adapters.http_rules import utc_now
from payymo_adapters.settings import WhmcsSettings
from payymo_adapters.whmcs.applying import (
    Excess,
    Outcome,
    Payment,
    Refusal,
    Settlement,
    apply_payment,
    ask_for_payment,
    preview_payment,
    refuse,
)
from payymo_adapters.whmcs.flows import Api, list_currencies, list_payment_methods
from payymo_adapters.whmcs.payments import Order, Unpayable, to_orders
from payymo_core import Transaction

if TYPE_CHECKING:
    from payymo_adapters.httpx_driver import HttpxDriver

_STYLES = {
    Outcome.APPLIED: "green",
    Outcome.ALREADY_APPLIED: "",
    Outcome.WOULD_APPLY: "green",
    Outcome.REFUSED: "bold yellow",
    Outcome.UNKNOWN: "bold red",
}
_WHAT_TO_DO = (
    "what is unknown is only asked about: run this again later; what is not in WHMCS "
    "when you look there yourself, send again with --resend TRANSACTION"
)
_DONE = (Outcome.APPLIED, Outcome.ALREADY_APPLIED, Outcome.WOULD_APPLY)


@click.command("apply", epilog=CONNECTED_EXIT_CODES)
@click.argument("matches", type=READABLE)
@click.option(
    "--transactions",
    type=READABLE,
    required=True,
    help="The transactions that were matched.",
)
@click.option(
    "--transactions-mapping",
    "mapping",
    type=READABLE,
    metavar="TOML",
    help="Columns of the bank's CSV, where not detected.",
)
@click.option("--yes", is_flag=True, help="Record them; without it, only say so.")
@click.option("--credit", is_flag=True, help="Money beyond a balance becomes credit.")
@click.option(
    "--journal",
    type=WRITABLE,
    help="What happened to each, kept for good.  [default: applied.jsonl by MATCHES]",
)
@click.option(
    "--resend",
    multiple=True,
    metavar="TRANSACTION",
    help="Send again what is unknown of it: you looked, and it is not in WHMCS.",
)
@settings_option
def apply_command(  # noqa: PLR0913 - what the user may say
    matches: Path,
    transactions: Path,
    mapping: Path | None,
    journal: Path | None,
    resend: tuple[str, ...],
    settings: Path | None,
    *,
    yes: bool,
    credit: bool,
) -> None:
    """Record in WHMCS the payments that MATCHES says are sure enough.

    Without --yes nothing is recorded: what would happen to each is said. A payment is
    recorded once however often this runs; where its outcome is not known, it is only
    asked about, until you say --resend. Settings: those of `payymo invoices`, and
    PAYYMO_WHMCS_GATEWAY.
    """
    whmcs = load_settings(WhmcsSettings, settings)
    orders, left = _orders(matches, transactions, mapping, whmcs.gateway)
    journal = journal or matches.with_name("applied.jsonl")
    refuse_overwriting([journal], [matches, transactions])
    _check_resend(resend, orders)
    with connected(whmcs.site) as driver:
        api = api_of(whmcs)
        check_gateway(driver, api, whmcs.gateway)
        desk = _Desk(
            driver=driver,
            api=api,
            currencies={c.id: c.code for c in driver.run(list_currencies(api))},
            excess=Excess.CREDIT if credit else Excess.REFUSE,
            resend=frozenset(resend),
        )
        # A look ahead makes no journal, but reads the one that is there.
        with opened(journal) if yes or journal.exists() else nullcontext() as book:
            act = _settle if yes else _preview
            seen = _each(orders, lambda order: act(desk, order, book))
    _finish(seen, left)


@frozen(kw_only=True)
class _Desk:
    """What payments are recorded with.

    Attributes:
        driver: Runs flows.
        api: The transport.
        currencies: ISO 4217 code by WHMCS' id.
        excess: What becomes of money beyond a balance.
        resend: Transactions whose unknown payments a person has not found in WHMCS.
    """

    driver: "HttpxDriver"
    api: Api
    currencies: Mapping[str, str]
    excess: Excess
    resend: frozenset[str]

    def preview(self, payment: Payment) -> Settlement:
        """Say what would happen."""
        flow = preview_payment(self.api, payment, self.currencies, self.excess)
        return self.driver.run(flow)

    def apply(self, payment: Payment) -> Settlement:
        """Record it."""
        flow = apply_payment(self.api, payment, self.currencies, self.excess)
        return self.driver.run(flow)

    def ask(self, payment: Payment) -> Settlement:
        """Find out whether it is recorded."""
        return self.driver.run(ask_for_payment(self.api, payment))


def _orders(
    matches: Path, transactions: Path, mapping: Path | None, gateway: str
) -> tuple[list[Order], list[Unpayable]]:
    with stage(f"reading {transactions}"):
        read = read_statement(transactions, load_mapping(mapping)).records
    known = {each.id: each for each in read if isinstance(each, Transaction)}
    return to_orders(read_matches(matches), known, gateway)


def _check_resend(resend: Iterable[str], orders: Iterable[Order]) -> None:
    known = {order.payment.transaction for order in orders}
    for each in resend:
        if each not in known:
            says = f"no payment of {each!r} is to be made"
            raise click.BadParameter(says, param_hint="--resend")


def check_gateway(driver: "HttpxDriver", api: Api, gateway: str) -> None:
    """Refuse a way to pay that WHMCS does not have.

    Raises:
        SettingsError: It does not.
    """
    known = [method.module for method in driver.run(list_payment_methods(api))]
    if gateway not in known:
        fault = f"PAYYMO_WHMCS_GATEWAY: {gateway!r} is none of {', '.join(known)}"
        raise SettingsError((fault,))


def _each(
    orders: Iterable[Order], act: Callable[[Order], Settlement]
) -> Counter[Outcome]:
    seen: Counter[Outcome] = Counter()
    for order in orders:
        settled = act(order)
        seen[settled.outcome] += 1
        _show(settled)
    return seen


def _preview(desk: _Desk, order: Order, book: Journal | None) -> Settlement:
    sent = book.unknown_since(order.payment) if book else None
    if sent and order.payment.transaction not in desk.resend:
        return _asked(desk, order.payment, sent)
    settled = desk.preview(order.payment)
    if settled.outcome is not Outcome.WOULD_APPLY or book is None:
        return settled
    return _overspent(order, book) or settled


def _settle(desk: _Desk, order: Order, book: Journal | None) -> Settlement:
    assert book
    payment = order.payment
    sent = book.unknown_since(payment)
    if sent and payment.transaction not in desk.resend:
        return _ask_again(desk, payment, book, sent)
    overspent = _overspent(order, book)
    if overspent:
        return overspent
    book.note(payment, Step.SENDING, utc_now())
    try:
        settled = desk.apply(payment)
    except ProviderError as error:
        # Not sent now: of what was sent before, nothing more is known for that.
        step = Step.STILL_UNKNOWN if sent else Step.NOT_SENT
        book.note(payment, step, utc_now(), str(error))
        raise
    book.settle(settled, utc_now())
    return settled


def _overspent(order: Order, book: Journal) -> Settlement | None:
    """Refuse what would make two payments of one: matched anew, to another invoice."""
    spent = book.spent(order.payment)
    if spent + order.payment.amount <= order.brought:
        return None
    says = f"it brought {order.brought:,f}, and {spent:,f} of that paid others before"
    return refuse(order.payment, Refusal.SPENT, says)


def _ask_again(
    desk: _Desk, payment: Payment, book: Journal, sent: datetime
) -> Settlement:
    settled = _asked(desk, payment, sent)
    if settled.outcome is Outcome.UNKNOWN:
        book.note(payment, Step.STILL_UNKNOWN, utc_now(), settled.says)
    else:
        book.settle(settled, utc_now())
    return settled


def _asked(desk: _Desk, payment: Payment, sent: datetime) -> Settlement:
    """Ask for what was sent before, however long ago: it may yet be recorded."""
    settled = desk.ask(payment)
    if settled.outcome is not Outcome.UNKNOWN:
        return settled
    says = f"sent {sent:%Y-%m-%d %H:%M} UTC, and {settled.says}; not sent again"
    return evolve(settled, says=says)


def _show(settled: Settlement) -> None:
    payment = settled.payment
    line = (
        f"{settled.outcome.replace('_', ' ')}: {payment.amount:,f} {payment.currency} "
        f"of {payment.transaction} to invoice {payment.invoice}"
    )
    more = f" ({settled.says})" if settled.says else ""
    say(stdout(), line + more, _STYLES[settled.outcome])


def _finish(seen: Counter[Outcome], left: Iterable[Unpayable]) -> None:
    console = stdout()
    unpaid = list(left)
    for each in unpaid:
        says = f"refused: {each.transaction} ({each.says})"
        say(console, says, _STYLES[Outcome.REFUSED])
    seen[Outcome.REFUSED] += len(unpaid)
    counts = [f"{seen[o]:,} {o.replace('_', ' ')}" for o in Outcome if seen[o]]
    say(console, ", ".join(counts) or "nothing to apply")
    if seen[Outcome.WOULD_APPLY]:
        say(console, "nothing was recorded; --yes records them")
    if seen[Outcome.UNKNOWN]:
        say(console, _WHAT_TO_DO)
    if any(seen[outcome] for outcome in Outcome if outcome not in _DONE):
        raise click.exceptions.Exit(Exit.REJECTED)
