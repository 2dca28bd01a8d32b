"""What banks do to texts and names on their way."""

import re
import unicodedata
from collections.abc import Callable

from benchmarks.world.dice import Dice
from benchmarks.world.mix import PayerForm, Wire
from benchmarks.world.names import COUNTRIES

_LEGAL = tuple(f" {form}" for land in COUNTRIES.values() for form in land.legal_forms)
_UMLAUTS = str.maketrans(
    {"Ä": "AE", "Ö": "OE", "Ü": "UE", "ẞ": "SS", "Ø": "OE", "Å": "AA"}
)


def folded(text: str) -> str:
    """Upper case and without accents, as old systems want it."""
    plain = unicodedata.normalize("NFKD", text.upper().translate(_UMLAUTS))
    return "".join(char for char in plain if not unicodedata.combining(char))


def wired(text: str, wire: Wire, dice: Dice) -> str:
    """A text as it arrives."""
    return _WIRES[wire](text, dice)


def _clean(text: str, _dice: Dice) -> str:
    return text[:140]


def _lines_35(text: str, dice: Dice) -> str:
    glue = dice.pick(("\n", "\n", " ", ""))
    return glue.join(_chunks(text[:140], 35))


def _sepa_27(text: str, dice: Dice) -> str:
    reference = "NOTPROVIDED" if dice.chance(0.7) else dice.digits(12)
    # Each field begins a line of its own, as in ?20, ?21, ... of an MT940.
    return " ".join((f"EREF+{reference}", *_chunks(f"SVWZ+{text[:140]}", 27)))


def _remi(text: str, dice: Dice) -> str:
    reference = "NOTPROVIDED" if dice.chance(0.6) else dice.digits(10)
    plain = re.sub(r"[&#_°]", " ", folded(text))
    return f"/ROC/{reference}//REMI/{plain}"[:140]


def _short_18(text: str, _dice: Dice) -> str:
    return text.upper()[:18]


def _chunks(text: str, width: int) -> list[str]:
    return [text[at : at + width] for at in range(0, len(text), width)]


_WIRES: dict[Wire, Callable[[str, Dice], str]] = {
    Wire.CLEAN: _clean,
    Wire.LINES_35: _lines_35,
    Wire.SEPA_27: _sepa_27,
    Wire.REMI: _remi,
    Wire.SHORT_18: _short_18,
}


def printed_name(name: str, form: PayerForm, dice: Dice) -> str:
    """A name as a bank prints it."""
    return _FORMS[form](name, dice)


_TAILS = (
    "Zentrale Buchhaltung Hauptstr. 12",
    "Accounts Payable Department",
    "Industrieweg 7 Postbus 1201",
    "Vertriebsgesellschaft Mitte",
)


def _without_legal_form(name: str, _dice: Dice) -> str:
    for form in _LEGAL:
        if name.endswith(form):
            return name.removesuffix(form)
    return name


def _permuted(name: str, dice: Dice) -> str:
    words = _without_legal_form(name, dice).split()
    glue = dice.pick((", ", " "))
    return (
        f"{words[-1]}{glue}{' '.join(words[:-1])}" if len(words) > 1 else name.lower()
    )


def _shortened(name: str, dice: Dice) -> str:
    first, *rest = _without_legal_form(name, dice).split()
    if not rest:
        return first[: max(4, len(first) - 3)]
    if dice.chance(0.6):
        return f"{first[0]}. {' '.join(rest)}"
    return f"{first} {rest[-1][:4]}."


def _as_known(name: str, _dice: Dice) -> str:
    return name


def _upper(name: str, _dice: Dice) -> str:
    return folded(name)


def _cut_27(name: str, dice: Dice) -> str:
    return folded(f"{name} {dice.pick(_TAILS)}")[:27]


def _cut_35(name: str, dice: Dice) -> str:
    return f"{name} {dice.pick(_TAILS)}"[: dice.pick((35, 35, 70))]


_FORMS: dict[PayerForm, Callable[[str, Dice], str]] = {
    PayerForm.KNOWN: _as_known,
    PayerForm.UPPER: _upper,
    PayerForm.NO_LEGAL_FORM: _without_legal_form,
    PayerForm.PERMUTED: _permuted,
    PayerForm.SHORTENED: _shortened,
    PayerForm.CUT_27: _cut_27,
    PayerForm.CUT_35: _cut_35,
}
