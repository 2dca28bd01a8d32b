"""``payymo connect``: let a provider's account be read, by its owner's consent."""

import os
import secrets
import webbrowser
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from threading import Thread

import click
from attrs import evolve

from payymo_adapters.cli.connections import settings_option
from payymo_adapters.cli.failures import CONNECTED_EXIT_CODES
from payymo_adapters.cli.providers import PROVIDERS
from payymo_adapters.cli.redirect import PORT, listening
from payymo_adapters.cli.tasks import Ask, Connector
from payymo_adapters.cli.terminal import say, stderr, stdout
from payymo_adapters.consent import ConsentsInMemory, accept, begin, read_redirect
from payymo_adapters.http_rules import utc_now

_ENTROPY = 32


@click.command("connect", epilog=CONNECTED_EXIT_CODES)
@click.argument("provider", type=click.Choice(list(PROVIDERS)))
@click.option("--country", default="", help="Of the bank, as DE.")
@click.option("--bank", default="", help="Its id, or its name or a part of that.")
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=PORT,
    show_default=True,
    help="Where the redirect is waited for; 0 is one that is free.",
)
@click.option(
    "--wait",
    "seconds",
    type=click.IntRange(1, 3600),
    default=300,
    show_default=True,
    help="For how many seconds.",
)
@click.option(
    "--browser/--no-browser",
    "opens",
    default=True,
    help="Open the provider's page, or only print where it is.",
)
@settings_option
def connect_command(  # noqa: PLR0913 - what the user may say
    provider: str,
    country: str,
    bank: str,
    port: int,
    seconds: int,
    settings: Path | None,
    *,
    opens: bool,
) -> None:
    """Let an account of PROVIDER be read, by its owner's consent.

    Opens the provider's page and waits on this machine for the way back. Where PROVIDER
    reaches banks, --country and --bank say which; the same again reconnects it.
    Settings: see the how-to of the provider.
    """
    ask = Ask(settings=settings, country=country, bank=bank)
    with (
        PROVIDERS[provider].connector(ask) as connector,
        listening(port, f"/{provider}") as redirect,
    ):
        store = ConsentsInMemory()
        begun = begin(
            provider=connector.title,
            user=_user(),
            entropy=secrets.token_bytes(_ENTROPY),
            now=utc_now(),
            lifetime=timedelta(seconds=seconds),
        )
        address = connector.redirect or redirect.address
        link = connector.link(begun.state, address)
        store.put(evolve(begun.consent, subject=link.connection))
        _show(link.url, address)
        if opens:
            # Some browsers only return when they are closed, and the way back is ours.
            Thread(target=webbrowser.open, args=(link.url,), daemon=True).start()
        judge = _judge(connector, store)
        for line in redirect.wait(judge, connector.title, seconds):
            say(stdout(), line)


def _show(link: str, address: str) -> None:
    console = stderr()
    say(console, f"waiting at {address}, which has to be registered, for the way back")
    say(console, f"to consent, open: {link}")


def _judge(
    connector: Connector, store: ConsentsInMemory
) -> Callable[[str], tuple[str, ...]]:
    def judge(query: str) -> tuple[str, ...]:
        answer = read_redirect(query, provider=connector.title, names=connector.names)
        return connector.finish(accept(store, answer, user=_user(), now=utc_now()))

    return judge


def _user() -> str:
    """Who began: this process, and nobody else has its store."""
    return f"process {os.getpid()}"
