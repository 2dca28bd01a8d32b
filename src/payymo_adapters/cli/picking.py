"""How a person picks what money pays: from a list, or by id and amount."""

from collections.abc import Iterator, Sequence
from decimal import Decimal
from string import ascii_lowercase

from attrs import frozen

from payymo_adapters.cli.persons import allocation
from payymo_adapters.cli.telling import invoice_told
from payymo_adapters.store.candidates import Candidate, Named, candidates, left_of
from payymo_adapters.store.decisions import decision
from payymo_adapters.store.store import Books
from payymo_core.money import from_minor
from payymo_core.results import Allocation

_MOST = 9


@frozen(kw_only=True)
class Offer:
    """What a person is offered to pick from.

    Attributes:
        left: What of the transaction no invoice has.
        currency: ISO 4217 code.
        listed: Open invoices, the likeliest first; each has a letter.
    """

    left: Decimal
    currency: str
    listed: Sequence[Candidate]

    def told(self) -> Iterator[str]:
        """A line for each invoice."""
        yield f"{self.left:,} {self.currency} is to be given; what may be paid:"
        for letter, each in zip(ascii_lowercase, self.listed, strict=False):
            free = f"{self._free(each):,} {self.currency} is free"
            why = f"; {each.why}" if each.why else ""
            said = invoice_told(each.invoice, free)
            yield f"  {letter}  {each.invoice.id}: {said}{why}"
        if not self.listed:
            yield f"  no open invoice is in {self.currency}"

    def chosen(self, typed: str) -> list[Allocation]:
        """Read what a person picked: a letter takes as much as both sides have.

        Raises:
            ValueError: A part of it is neither of the list nor an allocation.
        """
        given: list[Allocation] = []
        for part in typed.split(","):
            left = self.left - sum(each.amount for each in given)
            given.append(self._part(part.strip(), left))
        return given

    def _part(self, part: str, left: Decimal) -> Allocation:
        letters = dict(zip(ascii_lowercase, self.listed, strict=False))
        if held := letters.get(part.lower()):
            amount = min(left, self._free(held), key=abs)
            if not amount:
                msg = f"nothing is left for {part!r}"
                raise ValueError(msg)
            return Allocation(held.invoice.id, amount)
        if "=" not in part:
            msg = f"{part!r} is not of the list, and is not INVOICE=AMOUNT"
            raise ValueError(msg)
        name, _, asked = part.rpartition("=")
        named = letters.get(name.strip().lower())
        return allocation(f"{named.invoice.id}={asked}" if named else part)

    def _free(self, each: Candidate) -> Decimal:
        return from_minor(each.free, self.currency)


def offer(books: Books, transaction: str, number: int) -> Offer:
    """What a transaction may pay.

    Args:
        books: The tenant's.
        transaction: Its id.
        number: The decision that proposes something for it, or 0.
    """
    left, currency = left_of(books, transaction)
    named = _named(books, number) if number else Named()
    return Offer(
        left=from_minor(left, currency),
        currency=currency,
        listed=candidates(books, transaction, named, _MOST),
    )


def _named(books: Books, number: int) -> Named:
    proposal = decision(books, number).proposal
    rivals = proposal.get("alternatives", ())
    return Named(
        first={each["invoice"] for each in proposal["allocations"]},
        others={each["invoice"] for rival in rivals for each in rival["allocations"]},
    )
