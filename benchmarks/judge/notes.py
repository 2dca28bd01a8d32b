"""How likely a payer writes just this text, by bank and habit.

A likelihood is a matrix: a row for each wire, a column for each habit in use.
"""

from collections.abc import Iterator, Sequence

import numpy as np
from attrs import frozen
from numpy.typing import NDArray

from benchmarks.judge.asides import Asides, aside_chance
from benchmarks.judge.citations import Span, Spellings, citation_chance, spellings
from benchmarks.judge.wires import WIRES, Reading, shaped
from benchmarks.world import words
from benchmarks.world.citing import compact
from benchmarks.world.ledger import Item
from benchmarks.world.mix import Habit, Wire

Matrix = NDArray[np.float64]

HABITS = tuple(Habit)
_COLUMN = {habit: place for place, habit in enumerate(HABITS)}
_ROW = {wire: place for place, wire in enumerate(WIRES)}

_BESIDE = 0.4
_BEHIND = 0.7
_KEYWORD = 0.15
_FOREIGN = 0.1
_BRIEF = 0.85
"""As ``writing`` has them: something beside, of it behind the number; a word for
invoice, of it in another language; the number alone through a short field."""

_CITING = {
    Habit.BARE,
    Habit.RESPACED,
    Habit.DIGITS,
    Habit.LAST_PART,
    Habit.ORDER,
}
"""Habits whose numbers look unlike the printed ones."""


@frozen(kw_only=True)
class Remark:
    """What a payment's text depends on.

    Attributes:
        means: The invoices it may name.
        asides: What may stand beside.
        languages: Of the payer, with probabilities.
        slips: Chance of a slip of the pen.
    """

    means: tuple[Item, ...]
    asides: Asides
    languages: dict[str, float]
    slips: float


def cited(remark: Remark, texts: Sequence[Reading]) -> Matrix:
    """Likelihood of texts that name what is paid, or lean on a field beside.

    The columns of ``silent`` and ``courtesy`` are left at zero: see ``quiet``.
    """
    found = np.zeros((len(WIRES), len(HABITS)))
    for reading in texts:
        row = found[_ROW[reading.wire]]
        plain = _citing(remark, Habit.PRINTED, reading)
        row += reading.chance * plain[0]
        row[_COLUMN[Habit.KEYWORD]] += reading.chance * (plain[1] - plain[0])
        for habit in _CITING:
            if _differs(remark.means, habit):
                chance = _citing(remark, habit, reading)[0]
                row[_COLUMN[habit]] += reading.chance * (chance - plain[0])
    structured = _reference_of(remark.means)
    if structured:
        found[:, _COLUMN[Habit.STRUCTURED]] = 0.0
        for reading in texts:
            chance = _structured_chance(structured, reading)
            found[_ROW[reading.wire], _COLUMN[Habit.STRUCTURED]] += (
                reading.chance * 0.3 * chance
            )
    if len(remark.means) == 1:
        found[:, _COLUMN[Habit.END_TO_END]] = 0.0
    found[:, [_COLUMN[Habit.SILENT], _COLUMN[Habit.COURTESY]]] = 0.0
    return found


def _differs(means: Sequence[Item], habit: Habit) -> bool:
    return any(_spelled(item, habit) != _spelled(item, Habit.PRINTED) for item in means)


def _spelled(item: Item, habit: Habit) -> Spellings:
    order = item.invoice.references.get("purchase_order")
    if habit is Habit.ORDER:
        return {order or item.number: 1.0}
    return spellings(item.number, habit)


def _reference_of(means: Sequence[Item]) -> str | None:
    return means[0].invoice.creditor_reference if len(means) == 1 else None


def _structured_chance(reference: str, reading: Reading) -> float:
    spaced = " ".join(reference[at : at + 4] for at in range(0, len(reference), 4))
    ways = {spaced: 0.5, reference: 0.5} if reference[:2] == "RF" else {}
    if not ways:
        ways = {f"+++{reference}+++" if "/" in reference else reference: 1.0}
    seen = {shaped(text, reading.wire): chance for text, chance in ways.items()}
    return sum(
        chance
        for text, chance in seen.items()
        if text == reading.text or (reading.cut and text.startswith(reading.text))
    )


def _citing(remark: Remark, habit: Habit, reading: Reading) -> tuple[float, float]:
    """Probability of the text, for most habits and for who writes a keyword."""
    numbers = [_spelled(item, habit) for item in remark.means]
    wire = reading.wire

    def named(text: str, *, cut: bool) -> tuple[float, float]:
        bare = citation_chance(numbers, remark.slips, Span(text, cut, wire))
        behind = sum(
            chance * citation_chance(numbers, remark.slips, Span(rest, cut, wire))
            for chance, rest in _without_keyword(
                Span(text, cut, wire), remark.languages
            )
        )
        return (1 - _KEYWORD) * bare + _KEYWORD * behind, behind

    usual = keyword = 0.0
    for share, text, cut in _frames(remark, reading):
        some, always = named(text, cut=cut)
        usual += share * some
        keyword += share * always
    if wire is Wire.SHORT_18:
        span = Span(reading.text, reading.cut, wire)
        alone = citation_chance(numbers, remark.slips, span)
        usual = _BRIEF * alone + (1 - _BRIEF) * usual
        keyword = _BRIEF * alone + (1 - _BRIEF) * keyword
    return usual, keyword


def _without_keyword(
    span: Span, languages: dict[str, float]
) -> Iterator[tuple[float, str]]:
    """What may stand behind a word for invoice, with the chance of the word."""
    for word, chance in _keywords(languages).items():
        seen = shaped(f"{word} ", span.wire)
        if span.text.startswith(seen):
            yield chance, span.text[len(seen) :]
        elif span.cut and seen.startswith(span.text):
            yield chance, ""


def _keywords(languages: dict[str, float]) -> dict[str, float]:
    found: dict[str, float] = {}
    for word in words.FOREIGN:
        share = _FOREIGN / len(words.FOREIGN)
        found[word] = found.get(word, 0.0) + share
    for language, chance in languages.items():
        own = words.KEYWORDS[language]
        for word in own:
            share = (1 - _FOREIGN) * chance / len(own)
            found[word] = found.get(word, 0.0) + share
    return found


def _frames(remark: Remark, reading: Reading) -> Iterator[tuple[float, str, bool]]:
    """What may be the citation when the aside is taken away, with the chance of it."""
    text, wire = reading.text, reading.wire
    # Whatever stood behind is cut off with the end.
    yield (1 - _BESIDE), text, reading.cut
    if reading.cut:
        yield _BESIDE * _BEHIND, text, True
        alone = aside_chance(remark.asides, text, wire, cut=True)
        if alone:
            yield _BESIDE * (1 - _BEHIND) * alone, "", True
    for at, char in enumerate(text):
        if char != " ":
            continue
        after = aside_chance(remark.asides, text[at + 1 :], wire, cut=reading.cut)
        if after:
            yield _BESIDE * _BEHIND * after, text[:at], False
        before = aside_chance(remark.asides, text[:at], wire, cut=False)
        if before:
            yield _BESIDE * (1 - _BEHIND) * before, text[at + 1 :], reading.cut


def quiet(remark: Remark, text: str, texts: Sequence[Reading]) -> Matrix:
    """Likelihood of texts that name nothing, in the columns of the quiet habits."""
    found = np.zeros((len(WIRES), len(HABITS)))
    if not text:
        found[:, _COLUMN[Habit.SILENT]] = 0.8
    for reading in texts:
        row, wire = found[_ROW[reading.wire]], reading.wire
        beside = aside_chance(remark.asides, reading.text, wire, cut=reading.cut)
        row[_COLUMN[Habit.SILENT]] += reading.chance * 0.2 * beside
        row[_COLUMN[Habit.COURTESY]] += reading.chance * sum(
            chance / len(words.COURTESIES[language])
            for language, chance in remark.languages.items()
            for word in words.COURTESIES[language]
            if shaped(word, wire) == reading.text
        )
    return found


def by_reference_field(remark: Remark, text: str, reference: str) -> Matrix:
    """Likelihood of a structured reference in the field made for it."""
    found = np.zeros((len(WIRES), len(HABITS)))
    own = _reference_of(remark.means)
    if own and compact(own) == reference and not text:
        found[:, _COLUMN[Habit.STRUCTURED]] = 0.7
    return found


def by_end_to_end(
    remark: Remark, text: str, texts: Sequence[Reading], end_to_end: str
) -> Matrix:
    """Likelihood of a number in the end-to-end id, and something else as text."""
    found = np.zeros((len(WIRES), len(HABITS)))
    if len(remark.means) != 1 or remark.means[0].number != end_to_end:
        return found
    column = found[:, _COLUMN[Habit.END_TO_END]]
    if not text:
        column[:] = remark.asides.get("", 0.0)
    for reading in texts:
        column[_ROW[reading.wire]] += reading.chance * aside_chance(
            remark.asides, reading.text, reading.wire, cut=reading.cut
        )
    return found


def habitual(used: Matrix, shares: Matrix) -> Matrix:
    """From the habit in use to the habit of the payer, which it follows mostly.

    Args:
        used: Likelihood by wire and habit in use.
        shares: Of each habit among payers.
    """
    return 0.8 * used + 0.2 * (used @ shares)[:, None]


def copied(used: Matrix) -> Matrix:
    """For payments that always name what they mean: who is quiet otherwise, copies."""
    found = used.copy()
    quiet_columns = [_COLUMN[Habit.SILENT], _COLUMN[Habit.COURTESY]]
    found[:, quiet_columns] = used[:, [_COLUMN[Habit.PRINTED]]]
    return found


def unnamed(used: Matrix) -> Matrix:
    """For payments that never name anything: either quiet habit, whoever pays."""
    quiet_columns = [_COLUMN[Habit.SILENT], _COLUMN[Habit.COURTESY]]
    half = used[:, quiet_columns].mean(axis=1, keepdims=True)
    return np.repeat(half, len(HABITS), axis=1)
