"""The customers of a ledger, told apart by what is said of them."""

from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from payymo_core import Customer
from payymo_core.fields import CustomerFields
from payymo_core.roster import Roll, Roster

CUSTOMERS = st.lists(
    st.builds(
        Customer,
        id=st.sampled_from("ab"),
        name=st.sampled_from([None, "Ada"]),
        ibans=st.sampled_from([(), ("NL91ABNA0417164300",)]),
    )
)


def naive(given: list[Customer]) -> tuple[list[Customer], list[int]]:
    held: list[Customer] = []
    for customer in given:
        if customer not in held:
            held.append(customer)
    return held, [held.index(customer) for customer in given]


@given(first=CUSTOMERS, then=CUSTOMERS, further=CUSTOMERS)
def test_each_customer_is_held_once_whatever_objects_it_comes_as(first, then, further):
    roll = Roll()
    places = []
    for part in (first, [evolve(customer) for customer in then] * 2):
        numbers = roll.numbers(part)
        strangers = roll.strangers(numbers, part)
        roll.enter(strangers, CustomerFields.of(strangers))
        assert not roll.strangers(roll.numbers(part), part)
        places += roll.places_of(numbers).tolist()
    assert (roll.customers, places) == naive([*first, *then, *then])
    roster = Roster.of(roll)
    later, more = roster.joined(further)
    everyone = [*first, *then, *then, *further]
    assert (list(later.customers), [*places, *more]) == naive(everyone)
    assert later.joined(first) == (later, places[: len(first)])
    assert roster.customers == roll.customers
