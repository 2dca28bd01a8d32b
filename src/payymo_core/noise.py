"""What in a text names nothing: dates, amounts, phone numbers and IBANs."""

from functools import lru_cache

import numpy as np

from payymo_core.keys import Ints, Keys, Mask
from payymo_core.spans import Scan, scan


def noise(seen: Scan) -> Mask:
    """Atoms of dates, amounts, phone numbers and IBANs: their digits name nothing."""
    return _dates(seen) | _times(seen) | _amounts(seen) | _phones(seen) | _ibans(seen)


@lru_cache(maxsize=64)
def _word_keys(words: tuple[str, ...]) -> Keys:
    return np.sort(scan(words).atom_keys)


def is_word(seen: Scan, words: tuple[str, ...]) -> Mask:
    """Whether an atom is one of some words, the same ones every time."""
    wanted = _word_keys(words)
    place = np.minimum(np.searchsorted(wanted, seen.atom_keys), len(wanted) - 1)
    return wanted[place] == seen.atom_keys


# What a number is called that is no invoice's: a customer's, an account's, a phone's.
_OTHER_NUMBERS = (
    *("KD", "KDNR", "KUNDE", "KUNDEN", "KUNDENNR", "KUNDENNUMMER", "KUNDNR"),
    *("KUNDNUMMER", "KUNDENO", "CUSTOMER", "CLIENT", "CLIENTE", "KLANT", "KLANTNR"),
    *("KLANTNUMMER", "ASIAKAS", "ASIAKASNUMERO", "KLIENT", "MITGLIED", "MEMBER"),
    *("KONTO", "KTO", "KTONR", "KONTONR", "KONTONUMMER", "ACCOUNT", "ACCT", "COMPTE"),
    *("CONTO", "CUENTA", "REKENING", "REKENINGNUMMER", "BLZ", "PLZ", "BANKLEITZAHL"),
    *("TEL", "TELEFON", "PHONE", "MOBIL", "HANDY", "FAX", "KARTE", "CARD", "CARTE"),
    *("KAART", "KORT", "MANDAT", "MANDATE", "MANDATSREF", "MANDATSREFERENZ"),
    *("USTID", "USTIDNR", "STEUERNR", "STEUERNUMMER", "TICKET", "SERVER", "AUFTRAG"),
    *("AUFTRAGSNR", "VERTRAG", "VERTRAGSNR", "VERTRAGSNUMMER", "MITGLIEDSNR"),
    *("MITGLIEDSNUMMER", "ANGEBOT", "LIEFERSCHEIN", "KUNDENKONTO", "DEBITOR", "POLICE"),
    *("DEBITORENNR", "KASSENZEICHEN", "AKTENZEICHEN", "OBJEKT", "STELLPLATZ", "SEITE"),
    *("PARZELLE", "ZIMMER", "TEILNEHMER", "HAUS", "WOHNUNG", "PAGE", "ZAEHLER"),
)
_NUMBER_WORDS = ("NO", "NR", "NUMMER", "NUMBER", "NUM", "NUMERO", "ID", "IDNR", "N")


def called_otherwise(seen: Scan) -> Mask:
    """Digits that the word before them calls something else than an invoice's number.

    A number word may stand between: "Kunden-Nr. 507".
    """
    word = is_word(seen, _OTHER_NUMBERS)
    joint = is_word(seen, _NUMBER_WORDS)
    same = np.r_[False, seen.text[1:] == seen.text[:-1]][: len(word)]
    said = np.r_[False, word[:-1]][: len(word)] & same
    said |= np.r_[False, (said & joint)[:-1]][: len(word)] & same
    return said & seen.digits


def _size(seen: Scan) -> Ints:
    return seen.end - seen.start


def _value(seen: Scan) -> Ints:
    return number_of(seen, np.arange(len(seen.start)))


def number_of(seen: Scan, atoms: Ints) -> Ints:
    """The number that each atom of up to four digits spells, else -1."""
    size = seen.end[atoms] - seen.start[atoms]
    value = np.zeros(len(size), np.int64)
    for offset in range(4):
        at = np.minimum(seen.start[atoms] + offset, max(len(seen.place) - 1, 0))
        digit = seen.letters[seen.place[at]].astype(np.int64) - ord("0")
        value = np.where(offset < size, value * 10 + digit, value)
    return np.where(seen.digits[atoms] & (size <= 4), value, -1)


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


def _times(seen: Scan) -> Mask:
    """Hours and minutes, parted by a colon."""
    value, two = _value(seen), _size(seen) == 2
    minute = _linked(seen, ":") & two & (value >= 0) & (value < 60)
    hour = np.r_[minute[1:], False][: len(value)] & two & (value >= 0) & (value < 24)
    begun = minute & np.r_[False, hour[:-1]][: len(value)]
    return hour | begun | (minute & np.r_[False, begun[:-1]][: len(value)])


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
    """Digits with a decimal comma or point and two decimals, nothing after them.

    And whole units beside a currency: "EUR 5000".
    """
    count = len(seen.start)
    if count < 2:
        return np.zeros(count, np.bool_)
    size, value = _size(seen), _value(seen)
    whole = np.r_[False, seen.digits[:-1]]
    cents = _linked(seen, ",.") & seen.digits & (size == 2) & whole
    cents &= ~np.r_[_linked(seen, "./-,")[1:], False]
    # "12.34" may be a reference, and "2026.04" is a month; "12,34", "EUR 12.34" and
    # "1234.56" are amounts.
    comma = seen.before(np.arange(count)) == ord(",")
    year = (value >= 1970) & (value < 2100)
    long = np.r_[False, ((size >= 3) & ~year & ~_linked(seen, "./-,"))[:-1]]
    before, after = _beside_currency(seen)
    cents &= comma | long | after | np.r_[False, before[:-1]]
    alone = seen.digits & (before ^ after) & ~cents & ~np.r_[cents[1:], False]
    found = cents | np.r_[cents[1:], False]
    for _ in range(2):
        # Three digits before the decimals, or before three such digits.
        group = found & (size == 3) & seen.digits & whole & _linked(seen, ",.' ")
        found |= np.r_[group[1:], False]
    return found | alone


def _beside_currency(seen: Scan) -> tuple[Mask, Mask]:
    """Atoms that a currency stands before, and after; it belongs to no other number."""
    word, text = is_word(seen, _CURRENCY_WORDS), seen.text
    same = np.r_[False, text[1:] == text[:-1]]
    digits_before = np.r_[False, seen.digits[:-1]] & same
    digits_after = np.r_[(seen.digits & same)[1:], False]
    before = np.r_[False, (word & ~digits_before)[:-1]] & same
    after = np.r_[(word & same & ~digits_after)[1:], False]
    return before, after


def _phones(seen: Scan) -> Mask:
    """Digits after a single "+" and those that go on, or all in one after "00"."""
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
    return found | _dialled(seen)


_DIALLED = (30, 31, 32, 33, 34, 36, 39, 40, 41, 43, 44, 45, 46, 47, 48, 49)


def _dialled(seen: Scan) -> Mask:
    """Eleven to fifteen digits that begin as "0049" does."""
    size = _size(seen)
    out = seen.digits & (size >= 11) & (size <= 15)
    at = seen.start[out]
    digit = [seen.letters[seen.place[at + n]].astype(np.int64) - 48 for n in range(4)]
    code = digit[2] * 10 + digit[3]
    out[out] = (digit[0] == 0) & (digit[1] == 0) & np.isin(code, _DIALLED)
    return out


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
    """Country, two check digits and the right length, to the end of a token."""
    count = len(seen.start)
    wanted = np.zeros(26 * 26, np.int64)
    for country, length in _IBAN_LENGTHS.items():
        wanted[(ord(country[0]) - 65) * 26 + ord(country[1]) - 65] = length
    starts = np.flatnonzero(~seen.digits & (_size(seen) >= 2))
    starts = starts[starts + 1 < count]
    starts = starts[seen.attached[starts + 1] & seen.digits[starts + 1]]
    # A word may be glued to the country: "IBANDE89...".
    at = seen.end[starts] - 2
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
