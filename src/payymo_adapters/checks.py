"""What every reader checks before it hands out a record."""

from decimal import Decimal

from payymo_adapters.errors import FieldError
from payymo_core.errors import RecordError
from payymo_core.money import exponent_of, to_minor


def check_amounts(currency: str, **amounts: Decimal | None) -> None:
    """Hold amounts, each named by its field, against their currency.

    Raises:
        FieldError: The currency is unknown, or an amount is not one it can have.
    """
    field = "currency"
    if not currency:
        msg = "none is given; an ISO 4217 code is wanted, as 'EUR'"
        raise FieldError(msg, field)
    try:
        exponent_of(currency)
        for field, amount in amounts.items():  # noqa: B007 - named in the error
            if amount is not None:
                to_minor(amount, currency)
    except RecordError as error:
        raise FieldError(str(error), field) from None
