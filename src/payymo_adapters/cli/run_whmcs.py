"""WHMCS, to which ``payymo run`` posts."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from payymo_adapters.cli.applying import check_gateway
from payymo_adapters.cli.connections import connected, load_settings
from payymo_adapters.cli.failures import Exit
from payymo_adapters.cli.invoices import api_of
from payymo_adapters.cli.run_told import fault_of
from payymo_adapters.cli.terminal import say, stderr, stdout
from payymo_adapters.errors import ProviderError, SettingsError
from payymo_adapters.pipeline import Run, apply_alone
from payymo_adapters.settings import WhmcsSettings
from payymo_adapters.whmcs.flows import list_currencies
from payymo_adapters.whmcs_poster import WhmcsPoster


def apply_to_whmcs(run: Run, file: Path) -> Exit:
    """Post what is decided.

    Returns:
        What the shell gets.
    """
    try:
        with _poster(run, file) as poster:
            done = apply_alone(run, poster)
    except (ProviderError, SettingsError) as error:
        say(stderr(), f"applied: nothing: {fault_of(error)}", "bold red")
        return Exit.FAILED
    counts = f"{done.confirmed} confirmed, {done.refused} refused"
    say(stdout(), f"applied: {counts}, {done.unknown} unknown")
    if done.unknown:
        words = "`payymo status` shows what is in doubt, `payymo decide` rules on it"
        say(stderr(), f"applied: {words}", "bold yellow")
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
