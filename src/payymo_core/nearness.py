"""References that are nearly there: mistyped, misread or cut off.

Only pairs that something else already brought together are compared, so a dense
numbering, in which a mistyped number is mostly another valid one, brings no pairs.
"""

import numpy as np
from attrs import frozen
from numpy.typing import NDArray
from rapidfuzz import process
from rapidfuzz.distance import OSA

from payymo_core.blocking import Candidates, Ledger
from payymo_core.keys import Floats, Ints, Mask, expand
from payymo_core.references import LEVELS, WRITTEN_WIDTH
from payymo_core.rules import Exactness, ReferenceRule, Ruleset
from payymo_core.spans import Scan, Spans, runs
from payymo_core.texts import TextColumn, noise

_LOOK_ALIKE = LEVELS.index(Exactness.LOOK_ALIKE)
_ONE_EDIT = LEVELS.index(Exactness.ONE_EDIT)
_TRUNCATED = LEVELS.index(Exactness.TRUNCATED)
_TOLERANT = {Exactness.LOOK_ALIKE, Exactness.ONE_EDIT, Exactness.TRUNCATED}

_LEAST_LETTERS = 5
_MOST_ATOMS = 5
_MOST_SPANS = 12

Bytes = NDArray[np.bytes_]


@frozen(eq=False)
class NearFinds:
    """The best near find of each pair that has one.

    Attributes:
        pair: Index of the pair.
        rule: Place of the rule.
        level: Place in ``Exactness``.
        bits: Surprise by chance.
        first: First atom of the span.
        last: Last atom.
    """

    pair: Ints
    rule: Ints
    level: Ints
    bits: Floats
    first: Ints
    last: Ints


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
    nothing = np.zeros(0, np.int64)
    parts = [(nothing, nothing, nothing, np.zeros(0), nothing, nothing)]
    for place, rule in enumerate(ruleset.references):
        if rule.pattern is None and _TOLERANT & set(rule.exactness):
            written = ledger.forms.written[place][invoice[pairs]]
            found = _of_rule(pairs, row[pairs], written, candidates.texts, rule)
            parts.append((found[0], np.full(len(found[0]), place), *found[1:]))
    pair, rule_of, level, bits, first, last = (
        np.concatenate(column) for column in zip(*parts, strict=True)
    )
    best = _best(pair, bits, rule_of)
    return NearFinds(
        pair[best], rule_of[best], level[best], bits[best], first[best], last[best]
    )


_Found = tuple[Ints, Ints, Floats, Ints, Ints]


def _of_rule(
    pairs: Ints, row: Ints, written: Bytes, texts: TextColumn, rule: ReferenceRule
) -> _Found:
    long = np.strings.str_len(written) >= _LEAST_LETTERS
    pairs, row, written = pairs[long], row[long], written[long]
    spans, of_row = _spans(texts, rule)
    start = np.searchsorted(of_row, row)
    count = np.searchsorted(of_row, row, "right") - start
    count = np.minimum(count, _MOST_SPANS)
    owner, span = expand(start, count)
    size = texts.scan.length(spans)[span]
    wanted = np.strings.str_len(written)[owner]
    cut = _ends_text(texts.scan, spans)[span] & (size < wanted)
    fits = (np.abs(size - wanted) <= 1) | cut
    owner, span, cut = owner[fits], span[fits], cut[fits]
    text = texts.scan.compacts(spans, WRITTEN_WIDTH)[span]
    level = _nearness(text, written[owner], cut)
    accepted = np.array([level in rule.exactness for level in LEVELS] + [False])
    keep = accepted[level]
    owner, span, level = owner[keep], span[keep], level[keep]
    bits = _bits(text[keep], level) - np.log2(np.maximum(count[owner], 1))
    best = _best(owner, bits, span)
    owner, span = owner[best], span[best]
    first, last = spans.first[span], spans.last[span]
    return pairs[owner], level[best], np.maximum(bits[best], 0.0), first, last


def _best(group: Ints, bits: Floats, tie: Ints) -> Ints:
    """Index of the highest bits in each group; of equals, the lowest tie."""
    order = np.lexsort((tie, -bits, group))
    ordered = group[order]
    return order[np.r_[True, ordered[1:] != ordered[:-1]][: len(order)]]


def _spans(texts: TextColumn, rule: ReferenceRule) -> tuple[Spans, Ints]:
    """Spans of whole tokens with a digit in them, ordered by transaction."""
    seen = texts.scan
    sense = ~noise(seen)
    allowed = texts.allowed([rule])[0][texts.field[seen.text]]
    starts = np.flatnonzero(~seen.attached & sense & allowed)
    spans = runs(seen, starts, sense, _MOST_ATOMS, WRITTEN_WIDTH)
    follows = np.minimum(spans.last + 1, max(len(seen.start) - 1, 0))
    whole = ~(seen.attached[follows] & (follows > spans.last))
    digits = np.r_[0, np.cumsum(seen.digits)]
    with_digit = digits[spans.last + 1] > digits[spans.first]
    spans = spans.where(whole & with_digit & (seen.length(spans) >= _LEAST_LETTERS - 1))
    row = texts.row[seen.text[spans.first]]
    order = np.lexsort((spans.last, spans.first, row))
    return spans.where(order), row[order]


def _ends_text(seen: Scan, spans: Spans) -> Mask:
    following = np.minimum(spans.last + 1, max(len(seen.text) - 1, 0))
    return (following == spans.last) | (seen.text[following] != seen.text[spans.last])


_FOLD = np.arange(256, dtype=np.uint8)
_FOLD[list(b"OQILSBZG")] = list(b"00115826")


def _folded(texts: Bytes) -> list[bytes]:
    """Look-alike characters made one."""
    plain = np.ascontiguousarray(texts)
    folded: list[bytes] = _FOLD[plain.view(np.uint8)].view(plain.dtype).tolist()
    return folded


def _nearness(text: Bytes, written: Bytes, cut: Mask) -> Ints:
    """Level of each pair of a span and a reference, -1 where they are not near."""
    level = np.full(len(text), -1)
    if not len(text):
        return level
    edits = process.cpdist(
        _folded(text), _folded(written), scorer=OSA.distance, score_cutoff=1, workers=1
    )
    level[edits == 1] = _ONE_EDIT
    level[edits == 0] = _LOOK_ALIKE
    begins = np.strings.startswith(written, text) & (np.strings.str_len(text) > 4)
    level[cut & begins] = _TRUNCATED
    return level


def _bits(text: Bytes, level: Ints) -> Floats:
    """Surprise of a near find: that of an exact one, less the ways to be near."""
    size = np.strings.str_len(text)
    exact = size * np.log2(10)
    # One edit: any place, any sign. Look-alikes: a sign here or there.
    ways = np.where(level == _ONE_EDIT, np.log2(size * 12.0 + 1), 2.0)
    return exact - np.where(level == _TRUNCATED, 1.0, ways)
