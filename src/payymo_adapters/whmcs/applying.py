"""Recording a payment in WHMCS: once, and only where it belongs.

The interface knows no idempotency: what is sent twice is recorded twice. So each
payment has an id of its own (``Payment.transid``), which is asked for before and after
it is sent; and where it is not known whether it was recorded, that is the result. It is
found out by asking again later, never by sending again.
"""

import re
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from enum import Enum, StrEnum, unique
from hashlib import sha256

from attrs import evolve, field, frozen

from payymo_adapters.errors import (
    LimitError,
    PayloadError,
    ProviderError,
    RefusedError,
    UnauthorisedError,
)
from payymo_adapters.http import Flow
from payymo_adapters.whmcs import PROVIDER
from payymo_adapters.whmcs.flows import (
    Api,
    find_invoice,
    find_transactions,
    get_client,
)
from payymo_adapters.whmcs.wire import InvoiceEntry

# Not Payment Pending: the gateway collects that money itself, and will record it.
_PAYABLE = ("Unpaid", "Overdue", "Collections")
_CENTS = Decimal("0.01")
# Of WHMCS: what PHP would make of another text may well be another invoice.
_ID = re.compile(r"[1-9][0-9]{0,17}")


@unique
class Excess(Enum):
    """What becomes of money beyond the balance."""

    REFUSE = "refuse"
    """The payment is not recorded: a person decides."""
    CREDIT = "credit"
    """WHMCS makes it credit of the client."""


@unique
class Outcome(StrEnum):
    """What happened to a payment."""

    APPLIED = "applied"
    """Recorded now, and seen on record."""
    ALREADY_APPLIED = "already_applied"
    """It was on record before; nothing was sent."""
    REFUSED = "refused"
    """Not recorded."""
    UNKNOWN = "unknown"
    """Sent, and not known whether it was recorded: ask again later."""
    WOULD_APPLY = "would_apply"
    """Nothing speaks against it; nothing was sent."""


@unique
class Refusal(StrEnum):
    """Why a payment is not recorded."""

    NOT_POSITIVE = "not_positive"
    FRACTION_OF_CENT = "fraction_of_cent"
    NOT_FOUND = "not_found"
    NOT_OPEN = "not_open"
    OTHER_CURRENCY = "other_currency"
    OVER_BALANCE = "over_balance"
    OTHER_ON_RECORD = "other_on_record"
    SPENT = "spent"
    """Its transaction has paid others, and has not so much left."""
    BY_WHMCS = "by_whmcs"


@frozen(kw_only=True)
class Payment:
    """Money of one bank transaction for one invoice.

    Attributes:
        account: Our own account that it came to; "" where the bank does not say.
        transaction: Its id at the bank.
        invoice: Id of the invoice.
        amount: Major units.
        currency: ISO 4217.
        day: When it was booked.
        gateway: System name of the way it was paid, as ``banktransfer``.
        key: An id that whoever remembers payments gave it; "" for one of its content.
    """

    account: str
    transaction: str
    invoice: str
    amount: Decimal
    currency: str
    day: date
    gateway: str
    key: str = ""

    @property
    def transid(self) -> str:
        """The same id for the same money, and no other's: what makes it sure."""
        if self.key:
            return self.key
        said = f"{self.account}\x1f{self.transaction}\x1f{self.invoice}"
        digest = sha256(said.encode("utf-8", "backslashreplace")).hexdigest()
        return f"payymo-{self.invoice}-{digest[:20]}"


@frozen(kw_only=True)
class Settlement:
    """What happened to a payment.

    Attributes:
        payment: Which.
        outcome: What.
        refusal: Why it is refused; None where it is not.
        says: The same in words; "" where there is nothing to say.
        cause: WHMCS' own error behind ``BY_WHMCS``.
    """

    payment: Payment
    outcome: Outcome
    refusal: Refusal | None = None
    says: str = ""
    cause: ProviderError | None = field(default=None, eq=False, repr=False)


def preview_payment(
    api: Api,
    payment: Payment,
    currencies: Mapping[str, str],
    excess: Excess = Excess.REFUSE,
) -> Flow[Settlement]:
    """Say what would happen to a payment, and send nothing that changes anything.

    Args:
        api: The transport.
        payment: What is to be recorded.
        currencies: ISO 4217 code by WHMCS' id.
        excess: What becomes of money beyond the balance.

    Raises:
        ProviderError: A question was not answered.
    """
    known = _fault_of(payment) or (yield from _look_up(api, payment))
    if known:
        return known
    invoice = yield from find_invoice(api, payment.invoice)
    refused = _objection(payment, invoice, excess)
    if refused:
        return refused
    assert invoice  # or else it were refused
    client = yield from get_client(api, invoice.customer or "")
    billed = currencies.get(client.currency or "")
    if billed != payment.currency:
        says = f"the client is billed in {billed or 'an unknown currency'}"
        return refuse(payment, Refusal.OTHER_CURRENCY, says)
    return Settlement(payment=payment, outcome=Outcome.WOULD_APPLY)


def apply_payment(
    api: Api,
    payment: Payment,
    currencies: Mapping[str, str],
    excess: Excess = Excess.REFUSE,
) -> Flow[Settlement]:
    """Record a payment, unless it is on record or the invoice is not one to pay.

    Args:
        api: The transport.
        payment: What is to be recorded.
        currencies: ISO 4217 code by WHMCS' id.
        excess: What becomes of money beyond the balance.

    Raises:
        ProviderError: A question before it was not answered; nothing was sent.
    """
    seen = yield from preview_payment(api, payment, currencies, excess)
    if seen.outcome is not Outcome.WOULD_APPLY:
        return seen
    # Once more and last: between the first look and the last question time has passed.
    invoice = yield from find_invoice(api, payment.invoice)
    refused = _objection(payment, invoice, excess)
    if refused:
        return refused
    try:
        yield from api("AddInvoicePayment", _form_of(payment))
    except (RefusedError, UnauthorisedError, LimitError) as error:
        refused = refuse(payment, Refusal.BY_WHMCS, str(error))
        answered = evolve(refused, cause=error)
    except ProviderError as error:
        answered = _unknown(payment, str(error))
    else:
        answered = _unknown(payment, "WHMCS says that it is done, but lists no payment")
    return (yield from _confirmed(api, answered))


def ask_for_payment(api: Api, payment: Payment) -> Flow[Settlement]:
    """Find out whether a payment was recorded, and send none.

    Raises:
        ProviderError: The question was not answered.
    """
    known = yield from _look_up(api, payment)
    return known or _unknown(payment, "not on record")


def _confirmed(api: Api, answered: Settlement) -> Flow[Settlement]:
    """Believe what is on record, whatever the answer was."""
    try:
        known = yield from _look_up(api, answered.payment)
    except ProviderError as error:
        # Not even a refusal is believed unseen: it may have come from something on the
        # way, after the payment.
        return _unknown(answered.payment, f"{answered.says}; then {error}")
    if known is None:
        return answered
    if known.outcome is Outcome.ALREADY_APPLIED:
        return Settlement(payment=known.payment, outcome=Outcome.APPLIED)
    return known


def _look_up(api: Api, payment: Payment) -> Flow[Settlement | None]:
    """What is on record under the payment's id; None for nothing."""
    found = yield from find_transactions(api, payment.transid)
    if not found:
        return None
    said = [(each.invoice, each.amount_in) for each in found]
    if said == [(payment.invoice, payment.amount)]:
        return Settlement(payment=payment, outcome=Outcome.ALREADY_APPLIED)
    listed = ", ".join(f"{amount} for invoice {invoice}" for invoice, amount in said)
    says = f"under the id {payment.transid} there is on record: {listed}"
    return refuse(payment, Refusal.OTHER_ON_RECORD, says)


def _fault_of(payment: Payment) -> Settlement | None:
    if not _ID.fullmatch(payment.invoice):
        return refuse(payment, Refusal.NOT_FOUND, "that is no id of WHMCS")
    if payment.amount <= 0:
        return refuse(payment, Refusal.NOT_POSITIVE, "no money that came in")
    if payment.amount % _CENTS:
        says = "WHMCS has two decimals in every currency"
        return refuse(payment, Refusal.FRACTION_OF_CENT, says)
    return None


def _objection(
    payment: Payment, invoice: InvoiceEntry | None, excess: Excess
) -> Settlement | None:
    if invoice is None:
        return refuse(payment, Refusal.NOT_FOUND, "there is no such invoice")
    if invoice.status not in _PAYABLE:
        says = f"the invoice is {invoice.status or 'of no status'}"
        return refuse(payment, Refusal.NOT_OPEN, says)
    if invoice.balance is None:
        raise PayloadError(PROVIDER, "required, and missing", field="balance")
    if invoice.balance <= 0:
        return refuse(payment, Refusal.NOT_OPEN, "nothing is left to pay")
    if payment.amount > invoice.balance and excess is Excess.REFUSE:
        says = f"{invoice.balance:,f} is left to pay"
        return refuse(payment, Refusal.OVER_BALANCE, says)
    return None


def _form_of(payment: Payment) -> dict[str, str]:
    return {
        "invoiceid": payment.invoice,
        "transid": payment.transid,
        "gateway": payment.gateway,
        "date": f"{payment.day.isoformat()} 00:00:00",
        # Never left out: without it WHMCS records the whole balance.
        "amount": f"{payment.amount:.2f}",
    }


def refuse(payment: Payment, refusal: Refusal, says: str) -> Settlement:
    """Say that a payment is not recorded, and why."""
    return Settlement(
        payment=payment, outcome=Outcome.REFUSED, refusal=refusal, says=says
    )


def _unknown(payment: Payment, says: str) -> Settlement:
    return Settlement(payment=payment, outcome=Outcome.UNKNOWN, says=says)
