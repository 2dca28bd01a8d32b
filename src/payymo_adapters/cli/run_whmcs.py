"""WHMCS, to which ``payymo run`` posts."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from payymo_adapters.cli.applying import check_gateway
from payymo_adapters.cli.connections import connected, load_settings
from payymo_adapters.cli.failures import Exit
from payymo_adapters.cli.invoices import api_of
from payymo_adapters.cli.terminal import say, stderr, stdout
from payymo_adapters.errors import ProviderError
from payymo_adapters.pipeline import Run, apply_alone, resolve
from payymo_adapters.settings import WhmcsSettings
from payymo_adapters.store.postings import in_flight
from payymo_adapters.whmcs.flows import list_currencies
from payymo_adapters.whmcs_poster import WhmcsPoster


def resolve_at_whmcs(run: Run, file: Path) -> None:
    """Ask what became of what is on its way, if anything is."""
    if not run.store.write(run.act(), in_flight):
        return
    try:
        with _poster(run, file) as poster:
            resolve(run, poster)
    except ProviderError as error:
        say(stderr(), f"asked about: nothing: {error}", "bold red")


def apply_to_whmcs(run: Run, file: Path) -> Exit:
    """Post what is decided.

    Returns:
        What the shell gets.
    """
    try:
        with _poster(run, file) as poster:
            done = apply_alone(run, poster)
    except ProviderError as error:
        say(stderr(), f"applied: nothing: {error}", "bold red")
        return Exit.FAILED
    counts = f"{done.confirmed} confirmed, {done.refused} refused"
    say(stdout(), f"applied: {counts}, {done.unknown} unknown")
    if done.fault:
        say(stderr(), f"applied: {done.fault}", "bold red")
        return Exit.FAILED
    return Exit.REJECTED if done.refused or done.unknown else Exit.DONE


@contextmanager
def _poster(run: Run, file: Path) -> Iterator[WhmcsPoster]:
    """Lend what posts.

    Raises:
        ProviderError: Its settings do not fit WHMCS, or WHMCS does not answer.
    """
    settings = load_settings(WhmcsSettings, file)
    api = api_of(settings)
    with connected(settings.site) as driver:
        check_gateway(driver, api, settings.gateway)
        codes = {c.id: c.code for c in driver.run(list_currencies(api))}
        yield WhmcsPoster(
            drive=driver.run,
            api=api,
            currencies=codes,
            gateway=settings.gateway,
            store=run.store,
            tenant=run.tenant,
        )
