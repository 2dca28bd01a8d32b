"""The customers of a ledger, each once, however many records say the same of it."""

from collections.abc import Sequence

from attrs import field, frozen

from payymo_core.fields import CustomerFields
from payymo_core.records import Customer


@frozen(eq=False)
class Roster:
    """Customers in the order in which they were met.

    Attributes:
        customers: One of each.
        places: Where each stands, by what it says.
    """

    customers: list[Customer] = field(factory=list)
    places: dict[tuple[object, ...], int] = field(factory=dict)

    def enter(self, given: Sequence[Customer], fields: CustomerFields) -> list[int]:
        """Place of each customer; those that are new get the next ones.

        Args:
            given: Customers.
            fields: What they say.
        """
        out = []
        for customer, said in zip(given, fields.rows(), strict=True):
            place = self.places.setdefault(said, len(self.customers))
            if place == len(self.customers):
                self.customers.append(customer)
            out.append(place)
        return out

    def joined(self, others: Sequence[Customer]) -> tuple["Roster", list[int]]:
        """A roster with other customers, too, and the place of each of them there."""
        fields = CustomerFields.of(others)
        if all(said in self.places for said in fields.rows()):
            return self, [self.places[said] for said in fields.rows()]
        both = Roster(list(self.customers), dict(self.places))
        return both, both.enter(others, fields)
