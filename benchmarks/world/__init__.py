"""A made world: a ledger, the money that reaches the bank, and what it pays."""

from benchmarks.world.mix import MIXES, Mix, Regime
from benchmarks.world.truth import Kind, Legibility, TruthRow, World

__all__ = ["MIXES", "Kind", "Legibility", "Mix", "Regime", "TruthRow", "World"]
