"""What a ledger's references look like, and what in a text looks like one of them.

A text that names "INV-2026-0077" names some invoice of a ledger of "INV-2026-..." ones,
though no such one is in it: paid long ago, or left out of a list of open items. Letters
must be the ledger's own; of digits only how many there are.
"""

from collections.abc import Callable, Sequence

import numpy as np
from attrs import frozen

from payymo_core.checkdigits import satisfied
from payymo_core.finds import Finds, covered
from payymo_core.keys import Ints, Keys, Mask, located, mix, sorted_unique
from payymo_core.lines import Lines
from payymo_core.noise import INVOICE_WORDS, is_word
from payymo_core.references import Draft, Forms, blocks_of
from payymo_core.rules import ReferenceRule
from payymo_core.sequences import begins, following, previous, totals
from payymo_core.spans import Scan, Spans
from payymo_core.splicing import Splice
from payymo_core.texts import TextColumn

MOST_ATOMS = 6
_FIELDS = ("number", "creditor_reference")
_LEAST_DIGITS = 3
_LEAST_CALLED = 4
_DIGITS_ALONE = 6  # digits of a number without letters, in groups: "2026-00507"

_NUMBER_WORDS = ("NR", "NO", "NUMMER", "NUMBER", "NUM", "NUMERO", "NRO", "N")


def forms_and_shapes(
    lines: Lines, invoices: int, rules: Sequence[ReferenceRule]
) -> tuple[Forms, Keys]:
    """What a ledger's references are found by, and what they look like.

    Args:
        lines: What the invoices say.
        invoices: How many there are.
        rules: Whose fields count for the forms.

    Returns:
        The forms, and the sorted keys of the shapes of numbers and references.
    """
    draft, shapes = Draft.of(invoices, rules), [np.zeros(0, np.uint64)]
    for block in blocks_of(lines, invoices):
        draft.add(block)
        whole = block.named(_FIELDS)
        whole = whole.where(whole.last - whole.first < MOST_ATOMS)
        shapes.append(sorted_unique(_keys(block.seen, whole)))
    return draft.forms(), sorted_unique(np.concatenate(shapes))


_ENOUGH = 200


@frozen(eq=False)
class Formats:
    """Formats with check digits that a ledger uses.

    Told by its first references: a ledger has them from one program.

    Attributes:
        rows: The invoices that bear these, rising.
        texts: The references.
        used: Whether most satisfy a format, in the order of ``Format``.
    """

    rows: Ints
    texts: Sequence[str]
    used: Mask

    @classmethod
    def of(cls, lines: Lines) -> "Formats":
        """What a ledger's references satisfy."""
        return cls._of(*_first_references(lines))

    @classmethod
    def _of(cls, rows: Ints, texts: Sequence[str]) -> "Formats":
        return cls(rows, texts, satisfied(texts).sum(axis=0) > len(texts) // 2)

    def joined(self, splice: Splice, lines: Lines) -> "Formats":
        """Those of a ledger that invoices joined.

        Args:
            splice: Where they joined.
            lines: What they say.
        """
        row, texts = _first_references(lines)
        moved = self.rows + np.searchsorted(splice.at, self.rows, "right")
        both = np.concatenate((moved, splice.places[row]))
        first = np.argsort(both)[:_ENOUGH]
        if first.max(initial=-1) < len(self.rows):
            return Formats(both[first], self.texts, self.used)
        texts = [*self.texts, *texts]
        return Formats._of(both[first], [texts[place] for place in first.tolist()])


def _first_references(lines: Lines) -> tuple[Ints, list[str]]:
    """The first references with check digits, and the invoice of each."""
    held = lines.named(["creditor_reference"]).nonzero()[0][:_ENOUGH]
    letters = lines.letters.tobytes()
    texts = [
        letters[lines.start[n] : lines.start[n + 1] - 1].decode("ascii")
        for n in held.tolist()
    ]
    return lines.row[held], texts


_EXPLAINING = 8.0  # bits of a find that tells what its digits are for


def unknown_places(
    texts: TextColumn, finds: Finds, checked: Mask, shapes: Keys
) -> Spans:
    """Where texts name something of the ledger's kind that is not in it.

    Args:
        texts: Their texts.
        finds: The references found in these.
        checked: Atoms of references whose check digits hold.
        shapes: What the ledger's references look like.
    """
    seen, nowhere = texts.scan, np.zeros(0, np.int64)
    if not len(shapes) or not len(seen.start):
        return Spans(nowhere, nowhere)
    # The "2-32" of "AD2-32" is the end of many numbers: that explains nothing.
    free = ~covered(texts, finds.of_rules(finds.bits >= _EXPLAINING))
    proven = np.flatnonzero(free & checked)
    begin, end = [proven], [proven]
    free &= ~texts.noise
    if not (free & seen.digits).any():
        return Spans(proven, proven)
    goes_on = free & (seen.attached | seen.follows("-/._ ")) & ~begins(seen.text)
    shape, telling = _shapes(seen), _telling(seen)
    first = (free & ~seen.attached).nonzero()[0]
    last, keys = first, np.zeros(len(first), np.uint64)
    # What is called an invoice's number is one, however many digits it has lost.
    like = _follows_keyword(seen)[first]
    for _ in range(MOST_ATOMS):
        spans = Spans(first, last)
        keys = mix(keys, shape[last])
        maybe = (telling(spans) & ~like).nonzero()[0]
        like[maybe] = located(shapes, keys[maybe])[1]
        like &= ~seen.goes_on(spans)
        begin.append(first[like])
        end.append(last[like])
        more = following(goes_on)[last].nonzero()[0]
        if not len(more):
            break
        first, last, keys = first[more], last[more] + 1, keys[more]
        like = np.zeros(len(more), np.bool_)
    return Spans(np.concatenate(begin), np.concatenate(end))


def _shapes(seen: Scan) -> Keys:
    """Key of each atom: of its letters, or of how many digits it has."""
    return np.where(seen.digits, mix(seen.end - seen.start), seen.atom_keys)


def _keys(seen: Scan, spans: Spans) -> Keys:
    """Key of each span's letters and lengths of digits."""
    shape = _shapes(seen)
    keys = np.zeros(len(spans), np.uint64)
    for offset in range(MOST_ATOMS):
        inside = (spans.first + offset <= spans.last).nonzero()[0]
        atom = spans.first[inside] + offset
        keys[inside] = mix(keys[inside], shape[atom])
    return keys


def _telling(seen: Scan) -> Callable[[Spans], Mask]:
    """Says which spans look like a reference by themselves, not like any number."""
    held = totals(np.where(seen.digits, seen.end - seen.start, 0))
    letters = totals(~seen.digits)

    def telling(spans: Spans) -> Mask:
        digits = held[spans.last + 1] - held[spans.first]
        lettered = letters[spans.last + 1] > letters[spans.first]
        grouped = (spans.last > spans.first) & (digits >= _DIGITS_ALONE)
        return (lettered & (digits >= _LEAST_DIGITS)) | grouped

    return telling


def _follows_keyword(seen: Scan) -> Mask:
    """Digits right behind a word for invoice, or behind that and "no."."""
    word, number = is_word(seen, INVOICE_WORDS), is_word(seen, _NUMBER_WORDS)
    same = ~begins(seen.text)
    behind = same & previous(word)
    further = same & previous(number & behind)
    long = seen.end - seen.start >= _LEAST_CALLED
    return seen.digits & long & (behind | further)
