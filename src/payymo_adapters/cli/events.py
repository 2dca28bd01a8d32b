"""The webhook of the user's, told at the end of a run."""

from collections.abc import Iterator
from pathlib import Path

from payymo_adapters.cli.connections import connected, source
from payymo_adapters.cli.failures import Exit
from payymo_adapters.cli.terminal import say, stderr, stdout
from payymo_adapters.delivery import deliver
from payymo_adapters.files.texts import counted
from payymo_adapters.pipeline import Run
from payymo_adapters.settings import is_set, load
from payymo_adapters.webhooks import WebhookSettings, send


def load_webhook(file: Path) -> WebhookSettings | None:
    """Read who is told; None where nobody is.

    Raises:
        SettingsError: Settings that are missing or wrong, all of them.
    """
    found = source(file)
    return load(WebhookSettings, found) if is_set(WebhookSettings, found) else None


def tell(run: Run, webhook: WebhookSettings | None) -> Iterator[Exit]:
    """Deliver the events that wait, and say what became of them."""
    if webhook is None:
        return
    with connected(webhook.site) as driver:
        told = deliver(run, lambda each: driver.run(send(webhook, each, run.clock())))
    say(
        stdout(),
        f"events: {counted(told.sent, 'event')} delivered, {told.left.waiting} waiting",
    )
    if told.left.tried:
        say(stderr(), f"events: {told.left.fault}", "bold red")
        yield Exit.REJECTED
