"""References that are nearly there: mistyped, misread or cut off.

Only pairs that something else already brought together are compared, so a dense
numbering, in which a mistyped number is mostly another valid one, brings no pairs.
"""

from collections.abc import Sequence

import numpy as np
from attrs import evolve, frozen
from numpy.typing import NDArray

from payymo_core.blocking import PLAIN, Candidates, paid_exactly
from payymo_core.columns import TransactionColumns
from payymo_core.finds import LEVELS, Finds, covered
from payymo_core.keys import Floats, Ints, Mask, expand
from payymo_core.ledger import Ledger
from payymo_core.references import WRITTEN_WIDTH
from payymo_core.rules import Exactness, ReferenceRule, Ruleset
from payymo_core.sequences import begins, totals
from payymo_core.spans import Scan, Spans, runs
from payymo_core.texts import TextColumn

_LOOK_ALIKE = LEVELS.index(Exactness.LOOK_ALIKE)
_ONE_EDIT = LEVELS.index(Exactness.ONE_EDIT)
_TRUNCATED = LEVELS.index(Exactness.TRUNCATED)
_TOLERANT = {Exactness.LOOK_ALIKE, Exactness.ONE_EDIT, Exactness.TRUNCATED}

_LEAST_LETTERS = 5
_MOST_ATOMS = 12
_MOST_SPANS = 12
_MOST_OF_EDIT = 7.0
_MOST_OF_CUT = 10.0

Bytes = NDArray[np.bytes_]


@frozen(eq=False)
class NearFinds:
    """The best near find of each pair that has one.

    Attributes:
        pair: Index of the pair.
        finds: What was found, a row a pair.
    """

    pair: Ints
    finds: Finds


def near_finds(
    pairs: Ints,
    row: Ints,
    invoice: Ints,
    ledger: Ledger,
    candidates: Candidates,
    ruleset: Ruleset,
) -> NearFinds:
    """Look among pairs, given as indices, for what every tolerant rule would find."""
    pairs = pairs[~candidates.settled[row[pairs]]]
    if not len(pairs):
        return _nothing(candidates)
    wanted = np.zeros(candidates.texts.rows, np.bool_)
    wanted[row[pairs]] = True
    texts = candidates.texts
    spans = _Spans.of(texts, wanted, candidates)
    allowed, parts = texts.allowed(ruleset.references), []
    for place, rule in enumerate(ruleset.references):
        if rule.pattern is None and _TOLERANT & set(rule.exactness):
            in_field = spans.where(allowed[place][spans.field])
            if not len(in_field.row):
                continue
            written = ledger.forms.references(place, invoice[pairs])
            found = _of_rule(pairs, row[pairs], written, in_field, rule)
            if len(found[0]):
                parts.append((found[0], np.full(len(found[0]), place), *found[1:]))
    if not parts:
        return _nothing(candidates)
    pair, rule_of, level, bits, first, last = (
        np.concatenate(column) for column in zip(*parts, strict=True)
    )
    best = _best(pair, bits, rank_of(ruleset.references)[rule_of])
    pair = pair[best]
    text, begin, end = texts.located(Spans(first[best], last[best]))
    found_invoice, found_rule = invoice[pair], rule_of[best]
    finds = Finds(
        row[pair],
        found_invoice,
        found_rule,
        level[best],
        bits[best],
        text,
        begin,
        end,
        0,
    )
    return NearFinds(pair, finds)


def _nothing(candidates: Candidates) -> NearFinds:
    none = np.zeros(0, np.int64)
    return NearFinds(none, candidates.finds.of_rules(none))


def slips(
    row: Ints,
    invoice: Ints,
    transactions: TransactionColumns,
    ledger: Ledger,
    candidates: Candidates,
    ruleset: Ruleset,
) -> NearFinds:
    """Plain finds of a stranger's invoice that are this one's number mistyped.

    In a dense numbering a slip names some invoice. It is one where nothing else is
    named, and each such invoice is that of a customer who cannot have paid, and not of
    just the amount.

    Args:
        row: Transactions, each with an item of just its amount and of who pays.
        invoice: These items; the text names none of them.
        transactions: The block.
        ledger: The invoices.
        candidates: What was found in the block.
        ruleset: Which rules allow one edit.

    Returns:
        Finds of the items, by the index of their pair.
    """
    finds = candidates.finds
    plain = (finds.bits >= PLAIN).nonzero()[0]
    plain = plain[np.argsort(finds.transaction[plain], kind="stable")]
    named = finds.transaction[plain]
    start = np.searchsorted(named, row)
    count = np.searchsorted(named, row, "right") - start
    owner, place = expand(start, count)
    find = plain[place]
    if not len(find):
        return _nothing(candidates)
    slip = candidates.payers.strangers(
        row[owner], ledger.customers.of_invoice[finds.invoice[find]]
    )
    slip &= ~paid_exactly(
        transactions, ledger.invoices, row[owner], finds.invoice[find]
    )
    one_edit = [Exactness.ONE_EDIT in rule.exactness for rule in ruleset.references]
    slip &= np.array(one_edit, np.bool_)[finds.rule[find]]
    slip[slip] = one_edit_apart(
        finds.of_rules(find[slip]), invoice[owner[slip]], ledger
    )
    every = np.bincount(owner, slip, len(row)) == count
    chosen = (begins(owner) & every[owner]).nonzero()[0]
    found, pair = finds.of_rules(find[chosen]), owner[chosen]
    level = np.full(len(pair), _ONE_EDIT)
    bits = _bits(found.end - found.begin, level) - np.log2(count[pair])
    return NearFinds(
        pair,
        evolve(found, invoice=invoice[pair], level=level, bits=np.maximum(bits, 0.0)),
    )


def one_edit_apart(finds: Finds, invoice: Ints, ledger: Ledger) -> Mask:
    """Finds whose reference is one edit from that of another invoice."""
    out = np.zeros(len(invoice), np.bool_)
    for rule in np.unique(finds.rule).tolist():
        mine = (finds.rule == rule).nonzero()[0]
        read = ledger.forms.references(rule, finds.invoice[mine])
        written = ledger.forms.references(rule, invoice[mine])
        long = np.strings.str_len(written) >= _LEAST_LETTERS
        level = _nearness(read, written, np.zeros(len(mine), np.bool_))
        out[mine] = long & (level == _ONE_EDIT)
    return out


def rank_of(rules: Sequence[ReferenceRule]) -> Ints:
    """Which of equal finds counts: the most reliable rule's, then the first name's."""
    order = sorted(
        range(len(rules)), key=lambda n: (-rules[n].reliability, rules[n].name)
    )
    rank = np.zeros(len(rules), np.int64)
    rank[order] = np.arange(len(rules))
    return rank


_Found = tuple[Ints, Ints, Floats, Ints, Ints]


@frozen(eq=False)
class _Spans:
    """Spans of whole tokens with a digit in them, ordered by transaction."""

    spans: Spans
    row: Ints
    field: Ints
    size: Ints
    ends: Mask
    seen: Scan

    @classmethod
    def of(cls, texts: TextColumn, wanted: Mask, candidates: Candidates) -> "_Spans":
        seen, finds = texts.scan, candidates.finds
        # What names one invoice plainly is no misspelling of its neighbour.
        plain = finds.of_rules(finds.level < LEVELS.index(Exactness.DIGITS))
        sense = ~texts.noise & ~covered(texts, plain)
        # Nor is what proves itself by its check digits a misspelling of anything.
        sense &= ~candidates.checked
        starts = (~seen.attached & sense & wanted[texts.row[seen.text]]).nonzero()[0]
        spans = runs(seen, starts, sense, _MOST_ATOMS, WRITTEN_WIDTH)
        whole = ~seen.goes_on(spans)
        digits = totals(seen.digits)
        whole &= digits[spans.last + 1] > digits[spans.first]
        spans = spans.where(whole & (seen.length(spans) >= _LEAST_LETTERS - 1))
        text = seen.text[spans.first]
        order = np.lexsort((spans.last, spans.first, texts.row[text]))
        spans, text = spans.where(order), text[order]
        return cls(
            spans,
            texts.row[text],
            texts.field[text],
            seen.length(spans),
            _ends_text(seen, spans),
            seen,
        )

    def text(self, places: Ints) -> Bytes:
        """Letters and digits of some of them."""
        return self.seen.compacts(self.spans.where(places), WRITTEN_WIDTH)

    def where(self, keep: Mask) -> "_Spans":
        return _Spans(
            self.spans.where(keep),
            self.row[keep],
            self.field[keep],
            self.size[keep],
            self.ends[keep],
            self.seen,
        )


def _of_rule(
    pairs: Ints, row: Ints, written: Bytes, spans: _Spans, rule: ReferenceRule
) -> _Found:
    long = np.strings.str_len(written) >= _LEAST_LETTERS
    pairs, row, written = pairs[long], row[long], written[long]
    start = np.searchsorted(spans.row, row)
    count = np.searchsorted(spans.row, row, "right") - start
    count = np.minimum(count, _MOST_SPANS)
    owner, span = expand(start, count)
    size = spans.size[span]
    wanted = np.strings.str_len(written)[owner]
    cut = spans.ends[span] & (size < wanted)
    fits = (np.abs(size - wanted) <= 1) | cut
    owner, span, cut = owner[fits], span[fits], cut[fits]
    if not len(owner):
        return owner, owner, np.zeros(0), owner, owner
    text = spans.text(span)
    level = _nearness(text, written[owner], cut)
    accepted = np.array([level in rule.exactness for level in LEVELS] + [False])
    keep = accepted[level]
    owner, span, level = owner[keep], span[keep], level[keep]
    bits = _bits(spans.size[span], level) - np.log2(np.maximum(count[owner], 1))
    best = _best(owner, bits, span)
    owner, span = owner[best], span[best]
    first, last = spans.spans.first[span], spans.spans.last[span]
    return pairs[owner], level[best], np.maximum(bits[best], 0.0), first, last


def _best(group: Ints, bits: Floats, tie: Ints) -> Ints:
    """Index of the highest bits in each group; of equals, the lowest tie."""
    order = np.lexsort((tie, -bits, group))
    ordered = group[order]
    return order[begins(ordered)]


def _ends_text(seen: Scan, spans: Spans) -> Mask:
    following = np.minimum(spans.last + 1, max(len(seen.text) - 1, 0))
    return (following == spans.last) | (seen.text[following] != seen.text[spans.last])


_FOLD = np.arange(256, dtype=np.uint8)
_FOLD[list(b"OQILSBZG")] = list(b"00115826")


def _folded(texts: Bytes) -> Bytes:
    """Look-alike characters made one."""
    plain = np.ascontiguousarray(texts)
    return _FOLD[plain.view(np.uint8)].view(plain.dtype)


def _nearness(text: Bytes, written: Bytes, cut: Mask) -> Ints:
    """Level of each pair of a span and a reference, -1 where they are not near."""
    level = np.full(len(text), -1)
    if not len(text):
        return level
    # Imported here, when first used: it is a tenth of the package's import time.
    from rapidfuzz import process  # noqa: PLC0415
    from rapidfuzz.distance import OSA  # noqa: PLC0415

    one, two = _folded(text), _folded(written)
    likely = _half_agrees(one, two).nonzero()[0]
    edits = process.cpdist(
        one[likely].tolist(),
        two[likely].tolist(),
        scorer=OSA.distance,
        score_cutoff=1,
        workers=1,
    )
    level[likely[edits == 1]] = _ONE_EDIT
    level[likely[edits == 0]] = _LOOK_ALIKE
    begins = np.strings.startswith(written, text) & (np.strings.str_len(text) > 4)
    level[cut & begins] = _TRUNCATED
    return level


def _half_agrees(one: Bytes, two: Bytes) -> Mask:
    """Whether what agrees from the front and from the back nearly meets.

    True for every pair one edit apart, and for few others: the costly comparison is
    left to these.
    """
    width = one.dtype.itemsize
    left, right = (t.view(np.uint8).reshape(-1, width) for t in (one, two))
    differs = np.concatenate([left != right, np.ones((len(left), 1), np.bool_)], axis=1)
    front = differs.argmax(axis=1)
    size_one, size_two = np.strings.str_len(one), np.strings.str_len(two)
    least = np.minimum(size_one, size_two)
    back = np.zeros(len(one), np.int64)
    alive = np.ones(len(one), np.bool_)
    row = np.arange(len(one))
    for step in range(1, width + 1):
        alive &= step <= least
        if not alive.any():
            break
        same = left[row, size_one - step] == right[row, size_two - step]
        alive &= same
        back += alive
    return np.minimum(front, least) + back >= np.maximum(size_one, size_two) - 2


def _bits(size: Ints, level: Ints) -> Floats:
    """Surprise of a near find of so many letters: an exact one's, less the ways."""
    exact = size * np.log2(10)
    # One edit: any place, any sign. Look-alikes: a sign here or there.
    ways = np.where(level == _ONE_EDIT, np.log2(size * 12.0 + 1), 2.0)
    bits = exact - np.where(level == _TRUNCATED, 1.0, ways)
    # Numbers are given in sequence, and last month's may be one digit off by plan: that
    # one is near another says little, whatever its length.
    bits = np.where(level == _ONE_EDIT, np.minimum(bits, _MOST_OF_EDIT), bits)
    # And many numbers begin alike.
    return np.where(level == _TRUNCATED, np.minimum(bits, _MOST_OF_CUT), bits)
