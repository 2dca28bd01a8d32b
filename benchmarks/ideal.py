"""How near the engine is to a judge that knows how the worlds are made.

    python -m benchmarks.ideal --regime hosting --invoices 5000 --seeds 1 2 3

Both see the same records. The judge knows the generator's probabilities, so what it
cannot tell is not in the data; see ``benchmarks.judge`` for what it leaves out.
"""

import argparse
from collections.abc import Sequence
from decimal import Decimal

from attrs import evolve, frozen

from benchmarks.generate import make_world
from benchmarks.judge.court import judge as ideally_judge
from benchmarks.judge.inference import Verdict
from benchmarks.judge.listing import Missed, listed
from benchmarks.quality import (
    REGIMES,
    Judged,
    counted,
    evaluated,
    judge,
    percent,
    share_of,
)
from benchmarks.world import Kind, Regime, World
from payymo_core.results import Allocation, Match, Outcome, Proposal

WRONG = 0.0005
"""Share of its matches that the judge may expect to be wrong."""
DOUBT = 0.95
"""A transaction is undecidable where no explanation has this posterior."""
SURE = 0.9999
"""The judge's posterior from which a payment that the engine left is worth a look."""


@frozen(kw_only=True)
class Compared:
    """One transaction before both.

    Attributes:
        engine: The engine's answer, beside the truth.
        ideal: The judge's, in the same form.
        verdict: The judge's, with its reasons.
        world: Where it is from.
    """

    engine: Judged
    ideal: Judged
    verdict: Verdict
    world: World


def compare(regime: Regime, invoices: int, seeds: Sequence[int]) -> list[Compared]:
    """Let both judge worlds of one regime."""
    found = []
    for seed in seeds:
        world = make_world(regime, invoices, seed)
        answers = judge(world, seed)
        for verdict, answer in zip(ideally_judge(world, regime), answers, strict=True):
            ideal = Judged(_answer(verdict, answer.match), answer.truth, blocked=True)
            found.append(
                Compared(engine=answer, ideal=ideal, verdict=verdict, world=world)
            )
    return _with_matches(found)


def _answer(verdict: Verdict, match: Match) -> Match:
    """The judge's posterior in the form of the engine's answer."""
    first, *rest = (
        Proposal(
            tuple(Allocation(identity, Decimal(0)) for identity in sorted(ids)),
            min(1.0, verdict.chances[ids]),
        )
        for ids in verdict.ranked[:6]
    )
    return evolve(
        match,
        outcome=Outcome.REVIEW if first.allocations else Outcome.NONE,
        confidence=first.confidence,
        allocations=first.allocations,
        alternatives=tuple(rest),
        evidence=(),
        reasons=(),
    )


def _with_matches(compared: Sequence[Compared]) -> list[Compared]:
    """The most matches of which no larger share than ``WRONG`` is expected wrong."""
    offered = [c for c in compared if c.ideal.match.outcome is Outcome.REVIEW]
    offered.sort(key=lambda c: -c.ideal.match.confidence)
    matched: set[str] = set()
    wrong = 0.0
    for place, one in enumerate(offered, 1):
        wrong += 1 - one.ideal.match.confidence
        if wrong > WRONG * place:
            break
        matched.add(one.ideal.match.transaction)
    return [
        _matched(c) if c.ideal.match.transaction in matched else c for c in compared
    ]


def _matched(one: Compared) -> Compared:
    match = evolve(one.ideal.match, outcome=Outcome.MATCH)
    return evolve(one, ideal=evolve(one.ideal, match=match))


def shown(regime: Regime, invoices: int, compared: Sequence[Compared]) -> str:
    """The table of a regime, by kind: the engine, the judge, and the distance."""
    groups = ("straight-through", "first right", "top three")
    wide = "".join(f"{title:^27}" for title in groups)
    titles = "".join(f"{t:>9}" for t in ("engine", "ideal", "short") * len(groups))
    size = f"{invoices:,} invoices a world, {len(compared):,} transactions"
    lines = [
        f"{regime.value}: {size}",
        f"  {'':<18}{'':>8}{wide}",
        f"  {'kind':<18}{'count':>8}{titles}{'doubt':>9}",
    ]
    for kind in Kind:
        held = [one for one in compared if one.engine.truth.kind is kind]
        if held:
            lines.append(_row(kind.value, held))
    lines.append(_row("all", compared))
    ideal = evaluated([one.ideal for one in compared])
    precision, error = percent(ideal.precision), percent(ideal.calibration_error)
    lines.append(f"  ideal: precision {precision}, calibration error (ECE) {error}")
    return "\n".join(lines)


def _row(kind: str, compared: Sequence[Compared]) -> str:
    engine = _figures(kind, [one.engine for one in compared])
    ideal = _figures(kind, [one.ideal for one in compared])
    cells = "".join(
        f"{percent(mine):>9}{percent(best):>9}{_short(mine, best):>9}"
        for mine, best in zip(engine, ideal, strict=True)
    )
    doubt = sum(max(one.verdict.chances.values()) < DOUBT for one in compared)
    return (
        f"  {kind:<18}{len(compared):>8,}{cells}"
        f"{percent(share_of(doubt, len(compared))):>9}"
    )


def _figures(
    kind: str, judged: Sequence[Judged]
) -> tuple[float | None, float | None, float | None]:
    """Straight-through, first right, and the truth among the first three."""
    figures, evaluation = counted(kind, judged), evaluated(judged)
    return (
        share_of(figures.right, figures.payable),
        share_of(figures.first, figures.count),
        evaluation.top_three_right,
    )


def _short(mine: float | None, best: float | None) -> str:
    return "-" if mine is None or best is None else percent(best - mine)


def missed(compared: Sequence[Compared]) -> list[Missed]:
    """Payments of which the judge is sure, and right, and the engine is not."""
    return [
        Missed(one.engine, one.verdict, one.world)
        for one in compared
        if one.ideal.right
        and one.ideal.match.confidence > SURE
        and one.engine.truth.invoices
        and not (one.engine.right and one.engine.match.outcome is Outcome.MATCH)
    ]


def main() -> None:
    """Print the table of each regime, and where the engine could learn."""
    parser = argparse.ArgumentParser(
        description="Measure how far the engine is from an ideal judge."
    )
    parser.add_argument("--invoices", type=int, default=5000)
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3])
    parser.add_argument(
        "--regime", type=Regime, nargs="+", choices=REGIMES, default=REGIMES
    )
    parser.add_argument("--list", type=int, default=10, help="payments to list")
    wanted = parser.parse_args()
    for regime in wanted.regime:
        compared = compare(regime, wanted.invoices, wanted.seeds)
        print(shown(regime, wanted.invoices, compared), end="\n\n")
        print(listed(missed(compared), wanted.list), end="\n\n", flush=True)


if __name__ == "__main__":
    main()
