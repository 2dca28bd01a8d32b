"""How likely the generator makes up just this name."""

from functools import lru_cache

from benchmarks.judge.debtors import legal_form
from benchmarks.world import names


@lru_cache(maxsize=1 << 14)
def word_chance(word: str) -> float:
    """Probability of a made-up word."""
    lower = word.lower()
    if word != lower.capitalize():
        return 0.0
    ends = _syllable(_syllable({0: 1.0}, lower), lower)
    longer = _syllable(ends, lower)
    return 0.5 * ends.get(len(lower), 0.0) + 0.5 * longer.get(len(lower), 0.0)


def _syllable(starts: dict[int, float], word: str) -> dict[int, float]:
    reached = starts
    for parts in (names.ONSETS, names.VOWELS, names.CODAS):
        following: dict[int, float] = {}
        for at, chance in reached.items():
            for part in parts:
                if word.startswith(part, at):
                    end = at + len(part)
                    share = chance / len(parts)
                    following[end] = following.get(end, 0.0) + share
        reached = following
    return reached


def surname_chance(name: str) -> float:
    """Probability of a surname."""
    common = names.SURNAMES.count(name) / len(names.SURNAMES)
    return 0.5 * common + 0.5 * word_chance(name)


def first_name_chance(name: str) -> float:
    """Probability of a first name."""
    return names.FIRST_NAMES.count(name) / len(names.FIRST_NAMES)


def person_chance(name: str) -> float:
    """Probability of a person's name."""
    first, _, last = name.partition(" ")
    return first_name_chance(first) * surname_chance(last)


def company_chance(name: str, country: str) -> float:
    """Probability of the name of a company of this country."""
    land = names.COUNTRIES[country]
    form = legal_form(name)
    if form is None or form not in land.legal_forms:
        return 0.0
    core = name.removesuffix(f" {form}")
    trades = names.TRADE_WORDS[land.language]
    left, joined, right = core.partition(" & ")
    chance = surname_chance(left) * surname_chance(right) if joined else 0.0
    chance += word_chance(core)
    for trade in trades:
        share = 1 / len(trades)
        if core.startswith(f"{trade} "):
            chance += share * surname_chance(core.removeprefix(f"{trade} "))
        if core.endswith(f" {trade}"):
            chance += 2 * share * surname_chance(core.removesuffix(f" {trade}"))
    return chance / 5 / len(land.legal_forms)
