"""How likely a payer of some habit writes just this string for these numbers."""

from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from itertools import product

from attrs import frozen

from benchmarks.judge.outcomes import outcomes
from benchmarks.judge.wires import shaped
from benchmarks.world.citing import cite, slip, tail
from benchmarks.world.mix import Habit, Wire

# As ``listed`` joins numbers: separator, chance.
_SEPARATORS = {
    ", ": 0.25,
    " + ": 0.125,
    " ": 0.125,
    "/": 0.125,
    "; ": 0.125,
    ",": 0.125,
    " & ": 0.125,
}
_SHORTENED = 1 / 8

Spellings = dict[str, float]
"""How one number may be written, with probabilities."""


@frozen
class Span:
    """What stands where the numbers should be.

    Attributes:
        text: In the letters that the bank leaves.
        cut: Whether the bank may have cut off the end.
        wire: The bank.
    """

    text: str
    cut: bool
    wire: Wire


@lru_cache(maxsize=1 << 16)
def spellings(number: str, habit: Habit) -> Spellings:
    """How somebody of this habit writes a number, without slips."""
    return outcomes(lambda dice: cite(number, habit, dice))


@lru_cache(maxsize=1 << 15)
def _slips(written: str) -> Spellings:
    return outcomes(lambda dice: slip(written, dice))


@lru_cache(maxsize=1 << 16)
def _seen(written: str, wire: Wire) -> str:
    return shaped(written, wire)


def slip_chance(written: str, span: Span) -> float:
    """Probability that a slip of the pen makes of ``written`` what is seen."""
    if abs(len(written) - len(span.text)) > 1 and not span.cut:
        return 0.0
    if not span.cut and not _one_edit(_seen(written, span.wire), span.text):
        return 0.0
    return sum(
        chance
        for text, chance in _slips(written).items()
        if _matches(_seen(text, span.wire), span)
    )


def _one_edit(left: str, right: str) -> bool:
    """Whether all but two neighbouring characters agree from both ends."""
    shorter = min(len(left), len(right))
    head = 0
    while head < shorter and left[head] == right[head]:
        head += 1
    tail = 0
    while tail < shorter - head and left[-1 - tail] == right[-1 - tail]:
        tail += 1
    return head + tail >= shorter - 2


def _matches(text: str, span: Span) -> bool:
    return text == span.text or (span.cut and text.startswith(span.text))


def citation_chance(numbers: Sequence[Spellings], slips: float, span: Span) -> float:
    """Probability that the numbers, listed, read just like this.

    Args:
        numbers: The spellings of each, in order.
        slips: Chance of a slip in one of them.
        span: What is seen.
    """
    if len(numbers) == 1:
        plain = sum(
            chance
            for text, chance in numbers[0].items()
            if _matches(_seen(text, span.wire), span)
        )
        # A slip that changes nothing is too rare to matter.
        if plain > 0:
            return (1 - slips) * plain
        slipped = sum(
            chance * slip_chance(text, span) for text, chance in numbers[0].items()
        )
        return slips * slipped
    if not any(_begins(_seen(first, span.wire), span.text) for first in numbers[0]):
        return 0.0
    shares = {"": 1 - _SHORTENED} | {
        first: _SHORTENED * chance for first, chance in numbers[0].items()
    }
    return sum(
        share * chance * _list_chance(_List.of(numbers, first), separator, slips, span)
        for first, share in shares.items()
        for separator, chance in _SEPARATORS.items()
    )


@frozen(eq=False)
class _List:
    """Numbers as they stand in a list.

    Attributes:
        written: The spellings of each; slips befall these.
        listed: The same without the beginning that they share with the first.
        first: What the first reads where later ones are shortened; else empty.
    """

    written: Sequence[Spellings]
    listed: Sequence[Spellings]
    first: str

    @classmethod
    def of(cls, written: Sequence[Spellings], first: str) -> "_List":
        """Shorten the later numbers by what the first reads, if anything."""
        if not first:
            return cls(written, written, first)
        shortened: list[Spellings] = [{first: 1.0}]
        for spelled in written[1:]:
            tails: Spellings = {}
            for text, chance in spelled.items():
                rest = tail(first, text)
                tails[rest] = tails.get(rest, 0.0) + chance
            shortened.append(tails)
        return cls(written, shortened, first)

    def slipped(self, place: int, middle: Span) -> float:
        """Probability that this number, after a slip, reads like this."""
        if not (self.first and place):
            spelled = self.listed[place]
            return sum(c * slip_chance(text, middle) for text, c in spelled.items())
        # What is shortened is the number with its slip.
        return sum(
            chance * share
            for text, chance in self.written[place].items()
            for slipped, share in _slips(text).items()
            if _seen(tail(self.first, slipped), middle.wire) == middle.text
        )

    def with_first_slipped(self, span: Span) -> Iterator[tuple[float, "_List"]]:
        """The same, shortened by what a slip makes of the first."""
        first = _seen(self.first, span.wire)
        if span.text.startswith(first) or not _begins(first, span.text):
            return
        for slipped, share in _slips(self.first).items():
            if span.text.startswith(_seen(slipped, span.wire)):
                yield share, _List.of(self.written, slipped)


def _list_chance(numbers: _List, separator: str, slips: float, span: Span) -> float:
    """Probability of the list with this separator, at most one slip in it."""
    glue = _seen(separator, span.wire)
    listed = numbers.listed
    if span.cut:
        return _cut_chance(listed, glue, slips, span)
    ahead = _reached(listed, glue, span, forwards=_stepped)
    exact = ahead[-1].get(len(span.text), 0.0)
    if exact > 0:
        return (1 - slips) * exact
    places = range(len(listed))
    slipped = 0.0
    if numbers.first:
        places = places[1:]
        for share, others in numbers.with_first_slipped(span):
            ends = _reached(others.listed, glue, span, forwards=_stepped)[-1]
            slipped += share * ends.get(len(span.text), 0.0)
    behind = _reached(listed[::-1], glue, span, forwards=_stepped_back)
    for place in places:
        before = _glued(ahead[place - 1], glue, span) if place else {0: 1.0}
        rest = len(listed) - 1 - place
        end = {len(span.text): 1.0}
        after = _glued_back(behind[rest - 1], glue, span) if rest else end
        for left, right in product(before, after):
            if left < right:
                middle = Span(span.text[left:right], cut=False, wire=span.wire)
                chance = numbers.slipped(place, middle)
                slipped += before[left] * after[right] * chance
    return slips * slipped / len(listed)


Places = dict[int, float]
_Step = Callable[[Places, Spellings, Span], Places]


def _reached(
    numbers: Sequence[Spellings], glue: str, span: Span, forwards: _Step
) -> list[Places]:
    """Where the first so many numbers may end, from one end of the text."""
    back = forwards is _stepped_back
    places: Places = {len(span.text) if back else 0: 1.0}
    found = []
    for spelled in numbers:
        places = forwards(places, spelled, span)
        found.append(places)
        places = (_glued_back if back else _glued)(places, glue, span)
    return found


def _stepped(places: Places, spelled: Spellings, span: Span) -> Places:
    reached: Places = {}
    for text, chance in spelled.items():
        seen = _seen(text, span.wire)
        for at, so_far in places.items():
            if span.text.startswith(seen, at):
                end = at + len(seen)
                reached[end] = reached.get(end, 0.0) + so_far * chance
    return reached


def _stepped_back(places: Places, spelled: Spellings, span: Span) -> Places:
    reached: Places = {}
    for text, chance in spelled.items():
        seen = _seen(text, span.wire)
        for at, so_far in places.items():
            begin = at - len(seen)
            if begin >= 0 and span.text.startswith(seen, begin):
                reached[begin] = reached.get(begin, 0.0) + so_far * chance
    return reached


def _glued(places: Places, glue: str, span: Span) -> Places:
    return {
        at + len(glue): chance
        for at, chance in places.items()
        if span.text.startswith(glue, at)
    }


def _glued_back(places: Places, glue: str, span: Span) -> Places:
    return {
        at - len(glue): chance
        for at, chance in places.items()
        if at >= len(glue) and span.text.startswith(glue, at - len(glue))
    }


def _cut_chance(
    numbers: Sequence[Spellings], glue: str, slips: float, span: Span
) -> float:
    """The same where the bank may have cut off the end: the beginning must agree."""
    per_slip = slips / len(numbers)
    sound: Places = {0: 1.0}
    slipped: Places = {}
    total = 0.0
    for place, spelled in enumerate(numbers):
        # A slip in what is cut off is no slip to us.
        so_far = 1 - per_slip * (place + 1)
        over, further = _over_the_end(sound, spelled, span)
        slip_over, slip_further = _over_the_end(slipped, spelled, span)
        total += so_far * over + slip_over
        for at, chance in () if over else sound.items():
            rest = Span(span.text[at:], cut=True, wire=span.wire)
            ends, reached = _slip_ends(spelled, rest)
            total += per_slip * chance * ends
            for end, share in reached.items():
                more = per_slip * chance * share
                slip_further[at + end] = slip_further.get(at + end, 0.0) + more
        if place == len(numbers) - 1:
            break
        sound, over = _cut_glue(further, glue, span)
        slipped, slip_over = _cut_glue(slip_further, glue, span)
        total += so_far * over + slip_over
    return total


def _over_the_end(
    places: Places, spelled: Spellings, span: Span
) -> tuple[float, Places]:
    """Chance that the text ends within this number, and where it else may end."""
    over, size = 0.0, len(span.text)
    reached: Places = {}
    for text, chance in spelled.items():
        seen = _seen(text, span.wire)
        for at, so_far in places.items():
            left = span.text[at:]
            if len(seen) >= size - at:
                over += so_far * chance * seen.startswith(left)
            elif left.startswith(seen):
                end = at + len(seen)
                reached[end] = reached.get(end, 0.0) + so_far * chance
    return over, reached


def _slip_ends(spelled: Spellings, rest: Span) -> tuple[float, Places]:
    over = 0.0
    reached: Places = {}
    for text, chance in spelled.items():
        if not _begins(_seen(text, rest.wire), rest.text):
            continue
        for slipped, share in _slips(text).items():
            seen = _seen(slipped, rest.wire)
            if len(seen) >= len(rest.text):
                over += chance * share * seen.startswith(rest.text)
            elif rest.text.startswith(seen):
                reached[len(seen)] = reached.get(len(seen), 0.0) + chance * share
    return over, reached


def _begins(written: str, text: str) -> bool:
    """Whether a text may begin with this, or with a part of it, but for one slip."""
    size, end = len(written), len(text)
    return any(
        _one_edit(written, text[: size + more])
        or (end <= size and _one_edit(written[: end + more], text))
        for more in (-1, 0, 1)
    )


def _cut_glue(places: Places, glue: str, span: Span) -> tuple[Places, float]:
    """Where the next number begins, and the chance that the separator is cut."""
    size, cut = len(span.text), 0.0
    further: Places = {}
    for at, chance in places.items():
        left = span.text[at:]
        if len(glue) >= size - at:
            cut += chance * glue.startswith(left)
        elif left.startswith(glue):
            further[at + len(glue)] = further.get(at + len(glue), 0.0) + chance
    return further, cut
