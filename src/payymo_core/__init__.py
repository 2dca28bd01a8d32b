"""Payymo's engine: which payment pays which invoice, how sure, and why."""

from payymo_core.engine import Matcher, match
from payymo_core.errors import PayymoError, RecordError, Rejected, RulesetError
from payymo_core.evaluation import Evaluation, evaluate
from payymo_core.explanation import Explanation, explain, explain_pair
from payymo_core.feedback import learn
from payymo_core.frames import match_columns
from payymo_core.inspection import inspect
from payymo_core.labels import Label, Truth, Verdict
from payymo_core.matching import MatchResult
from payymo_core.money import Money
from payymo_core.records import (
    Counterparty,
    Customer,
    Invoice,
    InvoiceStatus,
    Transaction,
    TransactionStatus,
)
from payymo_core.results import Allocation, Evidence, Match, Outcome, Proposal, Reason
from payymo_core.rules import ReferenceRule, Ruleset, Thresholds
from payymo_core.wording import sentence

__all__ = [
    "Allocation",
    "Counterparty",
    "Customer",
    "Evaluation",
    "Evidence",
    "Explanation",
    "Invoice",
    "InvoiceStatus",
    "Label",
    "Match",
    "MatchResult",
    "Matcher",
    "Money",
    "Outcome",
    "PayymoError",
    "Proposal",
    "Reason",
    "RecordError",
    "ReferenceRule",
    "Rejected",
    "Ruleset",
    "RulesetError",
    "Thresholds",
    "Transaction",
    "TransactionStatus",
    "Truth",
    "Verdict",
    "evaluate",
    "explain",
    "explain_pair",
    "inspect",
    "learn",
    "match",
    "match_columns",
    "sentence",
]
