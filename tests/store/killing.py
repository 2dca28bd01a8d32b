"""Processes that are killed at an event, and the databases that they leave."""

import os
import shutil
import signal
import sys
import tempfile
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from attrs import define, field
from sqlalchemy import Engine, Pool, create_engine, event, text

from payymo_adapters.errors import ConflictError
from payymo_adapters.store import store as store_module
from tests.postgres import running_server

# How many things an event tells, and what it is.
KINDS = {6: "statement", 1: "commit", 2: "after commit", 0: "ledger"}
STEPS = {
    **dict.fromkeys(("upgrade",), "migration"),
    **dict.fromkeys(("add_account", "record_transactions", "record_invoices"), "sync"),
    **dict.fromkeys(("match_by_hand", "ignore", "settle_rest", "take_back"), "verdict"),
    **dict.fromkeys(("second_person", "hold_sums"), "four eyes"),
    **dict.fromkeys(("take_rules", "match", "confirm_match"), "ruleset"),
    **dict.fromkeys(("post",), "apply"),
}


@define(eq=False)
class Killer:
    """Counts events, and kills its process at one of them; 0 is never.

    Attributes:
        at: The event's number.
        report: Where it says what it is about to do.
        steps: The step of each event; kept where it never kills.
    """

    at: int
    report: Path | None = None
    seen: int = 0
    steps: list[str] = field(factory=list)
    at_ledger: list[int] = field(factory=list)

    def __call__(self, *told: object) -> None:
        self.seen += 1
        if not told:
            self.at_ledger.append(self.seen)
        if not self.at:
            self.steps.append(step_now())
        if self.seen == self.at:
            if self.report is not None:
                with self.report.open("a") as file:
                    file.write(f"{step_now()}: {KINDS[len(told)]}\n")
            os.kill(os.getpid(), signal.SIGKILL)


def step_now() -> str:
    """The step that the story is at, as its functions on the stack tell."""
    for frame, _ in traceback.walk_stack(None):
        name = frame.f_code.co_name
        if name == "step":  # of a Teller, around the transaction of a step
            name = frame.f_locals["work"].__name__
        if name in STEPS:
            return STEPS[name]
    return "opening"


def watch(killer: Killer) -> None:
    """Let every statement and commit of every engine be an event."""
    event.listen(Engine, "before_cursor_execute", killer)
    event.listen(Engine, "commit", killer)
    event.listen(Pool, "checkin", killer)  # after the commit


def in_child(
    work: Callable[[], None], begun: Callable[[int], None] = lambda _child: None
) -> bool:
    """Do it in a process of its own, whose id is told; False where that was killed."""
    child = forked(work)
    begun(child)
    return is_whole(child)


def forked(work: Callable[[], None]) -> int:
    """Begin it in a process of its own, and give its id."""
    child = os.fork()
    if not child:
        try:
            work()
        except BaseException:  # noqa: BLE001 - the parent is told by the exit code
            traceback.print_exc()
            os._exit(1)
        os._exit(0)
    return child


def is_whole(child: int) -> bool:
    """Wait for its end; False where it was killed."""
    _, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status):
        return False
    assert os.waitstatus_to_exitcode(status) == 0
    return True


def once_noticed(act: Callable[[], object]) -> None:
    """Act once the server noticed who was killed: till then, another is at work."""
    for _ in range(1000):
        try:
            act()
        except ConflictError:
            time.sleep(0.01)
        else:
            return
    raise AssertionError


@contextmanager
def databases(url: str | None) -> Iterator[tuple[Path, list[str]]]:
    """A folder, a SQLite file in it, and a PostgreSQL: the one given or one begun."""
    # In memory where there is such a place: a killed process loses no written page.
    memory = Path("/dev/shm")
    place = memory if memory.is_dir() else None
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(dir=place)))
        if url is None:
            server = stack.enter_context(running_server())
            url = server.url(server.create())
        yield folder, [f"sqlite:///{folder}/payymo.db", url]


def wipe(url: str) -> None:
    """Leave a database without a table: the story begins with the migrations."""
    if url.startswith("sqlite"):
        path = file_of(url)
        for file in path.parent.glob(f"{path.name}*"):
            file.unlink()
    else:
        administer(url, "DROP SCHEMA public CASCADE", "CREATE SCHEMA public")


def empty(url: str) -> None:
    """Leave a migrated database without a row: the story begins with the records."""
    if url.startswith("sqlite"):
        path = file_of(url)
        template = path.with_name("template")
        if not template.exists():
            store_module.upgrade(f"sqlite:///{template}")
        wipe(url)
        shutil.copy(template, path)
    else:
        store_module.upgrade(url)
        administer(url, "TRUNCATE tenants, transactions CASCADE")


def file_of(url: str) -> Path:
    return Path(url.removeprefix("sqlite:///"))


def administer(url: str, *statements: str) -> None:
    engine = create_engine(
        url.replace("postgresql:", "postgresql+psycopg:"), isolation_level="AUTOCOMMIT"
    )
    with engine.connect() as connection:
        for statement in statements:
            connection.execute(text(statement))
    engine.dispose()


def say(lines: list[str]) -> None:
    sys.stdout.writelines(f"{line}\n" for line in lines)
    sys.stdout.flush()
