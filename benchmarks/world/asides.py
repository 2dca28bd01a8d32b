"""What payers write beside the number: dates, names, customer numbers, amounts."""

from collections.abc import Callable
from datetime import date

from benchmarks.world import words
from benchmarks.world.dice import Dice, weighted
from benchmarks.world.payments import Payment
from payymo_core.money import from_minor


def aside(payment: Payment, dice: Dice) -> str:
    """Something that is no invoice number, and often has digits."""
    return dice.draw(_ASIDES)(payment, dice)


def _issued(payment: Payment) -> date:
    return payment.means[0].draft.issued if payment.means else payment.day


def _dated(payment: Payment, dice: Dice) -> str:
    style = dice.pick(("%d.%m.%Y", "%d.%m.%y", "%Y-%m-%d", "%d/%m/%Y"))
    return f"{words.DATED[payment.client.language]} {_issued(payment):{style}}"


def _customer(payment: Payment, dice: Dice) -> str:
    client = payment.client
    return f"{dice.pick(words.CUSTOMER[client.language])} {client.customer.id}"


def _name(payment: Payment, _dice: Dice) -> str:
    customer = payment.client.customer
    return customer.company or customer.name or ""


def _money(payment: Payment, _dice: Dice) -> str:
    currency = payment.client.currency
    return f"{currency} {from_minor(payment.amount, currency)}"


def _month(payment: Payment, dice: Dice) -> str:
    issued = _issued(payment)
    if dice.chance(1 / 3):
        return f"{words.MONTHS[issued.month - 1]} {issued.year}"
    return f"{issued:{dice.pick(('%m/%Y', '%m.%y'))}}"


def _phone(_payment: Payment, dice: Dice) -> str:
    return f"Tel. 0{dice.digits(3)} {dice.digits(7)}"


def _mandate(_payment: Payment, dice: Dice) -> str:
    return f"MREF+M{dice.digits(7)}"


def _account(payment: Payment, _dice: Dice) -> str:
    return payment.client.iban or payment.client.account or ""


def _paid_on(payment: Payment, _dice: Dice) -> str:
    return f"{payment.day:%d.%m.}"


_Aside = Callable[[Payment, Dice], str]
_ASIDE_WEIGHTS: dict[_Aside, float] = {
    _dated: 0.24,
    _customer: 0.24,
    _name: 0.14,
    _money: 0.11,
    _month: 0.11,
    _paid_on: 0.06,
    _phone: 0.05,
    _mandate: 0.03,
    _account: 0.02,
}
_ASIDES = weighted(_ASIDE_WEIGHTS)
