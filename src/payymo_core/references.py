"""References: how an invoice's can be written, and where a text names one."""

from collections.abc import Iterable, Sequence

import numpy as np
from attrs import frozen
from numpy.typing import NDArray

from payymo_core.keys import Floats, Ints, KeyIndex, Mask, sorted_unique
from payymo_core.records import Invoice
from payymo_core.rules import Exactness, ReferenceRule
from payymo_core.spans import Scan, Spans, runs, scan
from payymo_core.texts import TextColumn

WRITTEN_WIDTH = 24
"""Letters and digits kept of a reference for comparison letter by letter."""
MOST_ATOMS = 12
MOST_DIGIT_ATOMS = 8
MOST_POSTINGS = 20
"""A key that more invoices share than this names none of them."""

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


@frozen(eq=False)
class Finds:
    """References found in texts: one row for each text, span and invoice.

    Attributes:
        transaction: Row of the transaction.
        invoice: Row of the invoice.
        rule: Place of the rule.
        level: Place in ``Exactness``.
        bits: Surprise of the span by chance, less the bits of the spans tried.
        first: First atom of the span in the scan, or -1 where a pattern found it.
        last: Last atom.
        capped: Spans passed over since too many invoices share the reference.
    """

    transaction: Ints
    invoice: Ints
    rule: Ints
    level: Ints
    bits: Floats
    first: Ints
    last: Ints
    capped: int


LEVELS = tuple(Exactness)
_EXACT = LEVELS.index(Exactness.EXACT)
_JOINED = LEVELS.index(Exactness.JOINED)
_DIGITS = LEVELS.index(Exactness.DIGITS)


def invoice_texts(
    records: Sequence[Invoice], fields: Sequence[str]
) -> tuple[list[str], Ints]:
    """What invoices say in some fields, and the row of each text."""
    texts: list[str] = []
    rows: list[int] = []
    for name in fields:
        for row, text in _field(records, name):
            if text:
                texts.append(text)
                rows.append(row)
    return texts, np.array(rows, np.int64)


def _field(records: Sequence[Invoice], name: str) -> Iterable[tuple[int, str | None]]:
    if name == "references.*":
        held = [(n, r.references) for n, r in enumerate(records) if r.references]
        return [(n, text) for n, references in held for text in references.values()]
    if name.startswith("references."):
        key = name.removeprefix("references.")
        return enumerate([r.references.get(key) for r in records])
    if name == "number":
        return enumerate([r.number for r in records])
    if name == "id":
        return enumerate([r.id for r in records])
    return enumerate([r.creditor_reference for r in records])


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
        per_rule=np.array([len(np.unique(part[1])) for part in parts], np.int64),
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


def _wholes(seen: Scan) -> Spans:
    """The span of each text that has a letter or a digit."""
    new = np.r_[True, seen.text[1:] != seen.text[:-1]][: len(seen.text)]
    first = np.flatnonzero(new)
    return Spans(first, np.r_[first[1:], len(new)][: len(first)] - 1)


_Part = tuple[NDArray[np.generic], ...]


def _forms_of_rule(
    records: Sequence[Invoice], place: int, rule: ReferenceRule
) -> tuple[_Part, NDArray[np.bytes_]]:
    texts, rows = invoice_texts(records, rule.invoice_fields)
    seen = scan(texts)
    whole = _wholes(seen)
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


def find(column: TextColumn, forms: Forms, rules: Sequence[ReferenceRule]) -> Finds:
    """Look for every reference of the ledger in a column of texts."""
    seen = column.scan
    numbers = _number_spans(seen, forms, column.noise)
    codes = _code_spans(seen, forms)
    number_keys, code_keys = seen.number_keys(numbers), seen.keys(codes)
    hit_n, form_n, hot_n = forms.index.probe(number_keys, MOST_POSTINGS)
    hit_c, form_c, hot_c = forms.index.probe(code_keys, MOST_POSTINGS)
    spans = Spans(
        np.r_[numbers.first[hit_n], codes.first[hit_c]],
        np.r_[numbers.last[hit_n], codes.last[hit_c]],
    )
    form = np.r_[form_n, form_c]
    whole = _not_within_another(spans)
    spans, form = spans.where(whole), form[whole]
    tried = np.bincount(
        column.row[seen.text[np.r_[numbers.first, codes.first]]], minlength=column.rows
    )
    return _finds(column, forms, rules, spans, form, tried, hot_n + hot_c)


def _number_spans(seen: Scan, forms: Forms, meaningless: Mask) -> Spans:
    spans = runs(
        seen,
        np.flatnonzero(seen.digits),
        seen.digits,
        MOST_DIGIT_ATOMS,
        forms.longest + 6,  # room for leading zeros
    )
    sense = np.r_[0, np.cumsum(~meaningless)]
    spans = spans.where(sense[spans.last + 1] > sense[spans.first])
    return spans.where(seen.number_length(spans) > 0)


def _code_spans(seen: Scan, forms: Forms) -> Spans:
    if not len(forms.heads):
        return Spans(np.zeros(0, np.int64), np.zeros(0, np.int64))
    atoms = np.arange(len(seen.start))
    keys = seen.keys(Spans(atoms, atoms))
    place = np.minimum(np.searchsorted(forms.heads, keys), len(forms.heads) - 1)
    starts = np.flatnonzero(forms.heads[place] == keys)
    through = np.ones(len(atoms), np.bool_)
    spans = runs(seen, starts, through, MOST_ATOMS, forms.longest)
    letters = np.r_[0, np.cumsum(~seen.digits)]
    return spans.where(letters[spans.last + 1] > letters[spans.first])


def _not_within_another(spans: Spans) -> Mask:
    """Finds that are no part of a longer one: "2026" in "2026 0042" names nothing."""
    order = np.lexsort((-spans.last, spans.first))
    first, last = spans.first[order], spans.last[order]
    furthest = np.r_[-1, np.maximum.accumulate(last)[:-1]][: len(last)]
    # Among spans that begin together the longest come first, and equals stay.
    begin = np.searchsorted(first, first)
    before = np.r_[-1, np.maximum.accumulate(last)][begin]
    longest_here = last[begin] if len(last) else last
    out = np.zeros(len(order), np.bool_)
    out[order] = (before < last) & (longest_here == last) & (furthest <= last)
    return out


def _finds(
    column: TextColumn,
    forms: Forms,
    rules: Sequence[ReferenceRule],
    spans: Spans,
    form: Ints,
    tried: Ints,
    capped: int,
) -> Finds:
    seen = column.scan
    text = seen.text[spans.first]
    row, rule = column.row[text], forms.rule[form]
    same_atoms = spans.last - spans.first + 1 == forms.atoms[form]
    level = np.where(same_atoms, _EXACT, _JOINED)
    level = np.where(forms.digits_only[form], _DIGITS, level)
    # A letter directly before or after may belong to it, or be a lost space.
    follows = np.minimum(spans.last + 1, len(seen.start) - 1)
    after = seen.attached[follows] & (follows > spans.last)
    glued = seen.attached[spans.first] | after
    bits = forms.bits[form] - np.log2(np.maximum(tried[row], 1)) - 2.0 * glued
    allowed = column.allowed(rules)[rule, column.field[text]]
    permitted = _permitted(rules)[rule, level]
    keep = allowed & permitted
    return Finds(
        transaction=row[keep],
        invoice=forms.invoice[form[keep]],
        rule=rule[keep],
        level=level[keep],
        bits=bits[keep],
        first=spans.first[keep],
        last=spans.last[keep],
        capped=capped,
    )


def _permitted(rules: Sequence[ReferenceRule]) -> Mask:
    return np.array([[lv in rule.exactness for lv in LEVELS] for rule in rules], np.bool_)
