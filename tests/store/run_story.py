"""A whole run over HTTP, killed or cut off at any byte or statement, and run again.

It reads a bank and an account at Stripe, matches, decides and tells a server what
happened. In the end the books have to hold what the bank and Stripe list, each once,
and the server has to know every event, of each subject in its order. After each break
no cursor may be ahead of what is recorded, no event be noted that did not come, and no
call be uncounted.
"""

import argparse
import random
from contextlib import ExitStack
from functools import partial

from attrs import define

from tests.fakes.banks import enable_banking, gocardless
from tests.store.breaking import Breaking
from tests.store.killing import Killer, databases, in_child, say, watch
from tests.store.providers_wire import LABELS, Providers
from tests.store.whole_run import Story
from tests.store.wires import Break, Order, Seen, wired

MADE = {"gocardless": gocardless, "enablebanking": enable_banking}
# A bank allows four calls a day: what is cut off asks twice, and three runs ask.
KINDS = ((Break.KILL, Break.CUT), (Break.KILL,))
RUNS = len(KINDS) + 1
BY_STATEMENT = 0.3


@define
class Rounds:
    """The story, told and broken off.

    Attributes:
        statements: How many events of the database a run has.
        killed: How many runs were killed at one.
    """

    story: Story
    chance: random.Random
    breaking: Breaking
    statements: int
    killed: int = 0
    rounds: int = 0

    @classmethod
    def begun(cls, story: Story, seed: int) -> "Rounds":
        """Tell it in peace, to know what passes."""
        chance = random.Random(seed)
        counted = story.folder / "statements"

        def tell() -> None:
            killer = Killer(0)
            watch(killer)
            story.tell(0)
            counted.write_text(str(killer.seen))

        peace = story.begin()
        story.wire.expect(Order())
        assert in_child(tell)
        peace = story.wire.settled()
        assert LABELS.issubset(peace.labels())
        breaking = Breaking(
            wire=story.wire,
            chance=chance,
            tell=story.tell,
            focus=LABELS,
            anywhere=0.1,
            peace=peace,
        )
        for telling in range(1, RUNS):
            seen = breaking.in_peace(telling)
        assert in_child(lambda: story.check(seen.held))
        return cls(story, chance, breaking, int(counted.read_text()))

    def round(self) -> None:
        """Break it off a few times, then let it come to its end."""
        self.story.begin()
        for telling, kinds in enumerate(KINDS):
            if self.chance.random() < BY_STATEMENT:
                seen = self._at_statement(telling)
            else:
                seen = self.breaking.broken(telling, kinds)
            assert in_child(partial(self.story.check_break, seen.held))
        seen = self.breaking.in_peace(RUNS - 1)
        assert in_child(partial(self.story.check, seen.held))
        self.rounds += 1

    @property
    def count(self) -> int:
        return self.killed + self.breaking.counts.total()

    def _at_statement(self, telling: int) -> Seen:
        at = self.chance.randint(1, self.statements)

        def tell() -> None:
            watch(Killer(at))
            self.story.tell(telling)

        self.story.wire.expect(Order())
        self.killed += not in_child(tell)
        return self.story.wire.settled()


def run(story: Story, breaks: int, seed: int) -> list[str]:
    """Break it off so many times."""
    rounds = Rounds.begun(story, seed)
    while rounds.count < breaks:
        rounds.round()
    kind, count = story.url.partition(":")[0], rounds.count
    passed = f"{rounds.breaking.peace.count} bytes and {rounds.statements} statements"
    where = f"at one of {passed}, in {rounds.rounds} rounds"
    done = "all is there once, and told in its order"
    return [
        f"{kind}, {story.bank}: broken off {count} times {where}; {done}",
        *rounds.breaking.told(),
        f"  statement: kill: {rounds.killed}",
    ]


def main() -> None:
    """Break off on both databases, with both providers of banks."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--breaks", type=int, default=600)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--url", help="a PostgreSQL; without it, one is started")
    parser.add_argument(
        "--each-once", action="store_true", help="each bank on one database"
    )
    given = parser.parse_args()
    with databases(given.url) as (folder, urls), ExitStack() as stack:
        wires = {
            bank: stack.enter_context(wired(Providers.behind(made)))
            for bank, made in MADE.items()
        }
        pairs = [(url, bank) for url in urls for bank in MADE]
        if given.each_once:
            pairs = list(zip(urls, MADE, strict=True))
        for url, bank in pairs:
            story = Story(url, bank, folder, wires[bank])
            say(run(story, given.breaks // len(pairs), given.seed))


if __name__ == "__main__":
    main()
