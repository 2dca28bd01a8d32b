"""What is known around one transaction: rivals, claims, what else the payer owes."""

from collections.abc import Sequence
from datetime import date
from functools import cached_property

import numpy as np
from attrs import frozen

from payymo_core.accounts import text_keys
from payymo_core.bearers import MOST_SHARERS, PayerLevel
from payymo_core.blocking import PLAIN
from payymo_core.columns import NO_DAY, take_rows
from payymo_core.comparison import NOT_FOUND, TextLevel
from payymo_core.finds import find
from payymo_core.keys import Ints, mix, sorted_unique
from payymo_core.matching import Run, hypothesis_evidence
from payymo_core.normalisation import name_sequences, name_words
from payymo_core.records import Customer, Invoice, Transaction
from payymo_core.results import Evidence
from payymo_core.rivals import Contest
from payymo_core.scoring import Kind
from payymo_core.texts import text_column

LIKELY = 0.25
"""Confidence, or share of the best one's, from which something is no mere chance."""


@frozen(eq=False)
class Circumstances:
    """A transaction that is not matched, and everything around it.

    Attributes:
        run: The run.
        row: Row of the transaction.
    """

    run: Run
    row: int

    @property
    def contest(self) -> Contest:
        """All hypotheses."""
        return self.run.contest

    @property
    def record(self) -> Transaction:
        """The transaction."""
        return self.run.transactions.records[self.row]

    @cached_property
    def best(self) -> int:
        """The proposal, else the heaviest hypothesis on open items; -1 without any."""
        proposal = int(self.run.decisions.proposal[self.row])
        if proposal >= 0:
            return proposal
        return next(iter(self.contest.explanations(self.row)), -1)

    @property
    def offered(self) -> bool:
        """Whether the best one is a proposal, offered for review."""
        return int(self.run.decisions.proposal[self.row]) >= 0

    @property
    def bills(self) -> list[Invoice]:
        """The invoices of the best one."""
        return self.contest.bills(self.best)

    @property
    def confidence(self) -> float:
        """Probability of the best one."""
        return float(self.run.confidence.of[self.best])

    @cached_property
    def rivals(self) -> list[int]:
        """Other explanations that are about as likely as the best one."""
        return self._near(self.contest.explanations(self.row))

    @cached_property
    def claims(self) -> list[int]:
        """Other payments' claims on its invoices that are about as likely."""
        return self._near(self.contest.claims(self.best))

    def _near(self, hypotheses: Sequence[int]) -> list[int]:
        of, least = self.run.confidence.of, self.confidence * LIKELY
        near = [h for h in hypotheses if h != self.best and of[h] >= least]
        return sorted(near, key=lambda h: (-of[h], h))

    def kind(self, hypothesis: int) -> Kind:
        """What a hypothesis says the transaction does."""
        return Kind(int(self.run.hypotheses.kind[hypothesis]))

    def evidence(self) -> tuple[Evidence, ...]:
        """What speaks for and against the best one."""
        bits = float(self.run.confidence.log_odds[self.best])
        return hypothesis_evidence(self.run, self.best, bits)

    def _members(self, hypothesis: int) -> list[int]:
        """Its rows in the table of pairs."""
        table = self.run.hypotheses
        start = int(table.start[hypothesis])
        end = start + int(table.count[hypothesis])
        members: list[int] = table.member[start:end].tolist()
        return members

    def named(self, hypothesis: int) -> bool:
        """Whether the text names any of its invoices."""
        level = self.run.hypotheses.pairs.reference.level
        return any(level[m] < NOT_FOUND for m in self._members(hypothesis))

    def said(self) -> TextLevel:
        """What the text says apart from what it names."""
        said = self.run.hypotheses.pairs.said
        return TextLevel(int(said[self._members(self.best)[0]]))

    def payer_level(self) -> PayerLevel:
        """How well the payer agrees with the best one's customers, at best."""
        payer = self.run.hypotheses.pairs.payer
        return PayerLevel(min(int(payer[m]) for m in self._members(self.best)))

    def more(self) -> int:
        """By how much the money exceeds what the best one needs, minor units."""
        owed = self.run.ledger.invoices.outstanding[self.contest.places(self.best)]
        return int(self.run.transactions.gross[self.row] - owed.sum())

    def customers(self, hypotheses: Sequence[int]) -> set[int]:
        """Rows of the customers of all their invoices; -1 for one without."""
        places = [p for h in hypotheses for p in self.contest.places(h)]
        return set(self.run.ledger.customers.of_invoice[places].tolist())

    def open_items(self, hypothesis: int) -> list[Invoice]:
        """What else is open for a hypothesis' customer, the oldest first.

        In the transaction's currency; its own invoices are left out.
        """
        ledger, mine = self.run.ledger, self.contest.places(hypothesis)
        customer = ledger.customers.of_invoice[mine[:1]]
        wanted = mix(
            ledger.customers.numbers(customer),
            self.run.transactions.currency[[self.row]],
        )
        held = ledger.by_customer.probe(wanted, len(ledger.invoices))[1].tolist()
        records = ledger.invoices.records
        return sorted((records[at] for at in held if at not in mine), key=_age)

    def closed(self) -> int:
        """The likeliest hypothesis on an invoice that is not open."""
        of, held = self.run.confidence.of, self.contest.closed(self.row)
        return max(held, key=lambda h: (of[h], -h))

    def foreign_invoices(self) -> list[Invoice]:
        """Open items in another currency that the text names."""
        invoices, places = self.run.ledger.invoices, self._found(least=0.0)
        other = invoices.currency[places] != self.run.transactions.currency[self.row]
        named = places[other & invoices.is_open[places]]
        return [invoices.records[place] for place in named.tolist()]

    def plainly_named(self) -> list[Invoice]:
        """Invoices that the text names beyond doubt."""
        records = self.run.ledger.invoices.records
        return [records[place] for place in self._found(least=PLAIN).tolist()]

    def _found(self, *, least: float) -> Ints:
        """Rows of the invoices that the text names, surprising by so many bits."""
        one = take_rows(self.run.transactions, self.row, self.row + 1)
        texts = text_column(one.texts, 1)
        finds = find(texts, self.run.ledger.forms, self.run.ruleset.references)
        return sorted_unique(finds.invoice[finds.bits >= least])

    def known_payers(self) -> list[Customer]:
        """Customers that have the payer's IBAN, or else just the payer's name."""
        other, customers = self.record.counterparty, self.run.ledger.customers
        rows: list[int] = []
        if other is not None and other.iban:
            keys = text_keys([other.iban])
            rows = customers.ibans.probe(keys, MOST_SHARERS)[1].tolist()
        if other is not None and other.name and not rows:
            [sequence] = name_sequences([other.name])
            name = customers.name_rows.get(name_words(sequence), -1)
            keys = mix(np.array([name]))
            rows = customers.name_owner.probe(keys, MOST_SHARERS)[1].tolist()
        return [self.run.customers[customers.ids[row]] for row in rows]

    def rejected(self) -> list[list[Invoice]]:
        """The sets of invoices that reviewers rejected for it; [] for any at all."""
        held = {i.id: i for i in self.run.ledger.invoices.records}
        return [
            [held[invoice] for invoice in proposal.invoices if invoice in held]
            for proposal in self.run.ruleset.learnt.rejected
            if proposal.transaction == self.record.id
            and (not proposal.invoices or held.keys() & proposal.invoices)
        ]

    def oldest(self) -> tuple[Invoice, int]:
        """The best one's oldest invoice, and days from its day to the payment."""
        invoices = self.run.ledger.invoices
        places = np.array(self.contest.places(self.best))
        due, issued = invoices.due[places], invoices.issued[places]
        expected = np.where(due == NO_DAY, issued, due)
        known = np.where(expected == NO_DAY, np.iinfo(np.int64).max, expected)
        at = int(known.argmin())
        late = int(self.run.transactions.day[self.row] - known[at])
        return invoices.records[places[at]], late


def _age(invoice: Invoice) -> tuple[date, str]:
    return invoice.due_date or invoice.issue_date or date.max, invoice.id
