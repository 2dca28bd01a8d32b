"""``payymo init``: a settings file to begin with."""

from pathlib import Path

import click

from payymo_adapters.cli.failures import EXIT_CODES
from payymo_adapters.cli.outputs import STDOUT, WRITABLE
from payymo_adapters.cli.terminal import say, stdout, write_out
from payymo_adapters.errors import FileError

FILE = Path("payymo.toml")
"""The settings file where none is named."""
TEMPLATE = """\
# Settings of Payymo. Paths are from this file's folder. No secret has a place here:
# those are read from the environment or the system's keyring.

[payymo]
# Whose books: a short name that never changes.
tenant = "acme"
# What they are called.
company = "Acme Hosting"
# PAYYMO_DATABASE goes before it, with a path from where you are; a URL that holds a
# password belongs there.
database = "sqlite:///payymo.db"
# How long before its end a consent of a bank is told of.
# consent_warning_days = 14
# How records are compared; without it, as built in. `payymo rules` writes one.
# ruleset = "ruleset.toml"

# An account of yours whose statements are files (CAMT, MT940, CSV, JSON Lines); one
# section each. Transactions are known by its name, as main/2026-0001.
[accounts.main]
name = "Main account"
files = "statements/*"
# Whether each file lists all that was booked on the days it tells of, so that what it
# leaves out was withdrawn by the bank.
whole_days = false
# Columns of a CSV, where they are not detected.
# mapping = "mapping.toml"

# An account at a bank that `payymo connect` connected, by "gocardless" or by
# "enablebanking", whose secrets are PAYYMO_GOCARDLESS_SECRET_ID and _SECRET_KEY, or
# PAYYMO_ENABLEBANKING_APPLICATION and _KEY.
# [accounts.giro]
# name = "Current account"
# from = "gocardless"
# As `payymo accounts` lists it: its IBAN, where it has one.
# account = "DE89370400440532013000"
# The first day to read.
# since = 2026-01-01
# How long after it was asked it is asked again; some banks allow four calls a day.
# every_hours = 6

# The account at Stripe of the key in PAYYMO_STRIPE_KEY.
# [accounts.cards]
# name = "Stripe"
# from = "stripe"
# since = 2026-01-01

[invoices]
# "whmcs", or a file that lists all that is open. Only payments to WHMCS are posted.
from = "invoices.csv"

# What is applied without a person, by currency; without a section, nothing is.
# [apply.EUR]
# The largest payment.
# payment = "500.00"
# The most of a day.
# day = "5000.00"

# Above which sum a decision waits for a second person, by currency.
# [four_eyes]
# EUR = "2000.00"

# Its identifier and secret: PAYYMO_WHMCS_IDENTIFIER and PAYYMO_WHMCS_SECRET.
# [whmcs]
# url = "https://billing.example.com/whmcs"
# gateway = "banktransfer"

# Who is told what happens; the secret: PAYYMO_WEBHOOK_SECRET.
# [webhook]
# url = "https://example.com/payymo"
"""

run_settings_option = click.option(
    "--settings",
    type=click.Path(dir_okay=False, path_type=Path),
    envvar="PAYYMO_SETTINGS",
    metavar="TOML",
    default=FILE,
    show_default=True,
    help="The settings file; `payymo init` writes one.",
)


@click.command("init", epilog=EXIT_CODES)
@click.argument("file", type=WRITABLE, default=FILE)
def init_command(file: Path) -> None:
    """Write a commented settings file, payymo.toml unless FILE says otherwise.

    A file that is there stays as it is.
    """
    if file == STDOUT:
        write_out(TEMPLATE)
        return
    try:
        with file.open("x", encoding="utf-8", newline="\n") as stream:
            stream.write(TEMPLATE)
    except FileExistsError:
        raise FileError(str(file), "is there already, and stays as it is") from None
    say(stdout(), f"{file}: change what it says, then `payymo db upgrade`")
