"""Naive twins: slow, and obviously right."""

import contextlib
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from fractions import Fraction
from itertools import combinations, cycle, product
from math import exp2

from attrs import frozen
from stdnum import iso11649, luhn
from stdnum.be import ogm_vcs
from stdnum.ch import esr

from payymo_core.checkdigits import Format
from payymo_core.normalisation import fold
from payymo_core.scoring import Kind
from tests.builders import Claim

# --- texts --------------------------------------------------------------------------


@frozen
class Atom:
    """A longest run of letters, or of digits.

    Attributes:
        text: Index of the text that it stands in.
        letters: Its characters, folded.
        attached: Whether another atom stands directly before it.
    """

    text: int
    letters: str
    attached: bool

    @property
    def is_number(self) -> bool:
        """Whether it is a run of digits."""
        return self.letters[0].isdigit()


def atoms(texts: Sequence[str]) -> list[Atom]:
    """Cut texts into atoms."""
    out = []
    for place, text in enumerate(texts):
        folded = fold(text)
        for found in re.finditer("[A-Z]+|[0-9]+", folded):
            before = folded[found.start() - 1 : found.start()]
            out.append(Atom(place, found.group(), before.isalnum()))
    return out


def runs(
    held: Sequence[Atom],
    starts: Iterable[int],
    through: Sequence[bool],
    most_atoms: int,
    most_letters: int,
) -> set[tuple[int, int]]:
    """First and last atom of every run that keeps to the bounds."""
    out = set()
    for first in starts:
        for last in range(first, min(first + most_atoms, len(held))):
            run = held[first : last + 1]
            if (
                {atom.text for atom in run} == {held[first].text}
                and all(through[first + 1 : last + 1])
                and len(compact(run)) <= most_letters
            ):
                out.add((first, last))
    return out


def compact(run: Sequence[Atom]) -> str:
    """Letters and digits of a run of atoms."""
    return "".join(atom.letters for atom in run)


def number(run: Sequence[Atom]) -> str:
    """As ``compact``, without the leading zeros of a number at the front."""
    first = run[0].letters
    return (first.lstrip("0") if run[0].is_number else first) + compact(run[1:])


def within_one_edit(one: str, other: str) -> bool:
    """Whether a letter replaced, left out, added or swapped makes them equal."""
    return other in _edits(one) or one in _edits(other) or one == other


def _edits(text: str) -> Iterator[str]:
    for place in range(len(text)):
        yield text[:place] + text[place + 1 :]
        yield text[:place] + text[place : place + 2][::-1] + text[place + 2 :]
        for letter in "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789":
            yield text[:place] + letter + text[place + 1 :]


# --- sums ---------------------------------------------------------------------------


def subsets_with_sum(
    amounts: Sequence[int], target: int, least: int = 0
) -> set[tuple[int, ...]]:
    """Places of every subset that adds up to a target."""
    places = range(len(amounts))
    return {
        chosen
        for size in range(least, len(amounts) + 1)
        for chosen in combinations(places, size)
        if sum(amounts[place] for place in chosen) == target
    }


# --- joint explanations -------------------------------------------------------------

Claims = Sequence[Sequence[Claim]]
Choice = tuple[Claim | None, ...]


def compatible(chosen: Choice, fits: Callable[[int, Sequence[Claim]], bool]) -> bool:
    """Whether no invoice is claimed by two, unless by parts that fit into it."""
    claimants: dict[int, list[Claim]] = {}
    for claim in chosen:
        for invoice in claim.invoices if claim else ():
            claimants.setdefault(invoice, []).append(claim)  # type: ignore[arg-type]
    return all(
        len(held) == 1 or fits(invoice, held) for invoice, held in claimants.items()
    )


def parts_that_fit(
    claims: Claims, outstanding: Sequence[int]
) -> Callable[[int, Sequence[Claim]], bool]:
    """Parts share an invoice when all the parts claimed of it fit into it."""
    asked: dict[int, int] = {}
    for claim in (claim for held in claims for claim in held):
        if claim.kind is Kind.PART:
            for invoice, amount in claim.money.items():
                asked[invoice] = asked.get(invoice, 0) + amount

    def fits(invoice: int, held: Sequence[Claim]) -> bool:
        parts = all(claim.kind is Kind.PART for claim in held)
        return parts and asked[invoice] <= outstanding[invoice]

    return fits


def choices(claims: Claims, outstanding: Sequence[int]) -> Iterator[Choice]:
    """Every joint explanation: one claim or none a transaction."""
    fits = parts_that_fit(claims, outstanding)
    for chosen in product(*([None, *held] for held in claims)):
        if compatible(chosen, fits):
            yield chosen


def posterior(claims: Claims, outstanding: Sequence[int]) -> list[list[float]]:
    """Probability of each claim: its share of all joint explanations."""
    total = Fraction(0)
    mine = [[Fraction(0)] * len(held) for held in claims]
    for chosen in choices(claims, outstanding):
        odds = Fraction(1)
        for claim in chosen:
            odds *= Fraction(exp2(claim.bits)) if claim else 1
        total += odds
        for row, claim in enumerate(chosen):
            if claim is not None:
                place = next(n for n, c in enumerate(claims[row]) if c is claim)
                mine[row][place] += odds
    return [[float(share / total) for share in held] for held in mine]


def best_total(claims: Claims, outstanding: Sequence[int], least: float) -> float:
    """Bits above ``least`` of the best joint choice."""
    usable = [[c for c in held if c.bits > least] for held in claims]
    return max(
        sum(claim.bits - least for claim in chosen if claim)
        for chosen in choices(usable, outstanding)
    )


def has_cycle(claims: Claims) -> bool:
    """Whether transactions and the invoices they claim form a cycle.

    A transaction's claims are one node, as only one of them is true; invoices that
    nobody else claims tell nothing.
    """
    edges = {
        (row, i) for row, held in enumerate(claims) for c in held for i in c.invoices
    }
    shared = {i for _, i in edges if len({row for row, j in edges if j == i}) > 1}
    parent: dict[object, object] = {}

    def root(node: object) -> object:
        while parent.setdefault(node, node) != node:
            node = parent[node]
        return node

    for row, invoice in sorted(edges):
        if invoice in shared:
            one, other = root(("row", row)), root(("invoice", invoice))
            if one == other:
                return True
            parent[one] = other
    return False


def overdrawn(given: Mapping[str, int], outstanding: Mapping[str, int]) -> set[str]:
    """Invoices given more than is outstanding, or money of the wrong sign."""
    return {
        invoice
        for invoice, amount in given.items()
        if abs(amount) > abs(outstanding[invoice]) or amount * outstanding[invoice] < 0
    }


# --- check digits -------------------------------------------------------------------

_COMPACT = {
    Format.RF: r"RF[0-9]{2}[0-9A-Z]{1,21}",
    Format.OGM: r"[0-9]{12}",
    Format.QRR: r"[0-9]{27}",
    Format.RF_FINNISH: r"RF[0-9]{2}[0-9]{2,20}",
    Format.VIITENUMERO: r"[0-9]{4,20}",
    Format.KID_MOD10: r"[0-9]{2,25}",
    Format.KID_MOD11: r"[0-9]{1,24}[0-9-]",
    Format.OCR: r"[0-9]{2,25}",
    Format.OCR_LENGTH: r"[0-9]{3,25}",
    Format.FIK_71: r"[0-9]{15}",
    Format.FIK_75: r"[0-9]{16}",
    Format.SI: r"SI[0-9]{2}[0-9]{1,13}(-[0-9]{1,12}){0,2}",
}


def weighted(digits: str, weights: Iterable[int], modulus: int) -> int:
    """What the weighted digits, from the right, lack to a multiple of the modulus."""
    pairs = zip(reversed(digits), cycle(weights), strict=False)
    return -sum(int(digit) * weight for digit, weight in pairs) % modulus


def _ends_in_731(text: str) -> bool:
    return weighted(text[:-1], (7, 3, 1), 10) == int(text[-1])


def _ends_in_2_to_7(text: str) -> bool:
    return "0123456789-"[weighted(text[:-1], range(2, 8), 11)] == text[-1]


# ZBS, rules for standardised references 1.4, 2.2: what has a K behind it ends in a
# check digit. Parts behind the last K may be left out.
_SLOVENIAN = {
    "01": "(P1-P2-P3)K",
    "02": "P1-(P2)K-(P3)K",
    "03": "(P1)K-(P2)K-(P3)K",
    "04": "(P1)K-P2-(P3)K",
    "05": "(P1)K-P2-P3",
    "06": "P1-(P2-P3)K",
    "07": "P1-(P2)K-P3",
    "08": "(P1-P2)K-(P3)K",
    "09": "(P1-P2)K-P3",
    "10": "(P1)K-(P2-P3)K",
    "12": "(P1)K",
    "21": "(P1)K-P2",
    "31": "(P1)K-P2",
    "55": "(P1)K-P2-P3",
    **dict.fromkeys(
        ("11", "18", "19", "28", "38", "40", "41", "48", "49", "51", "58"),
        "(P1)K-(P2)K-P3",
    ),
}


def _follows_its_model(text: str) -> bool:
    model, parts = text[2:4], text[4:].split("-")
    form = _SLOVENIAN.get(model)
    if form is None or len(parts) > form.count("P") or len("".join(parts)) > 20:
        return False
    if any(len(part) > 12 for part in parts) and model != "12":
        return False
    for group in re.findall(r"\(([^)]*)\)K", form):
        named = [int(name[1]) - 1 for name in group.split("-")]
        digits = "".join(parts[place] for place in named if place < len(parts))
        # The first part of a group is there, and something is checked.
        if named[0] >= len(parts) or len(digits) < 2:
            return False
        if weighted(digits[:-1], range(2, 22), 11) % 10 != int(digits[-1]):
            return False
    return True


_SUMS: dict[Format, Callable[[str], bool]] = {
    Format.RF: iso11649.is_valid,
    Format.OGM: ogm_vcs.is_valid,
    Format.QRR: esr.is_valid,
    Format.RF_FINNISH: lambda t: iso11649.is_valid(t) and _ends_in_731(t[4:]),
    Format.VIITENUMERO: _ends_in_731,
    Format.KID_MOD10: luhn.is_valid,
    Format.KID_MOD11: _ends_in_2_to_7,
    Format.OCR: luhn.is_valid,
    Format.OCR_LENGTH: lambda t: luhn.is_valid(t) and int(t[-2]) == len(t) % 10,
    Format.FIK_71: luhn.is_valid,
    Format.FIK_75: luhn.is_valid,
    Format.SI: _follows_its_model,
}


def check_digits_hold(compact: str, form: Format) -> bool:
    """Whether a compact reference has a format, by python-stdnum where it knows it."""
    return bool(re.fullmatch(_COMPACT[form], compact)) and _SUMS[form](compact)


_LONE = r"(?<![^ \n\r\t:;()\[\]\"'#])"
_ALONE = r"(?=[.,]?(?:[ \n\r\t:;()\[\]\"'#]|$))"
_EDGE, _END = r"(?<![0-9A-Z])", r"(?![0-9A-Z])"


def _written() -> Iterator[tuple[Format, str]]:
    """Each way to write a structured reference, its edges looked at but not taken."""
    slashed, spaced = "[0-9]{3}/[0-9]{4}/[0-9]{5}", "[0-9]{3} / [0-9]{4} / [0-9]{5}"
    for frame, blank in product((r"\+\+\+", r"\*\*\*"), ("", " ")):
        for digits in ("[0-9]{12}", slashed, spaced):
            ahead, behind = f"(?<={frame}{blank})", f"(?={blank}{frame})"
            yield Format.OGM, f"{ahead}{digits}{behind}"
    yield Format.OGM, f"{_LONE}(?P<lone>[0-9]{{12}}|{slashed}){_ALONE}"
    yield Format.QRR, f"{_EDGE}[0-9]{{27}}{_END}"
    yield Format.QRR, f"{_EDGE}[0-9]{{2}}( [0-9]{{5}}){{5}}{_END}"
    for size in range(4, 22):
        whole = f"[0-9A-Z]{{{size}}}"
        fours = f"( [0-9A-Z]{{4}}){{{size // 4}}}"
        fours += f" [0-9A-Z]{{{size % 4}}}" if size % 4 else ""
        yield Format.RF, f"{_EDGE}RF[0-9]{{2}}{whole}{_END}"
        yield Format.RF, f"{_EDGE}RF[0-9]{{2}}(?P<split>{fours}){_END}"
        yield Format.RF, f"{_EDGE}RF[0-9]{{2}}(?P<split> {whole}){_END}"


WRITTEN = [(form, re.compile(pattern)) for form, pattern in _written()]


def _moment(digits: str) -> bool:
    for pattern in ("%Y%m%d%H%M", "%y%m%d%H%M%S"):
        # A day too many for its month is still no reference.
        capped = re.sub("^(.{2}|(?:19|20).{2})(.{2})(29|30|31)", r"\1\g<2>28", digits)
        with contextlib.suppress(ValueError):
            year = datetime.strptime(capped, pattern).replace(tzinfo=UTC).year
            return pattern.startswith("%y") or 1900 <= year < 2100
    return False


def structured(text: str) -> list[tuple[int, int, str, str, bool]]:
    """Structured references in a folded text, where nothing is noise.

    Returns:
        Begin, end, format, compact form and validity of each.
    """
    found = []
    for form, pattern in WRITTEN:
        for begin in range(len(text)):
            match = pattern.match(text, begin)
            if not match:
                continue
            compact = re.sub("[^0-9A-Z]", "", match.group())
            valid = check_digits_hold(compact, form)
            groups = match.groupdict()
            wanted = bool(compact.strip("0"))
            if "lone" in groups:
                wanted &= valid and not _moment(compact)
            if "split" in groups:
                wanted &= valid or compact[2:].isdigit()
            if wanted:
                found.append((begin, match.end(), form.value, compact, valid))
    found.sort(key=lambda one: (one[0], not one[4], -one[1]))
    firsts = [one for n, one in enumerate(found) if not n or one[0] != found[n - 1][0]]
    return [
        one
        for n, one in enumerate(firsts)
        if all(other[1] <= one[0] for other in firsts[:n])
    ]
