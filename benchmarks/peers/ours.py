"""Payymo itself, with its default ruleset."""

from pathlib import Path

from benchmarks.peers.answers import Pair
from benchmarks.peers.tools import Answer, Run
from payymo_adapters.exchange import read_invoices, read_transactions
from payymo_core import Ruleset, match
from payymo_core.results import Match, Outcome


def load(folder: Path) -> Run:
    """Read the records."""
    transactions = read_transactions(folder / "transactions.jsonl")
    invoices = read_invoices(folder / "invoices.jsonl")
    rules = Ruleset()

    def run() -> Answer:
        matches = list(match(transactions, invoices, rules))
        return lambda: {"match": [pair for m in matches for pair in _pairs(m)]}

    return run


def _pairs(answer: Match) -> list[Pair]:
    accepted = answer.outcome is Outcome.MATCH
    return [
        Pair(answer.transaction, one.invoice, answer.confidence, accepted)
        for one in answer.allocations
    ]
