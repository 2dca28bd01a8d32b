"""What a run and verdicts on it teach: of payers, rules, fees and habits."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from datetime import date
from decimal import Decimal
from functools import cached_property
from math import fsum

import numpy as np
from attrs import frozen

from payymo_core.blocking import PLAIN
from payymo_core.comparison import NOT_FOUND, AmountLevel, TextLevel
from payymo_core.decision import OUTCOMES
from payymo_core.finds import LEVELS
from payymo_core.learnt import (
    Citing,
    PayerKey,
    RejectedProposal,
    RememberedPayer,
    RuleRecord,
    ShortPayer,
)
from payymo_core.matching import MatchResult
from payymo_core.money import from_minor
from payymo_core.normalisation import compact, name_sequences, name_words
from payymo_core.records import Transaction
from payymo_core.results import Outcome, Reason
from payymo_core.verdicts import InvoiceSet, Verdicts

HALF_LIFE = 365
"""Days after which a payment that was confirmed counts for half."""
FORGOTTEN = 0.25
"""Weight below which a payer is not remembered: one payment, two half-lives old."""
LEAST_PAYMENTS = 3
"""Payments without which there is no habit."""

# Reasons that say no more than that a proposal is not sure, or what it is.
_OF_CONFIDENCE = {Reason.LOW_CONFIDENCE, Reason.AMBIGUOUS, Reason.AMOUNT_DIFFERS}

Way = tuple[str, str]
"""Name of the rule that found a reference, and how it was written; both may be ""."""


@frozen(eq=False)
class Lesson:
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
            # What is held back for a reason of its own is known not to be as sure as
            # it looks: of what is not held back it says nothing.
            looks_sure = match.confidence >= run.ruleset.thresholds.match
            held_back = looks_sure and match.outcome is not Outcome.MATCH
            held_back |= not _OF_CONFIDENCE.issuperset(match.reasons)
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
        matched = self._plainly_matched()
        for place, rule in enumerate(self.result.run.ruleset.references):
            if confirmed[place] or rejected[place]:
                yield RuleRecord(
                    rule=rule.name,
                    confirmed=confirmed[place],
                    rejected=rejected[place],
                    matched=matched[place],
                )

    def _plainly_matched(self) -> Counter[int]:
        """Finds of each rule that are no chance, in matches that nobody judged."""
        run, judged = self.result.run, set(self.verdicts.transactions)
        records = run.transactions.records
        free = np.array([record.id not in judged for record in records], np.bool_)
        free &= run.decisions.outcome == OUTCOMES.index(Outcome.MATCH)
        chosen = np.zeros(len(run.hypotheses), np.bool_)
        chosen[run.decisions.proposal[free]] = True
        owner, _, place = run.hypotheses.incidence()
        member = run.hypotheses.member[place[chosen[owner]]]
        found = run.hypotheses.pairs.reference
        return Counter(found.rule[member[found.bits[member] >= PLAIN]].tolist())

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

    def citing(self) -> Iterator[Citing]:
        """How each customer's payments name what they pay.

        Of a customer with a confirmed payment those that were matched count too: who
        cites well is matched, and reviews alone show how he cites at his worst.
        """
        seen: dict[str, Counter[Way]] = defaultdict(Counter)
        for transaction, invoices in self.verdicts.confirmed.items():
            for customer, way in self._ways(transaction, invoices):
                seen[customer][way] += 1
        for transaction, invoices in self._matched_unjudged(set(seen)):
            for customer, way in self._ways(transaction, invoices):
                seen[customer][way] += 1
        for customer, ways in sorted(seen.items()):
            if ways.total() >= LEAST_PAYMENTS:
                for (rule, written), payments in sorted(ways.items()):
                    yield Citing(
                        customer=customer, rule=rule, way=written, payments=payments
                    )

    def _ways(self, transaction: str, invoices: Sequence[str]) -> set[tuple[str, Way]]:
        """Whose invoices a payment names, and how; an empty text says nothing."""
        pairs, rules = self.result.run.hypotheses.pairs, self.result.run.ruleset
        out = set()
        for invoice in invoices:
            pair = self._pair(transaction, invoice)
            if pair is None or pairs.said[pair] == TextLevel.EMPTY:
                continue
            level = int(pairs.reference.level[pair])
            named = level < NOT_FOUND
            rule = rules.references[int(pairs.reference.rule[pair])].name
            way = (rule, LEVELS[level].value) if named else ("", "")
            out |= {(customer, way) for customer in self._customers([invoice])}
        return out

    def _matched_unjudged(
        self, customers: AbstractSet[str]
    ) -> Iterator[tuple[str, InvoiceSet]]:
        """What was matched of some customers, and nobody judged."""
        run = self.result.run
        judged = {*self.verdicts.confirmed, *self.verdicts.rejected}
        known = np.isin(list(run.ledger.customers.ids), sorted(customers))
        owner, invoice, _ = run.hypotheses.incidence()
        theirs = np.r_[known, False][run.ledger.customers.of_invoice[invoice]]
        concerned = np.zeros(len(run.hypotheses) + 1, np.bool_)
        concerned[owner[theirs]] = True
        matched = run.decisions.outcome == OUTCOMES.index(Outcome.MATCH)
        for row in np.flatnonzero(matched & concerned[run.decisions.proposal]).tolist():
            match = self.result.of(run.transactions.records[row].id)
            if match.transaction not in judged:
                yield match.transaction, tuple(a.invoice for a in match.allocations)

    def amount_level(self, transaction: str, invoice: str) -> AmountLevel | None:
        """How the amounts of two records agree; None where they were not compared."""
        pair = self._pair(transaction, invoice)
        if pair is None:
            return None
        return AmountLevel(int(self.result.run.hypotheses.pairs.amount[pair]))

    def _shortfall(self, transaction: str, invoice: str) -> Decimal | None:
        """What a payment short by a fee lacks, major units; None for any other."""
        run = self.result.run
        row, place = self.result.row_of(transaction), self.result.place_of(invoice)
        if self.amount_level(transaction, invoice) is not AmountLevel.SHORT:
            return None
        lacking = run.ledger.invoices.outstanding[place] - run.transactions.gross[row]
        return from_minor(int(lacking), run.transactions.records[row].currency)

    def _rules_that_find(
        self, transaction: str, invoices: Sequence[str]
    ) -> Iterator[int]:
        found = self.result.run.hypotheses.pairs.reference
        for invoice in invoices:
            pair = self._pair(transaction, invoice)
            # What any text may hold by chance says nothing of the rule.
            if pair is not None and found.bits[pair] >= PLAIN:
                yield int(found.rule[pair])

    def _pair(self, transaction: str, invoice: str) -> int | None:
        """Where the two were compared; None where they were not."""
        row, place = self.result.row_of(transaction), self.result.place_of(invoice)
        return self._pairs.get((row, place))

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
