"""Make a world of invoices, transactions and the truth, the same for the same seed.

python -m benchmarks.generate --regime hosting --invoices 5000 --seed 1 --out DIR
"""

import argparse
import json
from collections.abc import Iterable
from pathlib import Path

from attrs import evolve

from benchmarks.world.dice import Dice
from benchmarks.world.ledger import Item, make_ledger
from benchmarks.world.mix import MIXES, Regime
from benchmarks.world.payments import plan
from benchmarks.world.strays import Books, strays
from benchmarks.world.truth import TruthRow, World
from benchmarks.world.writing import Slip, write
from payymo_adapters.exchange import write_invoices, write_transactions

REGIMES = tuple(Regime)


def make_world(
    regime: Regime, invoices: int, seed: int, transactions: int | None = None
) -> World:
    """Make a world.

    Args:
        regime: Which trade.
        invoices: Size of the ledger.
        seed: The same seed makes the same world on every platform.
        transactions: Size of the statement; None for what the ledger brings with it,
            two thirds to nine tenths of its size. For a longer statement nothing
            stays unpaid, and money that pays nothing fills it up; a shorter one ends
            earlier.

    Returns:
        The world, with exactly these sizes.
    """
    parts = _parts(regime, invoices)
    wanted = [
        None if transactions is None else transactions * size // invoices + 1
        for _, size in parts
    ]
    items: list[Item] = []
    slips: list[Slip] = []
    for (part, size), statement in zip(parts, wanted, strict=True):
        ledger, money = _trade(part, size, seed, statement)
        items += ledger
        slips += money
    dice = Dice(seed, REGIMES.index(regime), 1)
    items.sort(key=lambda item: (item.draft.issued, item.draft.tie))
    slips = dice.shuffled(slips)
    slips.sort(key=lambda slip: slip.day)
    return _world(items, slips[:transactions])


def _parts(regime: Regime, size: int) -> list[tuple[Regime, int]]:
    if regime is not Regime.MIXED:
        return [(regime, size)]
    quarter = size // 4
    return [
        (Regime.HOSTING, size - 2 * quarter),
        (Regime.BUSINESS, quarter),
        (Regime.AGENCY, quarter),
    ]


def _trade(
    regime: Regime, size: int, seed: int, statement: int | None
) -> tuple[list[Item], list[Slip]]:
    mix = MIXES[regime]
    dice = Dice(seed, REGIMES.index(regime))
    ledger = make_ledger(regime, mix, size, dice)
    payments = plan(mix, ledger, dice)
    if statement is not None and len(payments) < statement * (1 - mix.nothing):
        payments = plan(evolve(mix, unpaid=0.0), ledger, dice)
    slips = [write(mix, payment, dice) for payment in payments]
    count = round(len(slips) * mix.nothing / (1 - mix.nothing))
    if statement is not None:
        count = max(count, statement - len(slips))
    books = Books(regime=regime, mix=mix, ledger=ledger, payments=payments)
    slips += strays(books, count, dice)
    return ledger, slips


def _world(items: list[Item], slips: list[Slip]) -> World:
    width = len(str(len(slips)))
    named = [slip.named(f"t{place:0{width}d}") for place, slip in enumerate(slips, 1)]
    return World(
        transactions=tuple(slip.transaction for slip in named),
        invoices=tuple(item.invoice for item in items),
        truths=tuple(slip.truth for slip in named),
    )


def save(world: World, folder: Path) -> None:
    """Write the world as transactions, invoices and truth (JSON Lines).

    Beside ``truth.jsonl``, which is in the exchange format, ``kinds.jsonl`` says how
    each transaction came about.
    """
    folder.mkdir(parents=True, exist_ok=True)
    write_transactions(world.transactions, folder / "transactions.jsonl")
    write_invoices(world.invoices, folder / "invoices.jsonl")
    _write_rows(folder / "truth.jsonl", map(_truth, world.truths))
    _write_rows(folder / "kinds.jsonl", map(_kind, world.truths))


def _truth(row: TruthRow) -> dict[str, object]:
    return {"transaction": row.transaction, "invoices": row.invoices}


def _kind(row: TruthRow) -> dict[str, object]:
    clues = {"reference": row.reference, "payer": row.payer}
    return {"transaction": row.transaction, "kind": row.kind, **clues}


def _write_rows(path: Path, rows: Iterable[dict[str, object]]) -> None:
    lines = (json.dumps(row, ensure_ascii=False) for row in rows)
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")


def main() -> None:
    """Make a world from the command line."""
    parser = argparse.ArgumentParser(description="Make a world, with its truth.")
    parser.add_argument("--regime", type=Regime, choices=REGIMES, required=True)
    parser.add_argument("--invoices", type=int, default=5000)
    parser.add_argument("--transactions", type=int, help="default: as many as come")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", type=Path, required=True, metavar="DIR")
    wanted = parser.parse_args()
    world = make_world(wanted.regime, wanted.invoices, wanted.seed, wanted.transactions)
    save(world, wanted.out)
    sizes = (
        f"{len(world.transactions):,} transactions, {len(world.invoices):,} invoices"
    )
    print(f"{wanted.out}: {sizes}")


if __name__ == "__main__":
    main()
