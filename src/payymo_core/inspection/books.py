"""What the checks look at: records of a run, and what the engine made of them."""

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
from attrs import frozen

from payymo_core.finds import Finds, find
from payymo_core.inspection.letters import compacted
from payymo_core.lines import Lines
from payymo_core.matching import MatchResult, Run
from payymo_core.normalisation import name_sequences, name_words
from payymo_core.records import Invoice, Transaction, TransactionStatus
from payymo_core.references import Forms
from payymo_core.results import Match
from payymo_core.rules import ReferenceRule, Ruleset
from payymo_core.scoring import Kind
from payymo_core.texts import TextColumn, text_column

TELLING = 10.0
"""Bits of a reference that stands by chance in one text of a thousand."""
_CHUNK = 10_000  # transactions searched at a time, as the engine does


@frozen(eq=False)
class Books:
    """A run as plain records, in the order of their ids.

    Attributes:
        transactions: The usable transactions.
        accounts: The IBAN, else the account, of each one's counterparty, or "".
        payers: That account, else the words of the counterparty's name, or "".
        invoices: The usable invoices.
        texts: What the transactions say.
        references: What the invoices say.
        open_items: The invoices that are open, with something outstanding.
        open_ids: Their ids.
        matches: By transaction.
        named: The invoices that a transaction's texts name tellingly, by transaction.
        closed: The likeliest invoice that is not open, by transaction.
        reference_bits: How surprising the best reference of each invoice would be by
            chance, by invoice.
        ruleset: How records were compared.
        fired: Places of the rules that found anything.
    """

    transactions: Sequence[Transaction]
    accounts: Sequence[str]
    payers: Sequence[str]
    invoices: Sequence[Invoice]
    texts: Lines
    references: Lines
    open_items: Sequence[Invoice]
    open_ids: frozenset[str]
    matches: Mapping[str, Match]
    named: Mapping[str, Sequence[Invoice]]
    closed: Mapping[str, Invoice]
    reference_bits: Mapping[str, float]
    ruleset: Ruleset
    fired: frozenset[int]

    @classmethod
    def of(cls, result: MatchResult) -> "Books":
        """Read a run."""
        run = result.run
        transactions, invoices = run.transactions.records, run.ledger.invoices.records
        is_open = run.ledger.invoices.is_open.tolist()
        open_items = [i for i, held in zip(invoices, is_open, strict=True) if held]
        accounts = _accounts(transactions)
        named, fired = _mentions(run)
        return cls(
            transactions=transactions,
            accounts=accounts,
            payers=_payers(transactions, accounts),
            invoices=invoices,
            texts=run.transactions.texts,
            references=run.ledger.texts,
            open_items=open_items,
            open_ids=frozenset(invoice.id for invoice in open_items),
            matches={match.transaction: match for match in result},
            named=named,
            closed=_closed(run),
            reference_bits=_reference_bits(run),
            ruleset=run.ruleset,
            fired=fired,
        )


def is_booked(transaction: Transaction) -> bool:
    """Whether the bank has booked it."""
    return transaction.status == TransactionStatus.BOOKED


def _accounts(transactions: Sequence[Transaction]) -> list[str]:
    others = [transaction.counterparty for transaction in transactions]
    return compacted([o.iban or o.account or "" if o else "" for o in others])


def _payers(transactions: Sequence[Transaction], accounts: Sequence[str]) -> list[str]:
    names = [t.counterparty.name or "" if t.counterparty else "" for t in transactions]
    words = map(name_words, name_sequences(names))
    return [account or name for account, name in zip(accounts, words, strict=True)]


def searched(
    lines: Lines, rows: int, forms: Forms, rules: Sequence[ReferenceRule]
) -> Iterator[tuple[int, TextColumn, Finds]]:
    """The texts of some transactions at a time, and what is found in them.

    Rows count from the first of these; its own is given with them.
    """
    for begin in range(0, rows, _CHUNK):
        end = min(begin + _CHUNK, rows)
        column = text_column(lines.of_rows(begin, end), end - begin)
        yield begin, column, find(column, forms, rules)


def _mentions(run: Run) -> tuple[dict[str, list[Invoice]], frozenset[int]]:
    """Invoices that texts name, by transaction, and the rules that named any."""
    pairs: set[tuple[int, int]] = set()
    # Finds that differ by a letter come later than the others, pair by pair.
    fired = set(run.hypotheses.pairs.reference.rule.tolist())
    transactions, invoices = run.transactions.records, run.ledger.invoices.records
    texts, rules = run.transactions.texts, run.ruleset.references
    for begin, _, found in searched(texts, len(transactions), run.ledger.forms, rules):
        fired |= set(found.rule.tolist())
        telling = found.bits >= TELLING
        rows = found.transaction[telling] + begin
        pairs |= set(zip(rows.tolist(), found.invoice[telling].tolist(), strict=True))
    named: dict[str, list[Invoice]] = {}
    for row, place in sorted(pairs):
        named.setdefault(transactions[row].id, []).append(invoices[place])
    return named, frozenset(fired - {-1})


def _closed(run: Run) -> dict[str, Invoice]:
    """The likeliest invoice that is not open, for transactions that may pay one."""
    table = run.hypotheses
    owner, invoice, _ = table.incidence()
    closed = np.flatnonzero(table.kind[owner] == Kind.CLOSED)
    # Of equals, the first in the order of their ids, as it is written last.
    order = closed[np.lexsort((-invoice[closed], run.confidence.of[owner[closed]]))]
    rows, places = table.transaction[owner[order]], invoice[order]
    transactions, invoices = run.transactions.records, run.ledger.invoices.records
    return {
        transactions[row].id: invoices[place]
        for row, place in zip(rows.tolist(), places.tolist(), strict=True)
    }


def _reference_bits(run: Run) -> dict[str, float]:
    """The most telling reference of each invoice that has one, its id left aside."""
    rules, forms = run.ruleset.references, run.ledger.forms
    counts = np.array([rule.invoice_fields != ("id",) for rule in rules], np.bool_)
    kept = np.flatnonzero(counts[forms.rule.values])
    records = run.ledger.invoices.records
    best = np.zeros(len(records))
    np.maximum.at(best, forms.invoices(kept), forms.bits.values[kept])
    return {
        record.id: bits
        for record, bits in zip(records, best.tolist(), strict=True)
        if bits
    }
