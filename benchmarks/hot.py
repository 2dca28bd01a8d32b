"""Worlds that are all one hot spot: what they cost beside a normal one of their size.

    python -m benchmarks.hot --size 10000

Each case turns a normal world into one where something that should tell records apart
does not: one amount on most invoices, one customer with a tenth of the ledger, one
number on a tenth, thirty numbers in every text, no two payers of one name.
"""

import argparse
import json
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from attrs import asdict, evolve, frozen

from benchmarks.calibration import measured_head
from benchmarks.generate import make_world, save
from benchmarks.peers.rows import truth_of
from benchmarks.peers.running import Fault, measured
from benchmarks.report import save_rows
from benchmarks.speed import MIB, python
from benchmarks.world import Kind, Regime, World
from benchmarks.world.dice import Dice
from payymo_core.money import from_minor
from payymo_core.records import Counterparty, Customer, Invoice, Transaction

SEED = 1
HOT_MINOR = 4900
NUMBERS = 30
TENTH = 10
GIANT_IBAN = "DE89370400440532013000"
EXACT = (
    *(Kind.FULL, Kind.JOINT_NAMED, Kind.JOINT_SOME_NAMED, Kind.JOINT_UNNAMED),
    Kind.SET_OFF,
)
"""The kinds whose amount is what is outstanding on what they pay."""


def one_amount(world: World) -> World:
    """Bill four fifths of the ledger at one price, and have that paid."""
    keeps = {i for row in world.truths if row.kind not in EXACT for i in row.invoices}
    hot = {
        invoice.id
        for place, invoice in enumerate(world.invoices)
        if place % 5 and invoice.id not in keeps and invoice.outstanding > 0
    }
    invoices = [_priced(i) if i.id in hot else i for i in world.invoices]
    owed = {invoice.id: invoice.outstanding for invoice in invoices}
    paid = {
        row.transaction: sum((owed[i] for i in row.invoices), Decimal(0))
        for row in world.truths
        if row.kind in EXACT and not hot.isdisjoint(row.invoices)
    }
    return evolve(
        world,
        invoices=tuple(invoices),
        transactions=tuple(
            evolve(t, amount=paid.get(t.id, t.amount)) for t in world.transactions
        ),
    )


def _priced(invoice: Invoice) -> Invoice:
    price = from_minor(HOT_MINOR, invoice.currency)
    return evolve(invoice, outstanding=price, total=price)


def one_customer(world: World) -> World:
    """Let one customer take over others, until a tenth of the ledger is its own."""
    giant = Customer(id="giant", name="Brandt Holding AG", ibans=(GIANT_IBAN,))
    taken = _customers_of_a_tenth(world.invoices)
    moved = {
        i.id
        for i in world.invoices
        if i.customer is not None and i.customer.id in taken
    }
    payer = Counterparty(name=giant.name, iban=GIANT_IBAN)
    pays = {r.transaction for r in world.truths if not moved.isdisjoint(r.invoices)}
    return evolve(
        world,
        invoices=tuple(
            evolve(i, customer=giant) if i.id in moved else i for i in world.invoices
        ),
        transactions=tuple(
            evolve(t, counterparty=payer) if t.id in pays and t.counterparty else t
            for t in world.transactions
        ),
    )


def _customers_of_a_tenth(invoices: Sequence[Invoice]) -> set[str]:
    taken: set[str] = set()
    count = 0
    sizes: dict[str, int] = {}
    for invoice in invoices:
        if invoice.customer is not None:
            sizes[invoice.customer.id] = sizes.get(invoice.customer.id, 0) + 1
    for identity in sorted(sizes):
        if count >= len(invoices) // TENTH:
            break
        taken.add(identity)
        count += sizes[identity]
    return taken


def one_number(world: World) -> World:
    """Print one number on every tenth invoice; who quoted the old one quotes it."""
    shared = "2026-0001"
    renamed = {
        invoice.id: invoice.number or invoice.id for invoice in world.invoices[::TENTH]
    }
    pays = {row.transaction: row.invoices for row in world.truths}
    return evolve(
        world,
        invoices=tuple(
            evolve(i, number=shared) if i.id in renamed else i for i in world.invoices
        ),
        transactions=tuple(
            _quoting(t, [renamed[i] for i in pays[t.id] if i in renamed], shared)
            for t in world.transactions
        ),
    )


def _quoting(sent: Transaction, old: Iterable[str], new: str) -> Transaction:
    text = sent.remittance
    for number in old:
        text = text.replace(number, new) if text else text
    return evolve(sent, remittance=text)


def thirty_numbers(world: World) -> World:
    """Put thirty numbers of five to eight digits into every text."""
    dice = Dice(SEED, NUMBERS)
    return evolve(
        world,
        transactions=tuple(
            evolve(t, remittance=" ".join((t.remittance or "", *_numbers(dice))))
            for t in world.transactions
        ),
    )


def _numbers(dice: Dice) -> list[str]:
    return [dice.digits(dice.between(5, 8)) for _ in range(NUMBERS)]


def unique_names(world: World) -> World:
    """Let the bank print something of its own behind every payer's name."""
    return evolve(
        world,
        transactions=tuple(
            evolve(t, counterparty=_noisy(t.counterparty, place))
            for place, t in enumerate(world.transactions)
        ),
    )


def _noisy(other: Counterparty | None, place: int) -> Counterparty:
    other = other or Counterparty()
    letters = "".join(chr(ord("a") + int(digit)) for digit in f"{place:06d}")
    return evolve(other, name=f"{other.name or ''} {letters}".strip())


CASES: dict[str, Callable[[World], World]] = {
    "normal": lambda world: world,
    "one amount on four fifths": one_amount,
    "one customer with a tenth": one_customer,
    "one number on a tenth": one_number,
    "thirty numbers in every text": thirty_numbers,
    "every payer name unique": unique_names,
}
"""The first is what the others are compared with."""


@frozen(kw_only=True)
class Figures:
    """What a world takes, and how right the answers are.

    Attributes:
        seconds: Median of the runs.
        over_mib: Peak memory over the loaded input, the median.
        wrong: Pairs matched that are not true.
        precision: Share of the pairs matched that are true.
        recall: Share of the true pairs that are matched.
        capped: What was passed over, by look-up.
    """

    seconds: float
    over_mib: float
    wrong: int
    precision: float
    recall: float
    capped: dict[str, int]


def measure(world: World, runs: int) -> Figures:
    """Match a world so many times, and once more for its quality."""
    with TemporaryDirectory() as scratch:
        folder = Path(scratch)
        save(world, folder)
        rows = [json.loads(python("benchmarks.one_run", scratch)) for _ in range(runs)]
        found = measured("payymo", folder, truth_of(folder), 1, limit=3600)
    if isinstance(found, Fault):
        raise SystemExit(found.why)
    reading = found[0]
    return Figures(
        seconds=round(median(row["seconds"] for row in rows), 3),
        over_mib=round(median(row["over_bytes"] for row in rows) / MIB, 1),
        wrong=reading.answered - reading.right,
        precision=round(reading.precision, 6),
        recall=round(reading.recall, 5),
        capped=rows[0]["capped"],
    )


def shown(case: str, found: Figures, normal: Figures) -> str:
    """One line of the table."""
    capped = ", ".join(f"{key} {n:,}" for key, n in found.capped.items() if n)
    cells = (
        f"{found.seconds:.2f}",
        f"{found.seconds / normal.seconds:.2f}",
        f"{found.over_mib:,.0f}",
        f"{found.precision:.4%}",
        f"{found.recall:.2%}",
    )
    line = "".join(f"{cell:>14}" for cell in cells)
    return f"  {case:<30}{line}  {capped or '-'}"


def main() -> None:
    """Print the cases beside each other, and keep the figures where asked to."""
    parser = argparse.ArgumentParser(description="Measure worlds with a hot spot.")
    parser.add_argument("--size", type=int, default=10_000)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--json", type=Path, metavar="PATH", help="keep the figures")
    wanted = parser.parse_args()
    normal = make_world(Regime.MIXED, wanted.size, SEED, wanted.size)
    titles = ("seconds", "x normal", "peak MiB", "precision", "recall")
    head = f"{wanted.size:,} x {wanted.size:,}"
    print(f"{head:<32}" + "".join(f"{t:>14}" for t in titles) + "  passed over")
    rows: list[dict[str, object]] = []
    base: Figures | None = None
    for name, made in CASES.items():
        found = measure(made(normal), wanted.runs)
        base = base or found
        print(shown(name, found, base), flush=True)
        ratio = {"times_normal": round(found.seconds / base.seconds, 2)}
        rows.append({"case": name, "size": wanted.size, **ratio, **asdict(found)})
    if wanted.json:
        save_rows(measured_head(datetime.now(UTC)), rows, wanted.json)


if __name__ == "__main__":
    main()
