"""The customers of a ledger, told apart by what is said of them."""

from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from payymo_core import Customer
from payymo_core.fields import CustomerFields
from payymo_core.roster import Roster

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


@given(first=CUSTOMERS, then=CUSTOMERS)
def test_each_customer_is_held_once_whatever_objects_it_comes_as(first, then):
    roster = Roster()
    places = [
        place
        for part in (first, [evolve(customer) for customer in then])
        for place in roster.enter(part, CustomerFields.of(part))
    ]
    assert (roster.customers, places) == naive([*first, *then])
