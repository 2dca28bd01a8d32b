"""The customers of a ledger, each once, however many records say the same of it."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from itertools import count

import numpy as np
from attrs import field, frozen

from payymo_core.fields import CustomerFields
from payymo_core.keys import Ints
from payymo_core.layered import with_entries, with_items
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

    customers: Sequence[Customer]
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
        customers = with_items(self.customers, [others[n] for n in strange.values()])
        return Roster(customers, with_entries(self.places, new)), places


@frozen(eq=False)
class Roll:
    """Customers as they are met.

    Many invoices name one customer by the same object, which is then read once.

    Attributes:
        customers: One of each, in that order.
        places: Where each stands, by what it says.
    """

    customers: list[Customer] = field(factory=list)
    places: dict[Said, int] = field(factory=dict)
    _numbers: defaultdict[int, int] = field(init=False)
    _met: list[Customer | None] = field(factory=lambda: [None], init=False)
    _place_of: list[int] = field(factory=lambda: [-1], init=False)

    @_numbers.default
    def _none_met(self) -> defaultdict[int, int]:
        return defaultdict(count(1).__next__, {id(None): 0})

    def numbers(self, given: Sequence[Customer | None]) -> Ints:
        """The number of each object: 0 for None, new ones get the next."""
        numbers = map(self._numbers.__getitem__, map(id, given))
        return np.fromiter(numbers, np.int64, len(given))

    def strangers(
        self, numbers: Ints, given: Sequence[Customer | None]
    ) -> list[Customer]:
        """The objects that have not entered yet, each once."""
        met = np.maximum.accumulate(np.append(len(self._met) - 1, numbers))
        new = (met[1:] > met[:-1]).nonzero()[0].tolist()
        return [c for n in new if (c := given[n]) is not None]

    def enter(self, strangers: Sequence[Customer], fields: CustomerFields) -> None:
        """Give customers that are new the next places, others that of their equals.

        Args:
            strangers: Customers.
            fields: What they say.
        """
        # Held, so that no other object can ever have the id of one of them.
        self._met.extend(strangers)
        for customer, said in zip(strangers, fields.rows(), strict=True):
            place = self.places.setdefault(said, len(self.customers))
            if place == len(self.customers):
                self.customers.append(customer)
            self._place_of.append(place)

    def places_of(self, numbers: Ints) -> Ints:
        """Place of each of some objects that have entered; -1 for None."""
        return np.array(self._place_of)[numbers]
