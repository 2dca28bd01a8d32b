"""How often the engine is right, on worlds whose truth is known.

python -m benchmarks.quality --invoices 5000 --seeds 1 2 3 4 5
"""

import argparse
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path

from attrs import asdict, evolve, frozen

from benchmarks.generate import make_world
from benchmarks.report import provenance, save
from benchmarks.world import Kind, Regime, TruthRow, World
from payymo_core import Ruleset, match
from payymo_core.engine import candidate_pairs
from payymo_core.evaluation import Evaluation, evaluate
from payymo_core.labels import Truth
from payymo_core.results import Match, Outcome

REGIMES = (Regime.HOSTING, Regime.BUSINESS, Regime.AGENCY)


@frozen
class Judged:
    """A transaction's answer beside its truth.

    Attributes:
        match: What the engine says.
        truth: What is so.
        blocked: Whether every true pair was among the candidates.
    """

    match: Match
    truth: TruthRow
    blocked: bool

    @property
    def right(self) -> bool:
        """Whether the first proposal is exactly the truth."""
        proposed = sorted(a.invoice for a in self.match.allocations)
        return tuple(proposed) == self.truth.invoices


@frozen(kw_only=True)
class KindFigures:
    """Counts of one kind of transaction.

    Attributes:
        kind: Which, or ``all``.
        count: How many there are.
        payable: How many of them pay something open.
        matched: How many were matched.
        right: How many of these rightly.
        first: How many have the truth as first proposal; for money that pays nothing,
            how many were proposed nothing.
        reviewed: How many were offered to a human.
        none: How many were proposed nothing.
        usable: How many carry a usable reference or payer.
        blocked: How many of these have every true pair among the candidates.
    """

    kind: str
    count: int
    payable: int
    matched: int
    right: int
    first: int
    reviewed: int
    none: int
    usable: int
    blocked: int


@frozen(kw_only=True)
class Figures:
    """One regime, all seeds together."""

    regime: Regime
    invoices: int
    seeds: tuple[int, ...]
    evaluation: Evaluation
    blocking_recall: float | None
    kinds: tuple[KindFigures, ...]


def judge(world: World, seed: int) -> list[Judged]:
    """Run the engine with its default ruleset on a world."""
    rules = Ruleset()
    pairs = candidate_pairs(world.transactions, world.invoices, rules)
    matches = {
        m.transaction: m for m in match(world.transactions, world.invoices, rules)
    }
    return [_judged(matches[row.transaction], row, pairs, seed) for row in world.truths]


def _judged(
    answer: Match, row: TruthRow, pairs: set[tuple[str, str]], seed: int
) -> Judged:
    blocked = all((row.transaction, invoice) in pairs for invoice in row.invoices)
    # Ids repeat from world to world.
    identity = f"{seed}/{row.transaction}"
    return Judged(
        evolve(answer, transaction=identity), evolve(row, transaction=identity), blocked
    )


def measure(regime: Regime, invoices: int, seeds: Sequence[int]) -> Figures:
    """Judge one regime over several seeds."""
    judged: list[Judged] = []
    for seed in seeds:
        judged += judge(make_world(regime, invoices, seed), seed)
    return Figures(
        regime=regime,
        invoices=invoices,
        seeds=tuple(seeds),
        evaluation=evaluated(judged),
        blocking_recall=_recall(counted("all", judged)),
        kinds=_by_kind(judged),
    )


def evaluated(judged: Sequence[Judged]) -> Evaluation:
    """What the core makes of the answers."""
    return evaluate(
        (j.match for j in judged),
        (
            Truth(transaction=j.truth.transaction, invoices=j.truth.invoices)
            for j in judged
        ),
    )


def _by_kind(judged: Sequence[Judged]) -> tuple[KindFigures, ...]:
    held = {kind: [j for j in judged if j.truth.kind is kind] for kind in Kind}
    rows = [counted(kind.value, of_kind) for kind, of_kind in held.items() if of_kind]
    return (*rows, counted("all", judged))


def counted(kind: str, judged: Iterable[Judged]) -> KindFigures:
    """Counts of some answers, under the name of their kind."""
    tally = Counter[str]()
    for one in judged:
        outcome = one.match.outcome
        payable = bool(one.truth.invoices)
        usable = payable and one.truth.usable
        tally["count"] += 1
        tally["payable"] += payable
        tally[outcome.value] += 1
        tally["right"] += one.right and outcome is Outcome.MATCH
        tally["first"] += one.right
        tally["usable"] += usable
        tally["blocked"] += usable and one.blocked
    return KindFigures(
        kind=kind,
        count=tally["count"],
        payable=tally["payable"],
        matched=tally[Outcome.MATCH.value],
        right=tally["right"],
        first=tally["first"],
        reviewed=tally[Outcome.REVIEW.value],
        none=tally[Outcome.NONE.value],
        usable=tally["usable"],
        blocked=tally["blocked"],
    )


def _recall(figures: KindFigures) -> float | None:
    return share_of(figures.blocked, figures.usable)


def share_of(part: int, whole: int) -> float | None:
    """A share; None of nothing."""
    return part / whole if whole else None


def shown(figures: Figures) -> str:
    """The figures of a regime as a table."""
    result = figures.evaluation
    seeds = " ".join(map(str, figures.seeds))
    head = f"{figures.regime.value}: {figures.invoices:,} invoices, seeds {seeds}"
    summary = (
        ("precision of match", percent(result.precision)),
        ("straight-through, and right", percent(result.straight_through)),
        ("first proposal right", percent(result.first_right)),
        ("truth among the first three", percent(result.top_three_right)),
        ("calibration error (ECE)", percent(result.calibration_error)),
        ("reviewed", percent(result.review_load)),
        ("recall of blocking", percent(figures.blocking_recall)),
        ("pays nothing, yet matched", f"{result.matched_nothing:,}"),
        ("matched wrongly", f"{len(result.wrong):,}"),
    )
    lines = [head, *(f"  {name:<30}{value:>10}" for name, value in summary)]
    titles = ("count", "matched", "right", "straight", "first", "review", "none")
    lines.append(f"  {'kind':<18}" + "".join(f"{t:>10}" for t in (*titles, "blocked")))
    lines += [_row(row) for row in figures.kinds]
    return "\n".join(lines)


def _row(row: KindFigures) -> str:
    straight = percent(share_of(row.right, row.payable))
    first = percent(share_of(row.first, row.count))
    cells = (f"{row.count:,}", f"{row.matched:,}", f"{row.right:,}", straight, first)
    rest = (f"{row.reviewed:,}", f"{row.none:,}", percent(_recall(row)))
    return f"  {row.kind:<18}" + "".join(f"{cell:>10}" for cell in (*cells, *rest))


def percent(share: float | None) -> str:
    """A share as it is printed."""
    return "-" if share is None else f"{share:.2%}"


def main() -> None:
    """Print the figures, and keep them where asked to."""
    parser = argparse.ArgumentParser(description="Measure how often matching is right.")
    parser.add_argument("--invoices", type=int, default=5000)
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3])
    parser.add_argument(
        "--regime", type=Regime, nargs="+", choices=tuple(Regime), default=REGIMES
    )
    parser.add_argument("--json", type=Path, metavar="PATH", help="keep the figures")
    wanted = parser.parse_args()
    kept = []
    for regime in wanted.regime:
        figures = measure(regime, wanted.invoices, wanted.seeds)
        print(shown(figures), end="\n\n", flush=True)
        kept.append(asdict(figures))
    if wanted.json:
        save(provenance(datetime.now(UTC)) | {"quality": kept}, wanted.json)


if __name__ == "__main__":
    main()
