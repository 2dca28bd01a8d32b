"""What in a text names nothing: dates, amounts, phone numbers and IBANs."""

from functools import lru_cache

import numpy as np

from payymo_core.keys import Ints, KeyIndex, Mask
from payymo_core.sequences import begins, following, previous
from payymo_core.spans import Scan, scan


def noise(seen: Scan) -> Mask:
    """Atoms of dates, amounts, phone numbers and IBANs: their digits name nothing."""
    return _dates(seen) | _times(seen) | _amounts(seen) | _phones(seen) | _ibans(seen)


@lru_cache(maxsize=64)
def _word_index(words: tuple[str, ...]) -> KeyIndex:
    return KeyIndex.of(scan(words).atom_keys, np.arange(len(words)))


def is_word(seen: Scan, words: tuple[str, ...]) -> Mask:
    """Whether an atom is one of some words of letters, the same ones every time."""
    letters, keys = seen.words
    out = np.zeros(len(seen.digits), np.bool_)
    out[letters[_word_index(words).has(keys)]] = True
    return out


INVOICE_WORDS = (
    *("INVOICE", "INVOICES", "INV", "BILL", "RECHNUNG", "RECHNUNGEN", "RECHNUNGSNR"),
    *("RECHNUNGSNUMMER", "RG", "RGNR", "RE", "REF", "REFERENZ", "RNR", "FACTURE"),
    *("FACTURES", "FACT", "FACTUUR", "FACTUURNR", "FAKTUUR", "FAKTURA", "FAKTURANR"),
    *("FAKT", "FRA", "FATTURA", "FATT", "FT", "FACTURA", "LASKU", "LASKUNRO"),
)
"""Words that stand before the number of an invoice."""

# What a number is called that is no invoice's: a customer's, an account's, a phone's.
_OTHER_NUMBERS = (
    *("KD", "KDNR", "KUNDE", "KUNDEN", "KUNDENNR", "KUNDENNUMMER", "KUNDNR"),
    *("KUNDNUMMER", "KUNDENO", "KUNDENR", "CUST", "CUSTOMER", "CLIENT", "CLIENTE"),
    *("KLANT", "KLANTNR"),
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
_MOST_LETTERS = 4  # of what a customer's number begins with, or has between its digits
_MOST_ATTACHED = 3
_NUMBER_WORDS = ("NO", "NR", "NUMMER", "NUMBER", "NUM", "NUMERO", "ID", "IDNR", "N")


def called_otherwise(seen: Scan) -> Mask:
    """Digits that the word before them calls something else than an invoice's number.

    A number word may stand between, and a few letters before the digits: "Kunden-Nr.
    507", "customer K3Z7". Not those that say "invoice": "Kunde RE20260042".
    """
    word = is_word(seen, _OTHER_NUMBERS)
    joint = is_word(seen, _NUMBER_WORDS)
    same = ~begins(seen.text)
    said = previous(word) & same
    said |= previous(said & joint) & same
    letters = ~seen.digits & (_size(seen) <= _MOST_LETTERS)
    letters &= ~is_word(seen, INVOICE_WORDS)
    for _ in range(_MOST_ATTACHED):
        said |= previous(said & (letters | seen.digits)) & seen.attached
    return said & seen.digits


def _size(seen: Scan) -> Ints:
    return seen.end - seen.start


def _spread(mask: Mask, atoms: int) -> Mask:
    """Mark each atom chosen and the ones after it."""
    out = mask.copy()
    for offset in range(1, atoms):
        out[offset:] |= mask[:-offset]
    return out


def _dates(seen: Scan) -> Mask:
    if len(seen.start) < 3:
        return np.zeros(len(seen.start), np.bool_)
    size, value, linked = _size(seen), seen.short_numbers, seen.follows("./-")
    a, b, c = value, following(value, -1), following(value, -1, rows=2)
    size_a, size_c = size, following(size, rows=2)
    joined = following(linked) & following(linked, rows=2)
    year_last = (size_c == 4) & (c >= 1970) & (c < 2100) | (size_c == 2) & (size_a == 2)
    day_first = (a >= 1) & (a <= 31) & (b >= 1) & (b <= 12) & (size_a <= 2)
    month_first = (a >= 1) & (a <= 12) & (b >= 1) & (b <= 31) & (size_a <= 2)
    year_first = (size_a == 4) & (a >= 1970) & (a < 2100) & (b >= 1) & (b <= 12)
    small = following(size) <= 2
    iso = year_first & (c >= 1) & (c <= 31) & (size_c <= 2)
    written = (day_first | month_first) & year_last & (c >= 0)
    return _spread(joined & small & (iso | written), 3)


def _times(seen: Scan) -> Mask:
    """Hours and minutes, parted by a colon."""
    value, two = seen.short_numbers, _size(seen) == 2
    minute = seen.follows(":") & two & (value >= 0) & (value < 60)
    hour = following(minute) & two & (value >= 0) & (value < 24)
    begun = minute & previous(hour)
    return hour | begun | (minute & previous(begun))


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
    size, value = _size(seen), seen.short_numbers
    whole = previous(seen.digits)
    cents = seen.follows(",.") & seen.digits & (size == 2) & whole
    cents &= ~following(seen.follows("./-,"))
    # "12.34" may be a reference, and "2026.04" is a month; "12,34", "EUR 12.34" and
    # "1234.56" are amounts.
    comma = seen.before(np.arange(count)) == ord(",")
    year = (value >= 1970) & (value < 2100)
    long = previous((size >= 3) & ~year & ~seen.follows("./-,"))
    before, after = _beside_currency(seen)
    cents &= comma | long | after | previous(before)
    alone = seen.digits & (before ^ after) & ~cents & ~following(cents)
    found = cents | following(cents)
    for _ in range(2):
        # Three digits before the decimals, or before three such digits.
        group = found & (size == 3) & seen.digits & whole & seen.follows(",.' ")
        found |= following(group)
    return found | alone


def _beside_currency(seen: Scan) -> tuple[Mask, Mask]:
    """Atoms that a currency stands before, and after; it belongs to no other number."""
    word, text = is_word(seen, _CURRENCY_WORDS), seen.text
    same = ~begins(text)
    digits_before = previous(seen.digits) & same
    digits_after = following(seen.digits & same)
    before = previous(word & ~digits_before) & same
    after = following(word & same & ~digits_after)
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
    linked = seen.digits & seen.follows(" /-()")
    for _ in range(5):
        chain = previous(chain) & linked
        found |= chain
    return found | _dialled(seen)


_DIALLED = (30, 31, 32, 33, 34, 36, 39, 40, 41, 43, 44, 45, 46, 47, 48, 49)


def _dialled(seen: Scan) -> Mask:
    """Eleven to fifteen digits that begin as "0049" does."""
    size = _size(seen)
    out = seen.digits & (size >= 11) & (size <= 15)
    if not out.any():
        return out
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


@lru_cache(maxsize=1)
def _iban_lengths() -> Ints:
    """The length of an IBAN by the two letters of its country, 0 for none."""
    out = np.zeros(26 * 26, np.int64)
    for country, length in _IBAN_LENGTHS.items():
        out[(ord(country[0]) - 65) * 26 + ord(country[1]) - 65] = length
    return out


def _ibans(seen: Scan) -> Mask:
    """Country, two check digits and the right length, to the end of a token."""
    count, wanted = len(seen.start), _iban_lengths()
    starts = np.flatnonzero(~seen.digits & (_size(seen) >= 2))
    starts = starts[starts + 1 < count]
    starts = starts[seen.attached[starts + 1] & seen.digits[starts + 1]]
    if not len(starts):
        return np.zeros(count, np.bool_)
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
