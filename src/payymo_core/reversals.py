"""Money that was taken back: a payment that a later debit undoes.

A direct debit that the payer's bank returns, a charge that is disputed: the invoice
that the payment named is open again, or should be. Whether it is, the ledger does not
say, so nobody applies such a payment unseen. A refund is another thing: the payment
counts, and the company itself gave the money back.
"""

import numpy as np
from attrs import frozen

from payymo_core.columns import NO_DAY, TransactionColumns, choose_rows
from payymo_core.comparison import TELLING
from payymo_core.finds import find
from payymo_core.hypotheses import Hypotheses
from payymo_core.keys import Ints, KeyIndex, Keys, Mask, mix
from payymo_core.ledger import Ledger
from payymo_core.rules import Ruleset
from payymo_core.scoring import Kind
from payymo_core.texts import REFUND, saying, text_column

_RECENT = 60  # days within which banks take money back (SEPA: eight weeks)
_RETURNED = (
    *("RETURN", "RETURNED", "REVERSAL", "REVERSED", "CHARGEBACK", "REJECT", "REJECTED"),
    *("UNPAID", "DISHONOURED", "BOUNCED", "RECALL", "DISPUTE", "RUCKLASTSCHRIFT"),
    *("RUECKLASTSCHRIFT", "LASTSCHRIFTRUCKGABE", "LASTSCHRIFTRUECKGABE", "RUCKGABE"),
    *("RUECKGABE", "RUCKBUCHUNG", "RUECKBUCHUNG", "RUCKBELASTUNG", "RUECKBELASTUNG"),
    *("STORNO", "STORNOBUCHUNG", "RETOURE", "RETOUR", "RETOURENBUCHUNG", "WIDERSPRUCH"),
    *("REJET", "REJETE", "IMPAYE", "INSOLUTO", "DEVUELTO", "TERUGBOEKING", "ZWROT"),
    *("STORNERING", "TILBAGEFORT", "PALAUTUS", "STORNIERT", "STORNIERUNG"),
)


@frozen(eq=False)
class _Moves:
    """Money that moved: what it concerns, and when.

    Attributes:
        key: Of the invoice or the account.
        day: Day number, or ``NO_DAY``.
    """

    key: Keys
    day: Ints


def sent_back(
    hypotheses: Hypotheses,
    transactions: TransactionColumns,
    ledger: Ledger,
    ruleset: Ruleset,
) -> Mask:
    """Payments that a debit names, or speaks of, on their day or afterwards.

    Args:
        hypotheses: Of all transactions.
        transactions: All of them.
        ledger: The invoices.
        ruleset: Where references are looked for.
    """
    out = (transactions.booked & (transactions.gross < 0)).nonzero()[0]
    undone = np.zeros(len(transactions), np.bool_)
    if not len(out):
        return undone
    back = choose_rows(transactions, out)
    texts = text_column(back.texts, len(back))
    returned = saying(texts, _RETURNED)
    refund = saying(texts, REFUND) & ~returned
    # What pays out a credit note undoes no payment.
    explained = (
        np.bincount(hypotheses.transaction, minlength=len(transactions))[out] > 0
    )
    refund |= explained & ~returned
    finds = find(texts, ledger.forms, ruleset.references)
    owner, invoice, _ = hypotheses.incidence()
    live = hypotheses.kind[owner] != Kind.CLOSED
    payer, invoice = hypotheses.transaction[owner[live]], invoice[live]
    telling = finds.bits >= TELLING
    row, named = finds.transaction[telling], finds.invoice[telling]
    by_name = _undone(
        (invoice, transactions, payer), (named, back, row), returned, refund
    )
    undone[payer[by_name]] = True
    account, tail = transactions.account, back.account.copy()
    # What names an invoice says what it takes back; else it may be any payment.
    tail[row] = 0
    came, gone = account.nonzero()[0], tail.nonzero()[0]
    undone[came] |= _undone(
        (account[came], transactions, came), (tail[gone], back, gone), returned, refund
    )
    return undone & (transactions.gross > 0)


_Concerned = tuple[Ints | Keys, TransactionColumns, Ints]


def _undone(came: _Concerned, back: _Concerned, returned: Mask, refund: Mask) -> Mask:
    """Which payments money of the same invoice or account goes back after.

    Of whatever amount, where its text speaks of a return: a fee may be added, or one
    invoice of several taken back. Of the same amount else.
    """
    what, transactions, payer = came
    named, debits, row = back
    said = returned[row].nonzero()[0]
    bare = (~returned[row] & ~refund[row]).nonzero()[0]
    day = transactions.day[payer]
    return _followed(
        _Moves(mix(what), day),
        _Moves(mix(named[said]), debits.day[row[said]]),
    ) | _followed(
        _Moves(_with_amount(what, transactions, payer), day),
        _Moves(_with_amount(named[bare], debits, row[bare]), debits.day[row[bare]]),
    )


def _with_amount(what: Ints | Keys, moved: TransactionColumns, row: Ints) -> Keys:
    return mix(what, moved.currency[row], np.abs(moved.gross[row]))


def _followed(came: _Moves, back: _Moves) -> Mask:
    """Which payments a debit of the same key follows, on their day or later."""
    index = KeyIndex.of(back.key, back.day)
    start, count = index.ranges(came.key)
    found = np.zeros(len(came.key), np.bool_)
    for place in count.nonzero()[0].tolist():
        begin, since = start[place], came.day[place]
        days = index.shelf.rows(begin + np.arange(count[place]))
        dated = (since != NO_DAY) & (days != NO_DAY)
        after = days - since
        fits = (after >= 0) & (after <= _RECENT)
        found[place] = bool((~dated | fits).any())
    return found
