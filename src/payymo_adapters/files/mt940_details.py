"""The text of field 86, taken apart.

Three forms are known: the German one (``166?00GUTSCHRIFT?20SVWZ+...``, with other
signs for the question mark in Poland and elsewhere), the one with code words between
slashes (``/EREF/.../NAME/.../REMI/...``), and plain text.
"""

import re
from collections.abc import Iterable

from attrs import field, frozen

from payymo_adapters.files.texts import one_line

# Where a sub-field of purpose, or a line of field 86, is this full, it was cut. SWIFT
# allows lines of 65 characters; Rabobank cuts at 64.
_FULL_SEGMENT = 27
_FULL_LINE = 64

_GERMAN = re.compile(r"\s*(?:[0-9]{3})?([?<>~^@#|])[0-9]{2}")
_WORDS = (
    "EREF|KREF|MREF|CRED|DEBT|COAM|OAMT|SVWZ|ABWA|ABWE|PURP|MDAT|SQTP|ORCR|ORMR|DDAT"
    "|IBAN|BIC"
)
_KEYWORD = re.compile(rf"({_WORDS})\+|(?<![A-Z])({_WORDS}):\s")
_PURPOSE = tuple(str(number) for number in (*range(20, 30), *range(60, 66)))
_SLASHED = re.compile(
    r"/(ACCW|ADDR|BENM|BIC|CHGS|CNTP|CREF|CSID|EREF|EXCH|IBAN|ID|INIT|ISDT|KREF|MARF"
    r"|NAME|OCMT|ORDP|PREF|PURP|REMI|RTRN|SVCL|SWOC|TRCD|TRTP|ULTB|ULTC|ULTD)/"
)
_IBAN = re.compile(r"[A-Z]{2}[0-9]{2}[A-Z0-9]{11,30}")
_PLACEHOLDERS = ("", "NOTPROVIDED", "NONREF")


@frozen(kw_only=True)
class Details:
    """What a field 86 says; None: it does not."""

    remittance: str | None = None
    creditor_reference: str | None = None
    end_to_end_id: str | None = None
    mandate_id: str | None = None
    name: str | None = None
    iban: str | None = None
    account: str | None = None
    metadata: dict[str, str] = field(factory=dict)


def is_iban(text: str) -> bool:
    """Whether a text has the form of an IBAN; the check digits are not asked.

    >>> is_iban("NL70ABNA0987654321"), is_iban("P001234567")
    (True, False)
    """
    return _IBAN.fullmatch(text.replace(" ", "")) is not None


def read_details(lines: Iterable[str]) -> Details:
    """Take a field 86 apart, whichever of the forms it has.

    Args:
        lines: Its lines, without the tag.

    >>> read_details(["/EREF/X-1/NAME/ACME/REMI/INV-7 thanks"]).remittance
    'INV-7 thanks'
    """
    given = [line.rstrip("\n") for line in lines]
    german = _GERMAN.match("".join(given))
    if german:
        return _german("".join(given), german[1])
    slashed = _rejoined(given)
    if _SLASHED.search(slashed):
        return _slashed(slashed)
    return Details(remittance=one_line(" ".join(given)) or None)


def _rejoined(lines: Iterable[str]) -> str:
    """Undo the cutting of lines: a full one goes on, another ends a word."""
    return "".join(line if len(line) >= _FULL_LINE else f"{line} " for line in lines)


def _german(text: str, sign: str) -> Details:
    segments = _segments(text, sign)
    parts = _keywords([segments[key] for key in _PURPOSE if key in segments])
    free = parts.get("", "")
    account = segments.get("31", "").strip()
    places = (account, segments.get("38", ""), parts.get("IBAN", ""))
    iban = next((place for place in places if is_iban(place)), "")
    return Details(
        remittance=one_line(f"{parts.get('SVWZ', '')} {free}") or None,
        end_to_end_id=_given(parts.get("EREF", "")),
        mandate_id=_given(parts.get("MREF", "")),
        name=_name(segments.get("32", ""), segments.get("33", "")),
        iban=iban.replace(" ", "") or None,
        account=account if account and not is_iban(account) else None,
        metadata=_metadata(
            ultimate_debtor=parts.get("ABWA", ""),
            customer_reference=parts.get("KREF", ""),
        ),
    )


def _name(begun: str, rest: str) -> str | None:
    gap = "" if len(begun) >= _FULL_SEGMENT else " "
    return one_line(f"{begun}{gap}{rest}") or None


def _segments(text: str, sign: str) -> dict[str, str]:
    """Sub-field -> content; of one given twice, both."""
    found: dict[str, str] = {}
    for piece in re.split(f"{re.escape(sign)}(?=[0-9]{{2}})", text)[1:]:
        key, content = piece[:2], piece[2:]
        found[key] = found[key] + content if key in found else content
    return found


def _keywords(segments: Iterable[str]) -> dict[str, str]:
    """Sort purpose segments under their SEPA keywords; "" holds the free text.

    A full segment goes on in the next one, even in the middle of a keyword. Any other
    ends what a keyword says, but for the purpose (``SVWZ``): ``EREF`` does not swallow
    the text after it. Of a keyword said twice the first stands.
    """
    text = "".join(s if len(s) >= _FULL_SEGMENT else f"{s}\n" for s in segments)
    found = {"": ""}
    keyword, start = "", 0
    for next_keyword in _KEYWORD.finditer(text):
        _sort(found, keyword, text[start : next_keyword.start()])
        keyword, start = next_keyword[1] or next_keyword[2], next_keyword.end()
    _sort(found, keyword, text[start:])
    return {key: one_line(content) for key, content in found.items()}


def _sort(found: dict[str, str], keyword: str, content: str) -> None:
    if keyword in ("", "SVWZ"):
        found[keyword] = f"{found.get(keyword, '')} {content}"
        return
    said, _, free = content.partition("\n")
    found.setdefault(keyword, said)
    found[""] += f" {free}"


def _slashed(text: str) -> Details:
    parts = _between_slashes(text)
    iban, name = parts.get("IBAN", ""), parts.get("NAME", "")
    if "CNTP" in parts:
        # ING: account, BIC, name and town of the counterparty.
        iban, _, name, *_ = [*parts["CNTP"].split("/"), "", "", ""]
    remittance, reference = _slashed_remittance(parts.get("REMI", ""))
    return Details(
        remittance=remittance,
        creditor_reference=reference,
        end_to_end_id=_given(parts.get("EREF", "")),
        mandate_id=_given(parts.get("MARF", "")),
        name=one_line(name) or None,
        iban=iban.replace(" ", "") if is_iban(iban) else None,
        account=None if is_iban(iban) else iban.strip() or None,
        metadata=_metadata(
            ultimate_debtor=parts.get("ULTD", "").removeprefix("NAME/"),
            customer_reference=parts.get("PREF", ""),
        ),
    )


def _between_slashes(text: str) -> dict[str, str]:
    """Code word -> content; what stands before the first goes to the remittance."""
    head, *pieces = _SLASHED.split(text.replace("//", "/ /"))
    found: dict[str, str] = {}
    for code, content in zip(pieces[::2], pieces[1::2], strict=True):
        if code not in found:
            found[code] = content.replace("/ /", "//").strip().strip("/").strip()
    if head.strip(" /"):
        found["REMI"] = f"{head.strip(' /')} {found.get('REMI', '')}".strip()
    return found


def _slashed_remittance(text: str) -> tuple[str | None, str | None]:
    """Tell unstructured text (``USTD//``) from a reference (``STRD/CUR/``)."""
    structured = re.fullmatch(r"STRD/(?:CUR|ISO)/(\S+)", text)
    if structured:
        return None, structured[1]
    return one_line(text.removeprefix("USTD//")) or None, None


def _given(text: str) -> str | None:
    found = text.strip()
    return None if found.upper() in _PLACEHOLDERS else found


def _metadata(**found: str) -> dict[str, str]:
    given = {key: _given(one_line(text)) for key, text in found.items()}
    return {key: text for key, text in given.items() if text}
