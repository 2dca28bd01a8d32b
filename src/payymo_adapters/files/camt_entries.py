"""One ``Ntry`` of a camt message, made into transactions.

Signs: ``CdtDbtInd`` is the direction of the entry itself. ISO 20022 says of
``RvslInd``: "If the CreditDebitIndicator is CRDT and the ReversalIndicator is Yes, the
original operation was a debit entry." So a reversal is signed right as it stands, and
only its parties keep the roles of the original.
"""

from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal

from attrs import evolve, field, frozen
from lxml import etree

from payymo_adapters.errors import FieldError
from payymo_adapters.files.camt_details import (
    creditor_reference,
    given,
    party,
    remittance,
    ultimate_debtor,
)
from payymo_adapters.files.statement import Ids, checked, content_id, rejected
from payymo_adapters.files.xml import amount, day, every, text
from payymo_core.errors import Rejected
from payymo_core.records import Counterparty, Transaction, TransactionStatus

SIGNS = {"CRDT": 1, "DBIT": -1}
"""CdtDbtInd -> sign of money in."""

_STATUSES = {
    "": TransactionStatus.BOOKED,
    "BOOK": TransactionStatus.BOOKED,
    "PDNG": TransactionStatus.PENDING,
    "FUTR": TransactionStatus.PENDING,
}
_INFORMATION = "INFO"
# The amount booked on the account comes before the one the payer ordered.
_DETAIL_AMOUNTS = (
    "Amt",
    "AmtDtls/TxAmt/Amt",
    "AmtDtls/CntrValAmt/Amt",
    "AmtDtls/InstdAmt/Amt",
)
_GROSS_AMOUNTS = ("AmtDtls/InstdAmt/Amt", "AmtDtls/TxAmt/Amt")


@frozen
class Account:
    """Our own account: IBAN or the bank's number, and its currency."""

    number: str | None = None
    currency: str | None = None


@frozen
class EntryRead:
    """What one entry gave.

    Attributes:
        records: Its transactions, or the rejected entry.
        booked: What it adds to the booked balance, signed, major units.
        notes: What a person should know of it.
    """

    records: tuple[Transaction | Rejected, ...] = ()
    booked: Decimal = Decimal(0)
    notes: tuple[str, ...] = ()


@frozen(kw_only=True)
class _Head:
    """What holds for all details of an entry."""

    element: etree._Element
    account: str | None
    sign: int
    amount: Decimal
    currency: str
    status: TransactionStatus
    booking_date: date | None
    value_date: date | None
    reversal: bool


@frozen(kw_only=True)
class _Part:
    """One transaction to be: its details, its signed net amount and the fee."""

    details: Sequence[etree._Element]
    amount: Decimal
    fee: Decimal | None = None


@frozen
class _Charges:
    """Sum of the charges, positive when kept back; were they in the amount?"""

    total: Decimal = Decimal(0)
    included: bool = field(default=False)


def read_entry(
    entry: etree._Element, account: Account, ids: Ids, where: str
) -> EntryRead:
    """Read an entry: one transaction a detail that has an amount of its own.

    Args:
        entry: The complete ``Ntry`` element.
        account: Our account, as its statement names it.
        ids: The ids given out in this file.
        where: File and line, for faults.
    """
    status = text(entry, "Sts/Cd", "Sts") or ""
    if status == _INFORMATION:
        return EntryRead(notes=("entry for information only (INFO) left out",))
    try:
        head = _head(entry, account, status)
        parts, note = _parts(head)
    except FieldError as error:
        name = text(entry, "AcctSvcrRef", "NtryRef") or ""
        return EntryRead(records=(rejected(name, error.under("Ntry"), where),))
    booked = head.amount if head.status is TransactionStatus.BOOKED else Decimal(0)
    records = tuple(checked(_transaction(head, part, ids), where) for part in parts)
    return EntryRead(records, booked, (note,) if note else ())


def _head(entry: etree._Element, account: Account, status: str) -> _Head:
    found = amount(entry, "Amt")
    if found is None:
        msg = "required, and missing"
        raise FieldError(msg, "Amt")
    direction = text(entry, "CdtDbtInd") or ""
    if direction not in SIGNS:
        msg = f"{direction!r} is neither CRDT nor DBIT"
        raise FieldError(msg, "CdtDbtInd")
    if status not in _STATUSES:
        msg = f"{status!r} is none of BOOK, PDNG, FUTR, INFO"
        raise FieldError(msg, "Sts")
    return _Head(
        element=entry,
        account=account.number,
        sign=SIGNS[direction],
        amount=SIGNS[direction] * found[0],
        currency=found[1] or account.currency or "",
        status=_STATUSES[status],
        booking_date=day(entry, "BookgDt"),
        value_date=day(entry, "ValDt"),
        reversal=text(entry, "RvslInd") in ("true", "1"),
    )


def _parts(head: _Head) -> tuple[list[_Part], str | None]:
    details = [
        detail
        for group in every(head.element, "NtryDtls")
        for detail in every(group, "TxDtls")
    ]
    if len(details) <= 1:
        return [_single(head, details)], None
    split = _split(head, details)
    if split:
        return split, None
    note = (
        f"the amounts of its {len(details)} details are missing or do not sum up to "
        f"{head.amount:,f} {head.currency}: read as one transaction"
    )
    return [_Part(details=details, amount=head.amount)], note


def _single(head: _Head, details: Sequence[etree._Element]) -> _Part:
    part = _Part(details=details, amount=head.amount)
    charges = _charges_of([*details, head.element], head)
    if head.amount <= 0 or charges.total <= 0:
        return part
    gross = _amount_of(details, _GROSS_AMOUNTS, head)
    deducted = (
        charges.included if gross is None else gross - charges.total == head.amount
    )
    return evolve(part, fee=charges.total) if deducted else part


def _split(head: _Head, details: Sequence[etree._Element]) -> list[_Part] | None:
    """Cut a batch into its details; None where their amounts are not the entry's."""
    whole = []
    for detail in details:
        found = _amount_of([detail], _DETAIL_AMOUNTS, head)
        if found is None:
            return None
        whole.append(_Part(details=[detail], amount=found))
    if sum(part.amount for part in whole) == head.amount:
        return whole
    net = [_net(part, head) for part in whole]
    return net if sum(part.amount for part in net) == head.amount else None


def _net(part: _Part, head: _Head) -> _Part:
    fee = _charges_of(part.details, head).total
    if part.amount <= 0 or fee <= 0:
        return part
    return evolve(part, amount=part.amount - fee, fee=fee)


def _amount_of(
    details: Sequence[etree._Element], paths: Iterable[str], head: _Head
) -> Decimal | None:
    """First amount in the entry's currency, signed as the detail says."""
    for detail in details:
        sign = SIGNS.get(text(detail, "CdtDbtInd") or "", head.sign)
        for path in paths:
            found = amount(detail, path)
            if found and found[1] in ("", head.currency):
                return sign * found[0]
    return None


def _charges_of(holders: Iterable[etree._Element], head: _Head) -> _Charges:
    """Charges in the entry's currency of the first element that names any."""
    for holder in holders:
        rows = [
            row
            for charges in every(holder, "Chrgs")
            for row in (list(every(charges, "Rcrd")) or [charges])
        ]
        found = [(row, amount(row, "Amt")) for row in rows]
        counted = [
            (row, -SIGNS.get(text(row, "CdtDbtInd") or "DBIT", -1) * money[0])
            for row, money in found
            if money and money[1] in ("", head.currency)
        ]
        if counted:
            included = all(text(r, "ChrgInclInd") in ("true", "1") for r, _ in counted)
            return _Charges(sum((m for _, m in counted), Decimal(0)), included)
    return _Charges()


def _transaction(head: _Head, part: _Part, ids: Ids) -> Transaction:
    only = part.details[0] if len(part.details) == 1 else None
    transaction = Transaction(
        id=given(only, "Refs/AcctSvcrRef") or given(head.element, "AcctSvcrRef") or "",
        amount=part.amount,
        currency=head.currency,
        booking_date=head.booking_date,
        value_date=head.value_date,
        status=head.status,
        remittance=remittance(part.details, head.element),
        creditor_reference=creditor_reference(only),
        end_to_end_id=given(only, "Refs/EndToEndId"),
        mandate_id=given(only, "Refs/MndtId"),
        counterparty=_counterparty(head, only),
        account=head.account,
        fee=part.fee,
        metadata=_metadata(head, only),
    )
    wanted = transaction.id or _content_id(transaction, given(head.element, "NtryRef"))
    return evolve(transaction, id=ids.unique(wanted))


def _content_id(transaction: Transaction, number: str | None) -> str:
    key = content_id(transaction)
    return f"{number}-{key}" if number else key


def _counterparty(head: _Head, detail: etree._Element | None) -> Counterparty | None:
    """Name the other side, which of the two it is told by the original's direction."""
    if detail is None:
        return None
    incoming = (head.sign > 0) != head.reversal
    found = party(detail, "Dbtr" if incoming else "Cdtr")
    ours = found is not None and head.account in (found.iban, found.account)
    if head.reversal and head.account and ours:
        # Some banks turn the roles round with the money.
        return party(detail, "Cdtr" if incoming else "Dbtr")
    return found


def _metadata(head: _Head, detail: etree._Element | None) -> dict[str, str]:
    found = {"reversal": "true"} if head.reversal else {}
    ultimate = None if detail is None else ultimate_debtor(detail)
    return {**found, "ultimate_debtor": ultimate} if ultimate else found
