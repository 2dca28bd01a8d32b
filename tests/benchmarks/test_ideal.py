"""The judge knows the generator's chances, and sees nothing but the records."""

from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from itertools import combinations, product

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from benchmarks import ideal, quality
from benchmarks.judge.citations import Span, citation_chance, spellings
from benchmarks.judge.court import judge
from benchmarks.judge.debtors import debtors
from benchmarks.judge.made_names import company_chance, person_chance
from benchmarks.judge.outcomes import WILDCARD, outcomes, wild
from benchmarks.judge.plans import Piece, plan_chance
from benchmarks.judge.rates import rates_of
from benchmarks.judge.wires import readings, shaped
from benchmarks.world import MIXES, Kind, Regime, World, names
from benchmarks.world.banks import printed_name, wired
from benchmarks.world.citing import cite, listed, slip
from benchmarks.world.dice import Dice
from benchmarks.world.mix import Habit, PayerForm, Wire
from payymo_core.records import Counterparty, Customer, Invoice, Transaction
from payymo_core.results import Outcome

IBAN = "DE89370400440532013000"
WEBER = Customer(id="7", name="Weber Metallbau", ibans=(IBAN,))
SIZE = 120


@pytest.fixture(scope="module", params=quality.REGIMES)
def regime(request: pytest.FixtureRequest) -> Regime:
    return Regime(request.param)


@pytest.fixture(scope="module")
def compared(regime: Regime) -> list[ideal.Compared]:
    return ideal.compare(regime, SIZE, [11])


def owed(identity: str, amount: str = "238.00", day: int = 1) -> Invoice:
    issued = date(2026, 1, day)
    return Invoice(
        id=identity,
        number=identity,
        outstanding=Decimal(amount),
        total=Decimal(amount),
        currency="EUR",
        issue_date=issued,
        due_date=issued + timedelta(days=14),
        customer=WEBER,
    )


def paid(identity: str, amount: str, day: date, text: str | None = None) -> Transaction:
    return Transaction(
        id=identity,
        amount=Decimal(amount),
        currency="EUR",
        booking_date=day,
        remittance=text,
        counterparty=Counterparty(name="Weber Metallbau", iban=IBAN),
    )


def judged(
    transactions: list[Transaction], invoices: list[Invoice]
) -> list[dict[frozenset[str], float]]:
    world = World(transactions=tuple(transactions), invoices=tuple(invoices), truths=())
    return [dict(v.chances) for v in judge(world, Regime.BUSINESS)]


# What the generator may do.


@given(st.sampled_from(list(Habit)), st.integers(0, 999))
def test_every_citation_is_among_the_outcomes(habit: Habit, seed: int) -> None:
    number = "RE2026/00417"
    known = outcomes(lambda dice: cite(number, habit, dice))
    assert sum(known.values()) == pytest.approx(1)
    assert cite(number, habit, Dice(seed)) in known


@given(st.sampled_from(list(PayerForm)[:7]), st.integers(0, 999))
def test_every_printed_name_is_among_the_outcomes(form: PayerForm, seed: int) -> None:
    known = outcomes(lambda dice: printed_name("Müller Bau GmbH & Co. KG", form, dice))
    assert sum(known.values()) == pytest.approx(1)
    assert printed_name("Müller Bau GmbH & Co. KG", form, Dice(seed)) in known


def test_random_digits_are_wildcards() -> None:
    assert outcomes(lambda dice: f"x{dice.digits(3)}") == {f"x{WILDCARD * 3}": 1.0}
    assert wild(f"x{WILDCARD * 3}").fullmatch("x042")
    assert not wild(f"x{WILDCARD * 3}").fullmatch("x04")


@given(st.integers(0, 9999), st.sampled_from(list(names.COUNTRIES)))
def test_every_made_name_has_a_chance(seed: int, country: str) -> None:
    dice = Dice(seed)
    assert person_chance(names.person(dice)) > 0
    assert company_chance(names.company(country, dice), country) > 0


@given(
    st.text(alphabet="AB17 /-äé", min_size=1, max_size=160),
    st.sampled_from(list(Wire)),
    st.integers(0, 99),
)
def test_what_a_bank_carries_is_read_back(text: str, wire: Wire, seed: int) -> None:
    arrived = wired(text, wire, Dice(seed))
    read = [r for r in readings(arrived) if r.wire is wire]
    whole = shaped(text, wire)
    assert any(r.text == whole or (r.cut and whole.startswith(r.text)) for r in read)


@pytest.mark.parametrize(
    ("numbers", "habit"),
    [
        (("RE26/1007",), Habit.RESPACED),
        (("RE26/1007",), Habit.LAST_PART),
        (("A2B-7", "A2B-9"), Habit.PRINTED),
        (("A2-7", "A2-9", "A2-8"), Habit.BARE),
    ],
)
def test_citations_are_as_likely_as_the_generator_makes_them(
    numbers: tuple[str, ...], habit: Habit
) -> None:
    def with_a_slip(dice: Dice) -> str:
        cited = [cite(number, habit, dice) for number in numbers]
        place = dice.below(len(cited))
        cited[place] = slip(cited[place], dice)
        return listed(cited, dice)

    spelled = [spellings(number, habit) for number in numbers]
    plain = outcomes(lambda dice: listed([cite(n, habit, dice) for n in numbers], dice))
    slipped = outcomes(with_a_slip)
    for text, chance in plain.items():
        span = Span(text, cut=False, wire=Wire.CLEAN)
        assert citation_chance(spelled, 0.0, span) == pytest.approx(chance)
    for text, chance in slipped.items():
        # What can be written without a slip, too, is left out.
        if text not in plain:
            span = Span(text, cut=False, wire=Wire.CLEAN)
            found = citation_chance(spelled, 1.0, span)
            assert found == pytest.approx(chance), text


@pytest.mark.parametrize("cut", [1, 5, 9, 10, 11, 12, 20])
def test_what_is_cut_off_may_be_anything(cut: int) -> None:
    numbers = ("RE26/1007", "RE26/1031")
    plain = outcomes(lambda dice: listed(numbers, dice))
    beginnings: dict[str, float] = {}
    for text, chance in plain.items():
        if len(text) >= cut:
            start = text[:cut]
            beginnings[start] = beginnings.get(start, 0.0) + chance
    spelled = [spellings(number, Habit.PRINTED) for number in numbers]
    for text, chance in beginnings.items():
        span = Span(text, cut=True, wire=Wire.CLEAN)
        assert citation_chance(spelled, 0.0, span) == pytest.approx(chance)


def plans(count: int) -> Iterator[list[Piece]]:
    """Every way to pay some of so many invoices, alone or together."""
    kinds = (Kind.JOINT_NAMED, Kind.JOINT_SOME_NAMED, Kind.JOINT_UNNAMED)
    for size in range(count + 1):
        for paying in combinations(range(count), size):
            for blocks in _partitions(paying):
                options = [
                    (Kind.FULL,) if len(block) == 1 else kinds for block in blocks
                ]
                for chosen in product(*options):
                    yield [
                        Piece(kind, block)
                        for kind, block in zip(chosen, blocks, strict=True)
                    ]
                if paying and all(len(block) == 1 for block in blocks):
                    yield [Piece(Kind.NET_OF_FEE, block) for block in blocks]


def _partitions(items: tuple[int, ...]) -> Iterator[list[tuple[int, ...]]]:
    if not items:
        yield []
        return
    first, *rest = items
    for size in range(len(rest) + 1):
        for others in combinations(rest, size):
            left = tuple(item for item in rest if item not in others)
            for blocks in _partitions(left):
                yield [(first, *others), *blocks]


@pytest.mark.parametrize("count", [1, 2, 3, 4, 5])
def test_the_plans_of_a_customer_are_all_there_is(count: int, regime: Regime) -> None:
    invoices = [owed(f"RE{n}", "10.00", 2 * n + 1) for n in range(count)]
    people = debtors(invoices, MIXES[regime])
    rates = rates_of(regime, people, count)
    total = sum(plan_chance(people[0], plan, rates) for plan in plans(count))
    # What is paid out of turn beside joint payments is counted about.
    assert total == pytest.approx(1, abs=0.02)


# What the judge makes of it.


def test_the_judge_does_not_look_at_the_truth(
    compared: list[ideal.Compared], regime: Regime
) -> None:
    blind = judge(evolve(compared[0].world, truths=()), regime)
    assert [v.chances for v in blind] == [one.verdict.chances for one in compared]


def test_the_truth_is_never_ruled_out(compared: list[ideal.Compared]) -> None:
    for one in compared:
        chances = one.verdict.chances
        assert sum(chances.values()) == pytest.approx(1)
        assert chances.get(frozenset(one.engine.truth.invoices), 0) > 1e-6, one.engine


def test_two_equal_invoices_get_a_half_each() -> None:
    # A customer's newest invoice is another sort: it is likelier to stay unpaid.
    newest = owed("RE2026/00009", "99.00", 20)
    invoices = [owed("RE2026/00001"), owed("RE2026/00002"), newest]
    (chances,) = judged([paid("t1", "238.00", date(2026, 1, 15))], invoices)
    halves = [chances[frozenset({i.id})] for i in invoices[:2]]
    assert halves == pytest.approx([0.5, 0.5], abs=0.001)


def test_the_other_payment_tells_two_equal_invoices_apart() -> None:
    invoices = [owed("RE2026/00001"), owed("RE2026/00002")]
    silent, named = judged(
        [
            paid("t1", "238.00", date(2026, 1, 15)),
            paid("t2", "238.00", date(2026, 1, 16), "RE2026/00001"),
        ],
        invoices,
    )
    assert named[frozenset({"RE2026/00001"})] > 0.99
    assert silent[frozenset({"RE2026/00002"})] > 0.9


def test_the_later_of_two_payments_pays_nothing() -> None:
    first, second = judged(
        [
            paid("t1", "238.00", date(2026, 1, 15), "RE2026/00001"),
            paid("t2", "238.00", date(2026, 1, 20), "RE2026/00001"),
        ],
        [owed("RE2026/00001")],
    )
    assert first[frozenset({"RE2026/00001"})] > 0.99
    assert second[frozenset()] > 0.99


def test_a_slip_is_read_where_the_rest_agrees() -> None:
    invoices = [owed("RE2026/00417"), owed("RE2026/00582", "99.00")]
    (chances,) = judged(
        [paid("t1", "238.00", date(2026, 1, 15), "RE2026/00471")], invoices
    )
    assert chances[frozenset({"RE2026/00417"})] > 0.99


# What is printed.


def test_matches_are_as_sure_as_the_precision_asks(
    compared: list[ideal.Compared],
) -> None:
    answers = [one.ideal.match for one in compared]
    doubts = [1 - m.confidence for m in answers if m.outcome is Outcome.MATCH]
    assert doubts
    assert sum(doubts) <= ideal.WRONG * len(doubts)
    offered = [m.confidence for m in answers if m.outcome is Outcome.REVIEW]
    assert all(1 - confidence >= max(doubts) for confidence in offered)


def test_the_table_and_the_list_are_printed(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    wanted = ["ideal", "--regime", "agency", "--invoices", "60", "--seeds", "11"]
    monkeypatch.setattr("sys.argv", wanted)
    ideal.main()
    printed = capsys.readouterr().out
    assert "agency: 60 invoices a world" in printed
    assert "joint_named" in printed
    assert "sure to the judge, and right, not matched by the engine" in printed
