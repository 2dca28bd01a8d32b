"""References: the ways in which those of a ledger may be written in a text."""

from collections.abc import Sequence

import numpy as np
from attrs import frozen
from numpy.typing import NDArray

from payymo_core.keys import Floats, Ints, KeyIndex, Keys, Mask, sorted_unique
from payymo_core.records import Invoice
from payymo_core.rules import Exactness, ReferenceRule
from payymo_core.spans import Scan, Spans, scan, wholes

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

    Attributes:
        index: Rows of this table by key.
        invoice: Row of the invoice.
        rule: Place of the rule.
        digits_only: Whether the form leaves letters or leading groups out.
        atoms: Atoms in the reference as the ledger writes it.
        bits: How surprising it would be to meet it by chance in one span.
        heads: Sorted keys of the atoms that forms with letters begin with.
        longest: Letters and digits in the longest form.
        per_rule: References that each rule knows.
        written: For each rule, the reference of each invoice, letters and digits.
    """

    index: KeyIndex
    invoice: Ints
    rule: Ints
    digits_only: Mask
    atoms: Ints
    bits: Floats
    heads: NDArray[np.uint64]
    longest: int
    per_rule: Ints
    written: tuple[NDArray[np.bytes_], ...]


def invoice_texts(
    records: Sequence[Invoice], fields: Sequence[str]
) -> tuple[list[str], Ints]:
    """What invoices say in some fields, and the row of each text."""
    texts: list[str] = []
    rows = [np.zeros(0, np.int64)]
    for name in fields:
        if name == "references.*":
            held = [(n, r.references) for n, r in enumerate(records) if r.references]
            pairs = [(n, t) for n, references in held for t in references.values() if t]
            texts += [text for _, text in pairs]
            rows.append(np.array([n for n, _ in pairs], np.int64))
        else:
            column = _field(records, name)
            texts += [text for text in column if text]
            rows.append(np.flatnonzero(np.array([bool(t) for t in column], np.bool_)))
    return texts, np.concatenate(rows)


def _field(records: Sequence[Invoice], name: str) -> list[str | None]:
    if name.startswith("references."):
        key = name.removeprefix("references.")
        return [r.references.get(key) for r in records]
    if name == "number":
        return [r.number for r in records]
    if name == "id":
        return [r.id for r in records]
    return [r.creditor_reference for r in records]


def forms_of(records: Sequence[Invoice], rules: Sequence[ReferenceRule]) -> Forms:
    """Every form of every reference that the rules name."""
    found = [_forms_of_rule(records, place, rule) for place, rule in enumerate(rules)]
    parts = [part for part, _ in found]
    key, invoice, rule, short, atoms, bits, heads, length = (
        np.concatenate([part[column] for part in parts]) if parts else np.zeros(0)
        for column in range(8)
    )
    return Forms(
        index=KeyIndex.of(key.astype(np.uint64), np.arange(len(key))),
        invoice=invoice.astype(np.int64),
        rule=rule.astype(np.int64),
        digits_only=short.astype(np.bool_),
        atoms=atoms.astype(np.int64),
        bits=bits.astype(np.float64),
        heads=sorted_unique(heads[heads != 0].astype(np.uint64)),
        longest=int(length.max(initial=0)),
        per_rule=np.array([int((w != b"").sum()) for _, w in found], np.int64),
        written=tuple(written for _, written in found),
    )


def _written(seen: Scan, whole: Spans, rows: Ints, count: int) -> NDArray[np.bytes_]:
    """Each invoice's reference in letters and digits; its first, where it has more."""
    out = np.zeros(count, f"S{WRITTEN_WIDTH}")
    order = np.arange(len(whole))[::-1]
    out[rows[seen.text[whole.first[order]]]] = seen.compacts(
        whole.where(order), WRITTEN_WIDTH
    )
    return out


_Part = tuple[Keys, Ints, Mask, Ints, Floats, Keys, Ints]


def _forms_of_rule(
    records: Sequence[Invoice], place: int, rule: ReferenceRule
) -> tuple[_Part, NDArray[np.bytes_]]:
    texts, rows = invoice_texts(records, rule.invoice_fields)
    seen = scan(texts)
    whole = wholes(seen)
    first, last = whole.first, whole.last
    letters = np.r_[0, np.cumsum(~seen.digits)]
    lettered = letters[last + 1] > letters[first]
    bits = _surprise(seen)
    parts = [_form(seen, whole, lettered, bits)]
    if Exactness.DIGITS in rule.exactness:
        # A prefix of letters is left out: "INV-2026-004711" as "2026 004711".
        tail = np.minimum(first + (letters[last + 1] - letters[first]), last)
        plain = letters[last + 1] == letters[tail]
        parts.append(_short_form(seen, tail, last, lettered & plain, bits))
        # Or all but the last run of digits: "4711".
        run = seen.digits[last] & (last > np.where(plain, tail, first))
        parts.append(_short_form(seen, last, last, run, bits))
    columns = [np.concatenate(column) for column in zip(*parts, strict=True)]
    key, text_of, short, atoms, found_bits, heads, length = columns
    count = len(key)
    part = (
        key, rows[text_of] if count else text_of, np.full(count, place), short, atoms,
        found_bits, heads, length,
    )  # fmt: skip
    return part, _written(seen, whole, rows, len(records))


def _form(seen: Scan, spans: Spans, lettered: Mask, bits: Floats) -> _Part:
    key = np.where(lettered, seen.keys(spans), seen.number_keys(spans))
    single = Spans(spans.first, spans.first)
    heads = np.where(lettered, seen.keys(single), np.uint64(0))
    return (
        key, seen.text[spans.first], np.zeros(len(spans), np.bool_),
        spans.last - spans.first + 1, bits[spans.last + 1] - bits[spans.first], heads,
        seen.length(spans),
    )  # fmt: skip


def _short_form(seen: Scan, first: Ints, last: Ints, keep: Mask, bits: Floats) -> _Part:
    spans = Spans(first[keep], last[keep])
    spans = spans.where(seen.number_length(spans) >= _LEAST_DIGITS)
    none = np.zeros(len(spans), np.bool_)
    key, text, _, atoms, _, heads, length = _form(seen, spans, none, bits)
    found = seen.number_length(spans) * _BITS_A_DIGIT
    return key, text, ~none, atoms, found, heads, length


def _surprise(seen: Scan) -> Floats:
    """Running sum of the bits of each atom; a word before the first digit has few."""
    size = seen.end - seen.start
    new = np.r_[True, seen.text[1:] != seen.text[:-1]][: len(seen.text)]
    leading = new & ~seen.digits
    letters = np.where(
        leading,
        np.minimum(size * _BITS_A_LETTER, _MOST_PREFIX_BITS),
        size * _BITS_A_CODE_LETTER,
    )
    # Words that follow one another ("test_deep_search") are words, not codes.
    follows = ~new & ~seen.digits & np.r_[False, ~seen.digits[:-1]][: len(size)]
    letters = np.where(follows, size * _BITS_A_LETTER, letters)
    # Leading zeros of a number say little.
    digits = (seen.end - seen.bare) * _BITS_A_DIGIT + (seen.bare - seen.start)
    return np.r_[0.0, np.cumsum(np.where(seen.digits, digits, letters))]
