"""The entries of an account's list at Bank Account Data, by their named fields."""

from datetime import date
from decimal import Decimal

from attrs import field, frozen

from payymo_adapters.errors import FieldError
from payymo_adapters.payload import Fields
from payymo_core.records import TransactionStatus


@frozen(kw_only=True)
class Party:
    """One side of a payment."""

    name: str = ""
    iban: str = ""
    number: str = ""


@frozen(kw_only=True)
class Entry:
    """One entry of a list, its fields as the bank fills them.

    Attributes:
        status: Booked or pending.
        transaction_id: The bank's.
        internal_id: The provider's; of booked entries only.
        entry_reference: The bank's, of another kind.
        booking_day: The day of booking.
        value_day: The day of value.
        amount: Signed, major units.
        currency: ISO 4217.
        creditor: Who is paid.
        debtor: Who pays.
        text: Unstructured remittance information.
        texts: The same in pieces, which may hold more.
        structured: Structured remittance information, all of it.
        additional: What the bank adds.
        end_to_end_id: ISO 20022.
        mandate_id: ISO 20022.
        own_code: The bank's own code of what it is.
        balance_after: Of the account, major units.
        raw: As it came.
    """

    status: TransactionStatus
    transaction_id: str
    internal_id: str
    entry_reference: str
    booking_day: date | None
    value_day: date | None
    amount: Decimal
    currency: str
    creditor: Party
    debtor: Party
    text: str
    texts: tuple[str, ...]
    structured: tuple[str, ...]
    additional: str
    end_to_end_id: str
    mandate_id: str
    own_code: str
    balance_after: Decimal | None
    raw: str = field(repr=False)


def read_entry(held: Fields, status: TransactionStatus) -> Entry:
    """Read an entry of a list.

    Raises:
        FieldError: A field holds what the specification does not allow.
    """
    money = held.fields("transactionAmount")
    return Entry(
        status=status,
        transaction_id=held.words("transactionId"),
        internal_id=held.words("internalTransactionId"),
        entry_reference=held.words("entryReference"),
        booking_day=held.day("bookingDate") or held.day("bookingDateTime"),
        value_day=held.day("valueDate") or held.day("valueDateTime"),
        amount=money.decimal("amount"),
        currency=money.text("currency"),
        creditor=_party(held, "creditor"),
        debtor=_party(held, "debtor"),
        text=held.words("remittanceInformationUnstructured"),
        texts=held.texts("remittanceInformationUnstructuredArray"),
        structured=_structured(held),
        additional=held.words("additionalInformation"),
        end_to_end_id=held.words("endToEndId"),
        mandate_id=held.words("mandateId"),
        own_code=held.words("proprietaryBankTransactionCode"),
        balance_after=_balance_after(held),
        raw=held.canonical,
    )


def _party(held: Fields, role: str) -> Party:
    number = held.fields(f"{role}Account")
    others = ("bban", "maskedPan", "pan", "msisdn")
    return Party(
        name=held.words(f"{role}Name") or held.words(f"ultimate{role.capitalize()}"),
        iban=number.words("iban"),
        number=next((found for key in others if (found := number.words(key))), ""),
    )


def _structured(held: Fields) -> tuple[str, ...]:
    key = "remittanceInformationStructured"
    try:
        one = held.words(key)
    except FieldError:
        one = held.fields(key).words("reference")
    array = f"{key}Array"
    try:
        more = held.texts(array)
    except FieldError:
        more = tuple(item.words("reference") for item in held.list(array))
    return tuple(dict.fromkeys(part for part in (one, *more) if part))


def _balance_after(held: Fields) -> Decimal | None:
    """The balance after an entry: a tie-break, so one that is not readable is none."""
    try:
        return (
            held.fields("balanceAfterTransaction")
            .fields("balanceAmount")
            .decimal("amount")
        )
    except FieldError:
        return None
