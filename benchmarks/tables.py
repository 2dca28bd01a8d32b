"""The kept figures as the tables of the documentation.

    python -m benchmarks.tables

The pages hold these tables as they are printed here, and a test compares them.
"""

import json
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from benchmarks.draw import RESULTS, Row, number

NAMES = {
    "payymo": "**Payymo**",
    "splink": "Splink",
    "dict-and-loop": "dictionaries and a loop",
    "rapidfuzz": "RapidFuzz, all pairs",
}


def table(titles: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Write a table, its figures to the right."""
    lines = [titles, ["---", *("---:" for _ in titles[1:])], *rows]
    return "".join(f"| {' | '.join(cells)} |\n" for cells in lines)


def peers_tables(rows: Sequence[Row]) -> list[str]:
    """One table a size."""
    sizes = sorted({number(row, "size") for row in rows})
    return [_peers([row for row in rows if number(row, "size") == s]) for s in sizes]


def _peers(rows: Sequence[Row]) -> str:
    titles = (
        f"{number(rows[0], 'size'):,.0f} a side",
        *("seconds", "x ours", "MiB over the input", "precision", "recall"),
        *("recall at our precision", "our recall at its"),
    )
    return table(titles, [_peer(row) for row in rows])


def _peer(row: Row) -> list[str]:
    tool = str(row["tool"])
    if "fault" in row:
        return [NAMES.get(tool, tool), str(row["fault"]), *[""] * 6]
    shares = ("recall", "recall_at_our_precision", "our_recall_at_its_precision")
    return [
        f"{NAMES.get(tool, tool)}: {row['reading']}",
        f"{number(row, 'seconds'):,.2f}",
        f"{number(row, 'times_ours'):,.2f}",
        f"{number(row, 'over_mib'):,.0f}",
        f"{number(row, 'precision'):.2%}",
        *(f"{number(row, share):.1%}" for share in shares),
    ]


def hot_tables(rows: Sequence[Row]) -> list[str]:
    """The worlds that are one hot spot."""
    titles = (
        f"{number(rows[0], 'size'):,.0f} a side",
        *("seconds", "x normal", "MiB", "wrong pairs", "recall", "passed over"),
    )
    return [table(titles, [_hot(row) for row in rows])]


def _hot(row: Row) -> list[str]:
    capped = row["capped"]
    assert isinstance(capped, dict)
    return [
        str(row["case"]),
        f"{number(row, 'seconds'):,.2f}",
        f"{number(row, 'times_normal'):,.2f}",
        f"{number(row, 'over_mib'):,.0f}",
        f"{number(row, 'wrong'):,.0f}",
        f"{number(row, 'recall'):.1%}",
        f"{sum(capped.values()):,}",
    ]


def latency_tables(rows: Sequence[Row]) -> list[str]:
    """How long a call waits."""
    titles = (
        "invoices indexed",
        "call",
        "records a call",
        "median",
        "99 of 100 within",
    )
    calls = [row for row in rows if "batch" in row]
    return [table(titles, [_wait(row) for row in calls])]


def _wait(row: Row) -> list[str]:
    return [
        f"{number(row, 'size'):,.0f}",
        f"`{row['work']}`",
        f"{number(row, 'batch'):,.0f}",
        f"{number(row, 'seconds') * 1000:,.1f} ms",
        f"{number(row, 'seconds_99') * 1000:,.1f} ms",
    ]


TABLES: dict[str, Callable[[Sequence[Row]], list[str]]] = {
    "peers": peers_tables,
    "hot": hot_tables,
    "latency": latency_tables,
}
"""Results file to tables."""


def kept_tables(results: Path) -> list[str]:
    """Every table of the figures that are kept."""
    return [
        written
        for name, made in TABLES.items()
        if (path := results / f"{name}.json").exists()
        for written in made(json.loads(path.read_text(encoding="utf-8"))["rows"])
    ]


def main() -> None:
    """Print them."""
    print("\n".join(kept_tables(RESULTS)))


if __name__ == "__main__":
    main()
