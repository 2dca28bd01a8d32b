"""A process that is killed at any statement and any step, and run again.

``python -m tests.store.chaos --kills 2000`` does it on both databases. Each round tells
a short story in a process of its own: migrate, record, decide by one person and by two,
take a ruleset and match by it, post, take back. The process is killed with SIGKILL at a
random event, which is a statement about to be sent, a commit about to be made or just
made, or the ledger about to be written or just written; then the story is told again,
killed again or not, until it comes to its end. What has to be true then: nothing lost,
nothing twice, the audit chain whole.
"""

import argparse
import json
import random
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from attrs import define, field

from tests.store.killing import Killer, databases, empty, in_child, say, watch, wipe
from tests.store.story import FileLedger, check, tell

MOST_KILLS_A_ROUND = 3
LEDGER, MIGRATION = "ledger", "migration"


@define
class Chaos:
    """Rounds on one database."""

    url: str
    folder: Path
    chance: random.Random
    reset: Callable[[str], None]
    kills: int = 0
    rounds: int = 0
    steps: list[str] = field(factory=list)
    at_ledger: list[int] = field(factory=list)

    def measure(self) -> None:
        """Tell the story once in peace, and count its events."""
        counted = self.folder / "events"

        def work() -> None:
            killer = Killer(0)
            watch(killer)
            tell(self.url, FileLedger(self.ledger(), killer), 0)
            counted.write_text(json.dumps([killer.steps, killer.at_ledger]))

        self.reset(self.url)
        self.ledger().unlink(missing_ok=True)
        assert in_child(work)
        assert in_child(lambda: check(self.url, FileLedger(self.ledger(), Killer(0))))
        self.steps, self.at_ledger = json.loads(counted.read_text())

    def ledger(self) -> Path:
        return self.folder / "ledger"

    def report(self) -> Path:
        return self.folder / "kills"

    def moment(self, telling: int) -> int:
        """Any event of a later telling, which has fewer; of the first, by turns.

        Each step has its turn. The ledger, where money moves, has a turn of its own,
        and every other one is the migrations', where they are of the story.
        """
        if telling:
            return self.chance.randint(1, len(self.steps) // 2)
        turns = [LEDGER, *sorted(set(self.steps))]
        turn = turns[self.rounds % len(turns)]
        if turn == LEDGER:
            return self.chance.choice(self.at_ledger) + self.chance.randint(-5, 5)
        if self.reset is wipe and self.rounds % 2:
            turn = MIGRATION
        places = [place for place, step in enumerate(self.steps, 1) if step == turn]
        return self.chance.choice(places)

    def round(self) -> None:
        """Tell the story, killed a few times."""
        self.reset(self.url)
        self.ledger().unlink(missing_ok=True)
        for telling in range(MOST_KILLS_A_ROUND + 1):
            last = telling == MOST_KILLS_A_ROUND
            at = 0 if last else self.moment(telling)

            def work(at: int = at, telling: int = telling) -> None:
                killer = Killer(at, self.report())
                watch(killer)
                tell(self.url, FileLedger(self.ledger(), killer), telling)

            if in_child(work):
                break
            self.kills += 1
        assert in_child(lambda: check(self.url, FileLedger(self.ledger(), Killer(0))))
        self.rounds += 1


def run(url: str, kills: int, seed: int, folder: Path) -> list[str]:
    """Kill so many times, a fifth of them with the migrations in the story."""
    # Here, too: what is imported and compiled on the way, no child has to do again.
    ledger = folder / "ledger"
    ledger.unlink(missing_ok=True)
    empty(url)
    tell(url, FileLedger(ledger, Killer(0)), 0)
    said = []
    for reset, share in ((wipe, kills // 5), (empty, kills - kills // 5)):
        chaos = Chaos(url, folder, random.Random(seed), reset)
        chaos.measure()
        while chaos.kills < share:
            chaos.round()
        said.append(
            f"{chaos.kills} kills in {chaos.rounds} rounds of {len(chaos.steps)} events"
        )
    kind = url.partition(":")[0]
    counts = Counter(chaos.report().read_text().splitlines())
    chaos.report().unlink()
    return [
        f"{kind}: {', '.join(said)}; nothing lost, nothing twice",
        *(f"  {what}: {count}" for what, count in sorted(counts.items())),
    ]


def main() -> None:
    """Kill on both databases."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--url", help="a PostgreSQL; without it, one is started")
    given = parser.parse_args()
    with databases(given.url) as (folder, urls):
        for url in urls:
            say(run(url, given.kills // 2, given.seed, folder))


if __name__ == "__main__":
    main()
