"""Where a text names a reference of the ledger."""

from collections.abc import Sequence

import numpy as np
from attrs import frozen

from payymo_core.enumerations import listed
from payymo_core.keys import Floats, Ints, Keys, Mask, located, sorted_unique
from payymo_core.patterns import compile_pattern, reference_of
from payymo_core.references import Forms
from payymo_core.rules import Exactness, ReferenceRule
from payymo_core.sequences import begins, previous, totals
from payymo_core.spans import Scan, Spans, runs, scan, wholes
from payymo_core.texts import TextColumn

MOST_ATOMS = 12
MOST_DIGIT_ATOMS = 8
MOST_POSTINGS = 20
"""A key that more invoices share than this names none of them."""
LONGEST_SEARCHED = 1_000
"""Characters of a text that a user's pattern is searched in."""

LEVELS = tuple(Exactness)
_EXACT = LEVELS.index(Exactness.EXACT)
_JOINED = LEVELS.index(Exactness.JOINED)
_DIGITS = LEVELS.index(Exactness.DIGITS)


@frozen(eq=False)
class Finds:
    """References found in texts: one row for each text, place and invoice.

    Attributes:
        transaction: Row of the transaction.
        invoice: Row of the invoice.
        rule: Place of the rule.
        level: Place in ``LEVELS``.
        bits: How surprising it would be by chance, given what else was tried.
        text: Index of the text.
        begin: Where it begins in the folded text.
        end: One past its end.
        capped: Places passed over since too many invoices share the reference.
    """

    transaction: Ints
    invoice: Ints
    rule: Ints
    level: Ints
    bits: Floats
    text: Ints
    begin: Ints
    end: Ints
    capped: int

    def of_rules(self, keep: Ints | Mask) -> "Finds":
        """Those that a mask or an index chooses."""
        return Finds(
            self.transaction[keep],
            self.invoice[keep],
            self.rule[keep],
            self.level[keep],
            self.bits[keep],
            self.text[keep],
            self.begin[keep],
            self.end[keep],
            self.capped,
        )


def covered(column: TextColumn, finds: Finds) -> Mask:
    """Atoms that some reference was found in."""
    seen = column.scan
    offset = seen.line_starts[finds.text]
    depth = np.zeros(len(seen.letters) + 1, np.int64)
    np.add.at(depth, finds.begin + offset, 1)
    np.add.at(depth, finds.end + offset, -1)
    return np.cumsum(depth)[seen.place[seen.start]] > 0


def find(column: TextColumn, forms: Forms, rules: Sequence[ReferenceRule]) -> Finds:
    """Look for every reference of the ledger in a column of texts."""
    found = [_by_value(column, forms, rules)]
    found += [
        _by_pattern(column, forms, place, rule.pattern)
        for place, rule in enumerate(rules)
        if rule.pattern is not None
    ]
    finds = _joined(found)
    allowed = column.allowed(rules)[finds.rule, column.field[finds.text]]
    ways = [[level in rule.exactness for level in LEVELS] for rule in rules]
    permitted = np.array(ways, np.bool_).reshape(-1, len(LEVELS))
    patterned = np.array([rule.pattern is not None for rule in rules], np.bool_)
    by_value = np.arange(len(finds.rule)) < len(found[0].rule)
    wanted = patterned[finds.rule] != by_value
    return finds.of_rules(allowed & permitted[finds.rule, finds.level] & wanted)


def _by_value(
    column: TextColumn, forms: Forms, rules: Sequence[ReferenceRule]
) -> Finds:
    """The references themselves, wherever they stand."""
    seen = column.scan
    numbers = _number_spans(seen, forms, column.noise & ~column.called)
    codes = _code_spans(seen, forms)
    hit_n, form_n, hot_n = forms.index.probe(seen.number_keys(numbers), MOST_POSTINGS)
    hit_c, form_c, hot_c = forms.index.probe(seen.keys(codes), MOST_POSTINGS)
    spans = Spans(
        np.concatenate([numbers.first[hit_n], codes.first[hit_c]]),
        np.concatenate([numbers.last[hit_n], codes.last[hit_c]]),
    )
    form = np.concatenate([form_n, form_c])
    if not len(form):
        return _nothing(hot_n + hot_c)
    # A customer's number is no invoice's, but may be one of its other references.
    also = np.array([_reads_references(rule) for rule in rules], np.bool_)
    whole = _not_within_another(spans)
    whole &= ~column.called[spans.first] | also[forms.rule.values[form]]
    spans, form = spans.where(whole), form[whole]
    tried = _tried(column)
    text, begin, end = column.located(spans)
    row = column.row[text]
    same_atoms = spans.last - spans.first + 1 == forms.atoms.values[form]
    level = np.where(same_atoms, _EXACT, _JOINED)
    # A letter directly before or after may belong to it, or be a lost space.
    glued = seen.attached[spans.first] | seen.goes_on(spans)
    # "CN-2026-0042" is no "INV-2026-0042", though its digits are the same.
    other = forms.digits_only.values[form] & _prefixed(column, spans)
    bits = forms.bits.values[form] - np.log2(tried[row]) - 2.0 * glued
    # Nor is "04/2026", though an invoice may bear it: it tells nothing by itself.
    weak = other | _months(seen, spans)
    bits = np.where(weak, np.minimum(bits - _OTHER_PREFIX, _MOST_OF_ANOTHER), bits)
    found = Finds(
        transaction=row,
        invoice=forms.invoices(form),
        rule=forms.rule.values[form],
        level=np.where(forms.digits_only.values[form], _DIGITS, level),
        bits=bits,
        text=text,
        begin=begin,
        end=end,
        capped=hot_n + hot_c,
    )
    return _joined([found, _listed(column, spans, forms, tried)])


def _nothing(capped: int) -> Finds:
    none = np.zeros(0, np.int64)
    return Finds(none, none, none, none, np.zeros(0), none, none, none, capped)


def _listed(column: TextColumn, spans: Spans, forms: Forms, tried: Ints) -> Finds:
    """What a list goes on to name after its first reference."""
    seen = column.scan
    count = len(seen.start) + 1
    places = sorted_unique(spans.first * count + spans.last)
    named = Spans(places // count, places % count)
    more = listed(seen, named, forms, column.noise, MOST_POSTINGS)
    text, begin, end = column.located(Spans(more.atom, more.atom))
    row = column.row[text]
    return Finds(
        transaction=row,
        invoice=forms.invoices(more.form),
        rule=forms.rule.values[more.form],
        level=np.where(forms.digits_only.values[more.form], _DIGITS, _JOINED),
        bits=more.bits - np.log2(tried[row]),
        text=text,
        begin=begin,
        end=end,
        capped=0,
    )


_OTHER_PREFIX = 4.0
_MOST_OF_ANOTHER = 6.0  # bits: too few to tell by itself


def _reads_references(rule: ReferenceRule) -> bool:
    return any(field.startswith("references.") for field in rule.invoice_fields)


def _prefixed(column: TextColumn, spans: Spans) -> Mask:
    """Spans with something before them that a sign such as "-" joins to them."""
    seen = column.scan
    return seen.follows("-/_")[spans.first]


def _months(seen: Scan, spans: Spans) -> Mask:
    """Spans that are a month and a year, with nothing more joined to them."""
    two = spans.last == spans.first + 1
    two &= seen.follows("./-")[spans.last] & seen.follows(" ")[spans.first]
    first, second = seen.short_numbers[spans.first], seen.short_numbers[spans.last]
    one_way = (first >= 1) & (first <= 12) & (second >= 1990) & (second < 2100)
    other_way = (second >= 1) & (second <= 12) & (first >= 1990) & (first < 2100)
    return two & (one_way | other_way)


def _tried(column: TextColumn) -> Ints:
    """In how many places each transaction could name something by chance."""
    seen = column.scan
    places = seen.digits & ~column.noise
    row = column.row[seen.text[places]]
    return np.maximum(np.bincount(row, minlength=column.rows), 1)


def _by_pattern(column: TextColumn, forms: Forms, rule: int, pattern: str) -> Finds:
    """What a user's pattern finds, looked up among one rule's references."""
    search = compile_pattern(pattern)
    places = [
        (text, found.start(), found.end(), reference_of(found))
        for text, line in enumerate(column.scan.lines())
        for found in search.finditer(line[:LONGEST_SEARCHED])
    ]
    seen = scan([reference for *_, reference in places])
    whole, keys, tails = _spellings(seen)
    hit, form, hot = forms.index.probe(keys, MOST_POSTINGS)
    mine = forms.rule.values[form] == rule
    hit, form = hit[mine], form[mine]
    where = np.array([place[:3] for place in places], np.int64).reshape(-1, 3)
    text, begin, end = where[seen.text[whole.first[hit]]].T
    row = column.row[text]
    tried = np.bincount(column.row[where[:, 0]], minlength=column.rows)
    in_part = forms.digits_only.values[form] | tails[hit]
    return Finds(
        transaction=row,
        invoice=forms.invoices(form),
        rule=forms.rule.values[form],
        level=np.where(in_part, _DIGITS, _EXACT),
        bits=forms.bits.values[form] - np.log2(np.maximum(tried[row], 1)),
        text=text,
        begin=begin,
        end=end,
        capped=hot,
    )


def _spellings(seen: Scan) -> tuple[Spans, Keys, Mask]:
    """Each text as a whole, and without the word before its digits.

    In "PO123456" the "PO" is the pattern's, and the ledger may hold the digits alone.
    """
    whole = wholes(seen)
    digits = totals(seen.digits)
    count = digits[whole.last + 1] - digits[whole.first]
    plain = count == whole.last - whole.first + 1
    keys = np.where(plain, seen.number_keys(whole), seen.keys(whole))
    word = ~seen.digits[whole.first] & (count == whole.last - whole.first) & (count > 0)
    tail = Spans(whole.first[word] + 1, whole.last[word])
    both = Spans(
        np.concatenate([whole.first, tail.first]),
        np.concatenate([whole.last, tail.last]),
    )
    shorter = np.arange(len(both)) >= len(whole)
    return both, np.concatenate([keys, seen.number_keys(tail)]), shorter


def _joined(parts: Sequence[Finds]) -> Finds:
    if len(parts) == 1:
        return parts[0]
    return Finds(
        np.concatenate([part.transaction for part in parts]),
        np.concatenate([part.invoice for part in parts]),
        np.concatenate([part.rule for part in parts]),
        np.concatenate([part.level for part in parts]),
        np.concatenate([part.bits for part in parts]),
        np.concatenate([part.text for part in parts]),
        np.concatenate([part.begin for part in parts]),
        np.concatenate([part.end for part in parts]),
        sum(part.capped for part in parts),
    )


def _number_spans(seen: Scan, forms: Forms, meaningless: Mask) -> Spans:
    spans = runs(
        seen,
        seen.digits.nonzero()[0],
        seen.digits,
        MOST_DIGIT_ATOMS,
        forms.longest + 6,  # room for leading zeros
    )
    sense = totals(~meaningless)
    spans = spans.where(sense[spans.last + 1] > sense[spans.first])
    return spans.where(seen.number_length(spans) > 0)


def _code_spans(seen: Scan, forms: Forms) -> Spans:
    if not len(forms.heads):
        return Spans(np.zeros(0, np.int64), np.zeros(0, np.int64))
    starts = located(forms.heads, seen.atom_keys)[1].nonzero()[0]
    through = np.ones(len(seen.start), np.bool_)
    spans = runs(seen, starts, through, MOST_ATOMS, forms.longest)
    letters = totals(~seen.digits)
    return spans.where(letters[spans.last + 1] > letters[spans.first])


def _not_within_another(spans: Spans) -> Mask:
    """Finds that are no part of a longer one: "2026" in "2026 0042" names nothing."""
    # Among spans that begin together the longest come first, and equals stay.
    width = int(spans.last.max(initial=0)) + 1
    order = np.argsort(spans.first * width - spans.last)
    first, last = spans.first[order], spans.last[order]
    furthest = previous(np.maximum.accumulate(last), -1)
    new = begins(first)
    longest = new.nonzero()[0][np.cumsum(new) - 1]
    before, longest_here = furthest[longest], last[longest]
    out = np.zeros(len(order), np.bool_)
    out[order] = (before < last) & (longest_here == last) & (furthest <= last)
    return out
