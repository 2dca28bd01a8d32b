"""Money that was taken back: a payment that a later debit undoes.

A direct debit that the payer's bank returns, a charge that is disputed: the invoice
that the payment named is open again, or should be. Whether it is, the ledger does not
say, so nobody applies such a payment unseen. A refund is another thing: the payment
counts, and the company itself gave the money back.
"""

import numpy as np

from payymo_core.columns import NO_DAY, TransactionColumns, choose_rows
from payymo_core.comparison import TELLING
from payymo_core.finds import find
from payymo_core.hypotheses import Hypotheses
from payymo_core.keys import Ints, Keys, Mask, mix
from payymo_core.ledger import Ledger
from payymo_core.noise import is_word
from payymo_core.payers import paying_accounts
from payymo_core.rules import Ruleset
from payymo_core.scoring import Kind
from payymo_core.texts import contrary, text_column

_RECENT = 60  # days within which a debit that names nothing undoes a payment
_RETURNED = (
    *("RETURN", "RETURNED", "REVERSAL", "REVERSED", "CHARGEBACK", "REJECT", "REJECTED"),
    *("UNPAID", "DISHONOURED", "BOUNCED", "RUCKLASTSCHRIFT", "RUECKLASTSCHRIFT"),
    *(
        "LASTSCHRIFTRUCKGABE",
        "LASTSCHRIFTRUECKGABE",
        "RUCKGABE",
        "RUECKGABE",
        "RETOURE",
    ),
    *("RETOUR", "REJET", "REJETE", "IMPAYE", "STORNO", "STORNERING", "INSOLUTO"),
    *("DEVUELTO", "TERUGBOEKING", "STORNERING", "ZWROT", "TILBAGEFORT", "PALAUTUS"),
)


def sent_back(
    hypotheses: Hypotheses,
    transactions: TransactionColumns,
    ledger: Ledger,
    ruleset: Ruleset,
) -> Mask:
    """Payments that a debit of the same amount names, or speaks of, afterwards.

    Args:
        hypotheses: Of all transactions.
        transactions: All of them.
        ledger: The invoices.
        ruleset: Where references are looked for.
    """
    out = np.flatnonzero(transactions.booked & (transactions.gross < 0))
    if not len(out):
        return np.zeros(len(transactions), np.bool_)
    back = choose_rows(transactions, out)
    texts = text_column(back.texts, len(back))
    finds = find(texts, ledger.forms, ruleset.references)
    returned = np.zeros(len(back), np.bool_)
    returned[texts.row[texts.scan.text[is_word(texts.scan, _RETURNED)]]] = True
    refund = contrary(texts) & ~returned
    plain = (finds.bits >= TELLING) & ~refund[finds.transaction]
    row, invoice = finds.transaction[plain], finds.invoice[plain]
    owner, claimed, _ = hypotheses.incidence()
    live = hypotheses.kind[owner] != Kind.CLOSED
    payer, claimed = hypotheses.transaction[owner[live]], claimed[live]
    named = _undone(
        (_keys(invoice, back, row), back.day[row]),
        (_keys(claimed, transactions, payer), transactions.day[payer]),
    )
    undone = np.zeros(len(transactions), np.bool_)
    undone[payer[named]] = True
    undone |= _by_account(hypotheses, transactions, back, out, returned)
    return undone & (transactions.gross > 0)


def _by_account(
    hypotheses: Hypotheses,
    transactions: TransactionColumns,
    back: TransactionColumns,
    out: Ints,
    said: Mask,
) -> Mask:
    """Payments from an account that the same amount goes back to, as its text says."""
    # What pays out a credit note undoes no payment.
    said = (
        said
        & (np.bincount(hypotheses.transaction, minlength=len(transactions)) == 0)[out]
    )
    account, payer = paying_accounts(back)[1], paying_accounts(transactions)[1]
    gone = np.flatnonzero(said & (account != 0))
    came = np.flatnonzero(payer)
    recent = _undone(
        (_keys(account[gone], back, gone), back.day[gone]),
        (_keys(payer[came], transactions, came), transactions.day[came]),
        within=_RECENT,
    )
    undone = np.zeros(len(transactions), np.bool_)
    undone[came[recent]] = True
    return undone


def _keys(what: Ints | Keys, transactions: TransactionColumns, row: Ints) -> Keys:
    """Keys of an invoice or account with the amount that was moved."""
    return mix(what, transactions.currency[row], np.abs(transactions.gross[row]))


def _undone(
    back: tuple[Keys, Ints], came: tuple[Keys, Ints], within: int | None = None
) -> Mask:
    """Which payments a debit of the same key follows, on their day or later."""
    key, day = back
    order = np.lexsort((day, key))
    key, day = key[order], day[order]
    wanted, since = came
    # The first debit of this key that is not before the payment.
    start = np.searchsorted(key, wanted)
    stop = np.searchsorted(key, wanted, "right")
    found = np.zeros(len(wanted), np.bool_)
    for place in np.flatnonzero(stop > start).tolist():
        days = day[start[place] : stop[place]]
        known = (since[place] != NO_DAY) & (days != NO_DAY)
        after = days - since[place]
        fits = (after >= 0) & ((after <= within) if within is not None else True)
        found[place] = bool((~known | fits).any())
    return found
