"""What ``payymo run`` says of what it read."""

from collections.abc import Sequence

from payymo_adapters.cli.failures import Exit
from payymo_adapters.cli.terminal import say, stderr, stdout
from payymo_adapters.errors import SettingsError
from payymo_adapters.files import Ledger, Statement
from payymo_adapters.files.texts import counted
from payymo_adapters.pipeline import Run
from payymo_adapters.store.connecting import note_sync
from payymo_adapters.store.recording import Recorded
from payymo_adapters.sync import Synced
from payymo_core.errors import Rejected


def fault_of(error: Exception | str) -> str:
    """What went wrong, on one line; of a file, which, and what to look at.

    >>> fault_of(FileNotFoundError(2, "No such file or directory", "in/a.csv"))
    'in/a.csv: no such file or directory; see what the settings file says of it'
    """
    if isinstance(error, SettingsError):
        return "; ".join(error.faults)
    if isinstance(error, OSError) and error.filename:
        said = f"{error.filename}: {(error.strerror or 'cannot be read').lower()}"
        return f"{said}; see what the settings file says of it"
    return str(error)


def fail(run: Run, name: str, error: Exception | str) -> Exit:
    """Print and keep why an account was not read.

    Returns:
        What the shell gets.
    """
    fault = fault_of(error)
    say(stderr(), f"{name}: not read: {fault}", "bold red")
    connection = f"accounts/{name}"
    run.store.write(run.act(), lambda books: note_sync(books, connection, fault))
    return Exit.FAILED


def way_told(read: Statement | Ledger) -> tuple[str, ...]:
    """How a CSV was read, in lines; none of another file."""
    if not read.detected:
        return ()
    columns = [f"{use} from {head!r}" for use, head in read.detected.columns]
    said = f"{read.detected}; {', '.join(columns)}"
    unused = ", ".join(map(repr, read.detected.unused))
    return (said, f"not used: {unused}") if unused else (said,)


def show_reading(name: str, read: Statement | Ledger, way: Sequence[str]) -> None:
    """Print how a CSV was read, and what a reader should know of any file."""
    for line in way:
        say(stdout(), f"{name}: {line}")
    for note in read.notes:
        say(stderr(), f"{name}: note: {note}", "yellow")


def show(name: str, done: Synced) -> Exit:
    """Print what a reading brought.

    Returns:
        What the shell gets.
    """
    code = show_recorded(name, done.recorded)
    for gone in done.gone:
        say(stdout(), f"{name}: {gone} is listed no more", "bold yellow")
    for pending, booked in done.replaced:
        say(stdout(), f"{name}: {pending} is booked as {booked}")
    for posted in done.posted:
        words = "was posted, and the bank withdrew it: it is for you to see to"
        say(stderr(), f"{name}: {posted} {words}", "bold red")
    for doubt, reason in done.doubts:
        say(stderr(), f"{name}: in doubt, and put aside: {doubt} {reason}", "bold red")
    if done.waits:
        say(stdout(), f"{name}: {counted(done.waits, 'charge')} to become money yet")
    return Exit.REJECTED if done.posted or done.doubts else code


def show_recorded(name: str, done: Recorded) -> Exit:
    """Print what became of records.

    Returns:
        What the shell gets.
    """
    counts = f"{done.new} new, {done.changed} changed, {done.unchanged} known"
    say(stdout(), f"{name}: {counts}")
    for changed in done.stopped:
        words = "changed: what was decided for it is stopped"
        say(stderr(), f"{name}: {changed} {words}", "bold yellow")
    for paid in done.settled:
        say(stdout(), f"{name}: {paid}: what was decided for it is paid there")
    for opened in done.reopened:
        words = "is open again: what was decided for it is taken back"
        say(stderr(), f"{name}: {opened} {words}", "bold yellow")
    return show_rejected(name, done.rejected)


def show_rejected(name: str, rejected: Sequence[Rejected]) -> Exit:
    """Print what is missing, for it could not be taken.

    Returns:
        What the shell gets.
    """
    if not rejected:
        return Exit.DONE
    say(stderr(), f"{name}: {counted(len(rejected), 'record')} rejected", "red")
    for record in rejected:
        say(stderr(), f"  {record}")
    return Exit.REJECTED
