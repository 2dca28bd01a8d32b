"""Who pays what, when: the payments of a world before anything is written."""

from collections.abc import Iterator
from datetime import date, timedelta
from math import exp
from statistics import NormalDist

from attrs import frozen

from benchmarks.world.dice import Dice
from benchmarks.world.ledger import Client, Item
from benchmarks.world.mix import Mix, Naming
from benchmarks.world.truth import Kind

LARGEST_SET = 12

# Days late, log-normal with a median of five days, as its two hundred quantiles: whole
# days, so that the last bit of a platform's exponential does not matter.
LATE_DAYS = tuple(
    round(exp(1.6 + 0.9 * NormalDist().inv_cdf((place + 0.5) / 200)))
    for place in range(200)
)


@frozen(kw_only=True, eq=False)
class Payment:
    """One payment; what it says is not settled yet.

    Attributes:
        kind: What it is.
        client: Who pays.
        day: When it is booked.
        amount: What arrives, in minor units.
        fee: What a processor kept, in minor units.
        pays: The true invoices.
        means: The invoices that its text may name, if it names any.
    """

    kind: Kind
    client: Client
    day: date
    amount: int
    fee: int | None = None
    pays: tuple[Item, ...]
    means: tuple[Item, ...]


def plan(mix: Mix, ledger: list[Item], dice: Dice) -> list[Payment]:
    """All payments of open invoices."""
    unpaid = _unpaid(mix, ledger, dice)
    owed: dict[int, list[Item]] = {}
    notes: dict[int, list[Item]] = {}
    for item in ledger:
        if not item.is_open or item.invoice.id in unpaid:
            continue
        side = owed if item.draft.outstanding > 0 else notes
        side.setdefault(item.draft.client.place, []).append(item)
    payments: list[Payment] = []
    for place, items in owed.items():
        items.sort(key=lambda item: (item.draft.due, item.draft.tie))
        payments += _paid(mix, items, notes.get(place, []), dice)
    return payments


def _unpaid(mix: Mix, ledger: list[Item], dice: Dice) -> set[str]:
    """The open invoices that nobody pays: mostly a customer's newest."""
    billed = [i for i in ledger if i.is_open and i.draft.outstanding > 0]
    newest = {item.draft.client.place: item.invoice.id for item in billed}
    chances = []
    for item in billed:
        is_newest = newest[item.draft.client.place] == item.invoice.id
        chances.append((dice.share() * (0.35 if is_newest else 1.0), item.invoice.id))
    chances.sort()
    return {identity for _, identity in chances[: round(len(billed) * mix.unpaid)]}


def _paid(
    mix: Mix, owed: list[Item], notes: list[Item], dice: Dice
) -> Iterator[Payment]:
    client = owed[0].draft.client
    if notes and not client.processor:
        yield from _set_off(owed, notes[0], dice)
    while owed:
        if len(owed) > 1 and not client.processor and dice.chance(mix.joint):
            yield _joint(mix, owed, dice)
        else:
            # The oldest first, but for one payment in twelve.
            place = dice.below(len(owed)) if dice.chance(1 / 12) else 0
            yield from _alone(mix, owed.pop(place), dice)


def _set_off(owed: list[Item], credit: Item, dice: Dice) -> Iterator[Payment]:
    count = min(len(owed), dice.between(1, 3))
    chosen = [*owed[:count], credit]
    amount = sum(item.draft.outstanding for item in chosen)
    if amount <= 0:
        return
    del owed[:count]
    # Mostly all is named; else the invoices alone, or nothing.
    means = dice.pick((chosen, chosen, chosen, chosen[:count], []))
    yield Payment(
        kind=Kind.SET_OFF,
        client=credit.draft.client,
        day=_joint_day(chosen, dice),
        amount=amount,
        pays=tuple(chosen),
        means=tuple(means),
    )


def _joint(mix: Mix, owed: list[Item], dice: Dice) -> Payment:
    naming = dice.draw(mix.naming)
    chosen = _chosen(naming, owed, dice)
    if naming is Naming.ALL:
        kind, means = Kind.JOINT_NAMED, chosen
    elif naming is Naming.SOME:
        kind, means = Kind.JOINT_SOME_NAMED, chosen[: dice.between(1, len(chosen) - 1)]
    else:
        kind, means = Kind.JOINT_UNNAMED, []
    for item in chosen:
        owed.remove(item)
    return Payment(
        kind=kind,
        client=chosen[0].draft.client,
        day=_joint_day(chosen, dice),
        amount=sum(item.draft.outstanding for item in chosen),
        pays=tuple(chosen),
        means=tuple(means),
    )


def _chosen(naming: Naming, owed: list[Item], dice: Dice) -> list[Item]:
    limit = min(len(owed), LARGEST_SET)
    if naming is Naming.ALL_OPEN:
        return owed[:limit]
    if naming is Naming.MONTH:
        month = owed[0].draft.issued.replace(day=1)
        same = [i for i in owed if i.draft.issued.replace(day=1) == month]
        if len(same) > 1:
            return same[:limit]
    count = 2
    while count < limit and dice.chance(0.5):
        count += 1
    if naming in (Naming.ALL, Naming.SOME) and dice.chance(0.35):
        places = sorted(dice.shuffled(range(len(owed)))[:count])
        return [owed[place] for place in places]
    return owed[:count]


def _joint_day(chosen: list[Item], dice: Dice) -> date:
    oldest = min(chosen, key=lambda item: item.draft.due)
    latest = max(item.draft.issued for item in chosen)
    return max(_day(oldest, dice), latest + timedelta(days=dice.between(1, 10)))


def _day(item: Item, dice: Dice) -> date:
    draft = item.draft
    when = dice.share()
    if when < 0.15:
        late = -dice.between(2, max(2, (draft.due - draft.issued).days))
    elif when < 0.62:
        late = dice.between(-1, 1)
    else:
        late = dice.pick(LATE_DAYS)
    day = draft.due + timedelta(days=late + draft.client.lateness)
    return max(day, draft.issued)


def _alone(mix: Mix, item: Item, dice: Dice) -> Iterator[Payment]:
    client, owed, day = item.draft.client, item.draft.outstanding, _day(item, dice)
    if client.processor:
        fee = owed * dice.pick((14, 19, 25, 29)) // 1000 + 25
        yield _of(Kind.NET_OF_FEE, item, day, max(1, owed - fee), min(fee, owed - 1))
    elif client.bank_fee and owed > 6 * client.bank_fee and dice.chance(0.8):
        yield _of(Kind.SHORT, item, day, owed - client.bank_fee)
    elif dice.chance(mix.overpaid):
        yield _of(Kind.OVERPAID, item, day, rounded_up(owed, dice))
    elif owed >= 1000 and dice.chance(mix.part):
        yield _of(Kind.PART, item, day, a_part(owed, dice))
    elif owed >= 1000 and dice.chance(mix.instalments):
        yield from _instalments(item, day, dice)
    else:
        yield _of(Kind.FULL, item, day, owed)


def _of(
    kind: Kind, item: Item, day: date, amount: int, fee: int | None = None
) -> Payment:
    return Payment(
        kind=kind,
        client=item.draft.client,
        day=day,
        amount=amount,
        fee=fee,
        pays=(item,),
        means=(item,),
    )


def rounded_up(owed: int, dice: Dice) -> int:
    """What who rounds up pays of what is owed."""
    step = dice.pick((100, 500, 1000, 10_000))
    if owed % step and owed > step:
        return owed + step - owed % step
    return owed + dice.pick((100, 500, 1000, max(1, owed // 20)))


def a_part(owed: int, dice: Dice) -> int:
    """What who pays a part only pays of what is owed."""
    share = owed // dice.pick((2, 2, 3, 4))
    if dice.chance(0.5):
        share -= share % 500
    return max(share, 100)


def _instalments(item: Item, day: date, dice: Dice) -> Iterator[Payment]:
    left, count = item.draft.outstanding, dice.between(2, 3)
    while count > 1:
        amount = left // count
        if dice.chance(0.5):
            amount = max(amount - amount % 500, 100)
        yield _of(Kind.INSTALMENT, item, day, amount)
        left, count = left - amount, count - 1
        day += timedelta(days=dice.between(12, 33))
    yield _of(Kind.INSTALMENT, item, day, left)
