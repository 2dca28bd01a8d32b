"""What verdicts are worth: learn from n reviews, then match what comes later.

python -m benchmarks.feedback --invoices 20000 --seeds 1 2 3
"""

import argparse
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from enum import Enum, unique
from itertools import product
from pathlib import Path

from attrs import evolve, frozen

from benchmarks.generate import make_world
from benchmarks.report import provenance, save_rows
from benchmarks.world import Kind, Regime, TruthRow, World
from payymo_core import (
    Customer,
    Evaluation,
    Invoice,
    InvoiceStatus,
    Label,
    Match,
    Outcome,
    Ruleset,
    Transaction,
    Truth,
    Verdict,
    evaluate,
    learn,
    match,
)
from payymo_core.learnt import Learnt

REGIMES = (Regime.HOSTING, Regime.BUSINESS, Regime.AGENCY)
REVIEWS = (0, 20, 60, 200, 1000)
REVIEWED = 0.6
"""Share of the statement, its beginning, that is reviewed; the rest is held out."""
_IN_PARTS = frozenset({Kind.PART, Kind.INSTALMENT})


@unique
class Knowledge(Enum):
    """What the ledger says of its customers."""

    FULL = "full"
    BARE = "bare"
    """Their ids alone: no name, no IBAN, no account. Verdicts have the most to add."""


@frozen(kw_only=True)
class Step:
    """What so many reviews led to on held-out payments, all seeds together.

    Attributes:
        reviews: Proposals that the reviewer has seen, at the most.
        seen: How many there were, of all seeds.
        learnt: What came of them, one a seed.
        evaluation: Of the payments held out.
    """

    reviews: int
    seen: int
    learnt: tuple[Learnt, ...]
    evaluation: Evaluation


@frozen
class Halves:
    """A world cut in two by time.

    Attributes:
        early: Transactions that are reviewed.
        late: Those held out.
        before: The ledger as it stood before any of them.
        between: The ledger when the early ones are booked, by the truth.
        truths: By transaction.
    """

    early: tuple[Transaction, ...]
    late: tuple[Transaction, ...]
    before: tuple[Invoice, ...]
    between: tuple[Invoice, ...]
    truths: Mapping[str, TruthRow]

    @classmethod
    def of(cls, world: World) -> "Halves":
        """Cut a world after ``REVIEWED`` of its statement."""
        cut = round(len(world.transactions) * REVIEWED)
        early, late = world.transactions[:cut], world.transactions[cut:]
        truths = {row.transaction: row for row in world.truths}
        between = _settled(world.invoices, early, truths)
        return cls(early, late, world.invoices, between, truths)


def _settled(
    invoices: Sequence[Invoice],
    paid: Sequence[Transaction],
    truths: Mapping[str, TruthRow],
) -> tuple[Invoice, ...]:
    """The ledger with what was paid taken off."""
    held = {invoice.id: invoice for invoice in invoices}
    for transaction in paid:
        row = truths[transaction.id]
        for invoice in row.invoices:
            left = held[invoice].outstanding - transaction.amount
            if row.kind in _IN_PARTS and left > 0:
                held[invoice] = evolve(held[invoice], outstanding=left)
            else:
                held[invoice] = evolve(held[invoice], status=InvoiceStatus.PAID)
    return tuple(held.values())


def verdicts(proposed: Match, true: TruthRow) -> Iterator[Label]:
    """What a reviewer says who knows: right, or wrong and what it is instead."""
    ids = tuple(a.invoice for a in proposed.allocations)
    right = tuple(sorted(ids)) == true.invoices
    verdict = Verdict.CONFIRM if right else Verdict.REJECT
    yield Label(transaction=true.transaction, invoices=ids, verdict=verdict)
    if not right:
        yield Label(
            transaction=true.transaction,
            invoices=true.invoices,
            verdict=Verdict.CONFIRM,
        )


def _bare(world: World) -> World:
    """The same with customers of whom only the id is known."""
    invoices = (
        evolve(i, customer=Customer(id=i.customer.id)) if i.customer else i
        for i in world.invoices
    )
    return evolve(world, invoices=tuple(invoices))


def measure(
    regime: Regime, knowledge: Knowledge, invoices: int, seeds: Sequence[int]
) -> list[Step]:
    """Learn from more and more reviews of each world, and match the rest of it."""
    matches: dict[int, list[Match]] = {n: [] for n in REVIEWS}
    learnt: dict[int, list[Learnt]] = {n: [] for n in REVIEWS}
    seen = dict.fromkeys(REVIEWS, 0)
    truths: list[Truth] = []
    for seed in seeds:
        world = make_world(regime, invoices, seed)
        halves = Halves.of(world if knowledge is Knowledge.FULL else _bare(world))
        truths += [_truth(halves.truths[t.id], seed) for t in halves.late]
        offered = [
            m for m in match(halves.early, halves.before) if m.outcome is Outcome.REVIEW
        ]
        for reviews in REVIEWS:
            labels = [
                label
                for m in offered[:reviews]
                for label in verdicts(m, halves.truths[m.transaction])
            ]
            rules = learn(halves.early, halves.before, labels)
            seen[reviews] += len(offered[:reviews])
            learnt[reviews].append(rules.learnt)
            matches[reviews] += _late(halves, rules, seed)
    return [
        Step(
            reviews=n,
            seen=seen[n],
            learnt=tuple(learnt[n]),
            evaluation=evaluate(matches[n], truths),
        )
        for n in REVIEWS
    ]


def _late(halves: Halves, rules: Ruleset, seed: int) -> Iterator[Match]:
    # Ids repeat from world to world.
    for found in match(halves.late, halves.between, rules):
        yield evolve(found, transaction=f"{seed}/{found.transaction}")


def _truth(row: TruthRow, seed: int) -> Truth:
    return Truth(transaction=f"{seed}/{row.transaction}", invoices=row.invoices)


def shown(regime: Regime, knowledge: Knowledge, steps: Sequence[Step]) -> str:
    """One row a number of reviews."""
    titles = ("reviews", "precision", "wrong", "straight", "first", "review", "ECE")
    rest = ("payers", "habits", "slope")
    held = steps[0].evaluation.transactions
    lines = [f"{regime.value}, {knowledge.value} ledger: {held:,} payments held out"]
    lines.append("".join(f"{title:>10}" for title in (*titles, *rest)))
    lines += [_row(step) for step in steps]
    return "\n".join(lines)


def _row(step: Step) -> str:
    found, count = step.evaluation, len(step.learnt)
    payers = sum(len(one.payers) for one in step.learnt)
    habits = sum(_with_habits(one) for one in step.learnt)
    slope = sum(one.calibration.slope for one in step.learnt) / count
    cells = (
        f"{step.seen:,}",
        _percent(found.precision),
        f"{len(found.wrong):,}",
        _percent(found.straight_through),
        _percent(found.first_right),
        f"{found.reviewed:,}",
        _percent(found.calibration_error),
        f"{payers:,}",
        f"{habits:,}",
        f"{slope:.3f}",
    )
    return "".join(f"{cell:>10}" for cell in cells)


def _percent(share: float | None) -> str:
    return "-" if share is None else f"{share:.3%}"


def main() -> None:
    """Print a table a regime, and keep the figures where asked to."""
    parser = argparse.ArgumentParser(description="Measure what verdicts are worth.")
    parser.add_argument("--invoices", type=int, default=20_000)
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3])
    parser.add_argument(
        "--regime", type=Regime, nargs="+", choices=tuple(Regime), default=REGIMES
    )
    parser.add_argument("--json", type=Path, metavar="PATH", help="keep the figures")
    wanted = parser.parse_args()
    rows = []
    for regime, knowledge in product(wanted.regime, Knowledge):
        steps = measure(regime, knowledge, wanted.invoices, wanted.seeds)
        print(shown(regime, knowledge, steps), end="\n\n", flush=True)
        world = {"regime": regime.value, "ledger": knowledge.value}
        rows += [world | _figures(step) for step in steps]
    if wanted.json:
        sizes = {"invoices": wanted.invoices, "seeds": wanted.seeds}
        save_rows(provenance(datetime.now(UTC)) | sizes, rows, wanted.json)


def _figures(step: Step) -> dict[str, object]:
    """What is kept of a step, all seeds together."""
    found, count = step.evaluation, len(step.learnt)
    return {
        "reviews": step.seen,
        "payable": found.payable,
        "matched": found.matched,
        "wrong": len(found.wrong),
        "straight_through": _rounded(found.straight_through),
        "first_right": _rounded(found.first_right),
        "reviewed": found.reviewed,
        "calibration_error": _rounded(found.calibration_error),
        "payers": sum(len(one.payers) for one in step.learnt),
        "habits": sum(_with_habits(one) for one in step.learnt),
        "slope": _rounded(sum(one.calibration.slope for one in step.learnt) / count),
    }


def _with_habits(learnt: Learnt) -> int:
    return len({habit.customer for habit in learnt.citing})


def _rounded(share: float | None) -> float | None:
    return None if share is None else round(share, 5)


if __name__ == "__main__":
    main()
