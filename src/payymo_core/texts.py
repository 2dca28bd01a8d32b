"""The text fields of transactions as one column, and what in them is no reference."""

from collections.abc import Sequence

import numpy as np
from attrs import frozen

from payymo_core.keys import Ints, Mask
from payymo_core.lines import Lines
from payymo_core.rules import ReferenceRule
from payymo_core.spans import Scan, Spans, scan, scan_folded


@frozen(eq=False)
class TextColumn:
    """The texts of a block of transactions.

    Attributes:
        scan: All texts, cut into atoms.
        row: The transaction of each text.
        field: Place in ``fields`` of each text.
        origin: As a record alone tells it: one of the four named fields, or those and
            the place of its key among the sorted keys of ``metadata``.
        noise: Atoms whose digits name nothing: of dates, amounts, phones, IBANs.
        fields: Names of the fields.
        rows: Transactions in the block.
    """

    scan: Scan
    row: Ints
    field: Ints
    origin: Ints
    noise: Mask
    fields: tuple[str, ...]
    rows: int

    def located(self, spans: Spans) -> tuple[Ints, Ints, Ints]:
        """The text of each span, and where in the folded text it begins and ends."""
        seen = self.scan
        lines = np.r_[0, np.flatnonzero(seen.letters == ord("\n")) + 1]
        text = seen.text[spans.first]
        begin = seen.place[seen.start[spans.first]] - lines[text]
        end = seen.place[seen.end[spans.last] - 1] + 1 - lines[text]
        return text, begin, end

    def allowed(self, rules: Sequence[ReferenceRule]) -> Mask:
        """Whether a rule (first axis) looks in a field (second)."""
        return np.array(
            [[_looks_in(rule, name) for name in self.fields] for rule in rules],
            np.bool_,
        ).reshape(len(rules), len(self.fields))


def _looks_in(rule: ReferenceRule, field: str) -> bool:
    return field in rule.transaction_fields or (
        field.startswith("metadata.") and "metadata.*" in rule.transaction_fields
    )


def text_column(lines: Lines, rows: int) -> TextColumn:
    """Cut the texts of so many transactions into atoms."""
    seen = scan_folded(lines.letters)
    return TextColumn(
        scan=seen,
        row=lines.row,
        field=lines.field,
        origin=lines.origin,
        noise=noise(seen),
        fields=lines.fields,
        rows=rows,
    )


# Money back, or not for what is named, in the languages of the payers.
_CONTRARY = (
    *("REFUND", "REFUNDED", "CHARGEBACK", "REVERSAL", "CANCEL", "CANCELLED"),
    *("CANCELED", "CANCELLATION", "STORNO", "STORNIERT", "STORNIERUNG", "ERSTATTUNG"),
    *("RUCKERSTATTUNG", "RUECKERSTATTUNG", "RUCKZAHLUNG", "RUECKZAHLUNG"),
    *("RUCKUBERWEISUNG", "RUECKUEBERWEISUNG", "RUCKLASTSCHRIFT", "RUECKLASTSCHRIFT"),
    *("NICHT", "REMBOURSEMENT", "ANNULATION", "ANNULE", "ANNULEE", "TERUGBETALING"),
    *("GEANNULEERD", "ANNULERING", "RIMBORSO", "REEMBOLSO", "DEVOLUCION"),
    *("TILLBAKABETALNING", "ATERBETALNING", "TILBAGEBETALING", "HYVITYS"),
)


def contrary(texts: TextColumn) -> Mask:
    """Transactions whose text speaks of a refund, or of what is not paid."""
    out = np.zeros(texts.rows, np.bool_)
    seen = texts.scan
    out[texts.row[seen.text[is_word(seen, _CONTRARY)]]] = True
    return out


def noise(seen: Scan) -> Mask:
    """Atoms of dates, amounts, phone numbers and IBANs: their digits name nothing."""
    return _dates(seen) | _amounts(seen) | _phones(seen) | _ibans(seen)


def _size(seen: Scan) -> Ints:
    return seen.end - seen.start


def _value(seen: Scan) -> Ints:
    """The number that an atom of up to four digits spells, else -1."""
    size = _size(seen)
    value = np.zeros(len(size), np.int64)
    for offset in range(4):
        at = np.minimum(seen.start + offset, max(len(seen.place) - 1, 0))
        digit = seen.letters[seen.place[at]].astype(np.int64) - ord("0")
        value = np.where(offset < size, value * 10 + digit, value)
    return np.where(seen.digits & (size <= 4), value, -1)


def _linked(seen: Scan, signs: str) -> Mask:
    """Whether one of the signs, and nothing else, parts an atom from the one before."""
    wanted = np.zeros(256, np.bool_)
    wanted[list(signs.encode())] = True
    return wanted[seen.sign_before]


def _spread(mask: Mask, atoms: int) -> Mask:
    """Mark each atom chosen and the ones after it."""
    out = mask.copy()
    for offset in range(1, atoms):
        out[offset:] |= mask[:-offset]
    return out


def _dates(seen: Scan) -> Mask:
    if len(seen.start) < 3:
        return np.zeros(len(seen.start), np.bool_)
    size, value, linked = _size(seen), _value(seen), _linked(seen, "./-")
    a, b, c = (np.r_[value[n:], [-1] * n] for n in range(3))
    size_a, size_c = size, np.r_[size[2:], 0, 0]
    joined = np.r_[linked[1:], False] & np.r_[linked[2:], False, False]
    year_last = (size_c == 4) & (c >= 1970) & (c < 2100) | (size_c == 2) & (size_a == 2)
    day_first = (a >= 1) & (a <= 31) & (b >= 1) & (b <= 12) & (size_a <= 2)
    month_first = (a >= 1) & (a <= 12) & (b >= 1) & (b <= 31) & (size_a <= 2)
    year_first = (size_a == 4) & (a >= 1970) & (a < 2100) & (b >= 1) & (b <= 12)
    small = np.r_[size[1:], 0] <= 2
    iso = year_first & (c >= 1) & (c <= 31) & (size_c <= 2)
    written = (day_first | month_first) & year_last & (c >= 0)
    return _spread(joined & small & (iso | written), 3)


_CURRENCY_WORDS = (
    "EUR",
    "USD",
    "GBP",
    "CHF",
    "SEK",
    "NOK",
    "DKK",
    "PLN",
    "CZK",
    "EURO",
)


def _amounts(seen: Scan) -> Mask:
    """Digits with a decimal comma or point and two decimals, nothing after them."""
    count = len(seen.start)
    if count < 2:
        return np.zeros(count, np.bool_)
    cents = _linked(seen, ",.") & seen.digits & (_size(seen) == 2)
    cents &= np.r_[False, seen.digits[:-1]]
    next_linked = np.r_[_linked(seen, "./-,")[1:], False]
    cents &= ~next_linked
    # "12.34" may be a reference; "12,34" and "EUR 12.34" are amounts.
    comma = seen.before(np.arange(count)) == ord(",")
    word = is_word(seen, _CURRENCY_WORDS)
    text = seen.text
    after = np.r_[word[1:] & (text[1:] == text[:-1]), False]
    before = np.r_[False, False, word[:-2] & (text[:-2] == text[2:])][:count]
    beside = after | before
    cents &= comma | beside
    found = cents | np.r_[cents[1:], False]
    thousands = _linked(seen, ",.") & (_size(seen) == 3) & found
    return found | np.r_[thousands[1:], False]


def is_word(seen: Scan, words: Sequence[str]) -> Mask:
    """Whether an atom is one of some words."""
    wanted = np.sort(scan(words).atom_keys)
    place = np.minimum(np.searchsorted(wanted, seen.atom_keys), len(wanted) - 1)
    return wanted[place] == seen.atom_keys


def _phones(seen: Scan) -> Mask:
    """Digits after a single "+", and those that go on."""
    count = len(seen.start)
    if not count:
        return np.zeros(0, np.bool_)
    plus = seen.digits & (seen.before(np.arange(count)) == ord("+"))
    at = seen.place[seen.start] - 2
    twice = (at >= 0) & (seen.letters[np.maximum(at, 0)] == ord("+"))
    chain = plus & ~twice & (_size(seen) <= 3)
    found = chain.copy()
    linked = seen.digits & _linked(seen, " /-()")
    for _ in range(5):
        chain = np.r_[False, chain[:-1]] & linked
        found |= chain
    return found


# Length of an IBAN by country (SWIFT IBAN registry, release 99).
_IBAN_LENGTHS = {
    "AD": 24, "AE": 23, "AT": 20, "BE": 16, "BG": 22, "BR": 29, "CH": 21, "CY": 28,
    "CZ": 24, "DE": 22, "DK": 18, "EE": 20, "ES": 24, "FI": 18, "FR": 27, "GB": 22,
    "GI": 23, "GR": 27, "HR": 21, "HU": 28, "IE": 22, "IL": 23, "IS": 26, "IT": 27,
    "LI": 21, "LT": 20, "LU": 20, "LV": 21, "MC": 27, "MT": 31, "NL": 18, "NO": 15,
    "PL": 28, "PT": 25, "RO": 24, "RS": 22, "SE": 24, "SI": 19, "SK": 24, "SM": 27,
    "TR": 26, "UA": 29,
}  # fmt: skip


def _ibans(seen: Scan) -> Mask:
    """Country, two check digits and the right length, at the end of a token."""
    count = len(seen.start)
    wanted = np.zeros(26 * 26, np.int64)
    for country, length in _IBAN_LENGTHS.items():
        wanted[(ord(country[0]) - 65) * 26 + ord(country[1]) - 65] = length
    starts = np.flatnonzero(~seen.digits & (_size(seen) == 2))
    starts = starts[starts + 1 < count]
    starts = starts[seen.attached[starts + 1] & seen.digits[starts + 1]]
    at = seen.start[starts]
    one, two = (seen.letters[seen.place[at + n]].astype(np.int64) - 65 for n in (0, 1))
    stop = at + wanted[one * 26 + two]
    last = np.searchsorted(seen.end, stop)
    fits = (stop > at + 4) & (last < count)
    last = np.minimum(last, max(count - 1, 0))
    fits &= (seen.end[last] == stop) & (seen.text[last] == seen.text[starts])
    mark = np.zeros(count + 1, np.int64)
    np.add.at(mark, starts[fits], 1)
    np.add.at(mark, last[fits] + 1, -1)
    return np.cumsum(mark[:-1]) > 0
