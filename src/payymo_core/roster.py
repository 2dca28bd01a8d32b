"""The customers of a ledger, each once, however many records say the same of it."""

from collections.abc import Mapping, Sequence

from attrs import field, frozen

from payymo_core.fields import CustomerFields
from payymo_core.layered import with_entries
from payymo_core.records import Customer

Said = tuple[object, ...]
"""What a customer says: equal for equal ones."""


@frozen(eq=False)
class Roster:
    """Customers in the order in which they were met.

    Attributes:
        customers: One of each.
        places: Where each stands, by what it says.
    """

    customers: list[Customer]
    places: Mapping[Said, int]

    @classmethod
    def of(cls, roll: "Roll") -> "Roster":
        """The customers of whom all were met by now."""
        return cls(roll.customers, roll.places)

    def joined(self, others: Sequence[Customer]) -> tuple["Roster", list[int]]:
        """A roster with other customers, too, and the place of each of them there."""
        held, said = len(self.customers), list(CustomerFields.of(others).rows())
        strange = {each: n for n, each in enumerate(said) if each not in self.places}
        new = {each: held + n for n, each in enumerate(strange)}
        places = [new[each] if each in new else self.places[each] for each in said]
        if not new:
            return self, places
        customers = [*self.customers, *(others[n] for n in strange.values())]
        return Roster(customers, with_entries(self.places, new)), places


@frozen(eq=False)
class Roll:
    """Customers as they are met.

    Attributes:
        customers: One of each, in that order.
        places: Where each stands, by what it says.
    """

    customers: list[Customer] = field(factory=list)
    places: dict[Said, int] = field(factory=dict)

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
