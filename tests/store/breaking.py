"""A story that is broken off at any byte of its HTTP, and told again."""

import os
import random
from collections import Counter
from collections.abc import Callable
from functools import partial

from attrs import define, field

from tests.store.killing import in_child
from tests.store.wires import Break, Order, Seen, Wire


@define(kw_only=True)
class Breaking:
    """A story on a line.

    Attributes:
        tell: Tells it; given how often it was told before.
        focus: What requests are about that matter: each as often as the others.
        anywhere: The share of breaks that are at any byte.
        peace: What passed when nothing was broken off.
        counts: Breaks by what they were at, and what they were.
    """

    wire: Wire
    chance: random.Random
    tell: Callable[[int], None]
    focus: frozenset[str]
    anywhere: float = 0.5
    peace: Seen
    counts: Counter[str] = field(factory=Counter)

    def broken(self, telling: int, kinds: tuple[Break, ...]) -> Seen:
        """Tell it, and break it off; what there is then."""
        waiting, go = os.pipe()
        at, kind = self._byte(), self.chance.choice(kinds)

        def work() -> None:
            os.read(waiting, 1)
            self.tell(telling)

        def begin(client: int) -> None:
            self.wire.expect(Order(at=at, kind=kind, client=client))
            os.write(go, b"!")

        whole = in_child(work, begin)
        os.close(waiting)
        os.close(go)
        seen = self.wire.settled()
        assert whole == (kind is not Break.KILL or not seen.struck)
        if seen.struck:
            self.counts[f"{seen.struck}: {kind.name.lower()}"] += 1
        return seen

    def in_peace(self, telling: int) -> Seen:
        """Tell it to its end; what there is then."""
        self.wire.expect(Order())
        assert in_child(partial(self.tell, telling))
        return self.wire.settled()

    def told(self) -> list[str]:
        """The counts, a line each."""
        return [f"  {what}: {many}" for what, many in sorted(self.counts.items())]

    def _byte(self) -> int:
        """Any byte; more often one of what matters."""
        if self.chance.random() < self.anywhere:
            return self.chance.randint(1, self.peace.count)
        label = self.chance.choice(sorted(self.focus))
        matters = [each for each in self.peace.exchanges if each.label == label]
        exchange = self.chance.choice(matters)
        return self.chance.randint(exchange.begun, exchange.ended)
