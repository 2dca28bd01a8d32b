"""Bank Account Data's fields as the records of the port."""

import re
from collections.abc import Sequence

from payymo_adapters.accounts import account_key, is_iban
from payymo_adapters.banking import (
    AccountStatus,
    Balance,
    Bank,
    BankAccount,
    BankId,
    BankLine,
    Connection,
    ConnectionStatus,
    Listing,
    Period,
)
from payymo_adapters.checks import check_amounts
from payymo_adapters.errors import FieldError
from payymo_adapters.gocardless.entries import Entry, Party, read_entry
from payymo_adapters.gocardless.faults import ACCOUNTS, NAME
from payymo_adapters.gocardless.quirks import mended
from payymo_adapters.gocardless.wire import (
    Account,
    Agreement,
    Institution,
    Requisition,
)
from payymo_adapters.payload import Fields
from payymo_core.errors import Rejected
from payymo_core.records import Counterparty, Transaction, TransactionStatus

_CONNECTIONS = {
    "CR": ConnectionStatus.BEGUN,
    "ID": ConnectionStatus.BEGUN,
    "GC": ConnectionStatus.BEGUN,
    "UA": ConnectionStatus.BEGUN,
    "SA": ConnectionStatus.BEGUN,
    "GA": ConnectionStatus.BEGUN,
    "LN": ConnectionStatus.LINKED,
    "RJ": ConnectionStatus.REFUSED,
    "ER": ConnectionStatus.REFUSED,
    "EX": ConnectionStatus.EXPIRED,
    "SU": ConnectionStatus.SUSPENDED,
}
# A reference is short, without words and holds a figure; all else there is text.
_REFERENCE = re.compile(r"(?=.*[0-9])[A-Z0-9+*/.\- ]{1,35}")


def to_bank(found: Institution) -> Bank:
    """A bank that can be connected."""
    return Bank(
        id=found.id,
        name=found.name,
        countries=found.countries,
        history_days=found.history_days,
        access_days=found.access_days,
    )


def to_account(found: Account) -> BankAccount:
    """An account; what it is known by for good is its IBAN."""
    return BankAccount(
        key=account_key(found.iban, found.bban, found.id),
        id=found.id,
        bank=found.bank,
        status=ACCOUNTS.get(found.status, AccountStatus.UNKNOWN),
        iban=_iban(found.iban),
        name=found.name,
        owner=found.owner,
    )


def _iban(text: str) -> str:
    compact = "".join(text.split()).upper()
    return compact if is_iban(compact) else ""


def to_connection(
    found: Requisition, agreement: Agreement | None, accounts: Sequence[BankAccount]
) -> Connection:
    """A consent; it ends so many days after it was accepted."""
    return Connection(
        provider=NAME,
        id=found.id,
        bank=found.bank,
        status=_CONNECTIONS.get(found.status, ConnectionStatus.UNKNOWN),
        accounts=tuple(accounts),
        expires_at=agreement.expires_at if agreement else None,
    )


def to_balances(held: Fields) -> tuple[Balance, ...]:
    """What an account holds."""
    found = []
    for each in held.list("balances"):
        money = each.fields("balanceAmount")
        balance = Balance(
            kind=each.words("balanceType"),
            amount=money.decimal("amount"),
            currency=money.text("currency"),
            day=each.day("referenceDate"),
        )
        found.append(balance)
    return tuple(found)


def to_listing(held: Fields, account: BankAccount, period: Period) -> Listing:
    """What a fetch brought; an entry that cannot be read is rejected by itself."""
    lists = held.fields("transactions")
    if "booked" not in lists:
        lists.refuse("booked", "required, and missing")
    booked, wrong = _lines(lists, TransactionStatus.BOOKED, account)
    pending, also_wrong = _lines(lists, TransactionStatus.PENDING, account)
    return Listing(
        account=account.key,
        period=period,
        booked=booked,
        pending=pending,
        rejected=(*wrong, *also_wrong),
    )


def _lines(
    lists: Fields, status: TransactionStatus, account: BankAccount
) -> tuple[tuple[BankLine, ...], tuple[Rejected, ...]]:
    lines: list[BankLine] = []
    rejected: list[Rejected] = []
    for held in lists.list(status):
        try:
            lines.append(to_line(read_entry(held, status), account))
        except FieldError as error:
            rejected.append(_rejected(held, error))
    return tuple(lines), tuple(rejected)


def _rejected(held: Fields, error: FieldError) -> Rejected:
    try:
        record_id = held.words("transactionId") or held.words("internalTransactionId")
    except FieldError:
        record_id = ""
    path = error.path.removeprefix(f"{held.path}.")
    where = f"{NAME}: {held.path}"
    return Rejected(record_id=record_id, fault=error.fault, field=path, where=where)


def to_line(entry: Entry, account: BankAccount) -> BankLine:
    """An entry as its bank meant it.

    Raises:
        FieldError: It is booked without a day, or its amount is none.
    """
    meant = mended(entry, account.bank)
    day = meant.booking_day or meant.value_day
    if meant.status is TransactionStatus.BOOKED and day is None:
        fault = "has no day yet; it is read again once the bank gives one"
        raise FieldError(fault, "bookingDate")
    try:
        check_amounts(meant.currency, amount=meant.amount)
    except FieldError as error:
        path = f"transactionAmount.{error.path}"
        raise FieldError(error.fault, path) from None
    return BankLine(
        transaction=_transaction(meant),
        ids=_ids(meant, account),
        balance_after=meant.balance_after,
        raw=meant.raw,
    )


def _transaction(entry: Entry) -> Transaction:
    reference = _reference(entry)
    return Transaction(
        id="",
        amount=entry.amount,
        currency=entry.currency,
        booking_date=entry.booking_day,
        value_date=entry.value_day,
        status=entry.status,
        remittance=_remittance(entry, reference) or None,
        creditor_reference=reference or None,
        end_to_end_id=entry.end_to_end_id or None,
        mandate_id=entry.mandate_id or None,
        counterparty=_counterparty(entry),
    )


def _ids(entry: Entry, account: BankAccount) -> tuple[BankId, ...]:
    """Candidates, the bank's before the provider's: it outlives a consent."""
    spaces = (
        (f"{NAME} bank", entry.transaction_id),
        (f"{NAME} {account.id}", entry.internal_id),
    )
    found = tuple(BankId(space=name, value=value) for name, value in spaces if value)
    if found or not entry.entry_reference:
        return found
    return (BankId(space=f"{NAME} entry", value=entry.entry_reference),)


def _reference(entry: Entry) -> str:
    if len(entry.structured) != 1 or not _REFERENCE.fullmatch(entry.structured[0]):
        return ""
    return entry.structured[0]


def _remittance(entry: Entry, reference: str) -> str:
    """All that is said, each thing once; a text that is cut short gives way."""
    whole = " ".join(entry.texts)
    structured = "" if reference else " ".join(entry.structured)
    said: list[str] = []
    for part in (whole, entry.text, structured, entry.additional):
        held = _bare(" ".join(said))
        if part and _bare(part) not in held:
            said.append(part)
    return " ".join(said)


def _bare(text: str) -> str:
    return "".join(text.split()).casefold()


def _counterparty(entry: Entry) -> Counterparty | None:
    party = entry.debtor if entry.amount > 0 else entry.creditor
    if party == Party():
        return None
    iban = _iban(party.iban)
    # A field called IBAN may hold another number, as a masked card's.
    number = party.number or ("" if iban else party.iban)
    return Counterparty(
        name=party.name or None, iban=iban or None, account=number or None
    )
