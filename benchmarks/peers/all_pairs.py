"""RapidFuzz alone: each payment's text against each invoice's, and the best wins."""

from pathlib import Path

import numpy as np
from rapidfuzz import fuzz, process, utils

from benchmarks.peers.answers import Pair
from benchmarks.peers.rows import THOUSANDTHS, Side, open_items, payments
from benchmarks.peers.tools import Answer, Run

AT_ONCE = 250
"""Payments compared at a time: bounds the memory."""
CUTOFF = 60
"""Scores below are not worth an answer."""
SURE = 90


def label(side: Side) -> str:
    """Write all there is to compare in one line: number, name, amount."""
    amount = f"{side.amount / THOUSANDTHS:.2f}"
    return utils.default_process(" ".join((side.words, *side.names, amount)))


def load(folder: Path) -> Run:
    """Read the records."""
    incoming, items = payments(folder), open_items(folder)

    def run() -> Answer:
        found = best_pairs(incoming, items)
        return lambda: {"best of both": found}

    return run


def best_pairs(incoming: list[Side], items: list[Side]) -> list[Pair]:
    """Pair each payment with its best invoice, where that has no better payment."""
    texts, choices = [label(one) for one in incoming], [label(one) for one in items]
    best = np.zeros(len(incoming), np.intp)
    score = np.zeros(len(incoming), np.uint8)
    for start in range(0, len(texts), AT_ONCE):
        rows = slice(start, start + AT_ONCE)
        scores = process.cdist(
            texts[rows],
            choices,
            scorer=fuzz.token_set_ratio,
            score_cutoff=CUTOFF,
            dtype=np.uint8,
            workers=-1,
        )
        best[rows] = scores.argmax(axis=1)
        score[rows] = scores.max(axis=1)
    taken: set[int] = set()
    pairs: list[Pair] = []
    for row in np.argsort(-score.astype(np.int16), kind="stable").tolist():
        item, reached = int(best[row]), int(score[row])
        if reached and item not in taken:
            taken.add(item)
            pairs.append(
                Pair(incoming[row].id, items[item].id, reached, reached >= SURE)
            )
    return pairs
