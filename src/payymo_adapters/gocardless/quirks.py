"""What single banks fill in otherwise than meant: a table of small normalisers.

Each row is a fact reported from the field (the banks' own names are the ids of Bank
Account Data). A row changes an entry only where it shows what the row is about.
"""

import re
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from re import Match

from attrs import evolve, frozen

from payymo_adapters.gocardless.entries import Entry
from payymo_core.records import TransactionStatus

Normaliser = Callable[[Entry], Entry]

# Ids that are none: every bank may write them.
_PLACEHOLDERS = frozenset(
    {"", "0", "NOTPROVIDED", "NOT PROVIDED", "NONREF", "N/A", "-"}
)
# A place in a list; it shifts when another entry is listed before it.
_POSITION = re.compile(r"[0-9]{4}-?[0-9]{2}-?[0-9]{2}[.][0-9]+")
_NATIONWIDE_LENGTHS = (32, 40)  # current accounts, credit cards
_NATIONWIDE_WRONG = re.compile(r"00(?:DEB|CRED)IT")
_BILLING = re.compile(r"billingAmount: ([+-]?[0-9]+(?:[.][0-9]+)?)")
_FORTUNEO = re.compile(r"\b(?:VIR INST|VIR|PRLV|ANN CARTE|CARTE [0-9]{2}/[0-9]{2})\b")
_BELGIAN = re.compile(
    r"\s(?:Paiement|Domiciliation|Transfert|Ordre permanent|Betaling met"
    r"|Domiciliëring|Overschrijving)\b.*",
    re.DOTALL,
)
_EASYBANK = re.compile(r"[0-9]{2}\.[0-9]{2}\. [0-9]{2}:[0-9]{2}(.*?)\\\\")
_LHV = re.compile(r"\(\.\.[0-9]{4}\) [0-9-]{10} [0-9:]{5} ([^\\]+)")
_PIRKUMS = re.compile(
    r"PIRKUMS \S+ [0-9.]{8,10} (?:[0-9:]{5} )?[0-9.]+ [A-Z]{3} \([0-9]+\) (.+)"
)
_KEYWORDS = ("End-to-End-Ref.:", "Mandatsref:", "Gläubiger-ID:")
_COMMERZBANK = re.compile(
    "|".join(r"\s*".join(map(re.escape, word)) for word in _KEYWORDS), re.IGNORECASE
)
_END_TO_END = re.compile(r"\s*EndToEndID: NOTPROVIDED\s*$")
_ING_PREFIX = re.compile(r"^.*?remittanceinformation:", re.DOTALL)
_ESCAPED = re.compile(r"\\U([0-9A-Fa-f]{4}\b|[0-9A-Fa-f]{5,8}\b|[0-9A-Fa-f]{4})")
_BNP_FIELD = re.compile(r"(?:^|, )(atmPosName|narrative): (\[.*?\]|[^,]*)")
_QUOTED = re.compile(r"'([^']+)'")
_DAY = re.compile(r"(?:^|\s)([0-9]{4}-[0-9]{2}-[0-9]{2})(?:\s|$)")


@frozen
class Quirk:
    """What some banks do, and how it is mended.

    Attributes:
        banks: What the ids of the banks begin with; "" for every bank.
        mend: Gives the entry as it was meant.
    """

    banks: tuple[str, ...]
    mend: Normaliser

    def concerns(self, bank: str) -> bool:
        """Whether a bank is one of them."""
        return bank.startswith(self.banks)


def mended(entry: Entry, bank: str) -> Entry:
    """An entry as its bank meant it."""
    for quirk in QUIRKS:
        if quirk.concerns(bank):
            entry = quirk.mend(entry)
    return entry


def without_placeholders(entry: Entry) -> Entry:
    """No id is an id that says that there is none, or only a place in the list."""
    return evolve(
        entry,
        transaction_id=_real(entry.transaction_id),
        internal_id=_real(entry.internal_id),
        entry_reference=_real(entry.entry_reference),
        end_to_end_id=_real(entry.end_to_end_id),
        mandate_id=_real(entry.mandate_id),
    )


def _real(identifier: str) -> str:
    none = identifier.upper() in _PLACEHOLDERS or _POSITION.fullmatch(identifier)
    return "" if none else identifier


def without_bank_id(entry: Entry) -> Entry:
    """The bank gives one id to several entries; the provider's own stands."""
    return evolve(entry, transaction_id="")


def nationwide_ids(entry: Entry) -> Entry:
    """Ids of another length or beginning are malformed, and change."""
    wrong = _NATIONWIDE_WRONG.match(entry.transaction_id)
    if wrong or len(entry.transaction_id) not in _NATIONWIDE_LENGTHS:
        entry = without_bank_id(entry)
    return entry


def no_day_while_pending(entry: Entry) -> Entry:
    """Pending, the day of booking is the latest one possible: it is not known."""
    if entry.status is TransactionStatus.PENDING:
        return evolve(entry, booking_day=None)
    return entry


def other_sign(entry: Entry) -> Entry:
    """A card's purchases are positive."""
    return evolve(entry, amount=-entry.amount)


def unsigned_purchases(entry: Entry) -> Entry:
    """Pending purchases lack their sign, and begin with a word that goes later."""
    word = "ΑΓΟΡΑ "
    if entry.transaction_id or not entry.text.startswith(word):
        return entry
    text = entry.text.removeprefix(word)
    return evolve(entry, amount=-abs(entry.amount), text=text)


def billed_amount(entry: Entry) -> Entry:
    """The amount is the shop's; what was billed stands in the text, in kronor."""
    found = _BILLING.match(entry.text)
    if found is None:
        return entry
    return evolve(entry, amount=Decimal(found[1]), currency="SEK")


def named_by(find: Callable[[Entry], str]) -> Normaliser:
    """Make a normaliser that finds the other side's name elsewhere."""

    def name(entry: Entry) -> Entry:
        payer = entry.amount > 0
        party = entry.debtor if payer else entry.creditor
        found = "" if party.name else " ".join(find(entry).split())
        if not found:
            return entry
        named = evolve(party, name=found)
        if payer:
            return evolve(entry, debtor=named)
        return evolve(entry, creditor=named)

    return name


def _group(found: Match[str] | None) -> str:
    return found[1] if found else ""


def _virgin_name(entry: Entry) -> str:
    parts = entry.text.split(", ")
    transfer = parts[0] in ("MOB", "FPS") or re.match(r"(?:Card|WLT) [0-9]+$", parts[0])
    return parts[1] if transfer and len(parts) > 1 else entry.text


def _revolut_name(entry: Entry) -> str:
    first = entry.texts[0] if entry.texts else ""
    found = re.match(r"Bizum payment (?:from|to): (.+)", first)
    return found[1] if found else first


def _belgian_name(entry: Entry) -> str:
    return _BELGIAN.sub("", entry.text) if _BELGIAN.search(entry.text) else ""


def _bnp_fields(entry: Entry) -> dict[str, str]:
    """Of what looks like a Python dict but is none."""
    return {key: value.strip() for key, value in _BNP_FIELD.findall(entry.additional)}


def _bnp_name(entry: Entry) -> str:
    found = _bnp_fields(entry)
    return found.get("atmPosName") or _group(_QUOTED.search(found.get("narrative", "")))


def bnp_narrative(entry: Entry) -> Entry:
    """The text stands in a field of what the bank adds."""
    said = tuple(_QUOTED.findall(_bnp_fields(entry).get("narrative", "")))
    if not said or entry.text or entry.texts:
        return entry
    return evolve(entry, texts=said, additional="")


def text_from_additional(entry: Entry) -> Entry:
    """Nothing but the additional information says what it is."""
    if entry.text or entry.texts:
        return entry
    return evolve(entry, text=entry.additional, additional="")


def spaced_keywords(entry: Entry) -> Entry:
    """Pieces cut anywhere, keywords glued to what stands before them."""
    if not entry.texts:
        return entry
    joined = _COMMERZBANK.sub(_spaced, " ".join(entry.texts))
    text = " ".join(joined.split()).replace("End-to-End-Ref.: NOTPROVIDED ", "")
    return evolve(entry, text=text, texts=())


def _spaced(found: Match[str]) -> str:
    bare = "".join(found[0].split()).casefold()
    keyword = next(word for word in _KEYWORDS if word.casefold() == bare)
    return f" {keyword} "


def without_end_to_end(entry: Entry) -> Entry:
    """The text ends in the news that there is no end-to-end id."""
    return evolve(entry, text=_END_TO_END.sub("", entry.text))


def without_prefix(entry: Entry) -> Entry:
    """The text begins with the name of its own field."""
    return evolve(entry, text=_ING_PREFIX.sub("", entry.text))


def unescaped(entry: Entry) -> Entry:
    r"""Characters beyond ASCII come as \U1F600, or as \UD83D\UDE00."""
    if "\\U" not in entry.text:
        return entry
    told = _ESCAPED.sub(_character, entry.text)
    # Two halves of a pair are one character; a half alone is none.
    whole = told.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return evolve(entry, text=whole)


def _character(found: Match[str]) -> str:
    number = int(found[1], 16)
    return chr(number) if number <= 0x10FFFF else found[0]


def day_from_text(entry: Entry) -> Entry:
    """Pending, the day stands in the structured text or nowhere."""
    if entry.status is TransactionStatus.BOOKED or entry.value_day:
        return entry
    found = _group(_DAY.search(" ".join(entry.structured)))
    return evolve(entry, value_day=_day_or_none(found))


def _day_or_none(found: str) -> date | None:
    try:
        return date.fromisoformat(found)
    except ValueError:
        return None


_SEB_CARDS = (
    "SEB_KORT_AB",
    "SEB_CARD_ESSESESS",
    "NORDIC_CHOICE_CLUB",
    "EUROCARD_",
    "GLOBECARD_",
    "OPEL_MASTERCARD",
    "SAAB_MASTERCARD",
    "SAS_MASTERCARD",
    "SJ_PRIO_MASTERCARD",
    "CIRCLE_K_MASTERCARD",
    "WALLET_SKHSFI21",
    "INGO_MASTERCARD",
    "SCANDIC_SKHSFI21",
)
_BNP = ("BNP_BE_GEBABEBB", "FINTRO_BE_GEBABEBB", "HELLO_BE_GEBABEBB")
_BEC = ("SPARNORD_SPNODK22", "LAGERNES_BANK_LAPNDKK1", "ANDELSKASSEN_FALLESKASSEN")

# In this order: ids, then amounts and their signs, then texts, then the names that are
# found by the sign and in the texts.
QUIRKS: tuple[Quirk, ...] = (
    Quirk(("",), without_placeholders),
    Quirk(("BELFIUS_GKCCBEBB", "COOPERATIVE_BANK", "CO_OPERATIVE"), without_bank_id),
    Quirk(("NATIONWIDE_NAIAGB21",), nationwide_ids),
    Quirk(("NATIONWIDE_NAIAGB21",), no_day_while_pending),
    Quirk(("NORWEGIAN_",), day_from_text),
    Quirk(_SEB_CARDS, other_sign),
    Quirk(("NBG_ETHNGRAA",), unsigned_purchases),
    Quirk(("ENTERCARD_SWEDNOKK",), billed_amount),
    Quirk(("COMMERZBANK_COBADEFF",), spaced_keywords),
    Quirk(("DANSKEBANK_",), without_end_to_end),
    Quirk(("ING_INGDDEFF",), without_prefix),
    Quirk(("HYPE_",), unescaped),
    Quirk(_BNP, named_by(_bnp_name)),
    Quirk(_BNP, bnp_narrative),
    Quirk((*_SEB_CARDS, "SEB_ESSESESS_PRIVATE"), named_by(lambda e: e.additional)),
    Quirk(_BEC, text_from_additional),
    Quirk(("BANCSABADELL_BSABESBB",), named_by(lambda e: " ".join(e.texts))),
    Quirk(("ABANCA_",), named_by(lambda e: " ".join(e.structured))),
    Quirk(
        ("FORTUNEO_FTNOFRP1",), named_by(lambda e: _FORTUNEO.sub("", " ".join(e.texts)))
    ),
    Quirk(("VIRGIN_NRNBGB22",), named_by(_virgin_name)),
    Quirk(("REVOLUT_REVOLT21",), named_by(_revolut_name)),
    Quirk(("KBC_", "CBC_"), named_by(_belgian_name)),
    Quirk(
        ("EASYBANK_BAWAATWW",),
        named_by(lambda e: _group(_EASYBANK.search(" ".join(e.structured)))),
    ),
    Quirk(("LHV_LHVBEE22",), named_by(lambda e: _group(_LHV.match(e.text)))),
    Quirk(("SWEDBANK_HABALV22",), named_by(lambda e: _group(_PIRKUMS.match(e.text)))),
)
"""Further quirks need no row: a missing text, day or IBAN is looked for elsewhere for
every bank (``mapping``), and ids that come twice or change are none (``identity``)."""
