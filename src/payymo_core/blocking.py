"""Which pairs of transaction and invoice are worth comparing."""

import numpy as np
from attrs import frozen

from payymo_core.bearers import Bearers, may_have_paid
from payymo_core.columns import NO_DAY, InvoiceColumns, TransactionColumns
from payymo_core.finds import Finds, find
from payymo_core.keys import Ints, Mask, expand, mix
from payymo_core.ledger import Ledger
from payymo_core.owed import CURRENCY_STEP
from payymo_core.payers import Payers, payers_of
from payymo_core.rules import AmountRule, Ruleset
from payymo_core.sequences import begins
from payymo_core.shapes import unknown_places
from payymo_core.spans import Spans
from payymo_core.structured import checked_atoms
from payymo_core.texts import TextColumn, text_column
from payymo_core.timing import PREPAID
from payymo_core.worth import minor_by_currency

# Rows that one key may bring. Above, the key tells nothing apart, and a ledger with
# one price would be compared with itself (SCALE 6); what was passed over is counted.
MOST_OF_AMOUNT = 24
MOST_NEAR_AMOUNT = 6


@frozen(eq=False)
class Candidates:
    """Pairs worth comparing, and what was found on the way.

    Attributes:
        transaction: Row of the transaction, rising.
        invoice: Row of the invoice, rising within a transaction.
        finds: References found, of these pairs and of others.
        payers: Customers that each transaction may come from.
        texts: The texts of the transactions.
        settled: Transactions that name one open item of just their amount, and no
            other, so plainly that nothing but the same payer's equals can rival it.
        checked: Atoms of the texts' references whose check digits hold.
        unknown: Where they name what looks like an invoice, but is none.
        unseen: For each transaction, open items of just its amount and of customers
            that may have paid it, beyond those that are paired with it.
        capped: What was passed over, by kind.
    """

    transaction: Ints
    invoice: Ints
    finds: Finds
    payers: Payers
    texts: TextColumn
    settled: Mask
    checked: Mask
    unknown: Spans
    unseen: Ints
    capped: dict[str, int]

    @property
    def names_unknown(self) -> Ints:
        """Transactions that name what looks like an invoice, but is none."""
        return self.texts.row[self.texts.scan.text[self.unknown.first]]


def block(
    transactions: TransactionColumns, ledger: Ledger, bearers: Bearers, ruleset: Ruleset
) -> Candidates:
    """Pair each booked transaction with the open items that it may pay.

    Args:
        transactions: Some transactions of a run.
        ledger: The invoices.
        bearers: Whose the names of the run's transactions may be.
        ruleset: How records are compared.
    """
    texts = text_column(transactions.texts, len(transactions))
    finds = find(texts, ledger.forms, ruleset.references)
    payers = payers_of(
        transactions,
        texts,
        ledger.customers,
        ledger.experience,
        bearers,
        ruleset.counterparty.evidence,
    )
    checked = checked_atoms(texts, ledger.formats.used)
    settled = _settled(transactions, ledger.invoices, finds)
    wanting = (~settled & transactions.booked).nonzero()[0]
    capped = {"reference": finds.capped}
    exact, unseen = _by_customer_amount(transactions, ledger, payers, ruleset)
    capped["customer and amount"] = int((unseen > 0).sum())
    payer = may_have_paid(payers.level, payers.sharers) & ~settled[payers.transaction]
    row, customer = _customers_named(transactions, settled, ledger, finds)
    whose = _distinct(
        np.concatenate([payers.transaction[payer], row]),
        np.concatenate([payers.customer[payer], customer]),
        len(ledger.customers.ids),
    )
    others = _by_customer(transactions, whose, ledger, ruleset, capped)
    near = _by_near_amount(transactions, wanting, ledger, ruleset.amount)
    pairs = [
        (finds.transaction, finds.invoice),
        _by_amount(transactions, wanting, ledger, capped),
        exact,
        _there_by_then(transactions, ledger.invoices, others),
        _there_by_then(transactions, ledger.invoices, near),
    ]
    row, invoice = _distinct(
        np.concatenate([pair[0] for pair in pairs]),
        np.concatenate([pair[1] for pair in pairs]),
        len(ledger.invoices),
    )
    keep = _of_use(transactions, ledger.invoices, row, invoice)
    return Candidates(
        transaction=row[keep],
        invoice=invoice[keep],
        finds=finds,
        payers=payers,
        texts=texts,
        settled=settled,
        checked=checked,
        unknown=unknown_places(texts, finds, checked, ledger.shapes),
        unseen=unseen,
        capped=capped,
    )


PLAIN = 13.0
"""A reference of so many bits is found by chance once in some ten thousand texts."""


def _settled(
    transactions: TransactionColumns, invoices: InvoiceColumns, finds: Finds
) -> Mask:
    row, invoice = finds.transaction, finds.invoice
    exact = paid_exactly(transactions, invoices, row, invoice)
    plain = exact & (finds.bits >= PLAIN)
    count = len(transactions)
    others = np.bincount(row[~exact], minlength=count)
    exact_row, _ = _distinct(row[exact], invoice[exact], len(invoices))
    one = np.bincount(exact_row, minlength=count) == 1
    return one & (others == 0) & (np.bincount(row[plain], minlength=count) > 0)


def _of_use(
    transactions: TransactionColumns, invoices: InvoiceColumns, row: Ints, invoice: Ints
) -> Mask:
    """Payable pairs, credit notes that a set may hold, and closed invoices named."""
    same_currency = transactions.currency[row] == invoices.currency[invoice]
    incoming = transactions.booked[row] & (transactions.gross[row] > 0)
    in_set = incoming & invoices.is_open[invoice]
    closed = incoming & ~invoices.is_open[invoice]
    pays = payable(transactions, invoices, row, invoice)
    return same_currency & (pays | in_set | closed)


def payable(
    transactions: TransactionColumns, invoices: InvoiceColumns, row: Ints, invoice: Ints
) -> Mask:
    """The gates: booked, open, of one currency, and money in the right direction."""
    same_way = np.sign(transactions.gross[row]) == np.sign(
        invoices.outstanding[invoice]
    )
    same_currency = transactions.currency[row] == invoices.currency[invoice]
    usable = transactions.booked[row] & invoices.is_open[invoice]
    return usable & same_currency & same_way


def paid_exactly(
    transactions: TransactionColumns, invoices: InvoiceColumns, row: Ints, invoice: Ints
) -> Mask:
    """Payable pairs of just the amount."""
    same = transactions.gross[row] == invoices.outstanding[invoice]
    return same & payable(transactions, invoices, row, invoice)


def _distinct(row: Ints, invoice: Ints, width: int) -> tuple[Ints, Ints]:
    key = np.sort(row * max(width, 1) + invoice)
    key = key[begins(key)]
    return key // max(width, 1), key % max(width, 1)


_Pairs = tuple[Ints, Ints]


def issued_by_then(
    transactions: TransactionColumns, invoices: InvoiceColumns, row: Ints, invoice: Ints
) -> Mask:
    """Pairs whose invoice was there when the money came, or nearly."""
    day, issued = transactions.day[row], invoices.issued[invoice]
    return (day == NO_DAY) | (issued == NO_DAY) | (issued <= day + PREPAID)


def _there_by_then(
    transactions: TransactionColumns, invoices: InvoiceColumns, pairs: _Pairs
) -> _Pairs:
    row, invoice = pairs
    keep = issued_by_then(transactions, invoices, row, invoice)
    return row[keep], invoice[keep]


def _by_amount(
    transactions: TransactionColumns,
    wanting: Ints,
    ledger: Ledger,
    capped: dict[str, int],
) -> _Pairs:
    keys = mix(transactions.currency[wanting], transactions.gross[wanting])
    row, invoice, hot = ledger.by_amount.probe(keys, MOST_OF_AMOUNT)
    capped["amount"] = hot
    return wanting[row], invoice


def _by_customer_amount(
    transactions: TransactionColumns, ledger: Ledger, payers: Payers, ruleset: Ruleset
) -> tuple[_Pairs, Ints]:
    """Open items of the amount, of the customers that may have paid.

    And for each transaction, how many more of them there are.
    """
    row = payers.transaction
    customer = ledger.customers.number[payers.customer]
    keys = mix(customer, transactions.currency[row], transactions.gross[row])
    at, invoice, more = ledger.by_customer_amount.first(keys, ruleset.groups.open_items)
    unseen = np.zeros(len(transactions), np.int64)
    np.add.at(unseen, row, more)
    return (row[at], invoice), unseen


def _by_customer(
    transactions: TransactionColumns,
    whose: _Pairs,
    ledger: Ledger,
    ruleset: Ruleset,
    capped: dict[str, int],
) -> _Pairs:
    """All open items of customers, each of a transaction."""
    row, customer = whose
    at, invoice, hot = ledger.by_customer.probe(
        mix(ledger.customers.number[customer], transactions.currency[row]),
        ruleset.groups.open_items,
    )
    capped["open items of a customer"] = hot
    return row[at], invoice


def _customers_named(
    transactions: TransactionColumns, settled: Mask, ledger: Ledger, finds: Finds
) -> _Pairs:
    """Customers whose invoices a text names, where it may name a few of many.

    Whoever pays for somebody else names what he pays, but a bank cuts long texts off.
    """
    invoices = ledger.invoices
    plain = (finds.bits >= PLAIN) & ~settled[finds.transaction]
    row, invoice = finds.transaction[plain], finds.invoice[plain]
    use = payable(transactions, invoices, row, invoice)
    row, invoice = _distinct(row[use], invoice[use], len(invoices))
    named = np.zeros(len(transactions), np.int64)
    np.add.at(named, row, invoices.outstanding[invoice])
    # What the named ones add up to needs no others; much less is a part of them, but a
    # little less may have a credit note set off.
    gross = transactions.gross
    others = ((named != gross) & (9 * named <= 10 * gross))[row]
    row, customer = row[others], ledger.customers.of_invoice[invoice[others]]
    return row[customer >= 0], customer[customer >= 0]


def _by_near_amount(
    transactions: TransactionColumns, wanting: Ints, ledger: Ledger, rule: AmountRule
) -> _Pairs:
    """Open items that are a little larger than the transaction."""
    gross, currency = transactions.gross[wanting], transactions.currency[wanting]
    base = currency * CURRENCY_STEP
    most = gross + largest_shortfall(gross, currency, rule)
    start = ledger.near.keys.before(base + gross, "right")
    count = ledger.near.keys.before(base + most, "right") - start
    count[(count > MOST_NEAR_AMOUNT) | (gross <= 0)] = 0
    owner, place = expand(start, count)
    return wanting[owner], ledger.near.rows(place)


def largest_shortfall(gross: Ints, currency: Ints, rule: AmountRule) -> Ints:
    """How much larger an invoice may be, in minor units, to be short by a fee."""
    percent = float(rule.short_percent)
    relative = np.floor(np.abs(gross) * (percent / (100 - percent))).astype(np.int64)
    return np.minimum(relative, minor_by_currency(rule.short_most)[currency])
