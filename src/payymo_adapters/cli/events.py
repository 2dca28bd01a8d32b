"""The webhook of the user's: told at the end of a run, and what it never took."""

from collections.abc import Iterator
from pathlib import Path

from payymo_adapters.cli.actor import Person
from payymo_adapters.cli.connections import connected, source
from payymo_adapters.cli.failures import Exit
from payymo_adapters.cli.persons import acting_as
from payymo_adapters.cli.run_file import load_run_settings, opened
from payymo_adapters.cli.terminal import say, stderr, stdout
from payymo_adapters.delivery import deliver
from payymo_adapters.files.texts import counted
from payymo_adapters.pipeline import Run
from payymo_adapters.settings import is_set, load
from payymo_adapters.store.outbox import MOST_ATTEMPTS, events_aside, send_aside_again
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
        fault = f"{told.left.fault}{aside_told(told.left.aside)}"
        say(stderr(), f"events: {fault}", "bold red")
        yield Exit.REJECTED


def aside_told(count: int) -> str:
    """How many events are set aside, as the end of a line; "" where none is."""
    if not count:
        return ""
    return f"; {counted(count, 'event')} set aside: payymo events again"


def show_aside(file: Path) -> None:
    """Print the events that are set aside."""
    settings = load_run_settings(file)
    with opened(settings) as store, store.reading(settings.tenant) as connection:
        found = events_aside(connection, settings.tenant)
    for each in found:
        at = f"{each.at:%Y-%m-%d %H:%M} UTC"
        say(
            stdout(),
            f"{each.seq}: {each.kind} on {each.subject}, of {at}: set aside after "
            f"{MOST_ATTEMPTS} attempts",
        )
    if not found:
        say(stdout(), "no event is set aside")


def send_again(person: Person) -> None:
    """Have what is set aside sent again."""
    with acting_as(person) as who:
        count = who.do(send_aside_again)
    say(stdout(), f"{counted(count, 'event')} to be sent again by the next run")
