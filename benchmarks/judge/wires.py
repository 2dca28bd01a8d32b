"""What a text was before a bank carried it."""

import re
from collections.abc import Iterator

from attrs import frozen

from benchmarks.world.banks import folded
from benchmarks.world.mix import Wire

WIRES = tuple(Wire)
LIMIT = 140
_ROC = re.compile(r"/ROC/[^/]*//REMI/")


@frozen
class Reading:
    """A text as its payer may have written it.

    Attributes:
        wire: The bank on the way.
        text: As written, but for the letters that the bank changes.
        cut: Whether it may have gone on.
        chance: Probability that this bank makes of it what arrived; digits that the
            bank makes up are left out, as they tell nothing.
    """

    wire: Wire
    text: str
    cut: bool
    chance: float


def shaped(text: str, wire: Wire) -> str:
    """A text in the letters that this bank leaves of it."""
    if wire is Wire.SHORT_18:
        return text.upper()
    if wire is Wire.REMI:
        return re.sub(r"[&#_°]", " ", folded(text))
    return text


def readings(arrived: str) -> Iterator[Reading]:
    """All that may have been written, by bank."""
    if len(arrived) <= LIMIT:
        yield Reading(Wire.CLEAN, arrived, len(arrived) == LIMIT, 1.0)
    yield from _lines_35(arrived)
    yield from _sepa_27(arrived)
    yield from _remi(arrived)
    if len(arrived) <= 18 and arrived == arrived.upper():
        yield Reading(Wire.SHORT_18, arrived, len(arrived) == 18, 1.0)


def _lines_35(arrived: str) -> Iterator[Reading]:
    if len(arrived) <= 35:
        yield Reading(Wire.LINES_35, arrived, cut=False, chance=1.0)
        return
    glues = {"\n": 0.5, " ": 0.25}
    for glue, chance in glues.items():
        text = _joined(arrived, 35, glue)
        if text is not None:
            yield Reading(Wire.LINES_35, text, len(text) == LIMIT, chance)
    if len(arrived) <= LIMIT:
        yield Reading(Wire.LINES_35, arrived, len(arrived) == LIMIT, 0.25)


def _joined(arrived: str, width: int, glue: str) -> str | None:
    """Lines of this width put together again; None where it has no such lines."""
    if any(char != glue for char in arrived[width :: width + 1]):
        return None
    return "".join(arrived[at : at + width] for at in range(0, len(arrived), width + 1))


def _sepa_27(arrived: str) -> Iterator[Reading]:
    if not arrived.startswith("EREF+"):
        return
    reference, _, rest = arrived.partition(" ")
    text = _joined(rest, 27, " ")
    if text is not None and text.startswith("SVWZ+"):
        text = text.removeprefix("SVWZ+")
        chance = 0.7 if reference == "EREF+NOTPROVIDED" else 0.3
        yield Reading(Wire.SEPA_27, text, len(text) == LIMIT, chance)


def _remi(arrived: str) -> Iterator[Reading]:
    head = _ROC.match(arrived)
    if head:
        chance = 0.6 if "NOTPROVIDED" in head[0] else 0.4
        yield Reading(Wire.REMI, arrived[head.end() :], len(arrived) == LIMIT, chance)
