"""Transaction identity: none lost, none twice, whatever a bank's ids are worth."""

from collections import Counter
from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal

import pytest
from attrs import evolve, frozen
from hypothesis import given
from hypothesis import strategies as st

from payymo_adapters.banking import BankId, BankLine, Listing, Period
from payymo_adapters.identity import Absorbed, Book, absorb
from payymo_adapters.pairing import DoubtReason
from payymo_core.records import Counterparty, Transaction, TransactionStatus

ACCOUNT = "DE89370400440532013000"
MARCH = date(2026, 3, 1)


def line(
    text: str = "INV-1",
    day: int = 0,
    *,
    amount: str = "10.00",
    bank: str = "",
    consent: tuple[str, str] | None = None,
    balance: str | None = None,
    value: int | None = None,
) -> BankLine:
    ids = [BankId(space="bank", value=bank)] if bank else []
    ids += [BankId(space=consent[0], value=consent[1])] if consent else []
    record = Transaction(
        id="",
        amount=Decimal(amount),
        currency="EUR",
        booking_date=MARCH + timedelta(days=day),
        value_date=None if value is None else MARCH + timedelta(days=value),
        remittance=text,
        counterparty=Counterparty(name="Anna Berg"),
    )
    after = None if balance is None else Decimal(balance)
    return BankLine(transaction=record, ids=tuple(ids), balance_after=after)


def listing(
    *booked: BankLine,
    pending: Sequence[BankLine] = (),
    since: int | None = None,
    until: int | None = None,
) -> Listing:
    ends = [
        None if day is None else MARCH + timedelta(days=day) for day in (since, until)
    ]
    return Listing(
        account=ACCOUNT,
        period=Period(since=ends[0], until=ends[1]),
        booked=booked,
        pending=tuple(pending),
    )


def first(*booked: BankLine) -> Book:
    return absorb(Book(account=ACCOUNT), listing(*booked)).book


def counts(found: Absorbed) -> tuple[int, int, int]:
    return len(found.new), len(found.changed), len(found.doubts)


# --- laws -----------------------------------------------------------------------------


@frozen
class Fact:
    """A transaction of the world that the lists are drawn from.

    Attributes:
        day: Of booking.
        told: From which moment on the bank lists it.
        line: As the bank tells it.
    """

    day: int
    told: int
    line: BankLine


def fact(day: int, told: int, text: str, amount: str, bank: str) -> Fact:
    return Fact(day, told, line(text, day, amount=amount, bank=bank))


DAYS, MOMENTS = 6, 4
facts = st.builds(
    fact,
    day=st.integers(0, DAYS - 1),
    told=st.integers(0, MOMENTS - 1),
    text=st.sampled_from(["INV-1", "INV-2", ""]),
    amount=st.sampled_from(["10.00", "10.00", "-3.50"]),
    bank=st.just(""),
)
periods = st.tuples(st.integers(0, DAYS - 1), st.integers(0, DAYS - 1)).map(sorted)


@st.composite
def worlds(draw: st.DrawFn) -> list[Fact]:
    """Facts of which each has an id of its own, or none: twins among them."""
    drawn = draw(st.lists(facts, max_size=9))
    with_ids = draw(st.sets(st.integers(0, 8)))
    return [
        evolve(each, line=evolve(each.line, ids=(BankId(space="bank", value=f"b{n}"),)))
        if n in with_ids
        else each
        for n, each in enumerate(drawn)
    ]


def told(world: Sequence[Fact], moment: int, since: int, until: int) -> Listing:
    """All that the bank has booked by then for whole days."""
    lines = [f.line for f in world if f.told <= moment and since <= f.day <= until]
    return listing(*lines, since=since, until=until)


def read_all(lists: Sequence[Listing]) -> tuple[Counter[str], list[Absorbed]]:
    book, found = Book(account=ACCOUNT), []
    for each in lists:
        found.append(absorb(book, each))
        book = found[-1].book
    return Counter(record.id for step in found for record in step.new), found


@given(world=worlds(), splits=st.lists(periods, max_size=5), data=st.data())
def test_any_split_of_overlapping_lists_gives_the_same_transactions(
    world: list[Fact], splits: list[list[int]], data: st.DataObject
) -> None:
    moments = sorted(data.draw(st.lists(st.integers(0, 3), max_size=len(splits))))
    lists = [
        told(world, moment, since, until)
        for moment, (since, until) in zip(moments, splits, strict=False)
    ]
    whole = told(world, MOMENTS, 0, DAYS)
    ids, found = read_all([*lists, whole])
    at_once, _ = read_all([whole])
    assert ids == at_once
    assert set(ids.values()) <= {1}
    assert sum(ids.values()) == len(world)
    assert not [step.doubts for step in found if step.doubts or step.changed]


@given(world=worlds(), data=st.data())
def test_the_order_of_a_list_does_not_matter(
    world: list[Fact], data: st.DataObject
) -> None:
    whole = told(world, MOMENTS, 0, DAYS)
    shuffled = tuple(data.draw(st.permutations(whole.booked)))
    one = absorb(Book(account=ACCOUNT), whole)
    other = absorb(Book(account=ACCOUNT), evolve(whole, booked=shuffled))
    assert one == other


wild = st.builds(
    line,
    text=st.sampled_from(["INV-1", "INV-2"]),
    day=st.integers(0, 3),
    amount=st.sampled_from(["10.00", "20.00"]),
    bank=st.sampled_from(["", "9998", "9999"]),
    consent=st.sampled_from([None, ("c1", "1"), ("c1", "2"), ("c2", "1")]),
    balance=st.sampled_from([None, "100.00", "90.00"]),
)


@given(st.lists(st.lists(wild, max_size=5), max_size=4))
def test_of_any_list_each_entry_is_known_new_or_doubted(
    lists: list[list[BankLine]],
) -> None:
    book = Book(account=ACCOUNT)
    for lines in lists:
        before = book
        found = absorb(book, listing(*lines))
        book = found.book
        names = [known.id for known in book.booked]
        assert len(set(names)) == len(names)
        assert names[: len(before.booked)] == [known.id for known in before.booked]
        # What a list tells n times is n times in the book, whatever its ids.
        held = Counter((k.said, k.day) for k in book.booked)
        for said, times in Counter(_said(each) for each in lines).items():
            assert held[said] >= times
        added = [r.id for r in found.new] + [d.transaction.id for d in found.doubts]
        assert names[len(before.booked) :] == sorted(added, key=names.index)
        assert counts(absorb(book, listing(*lines))) == (0, 0, 0)


anyhow = st.lists(
    st.sampled_from(
        [
            BankId(space=space, value=value)
            for space in ("bank", "consent 1", "consent 2")
            for value in "12"
        ]
    ),
    max_size=2,
    unique=True,
).map(tuple)


@given(world=worlds(), splits=st.lists(periods, max_size=4), data=st.data())
def test_whatever_ids_a_bank_makes_up_nothing_is_lost_and_nothing_is_new_twice(
    world: list[Fact], splits: list[list[int]], data: st.DataObject
) -> None:
    """Ids that change, repeat, come late or anew with a consent, at every list."""
    lists = []
    for since, until in [*splits, [0, DAYS]]:
        whole = told(world, MOMENTS, since, until)
        changed = tuple(evolve(each, ids=data.draw(anyhow)) for each in whole.booked)
        lists.append(evolve(whole, booked=changed))
    _, found = read_all(lists)
    truth = Counter(_said(each.line) for each in world)
    held = Counter((k.said, k.day) for k in found[-1].book.booked)
    sure = Counter((k.said, k.day) for k in found[-1].book.booked if not k.doubtful)
    assert held >= truth
    assert sure <= truth


def _said(each: BankLine) -> tuple[str, date | None]:
    (known,) = first(each).booked
    return known.said, known.day


@given(
    world=worlds(),
    parts=st.lists(st.sets(st.integers(0, 8), min_size=1), min_size=1, max_size=5),
)
def test_lists_that_leave_out_what_they_like_lose_nothing_that_has_an_id(
    world: list[Fact], parts: list[set[int]]
) -> None:
    """Even within one day: an id, or else other words, keeps every entry apart."""
    lists = [
        listing(
            *(f.line for n, f in enumerate(world) if n in part), since=0, until=DAYS
        )
        for part in parts
    ]
    _, found = read_all(lists)
    kept = {k.id for k in found[-1].book.booked}
    listed = {n for part in parts for n in part if n < len(world)}
    trusted = {f"{ACCOUNT}/b{n}" for n in listed if world[n].line.ids}
    without = {_said(world[n].line) for n in listed if not world[n].line.ids}
    said = {(k.said, k.day) for k in found[-1].book.booked}
    seen_ids = {i.value for k in found[-1].book.booked for i in k.ids}
    assert {name.rpartition("/")[2] for name in trusted} <= seen_ids | kept
    assert without <= said


# --- cases ----------------------------------------------------------------------------


def test_genuine_twins_are_kept_and_known_again() -> None:
    coffee = line("Coffee", amount="-3.50")
    book = first(coffee, coffee)
    assert len(book.booked) == 2
    found = absorb(book, listing(coffee, coffee, coffee))
    assert counts(found) == (1, 0, 0)
    assert found.new[0].id.endswith("/3")


def test_a_trusted_id_names_a_transaction() -> None:
    found = absorb(Book(account=ACCOUNT), listing(line(bank="5561990681")))
    assert [record.id for record in found.new] == [f"{ACCOUNT}/5561990681"]
    assert found.new[0].account == ACCOUNT


def test_an_id_that_several_entries_share_is_none() -> None:
    found = absorb(
        Book(account=ACCOUNT),
        listing(line("INV-1", bank="0815"), line("INV-2", bank="0815")),
    )
    assert counts(found) == (2, 0, 0)
    assert not [record.id for record in found.new if record.id.endswith("0815")]


def test_an_id_used_again_for_another_amount_is_another_transaction() -> None:
    found = absorb(
        first(line("INV-1", bank="9998")),
        listing(line("INV-2", 9, amount="20.00", bank="9998"), since=5, until=20),
    )
    assert counts(found) == (1, 0, 0)
    assert found.new[0].id != f"{ACCOUNT}/9998"


def test_an_id_that_comes_a_day_late_makes_nothing_new() -> None:
    book = first(line())
    found = absorb(book, listing(line(bank="77")))
    assert counts(found) == (0, 0, 0)
    assert found.book.booked[0].id == book.booked[0].id
    # From now on the id is known, so that other words under it are no other payment.
    again = absorb(found.book, listing(line("INV-1 of Anna Berg", bank="77")))
    assert counts(again) == (0, 1, 0)


def test_a_new_consent_numbers_anew_and_the_history_goes_on() -> None:
    book = first(line(consent=("c1", "a")), line("INV-2", 1, consent=("c1", "b")))
    found = absorb(
        book, listing(line(consent=("c2", "x")), line("INV-2", 1, consent=("c2", "y")))
    )
    assert counts(found) == (0, 0, 0)


def test_the_same_id_on_another_day_with_the_same_value_date_was_moved() -> None:
    """As a Finnish bank does: the provider's own id changes along with the day."""
    book = first(line(day=0, value=0, bank="B1", consent=("c1", "a")))
    moved = line(day=2, value=0, bank="B1", consent=("c1", "z"))
    found = absorb(book, listing(moved, since=1, until=5))
    assert counts(found) == (0, 1, 0)
    assert found.changed[0].id == book.booked[0].id
    assert found.changed[0].booking_date == MARCH + timedelta(days=2)


def test_the_same_id_on_another_day_was_moved_where_the_first_is_gone() -> None:
    book = first(line(day=0, bank="B1"))
    found = absorb(book, listing(line(day=2, bank="B1"), since=0, until=5))
    assert counts(found) == (0, 1, 0)


def test_an_id_that_comes_late_is_taken_all_the_same() -> None:
    book = absorb(first(line()), listing(line(bank="77"))).book
    other = line("INV-2", 9, amount="20.00", bank="77")
    found = absorb(book, listing(other, since=5, until=20))
    assert counts(found) == (1, 0, 0)
    assert found.new[0].id != f"{ACCOUNT}/77"


def test_a_twin_is_known_by_its_id_before_it_is_by_its_words() -> None:
    book = first(line(), line(bank="b1"))
    found = absorb(book, listing(line(bank="b1")))
    assert found.book == book


def test_the_same_id_and_amount_on_another_day_is_for_a_person() -> None:
    book = first(line(day=0, bank="B1"))
    found = absorb(book, listing(line(day=20, bank="B1"), since=15, until=25))
    assert [d.reason for d in found.doubts] == [DoubtReason.OTHER_DAY]
    assert found.doubts[0].like == book.booked[0].id
    assert found.doubts[0].transaction.id != book.booked[0].id


def test_another_id_for_the_same_words_is_for_a_person_when_the_first_is_gone() -> None:
    book = first(line(bank="B1"))
    found = absorb(book, listing(line(bank="B2")))
    assert [d.reason for d in found.doubts] == [DoubtReason.OTHER_ID]
    both = absorb(book, listing(line(bank="B1"), line(bank="B2")))
    assert counts(both) == (1, 0, 0)


def test_a_bank_that_numbers_anew_every_day_is_doubted_once() -> None:
    book = first(line(bank="B1"))
    doubts = 0
    for day in range(2, 9):
        found = absorb(book, listing(line(bank=f"B{day}")))
        book, doubts = found.book, doubts + len(found.doubts)
        assert not found.new
    assert doubts == 1


def test_the_balance_tells_which_twin_is_listed() -> None:
    one, other = line(balance="100.00"), line(balance="110.00")
    book = first(one, other)
    assert counts(absorb(book, listing(other))) == (0, 0, 0)
    third = absorb(first(one), listing(other))
    assert [d.reason for d in third.doubts] == [DoubtReason.OTHER_ID]
    assert counts(absorb(first(one), listing(one, other))) == (1, 0, 0)


def test_what_one_list_tells_twice_under_one_id_is_for_a_person() -> None:
    found = absorb(Book(account=ACCOUNT), listing(line(bank="7"), line(bank="7")))
    assert len(found.new) == 1
    assert [d.reason for d in found.doubts] == [DoubtReason.LISTED_TWICE]
    assert found.doubts[0].like == found.new[0].id


def test_other_words_for_what_is_gone_are_for_a_person() -> None:
    book = first(line("INV-1"))
    found = absorb(book, listing(line("INV-1 Anna Berg, thank you"), since=0, until=3))
    assert [d.reason for d in found.doubts] == [DoubtReason.OTHER_WORDS]
    numbered = first(line("INV-1", bank="B1"))
    other = listing(line("INV-2", bank="B2"), since=0, until=3)
    assert counts(absorb(numbered, other)) == (1, 0, 0)
    apart = absorb(book, listing(line("INV-9", 2), since=1, until=3))
    assert counts(apart) == (1, 0, 0)


def test_a_booking_moved_without_an_id_is_known_by_its_value_date() -> None:
    book = first(line(day=0, value=0))
    found = absorb(book, listing(line(day=1, value=0), since=0, until=3))
    assert counts(found) == (0, 1, 0)
    other = absorb(book, listing(line(day=1, value=1), since=0, until=3))
    assert [d.reason for d in other.doubts] == [DoubtReason.OTHER_DAY]


def test_case_and_gaps_of_a_text_do_not_count() -> None:
    found = absorb(first(line("Inv-1  thanks")), listing(line("INV-1 THANKS")))
    assert counts(found) == (0, 0, 0)


def test_pending_is_never_booked_and_its_booked_twin_is_recognised() -> None:
    waiting = line("Card 1234", amount="-9.00")
    begun = absorb(Book(account=ACCOUNT), listing(pending=[waiting]))
    assert not begun.new
    assert [r.status for r in begun.pending] == [TransactionStatus.PENDING]
    booked = line("Shop, Card 1234", 2, amount="-9.00")
    found = absorb(begun.book, listing(booked))
    assert counts(found) == (1, 0, 0)
    assert found.settled == ((begun.pending[0].id, found.new[0].id),)
    assert not found.pending


def test_an_entry_that_is_pending_and_booked_in_one_list_is_booked() -> None:
    both = line(bank="P1")
    found = absorb(Book(account=ACCOUNT), listing(both, pending=[both, line("Other")]))
    assert len(found.new) == len(found.pending) == 1
    assert found.pending[0].remittance == "Other"


def test_of_two_pending_alike_neither_is_said_to_be_settled() -> None:
    waiting = line(amount="-9.00")
    begun = absorb(Book(account=ACCOUNT), listing(pending=[waiting, waiting]))
    found = absorb(begun.book, listing(line(day=1, amount="-9.00")))
    assert found.settled == ()
    assert len(found.new) == 1


def test_a_list_of_another_account_is_refused() -> None:
    with pytest.raises(ValueError, match="for the book of"):
        absorb(Book(account="other"), listing(line()))
