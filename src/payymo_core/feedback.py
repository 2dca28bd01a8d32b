"""Learning from verdicts: the records, the labels and the rules give new rules.

The labels are the whole truth. What was learnt before is dropped first, so that to
unlearn is to leave a label out and learn again; and their order plays no part.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from decimal import Decimal
from functools import cached_property
from math import fsum

from attrs import evolve, frozen

from payymo_core.calibrating import fitted
from payymo_core.columns import (
    InvoiceColumns,
    TransactionColumns,
)
from payymo_core.comparison import NOT_FOUND, AmountLevel
from payymo_core.engine import Matcher
from payymo_core.errors import Rejected
from payymo_core.labels import Label
from payymo_core.learnt import (
    Learnt,
    PayerKey,
    RejectedProposal,
    RememberedPayer,
    RuleRecord,
    ShortPayer,
)
from payymo_core.matching import MatchResult
from payymo_core.money import from_minor
from payymo_core.normalisation import compact, name_sequences, name_words
from payymo_core.reading import invoice_columns, transaction_columns
from payymo_core.records import Invoice, Transaction
from payymo_core.results import Outcome
from payymo_core.rules import Ruleset
from payymo_core.verdicts import InvoiceSet, Verdicts, sorted_out

HALF_LIFE = 365
"""Days after which a payment that was confirmed counts for half."""
FORGOTTEN = 0.25
"""Weight below which a payer is not remembered: one payment, two half-lives old."""


def learn(
    transactions: Iterable[Transaction | Rejected],
    invoices: Iterable[Invoice | Rejected],
    labels: Iterable[Label],
    ruleset: Ruleset | None = None,
) -> Ruleset:
    """Learn from reviewers' verdicts.

    Args:
        transactions: All of a run, as they were matched: rivals matter.
        invoices: The ledger as it stood then; what was paid since still open.
        labels: Verdicts, in any order. Those that ``label_faults`` names teach nothing.
        ruleset: How records are compared; what it has learnt before is dropped.

    Returns:
        The same rules, with all that the labels teach as ``learnt``.
    """
    base = evolve(Ruleset() if ruleset is None else ruleset, learnt=Learnt())
    result = Matcher.of(invoices, base).match(transactions)
    run = result.run
    verdicts, _ = _sorted_out(run.transactions, run.ledger.invoices, labels)
    if not verdicts.count:
        return base
    lesson = _Lesson(result, verdicts)
    return evolve(
        base,
        learnt=Learnt(
            labels=verdicts.count,
            calibration=fitted(list(lesson.judged_proposals())),
            rejected=tuple(lesson.rejected()),
            payers=tuple(lesson.payers()),
            rules=tuple(lesson.rules()),
            short_payers=tuple(lesson.short_payers()),
        ),
    )


def label_faults(
    transactions: Iterable[Transaction | Rejected],
    invoices: Iterable[Invoice | Rejected],
    labels: Iterable[Label],
) -> tuple[Rejected, ...]:
    """Labels that teach nothing, and why.

    One is at fault that names a transaction or an invoice that is not among the usable
    records, or that another label contradicts.
    """
    columns = transaction_columns(transactions)[0], invoice_columns(invoices)[0]
    return _sorted_out(*columns, labels)[1]


def _sorted_out(
    transactions: TransactionColumns, invoices: InvoiceColumns, labels: Iterable[Label]
) -> tuple[Verdicts, tuple[Rejected, ...]]:
    known = {record.id for record in transactions.records}
    ledger = {record.id for record in invoices.records}
    return sorted_out(known, ledger, labels)


@frozen(eq=False)
class _Lesson:
    """A run with nothing learnt, and what reviewers say of its transactions."""

    result: MatchResult
    verdicts: Verdicts

    def rejected(self) -> Iterator[RejectedProposal]:
        """Every rejected set; no set at all for what pays nothing."""
        for transaction in self.verdicts.transactions:
            if self.verdicts.confirmed.get(transaction) == ():
                yield RejectedProposal(transaction=transaction, invoices=())
            for invoices in self._rejected(transaction):
                yield RejectedProposal(transaction=transaction, invoices=invoices)

    def judged_proposals(self) -> Iterator[tuple[float, bool]]:
        """Log-odds, in bits, of each first proposal judged, and whether it is right."""
        run = self.result.run
        for transaction in self.verdicts.transactions:
            match = self.result.of(transaction)
            proposed = tuple(a.invoice for a in match.allocations)
            right = self.verdicts.is_right(transaction, proposed)
            # What looks sure, yet is held back for a reason of its own, is known not
            # to be as sure as it looks: of what is not held back it says nothing.
            looks_sure = match.confidence >= run.ruleset.thresholds.match
            held_back = looks_sure and match.outcome is not Outcome.MATCH
            if proposed and right is not None and not held_back:
                row = self.result.row_of(transaction)
                yield float(run.decisions.log_odds[row]), right

    def payers(self) -> Iterator[RememberedPayer]:
        """Who has paid for whom, by every key, weighed by age."""
        weights: dict[tuple[PayerKey, str, str], list[float]] = defaultdict(list)
        for transaction in self.verdicts.transactions:
            record = self._transaction(transaction)
            share = self._share_of(record)
            confirmed = self._customers(self.verdicts.confirmed.get(transaction, ()))
            rejected = {
                customer
                for invoices in self._rejected(transaction)
                for customer in self._customers(invoices)
            }
            for key, value in _keys_of(record):
                for customer in confirmed:
                    weights[key, value, customer].append(share)
                # A wrong invoice of the right customer says nothing against the payer.
                for customer in rejected - confirmed:
                    weights[key, value, customer].append(-share)
        for (key, value, customer), held in sorted(weights.items()):
            weight = round(fsum(held), 4)
            if weight >= FORGOTTEN:
                yield RememberedPayer(
                    key=key, value=value, customer=customer, weight=weight
                )

    def rules(self) -> Iterator[RuleRecord]:
        """How often each rule's finds were right, in the order of the rules."""
        confirmed, rejected = Counter[int](), Counter[int]()
        for transaction in self.verdicts.transactions:
            right = self.verdicts.confirmed.get(transaction, ())
            confirmed.update(self._rules_that_find(transaction, right))
            # Of a set that is wrong as a whole, each invoice may still be right.
            alone = [
                invoices[0]
                for invoices in self._rejected(transaction)
                if len(invoices) == 1 and invoices[0] not in right
            ]
            rejected.update(self._rules_that_find(transaction, alone))
        for place, rule in enumerate(self.result.run.ruleset.references):
            if confirmed[place] or rejected[place]:
                yield RuleRecord(
                    rule=rule.name,
                    confirmed=confirmed[place],
                    rejected=rejected[place],
                )

    def short_payers(self) -> Iterator[ShortPayer]:
        """The usual fee of each customer and currency, the smallest of equals."""
        fees: dict[tuple[str, str], Counter[Decimal]] = defaultdict(Counter)
        for transaction, invoices in self.verdicts.confirmed.items():
            customers = self._customers(invoices)
            if len(invoices) != 1 or not customers:
                continue
            fee = self._shortfall(transaction, invoices[0])
            if fee is not None:
                currency = self._transaction(transaction).currency
                fees[customers.pop(), currency][fee] += 1
        for (customer, currency), held in sorted(fees.items()):
            fee, payments = min(held.items(), key=lambda item: (-item[1], item[0]))
            yield ShortPayer(
                customer=customer, currency=currency, fee=fee, payments=payments
            )

    def _shortfall(self, transaction: str, invoice: str) -> Decimal | None:
        """What a payment short by a fee lacks, major units; None for any other."""
        run = self.result.run
        row, place = self.result.row_of(transaction), self.result.place_of(invoice)
        pair = self._pairs.get((row, place))
        if pair is None or run.hypotheses.pairs.amount[pair] != AmountLevel.SHORT:
            return None
        lacking = run.ledger.invoices.outstanding[place] - run.transactions.gross[row]
        return from_minor(int(lacking), run.transactions.records[row].currency)

    def _rules_that_find(
        self, transaction: str, invoices: Sequence[str]
    ) -> Iterator[int]:
        row = self.result.row_of(transaction)
        found = self.result.run.hypotheses.pairs.reference
        for invoice in invoices:
            pair = self._pairs.get((row, self.result.place_of(invoice)))
            if pair is not None and found.level[pair] < NOT_FOUND:
                yield int(found.rule[pair])

    @cached_property
    def _pairs(self) -> dict[tuple[int, int], int]:
        """Comparisons by transaction and invoice."""
        pairs = self.result.run.hypotheses.pairs
        both = zip(pairs.transaction.tolist(), pairs.invoice.tolist(), strict=True)
        return {pair: place for place, pair in enumerate(both)}

    @cached_property
    def _newest(self) -> date | None:
        days = (
            _day_of(self._transaction(transaction))
            for transaction in self.verdicts.transactions
        )
        return max((day for day in days if day), default=None)

    def _share_of(self, record: Transaction) -> float:
        """What a verdict counts for: less with age; in full where no date is known."""
        day = _day_of(record)
        if day is None or self._newest is None:
            return 1.0
        return float(0.5 ** ((self._newest - day).days / HALF_LIFE))

    def _rejected(self, transaction: str) -> list[InvoiceSet]:
        """Sets that it does not pay, sorted; that "nothing" is wrong names none."""
        return sorted(filter(None, self.verdicts.rejected.get(transaction, ())))

    def _transaction(self, transaction: str) -> Transaction:
        return self.result.run.transactions.records[self.result.row_of(transaction)]

    def _customers(self, invoices: Iterable[str]) -> set[str]:
        held = self.result.run.ledger.invoices.records
        records = (held[self.result.place_of(invoice)] for invoice in invoices)
        return {record.customer.id for record in records if record.customer}


def _day_of(record: Transaction) -> date | None:
    return record.booking_date or record.value_date


def _keys_of(record: Transaction) -> Iterator[tuple[PayerKey, str]]:
    """What the other side may be remembered by."""
    other = record.counterparty
    if other is None:
        return
    for key, text in ((PayerKey.IBAN, other.iban), (PayerKey.ACCOUNT, other.account)):
        if value := compact(text or ""):
            yield key, value
    if words := name_words(name_sequences([other.name or ""])[0]):
        yield PayerKey.NAME, words
