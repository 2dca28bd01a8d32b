"""Enable Banking's fields as the records of the port."""

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
from payymo_adapters.enablebanking.faults import NAME
from payymo_adapters.enablebanking.wire import (
    Account,
    Aspsp,
    Entry,
    Session,
    bank_id,
    read_entry,
)
from payymo_adapters.errors import FieldError
from payymo_adapters.payload import Fields
from payymo_core.errors import Rejected
from payymo_core.records import Counterparty, Transaction, TransactionStatus

_SECONDS_A_DAY = 86_400
_CONNECTIONS = {
    "PENDING_AUTHORIZATION": ConnectionStatus.BEGUN,
    "RETURNED_FROM_BANK": ConnectionStatus.BEGUN,
    "AUTHORIZED": ConnectionStatus.LINKED,
    "INVALID": ConnectionStatus.REFUSED,
    "CANCELLED": ConnectionStatus.REFUSED,
    "EXPIRED": ConnectionStatus.EXPIRED,
    "CLOSED": ConnectionStatus.EXPIRED,
    "REVOKED": ConnectionStatus.EXPIRED,
}
# What is on hold, scheduled or of an unknown status may yet come to nothing.
_STATUSES = {
    "BOOK": TransactionStatus.BOOKED,
    "PDNG": TransactionStatus.PENDING,
    "HOLD": TransactionStatus.PENDING,
    "SCHD": TransactionStatus.PENDING,
    "OTHR": TransactionStatus.PENDING,
}
_NEVER = {"CNCL": "cancelled", "RJCT": "rejected"}
_PLACEHOLDERS = frozenset({"", "0", "NOTPROVIDED"})


def to_bank(found: Aspsp) -> Bank:
    """A bank that can be connected."""
    seconds = found.consent_seconds
    return Bank(
        id=bank_id(found.name, found.country),
        name=found.name,
        countries=(found.country,),
        access_days=None if seconds is None else seconds // _SECONDS_A_DAY,
    )


def to_account(found: Account, bank: str) -> BankAccount:
    """An account; without an IBAN or a number, the hash of it is the same for good."""
    compact = "".join(found.iban.split()).upper()
    status = AccountStatus.READY if found.id else AccountStatus.FAILED
    return BankAccount(
        key=account_key(found.iban, found.number, found.hash, found.id),
        id=found.id,
        bank=bank,
        status=status,
        iban=compact if is_iban(compact) else "",
        name=found.name,
        owner=found.owner,
        currency=found.currency,
    )


def to_connection(found: Session, accounts: Sequence[BankAccount]) -> Connection:
    """A consent."""
    return Connection(
        provider=NAME,
        id=found.id,
        bank=found.bank,
        status=_CONNECTIONS.get(found.status, ConnectionStatus.UNKNOWN),
        accounts=tuple(accounts),
        expires_at=found.valid_until,
    )


def to_balances(held: Fields) -> tuple[Balance, ...]:
    """What an account holds."""
    found = []
    for each in held.list("balances"):
        money = each.fields("balance_amount")
        balance = Balance(
            kind=each.words("balance_type"),
            amount=money.decimal("amount"),
            currency=money.text("currency"),
            day=each.day("reference_date"),
        )
        found.append(balance)
    return tuple(found)


def to_listing(
    pages: Sequence[Sequence[Fields]], account: BankAccount, period: Period
) -> Listing:
    """What a fetch brought; an entry that cannot be read is rejected by itself."""
    lines: dict[TransactionStatus, list[BankLine]] = {s: [] for s in TransactionStatus}
    rejected: list[Rejected] = []
    left_out: list[str] = []
    for held in (entry for page in pages for entry in page):
        try:
            entry = read_entry(held)
            if why := _NEVER.get(entry.status):
                left_out.append(why)
            else:
                line = to_line(entry)
                lines[line.transaction.status].append(line)
        except FieldError as error:
            rejected.append(_rejected(held, error))
    return Listing(
        account=account.key,
        period=period,
        booked=tuple(lines[TransactionStatus.BOOKED]),
        pending=tuple(lines[TransactionStatus.PENDING]),
        rejected=tuple(rejected),
        notes=tuple(
            f"{left_out.count(why)} {why} by the bank, left out"
            for why in sorted(set(left_out))
        ),
    )


def _rejected(held: Fields, error: FieldError) -> Rejected:
    try:
        record_id = held.words("entry_reference")
    except FieldError:
        record_id = ""
    path = error.path.removeprefix(f"{held.path}.")
    where = f"{NAME}: {held.path}"
    return Rejected(record_id=record_id, fault=error.fault, field=path, where=where)


def to_line(entry: Entry) -> BankLine:
    """An entry as a line of the port.

    Raises:
        FieldError: It is booked without a day, its status is unknown, or its amount is
            none.
    """
    status = _STATUSES.get(entry.status)
    if status is None:
        fault = f"{entry.status[:20]!r} is unknown"
        raise FieldError(fault, "status")
    day = entry.booking_day or entry.value_day
    if status is TransactionStatus.BOOKED and day is None:
        fault = "has no day yet; it is read again once the bank gives one"
        raise FieldError(fault, "booking_date")
    try:
        check_amounts(entry.currency, amount=entry.amount)
    except FieldError as error:
        path = f"transaction_amount.{error.path}"
        raise FieldError(error.fault, path) from None
    known = entry.reference.upper() not in _PLACEHOLDERS
    # Said to outlive a session; transaction_id is not, and is no id.
    reference = BankId(space=f"{NAME} reference", value=entry.reference)
    return BankLine(
        transaction=_transaction(entry, status),
        ids=(reference,) if known else (),
        balance_after=entry.balance_after,
        raw=entry.raw,
    )


def _transaction(entry: Entry, status: TransactionStatus) -> Transaction:
    said = [text for text in entry.texts if text != entry.creditor_reference]
    return Transaction(
        id="",
        amount=entry.amount if entry.credit else -entry.amount,
        currency=entry.currency,
        booking_date=entry.booking_day,
        value_date=entry.value_day,
        status=status,
        remittance=" ".join(said) or None,
        creditor_reference=entry.creditor_reference or None,
        mandate_id=entry.mandate or None,
        counterparty=_counterparty(entry),
    )


def _counterparty(entry: Entry) -> Counterparty | None:
    if not (entry.name or entry.iban or entry.number):
        return None
    compact = "".join(entry.iban.split()).upper()
    iban = compact if is_iban(compact) else ""
    number = entry.number or ("" if iban else entry.iban)
    return Counterparty(
        name=entry.name or None, iban=iban or None, account=number or None
    )
