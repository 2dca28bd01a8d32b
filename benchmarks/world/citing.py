"""How a payer writes down the numbers it pays."""

import re
from collections.abc import Callable, Sequence

from benchmarks.world.dice import Dice, weighted
from benchmarks.world.mix import Habit

_SEPARATORS = re.compile(r"[^A-Za-z0-9]+")
_LOOKALIKES = str.maketrans("0O1I5S8B", "O0I1S5B8")


def compact(text: str) -> str:
    """Letters and digits alone, in one case.

    >>> compact("Inv-2026/004")
    'INV2026004'
    """
    return _SEPARATORS.sub("", text).upper()


def cite(number: str, habit: Habit, dice: Dice) -> str:
    """A number as somebody of this habit writes it."""
    match habit:
        case Habit.BARE:
            return compact(number)
        case Habit.RESPACED:
            return _respaced(number, dice)
        case Habit.DIGITS:
            digits = "".join(filter(str.isdigit, number))
            return digits if len(digits) > 4 else number.lower()
        case Habit.LAST_PART:
            last = _SEPARATORS.split(number)[-1].lstrip("0")
            return last if len(last) > 3 else number.lower()
        case _:
            return number


def _respaced(number: str, dice: Dice) -> str:
    separator = dice.pick((" ", " ", "/", ".", "-", "_"))
    if _SEPARATORS.search(number):
        return _SEPARATORS.sub(separator, number)
    # A plain integer: grouped in thousands, or filled up with zeros.
    if dice.chance(0.7):
        return f"{number[:-3]}{separator}{number[-3:]}"
    return f"{int(number):010d}" if number.isdigit() else number


def listed(numbers: Sequence[str], dice: Dice) -> str:
    """Several numbers in one text; one list in eight shortens the later ones."""
    separator = dice.pick((", ", ", ", " + ", " ", "/", "; ", ",", " & "))
    if len(numbers) > 1 and dice.chance(1 / 8):
        numbers = [numbers[0], *(tail(numbers[0], other) for other in numbers[1:])]
    return separator.join(numbers)


def tail(first: str, other: str) -> str:
    """A number without the beginning that it shares with the first of its list."""
    kept = 0
    while kept < min(len(first), len(other) - 2) and first[kept] == other[kept]:
        kept += 1
    return other[kept:] if kept > 2 else other


def slip(text: str, dice: Dice) -> str:
    """The text with one slip of the pen in a place that holds a letter or digit."""
    places = [place for place, char in enumerate(text) if char.isalnum()]
    return dice.draw(_SLIPS)(text, dice.pick(places), dice) if places else text


def _typo(text: str, place: int, dice: Dice) -> str:
    digit = text[place].isdigit()
    wrong = dice.pick("0123456789" if digit else "ABCDEFGHIJKLMNOPQRSTUVWXYZ")
    return text[:place] + wrong + text[place + 1 :]


def _transposed(text: str, place: int, _dice: Dice) -> str:
    return text[:place] + text[place : place + 2][::-1] + text[place + 2 :]


def _dropped(text: str, place: int, _dice: Dice) -> str:
    return text[:place] + text[place + 1 :]


def _looking_alike(text: str, place: int, _dice: Dice) -> str:
    # The first such character from there on.
    return text[:place] + re.sub(
        "[0O1I5S8B]", lambda m: m[0].translate(_LOOKALIKES), text[place:], count=1
    )


def _gap(text: str, place: int, dice: Dice) -> str:
    return text[:place] + dice.pick((" ", "\n", " ")) + text[place:]


_Slip = Callable[[str, int, Dice], str]
_KINDS: dict[_Slip, float] = {
    _typo: 0.32,
    _transposed: 0.2,
    _dropped: 0.2,
    _looking_alike: 0.12,
    _gap: 0.16,
}
_SLIPS = weighted(_KINDS)
