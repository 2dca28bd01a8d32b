"""Labels sorted out: what they say of each transaction, and which are at fault."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet

from attrs import frozen

from payymo_core.errors import Rejected
from payymo_core.labels import Label, Verdict

InvoiceSet = tuple[str, ...]
"""Ids of invoices, sorted, each once."""


@frozen
class Verdicts:
    """What reviewers say of transactions.

    Attributes:
        confirmed: What each transaction pays; the empty set for nothing open.
        rejected: What it does not pay.
        count: Distinct labels behind it.
    """

    confirmed: Mapping[str, InvoiceSet]
    rejected: Mapping[str, AbstractSet[InvoiceSet]]
    count: int

    @property
    def transactions(self) -> list[str]:
        """Ids of those that were judged, sorted."""
        return sorted({*self.confirmed, *self.rejected})

    def is_right(self, transaction: str, invoices: InvoiceSet) -> bool | None:
        """Whether the transaction pays just these invoices; None where nobody said."""
        if transaction in self.confirmed:
            return self.confirmed[transaction] == invoices
        return False if invoices in self.rejected[transaction] else None


_Said = Mapping[tuple[str, Verdict], AbstractSet[InvoiceSet]]


def sorted_out(
    transactions: AbstractSet[str], invoices: AbstractSet[str], labels: Iterable[Label]
) -> tuple[Verdicts, tuple[Rejected, ...]]:
    """What labels say of known records.

    Args:
        transactions: Ids of those that are known.
        invoices: The same.
        labels: In any order; one that is given twice counts once.

    Returns:
        What they say, and those at fault, in the order given.
    """
    known, faults = [], []
    for label in labels:
        unknown = _unknown(label, transactions, invoices)
        if unknown is None:
            known.append(label)
        else:
            faults.append(unknown)
    said: dict[tuple[str, Verdict], set[InvoiceSet]] = defaultdict(set)
    for label in known:
        said[label.transaction, label.verdict].add(_invoices(label))
    confirmed: dict[str, InvoiceSet] = {}
    rejected: dict[str, set[InvoiceSet]] = defaultdict(set)
    for label in known:
        contradiction = _contradiction(label, said)
        if contradiction is not None:
            faults.append(contradiction)
        elif label.verdict is Verdict.CONFIRM:
            confirmed[label.transaction] = _invoices(label)
        else:
            rejected[label.transaction].add(_invoices(label))
    count = len(confirmed) + sum(map(len, rejected.values()))
    return Verdicts(confirmed, dict(rejected), count), tuple(faults)


def _invoices(label: Label) -> InvoiceSet:
    return tuple(sorted(set(label.invoices)))


def _unknown(
    label: Label, transactions: AbstractSet[str], invoices: AbstractSet[str]
) -> Rejected | None:
    if label.transaction not in transactions:
        fault = f"no usable transaction has the id {label.transaction!r}"
        return _fault(label, "transaction", fault)
    missing = sorted(set(label.invoices) - invoices)
    if missing:
        names = ", ".join(map(repr, missing))
        return _fault(label, "invoices", f"no usable invoice has the id {names}")
    return None


def _contradiction(label: Label, said: _Said) -> Rejected | None:
    confirmed = said.get((label.transaction, Verdict.CONFIRM), set())
    rejected = said.get((label.transaction, Verdict.REJECT), set())
    if _invoices(label) in confirmed & rejected:
        return _fault(label, "verdict", "other labels say the opposite of just this")
    if label.verdict is Verdict.CONFIRM and len(confirmed) > 1:
        fault = "other labels confirm other invoices for this transaction"
        return _fault(label, "invoices", fault)
    return None


def _fault(label: Label, field: str, fault: str) -> Rejected:
    return Rejected(
        record_id=label.transaction, fault=fault, field=field, where=label.where
    )
