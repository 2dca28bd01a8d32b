"""References: the ways in which those of a ledger may be written in a text."""

from collections.abc import Collection, Iterator, Sequence
from itertools import chain

import numpy as np
from attrs import frozen
from numpy.typing import NDArray

from payymo_core.growing import Growing
from payymo_core.keys import (
    NO_ENTRIES,
    Floats,
    Ints,
    KeyIndex,
    Keys,
    Mask,
    sorted_unique,
    with_keys,
)
from payymo_core.lines import Lines, stands_for
from payymo_core.renumbering import Numbering
from payymo_core.rules import Exactness, ReferenceRule
from payymo_core.sequences import begins, previous, totals
from payymo_core.spans import Scan, Spans, scan_folded, wholes
from payymo_core.splicing import Splice

WRITTEN_WIDTH = 24
"""Letters and digits kept of a reference for comparison letter by letter."""
_BITS_A_DIGIT = 3.32  # log2(10)
# English letters carry about 2 bits each inside a word (Shannon 1951, with the words
# that stand on bills likelier than others), nearly log2(26) in a mixed code.
_BITS_A_LETTER = 2.0
_BITS_A_CODE_LETTER = 4.0
_MOST_PREFIX_BITS = 12.0
_LEAST_DIGITS = 3


@frozen(eq=False)
class Forms:
    """The ways in which the references of a ledger may be written.

    Those of an invoice that joins stand behind those there are, and invoices have
    numbers in the same order.

    Attributes:
        index: Rows of this table by key.
        number: Number of the invoice.
        rule: Place of the rule.
        digits_only: Whether the form leaves letters or leading groups out.
        atoms: Atoms in the reference as the ledger writes it.
        bits: How surprising it would be to meet it by chance in one span.
        heads: Sorted keys of the atoms that forms with letters begin with.
        longest: Letters and digits in the longest form.
        written: For each rule, the reference of each invoice, by its number, letters
            and digits.
        invoice: The rows of invoices by their numbers.
    """

    index: KeyIndex
    number: Growing[np.int64]
    rule: Growing[np.int64]
    digits_only: Growing[np.bool_]
    atoms: Growing[np.int64]
    bits: Growing[np.float64]
    heads: NDArray[np.uint64]
    longest: int
    written: tuple[Growing[np.bytes_], ...]
    invoice: Numbering

    def invoices(self, forms: Ints) -> Ints:
        """Row of the invoice of each of some forms."""
        return self.invoice.rows(self.number.values[forms])

    def references(self, rule: int, invoices: Ints) -> NDArray[np.bytes_]:
        """Letters and digits of what a rule finds some invoices by."""
        return self.written[rule].values[self.invoice.numbers(invoices)]


def forms_of(lines: Lines, invoices: int, rules: Sequence[ReferenceRule]) -> Forms:
    """Every form of every reference that the rules name.

    Args:
        lines: What the invoices say.
        invoices: How many there are.
        rules: Whose fields count.
    """
    draft = Draft.of(invoices, rules)
    for block in blocks_of(lines, invoices):
        draft.add(block)
    return draft.forms()


@frozen(eq=False)
class Block:
    """What some invoices say, cut into atoms.

    Attributes:
        begin: Row of the first of them.
        end: One past the row of the last.
        seen: Their lines.
        whole: The span of each line that has a letter or a digit.
        row: Row of the invoice of each line, counted from the first.
        field: Place of the name of the field of each of the spans.
        fields: The names.
    """

    begin: int
    end: int
    seen: Scan
    whole: Spans
    row: Ints
    field: Ints
    fields: Sequence[str]

    def named(self, wanted: Sequence[str]) -> Spans:
        """The spans of lines in a field of these names, as ``Lines.named``."""
        named = [stands_for(wanted, name) for name in self.fields]
        return self.whole.where(np.array(named, np.bool_)[self.field])


def blocks_of(lines: Lines, invoices: int) -> Iterator[Block]:
    """What so many invoices say, a block at a time."""
    for begin, end, part in lines.blocks(invoices):
        seen = scan_folded(part.letters)
        whole = wholes(seen)
        field = part.field[seen.text[whole.first]]
        yield Block(begin, end, seen, whole, part.row, field, part.fields)


@frozen(eq=False)
class Draft:
    """Forms as they are collected, a block after the other."""

    _invoices: int
    _rules: Sequence[ReferenceRule]
    _written: tuple[Growing[np.bytes_], ...]
    _of_rules: tuple[list["_Rows"], ...]

    @classmethod
    def of(cls, invoices: int, rules: Sequence[ReferenceRule]) -> "Draft":
        """No forms of so many invoices yet."""
        kind = np.dtype(f"S{WRITTEN_WIDTH}")
        written = tuple(Growing.blank(invoices, kind) for _ in rules)
        return cls(invoices, rules, written, tuple([] for _ in rules))

    def add(self, block: Block) -> None:
        """Add what some invoices say."""
        sums = _Sums(_surprise(block.seen), totals(~block.seen.digits))
        for place, rule in enumerate(self._rules):
            spans = block.named(rule.invoice_fields)
            if not len(spans):
                continue
            self._of_rules[place].append(
                _forms_of_rule(block, sums, spans, place, rule.exactness)
            )
            _write(self._written[place].values[block.begin : block.end], block, rule)

    def forms(self) -> Forms:
        """What was collected, indexed."""
        parts = [_Rows.none(), *chain.from_iterable(self._of_rules)]
        keys = np.concatenate([part.key for part in parts])
        return Forms(
            index=KeyIndex.of(keys, np.arange(len(keys))),
            number=Growing.of([part.invoice for part in parts]),
            rule=Growing.of([part.rule for part in parts]),
            digits_only=Growing.of([part.digits_only for part in parts]),
            atoms=Growing.of([part.atoms for part in parts]),
            bits=Growing.of([part.bits for part in parts]),
            heads=sorted_unique(np.concatenate([part.heads for part in parts])),
            longest=max(part.longest for part in parts),
            written=self._written,
            invoice=Numbering.of(self._invoices),
        )


def with_forms(forms: Forms, new: Forms, splice: Splice) -> Forms:
    """The forms of a ledger that invoices joined.

    Args:
        forms: Those it had.
        new: Those of what joined.
        splice: Where the new ones joined.
    """
    invoices, held = len(forms.invoice), len(forms.number.values)
    keys, rows = new.index.entries()
    return Forms(
        index=forms.index.changed(NO_ENTRIES, (keys, rows + held)),
        number=forms.number.joined(new.number.values + invoices),
        rule=forms.rule.joined(new.rule.values),
        digits_only=forms.digits_only.joined(new.digits_only.values),
        atoms=forms.atoms.joined(new.atoms.values),
        bits=forms.bits.joined(new.bits.values),
        heads=with_keys(forms.heads, new.heads),
        longest=max(forms.longest, new.longest),
        written=tuple(
            held.joined(more.values)
            for held, more in zip(forms.written, new.written, strict=True)
        ),
        invoice=forms.invoice.joined(splice),
    )


@frozen(eq=False)
class _Rows:
    """Forms as they are collected: one row each."""

    key: Keys
    invoice: Ints
    rule: Ints
    digits_only: Mask
    atoms: Ints
    bits: Floats
    heads: Keys
    longest: int

    @classmethod
    def none(cls) -> "_Rows":
        ints, keys = np.zeros(0, np.int64), np.zeros(0, np.uint64)
        mask, bits = np.zeros(0, np.bool_), np.zeros(0, np.float64)
        return cls(keys, ints, ints, mask, ints, bits, keys, 0)


def _write(out: NDArray[np.bytes_], block: Block, rule: ReferenceRule) -> None:
    """Each invoice's reference in letters and digits; its first, where it has more."""
    for name in reversed(rule.invoice_fields):
        spans = block.named([name])
        row = block.row[block.seen.text[spans.first]]
        out[row[::-1]] = block.seen.compacts(spans, WRITTEN_WIDTH)[::-1]


@frozen(eq=False)
class _Sums:
    """Of the atoms before each, and of all.

    Attributes:
        bits: How surprising they are.
        letters: How many are letters.
    """

    bits: Floats
    letters: Ints


def _forms_of_rule(
    block: Block,
    sums: _Sums,
    whole: Spans,
    place: int,
    exactness: Collection[Exactness],
) -> _Rows:
    seen, letters, bits = block.seen, sums.letters, sums.bits
    first, last = whole.first, whole.last
    count = letters[last + 1] - letters[first]
    spans, digits_only = [whole], [np.zeros(len(whole), np.bool_)]
    if Exactness.DIGITS in exactness:
        # A prefix of letters is left out: "INV-2026-004711" as "2026 004711".
        tail = np.minimum(first + count, last)
        plain = letters[last + 1] == letters[tail]
        spans.append(_long_enough(seen, tail, last, (count > 0) & plain))
        # Or all but the last run of digits: "4711".
        # But no year: that of "7/2026" is that of the whole ledger.
        run = seen.digits[last] & (last > np.where(plain, tail, first))
        run &= ~_years(seen, last)
        spans.append(_long_enough(seen, last, last, run))
        digits_only += [np.ones(len(part), np.bool_) for part in spans[1:]]
    both = Spans(
        np.concatenate([part.first for part in spans]),
        np.concatenate([part.last for part in spans]),
    )
    short = np.concatenate(digits_only)
    lettered = letters[both.last + 1] > letters[both.first]
    return _Rows(
        key=seen.code_keys(both, lettered),
        invoice=block.row[seen.text[both.first]] + block.begin,
        rule=np.full(len(both), place),
        digits_only=short,
        atoms=both.last - both.first + 1,
        bits=np.where(
            short,
            seen.number_length(both) * _BITS_A_DIGIT,
            bits[both.last + 1] - bits[both.first],
        ),
        heads=sorted_unique(seen.atom_keys[both.first[lettered]]),
        longest=int(seen.length(both).max(initial=0)),
    )


def _years(seen: Scan, atoms: Ints) -> Mask:
    """Whether four digits may be a year of this century, or the end of the last."""
    digit = [
        seen.letters[seen.place[np.minimum(seen.start[atoms] + n, len(seen.place) - 1)]]
        for n in range(2)
    ]
    twenty = (digit[0] == ord("2")) & (digit[1] == ord("0"))
    nineteen = (digit[0] == ord("1")) & (digit[1] == ord("9"))
    return (seen.end[atoms] - seen.start[atoms] == 4) & (twenty | nineteen)


def _long_enough(seen: Scan, first: Ints, last: Ints, keep: Mask) -> Spans:
    spans = Spans(first[keep], last[keep])
    return spans.where(seen.number_length(spans) >= _LEAST_DIGITS)


def _surprise(seen: Scan) -> Floats:
    """Running sum of the bits of each atom; a word before the first digit has few."""
    size = seen.end - seen.start
    new = begins(seen.text)
    leading = new & ~seen.digits
    letters = np.where(
        leading,
        np.minimum(size * _BITS_A_LETTER, _MOST_PREFIX_BITS),
        size * _BITS_A_CODE_LETTER,
    )
    # Words that follow one another ("test_deep_search") are words, not codes.
    follows = ~new & ~seen.digits & previous(~seen.digits)
    letters = np.where(follows, size * _BITS_A_LETTER, letters)
    # Leading zeros of a number say little.
    digits = (seen.end - seen.bare) * _BITS_A_DIGIT + (seen.bare - seen.start)
    # In whole quanta, so that no sum depends on what stands before it.
    atoms = np.rint(np.where(seen.digits, digits, letters) * 256) / 256
    return np.r_[0.0, np.cumsum(atoms)]
