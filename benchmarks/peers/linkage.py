"""recordlinkage, with blocks on references, payers and amounts, and its own classifier.

Blocking on the amount alone would compare every payment of a price that many pay with
every such invoice. Two processes are slower than one here: the pairs are copied.
"""

from collections.abc import Callable, Iterable
from pathlib import Path

import pandas as pd
import recordlinkage as rl

from benchmarks.peers.answers import Pair
from benchmarks.peers.rows import (
    Side,
    invoice_keys,
    name_key,
    open_items,
    payment_keys,
    payments,
)
from benchmarks.peers.tools import Answer, Run

NAME_START = 4
SURE = 0.5
WEIGHTS = {"reference": 2.0, "amount": 2.0, "account": 1.0, "name": 1.0, "day": 1.0}
"""What an agreement counts for where they are summed."""
AGREED = 3.5
"""Sum from which the best pair is accepted."""


def load(folder: Path) -> Run:
    """Read the records into frames, with nothing derived yet."""
    left, right = _frame(payments(folder)), _frame(open_items(folder))
    return lambda: _run(left, right)


def _frame(sides: Iterable[Side]) -> pd.DataFrame:
    rows = list(sides)
    return pd.DataFrame(
        {
            "side": rows,
            "amount": [float(side.amount) for side in rows],
            "currency": [side.currency for side in rows],
            "day": pd.to_datetime([side.day for side in rows]),
        },
        index=pd.Index([side.id for side in rows], name="id"),
    )


def _run(left: pd.DataFrame, right: pd.DataFrame) -> Answer:
    left, right = _derived(left, payment_keys), _derived(right, invoice_keys)
    named = _sharing_a_reference(left, right)
    features = _compared(named.union(_sharing_a_payer(left, right)), left, right)
    features["reference"] = features.index.isin(named).astype(float)
    features = features[list(WEIGHTS)]
    summed = (features * pd.Series(WEIGHTS)).sum(axis=1)
    classifier = rl.ECMClassifier(binarize=0.85)
    classifier.fit(features)
    chances = classifier.prob(features) + summed / 1000
    by_sum = _best_of_both(summed, left)
    by_chance = _best_of_both(chances, left)
    return lambda: {
        "agreements summed": _pairs(by_sum, AGREED),
        "its classifier": _pairs(by_chance, SURE),
    }


def _derived(
    frame: pd.DataFrame, keys: Callable[[Side], frozenset[str]]
) -> pd.DataFrame:
    sides: list[Side] = frame["side"].tolist()
    names = [[name_key(name) for name in side.names] for side in sides]
    columns: dict[str, list[object]] = {
        "keys": [sorted(keys(side)) for side in sides],
        "name": [known[0] if known else None for known in names],
        "other_name": [known[-1] if known else None for known in names],
        "start": [known[0][:NAME_START] if known else None for known in names],
        "other_start": [known[-1][:NAME_START] if known else None for known in names],
        "account": [side.accounts[0] if side.accounts else None for side in sides],
        "ordinal": [float(side.day.toordinal()) for side in sides],
    }
    return frame.join(pd.DataFrame(columns, index=frame.index))


def _sharing_a_reference(left: pd.DataFrame, right: pd.DataFrame) -> pd.MultiIndex:
    one, other = (
        frame[["currency", "keys"]].explode("keys").dropna().reset_index()
        for frame in (left, right)
    )
    both = one.merge(other, on=["currency", "keys"], suffixes=("_1", "_2"))
    return pd.MultiIndex.from_frame(both[["id_1", "id_2"]].drop_duplicates())


def _sharing_a_payer(left: pd.DataFrame, right: pd.DataFrame) -> pd.MultiIndex:
    index = rl.Index()
    both = ["currency", "amount"]
    index.block([*both, "start"], [*both, "start"])
    index.block([*both, "start"], [*both, "other_start"])
    index.block([*both, "account"], [*both, "account"])
    found: pd.MultiIndex = index.index(left, right)
    return found.set_names(["id_1", "id_2"])


def _compared(
    pairs: pd.MultiIndex, left: pd.DataFrame, right: pd.DataFrame
) -> pd.DataFrame:
    compare = rl.Compare(n_jobs=1)
    compare.exact("amount", "amount", label="amount")
    compare.exact("account", "account", label="account")
    compare.string("name", "name", method="jarowinkler", label="name")
    compare.string("name", "other_name", method="jarowinkler", label="other_name")
    compare.numeric(
        "ordinal", "ordinal", method="linear", offset=14, scale=30, label="day"
    )
    features: pd.DataFrame = compare.compute(pairs, left, right)
    features["name"] = features[["name", "other_name"]].max(axis=1)
    return features.drop(columns="other_name")


def _best_of_both(scores: pd.Series, left: pd.DataFrame) -> pd.DataFrame:
    """Keep the best payment of each invoice where that has no better invoice.

    Of what is as likely, the earlier payment is the best.
    """
    ranked = scores.rename("score").reset_index()
    ranked["day"] = left["day"].reindex(ranked["id_1"]).to_numpy()
    ranked = ranked.sort_values(
        ["score", "day", "id_1", "id_2"], ascending=[False, True, True, True]
    )
    of_invoice = ~ranked.duplicated("id_2")
    of_payment = ~ranked.duplicated("id_1")
    return ranked[of_invoice & of_payment]


def _pairs(best: pd.DataFrame, sure: float) -> list[Pair]:
    columns = ("id_1", "id_2", "score")
    rows = zip(*(best[name].tolist() for name in columns), strict=True)
    return [Pair(payment, item, score, score >= sure) for payment, item, score in rows]
