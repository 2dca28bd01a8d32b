"""Which digits of a text are no reference; marked by ``_`` in the table."""

import re

import numpy as np
import pytest

from payymo_core.noise import called_otherwise, noise
from payymo_core.spans import scan

MEANINGLESS = [
    "_1_ _234_,_56_",
    "_1_'_234_._56_",
    "_12_ _345_ _678_,_90_",
    "_1_._234_._567_,_89_",
    "_1234_._56_",
    "2026.04",
    "12.34",
    "_12_,_34_",
    "EUR _12_._34_",
    "EUR _5000_",
    "_5000_ EUR",
    "RE 4711 EUR _29_,_00_",
    "_29_,_00_ EUR 4711",
    "_14_:_35_ Uhr",
    "_14_:_35_:_10_",
    "25:70",
    "_00491701234567_",
    "00000000000000012345678903",
    "+_49_ _30_ _4711420_",
    "IBANDE_89370400440532013000_ RE 12",
    "_20_._03_._2026_ RE 1007",
]
CALLED_OTHERWISE = [
    "Kd _507_ danke",
    "Kunden-Nr. _507_",
    "Customer no _507_ invoice 88",
    "Kundennr. D_15773_",
    "cust no K_3_Z_7_ and 88",
    "Kunde RE20260042",
    "Kunde Meier 507",
    "Invoice no 507",
    "Tel _0171_ 23456",
]


@pytest.mark.parametrize("marked", MEANINGLESS)
def test_digits_that_name_nothing(marked: str) -> None:
    seen = scan([marked.replace("_", "")])
    assert digits(noise(seen) & seen.digits, marked) == expected(marked)


@pytest.mark.parametrize("marked", CALLED_OTHERWISE)
def test_digits_that_another_word_claims(marked: str) -> None:
    assert digits(called_otherwise(scan([marked.replace("_", "")])), marked) == (
        expected(marked)
    )


def test_a_word_claims_nothing_of_the_next_text() -> None:
    assert not called_otherwise(scan(["Kunde", "507", "Kunde", "Nr", "88"])).any()


def digits(chosen: np.ndarray, marked: str) -> list[str]:
    seen = scan([marked.replace("_", "")])
    return [
        seen.letters[seen.place[seen.start[at]] : seen.place[seen.end[at] - 1] + 1]
        .tobytes()
        .decode()
        for at in np.flatnonzero(chosen)
    ]


def expected(marked: str) -> list[str]:
    return re.findall(r"_(\d+)_", marked)
