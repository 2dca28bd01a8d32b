"""Texts of records as lines, against the naive way."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from payymo_core.lines import lines_of
from payymo_core.normalisation import fold

TEXTS = st.one_of(st.none(), st.sampled_from(["", "RF18", "inv 7", "é", "a\nb"]))
CARRIED = st.dictionaries(st.sampled_from("zkb"), st.sampled_from(["", "x", "ß 9"]))
RECORDS = st.lists(st.tuples(TEXTS, TEXTS, TEXTS, CARRIED), max_size=6)
NAMES = ["number", "id", "reference"]

Line = tuple[int, str, int, str]


def naive(records: list[tuple[Any, ...]]) -> list[Line]:
    """Row, field, origin and folded text of each line."""
    out = []
    for row, (*texts, carried) in enumerate(records):
        held = list(zip(NAMES, texts, strict=True))
        held += [(f"metadata.{key}", carried[key]) for key in sorted(carried)]
        out += [
            (row, name, origin, fold(text.replace("\n", " ")))
            for origin, (name, text) in enumerate(held)
            if text
        ]
    return out


@given(RECORDS)
def test_each_text_is_a_line_where_its_record_has_it(records):
    columns = {
        name: [record[place] for record in records] for place, name in enumerate(NAMES)
    }
    lines = lines_of(columns, [record[-1] for record in records], "metadata.")
    letters = lines.letters.tobytes().decode("ascii")
    ends = lines.start[1:].tolist()
    texts = [
        letters[start : end - 1]
        for start, end in zip(lines.start.tolist(), ends, strict=False)
    ]
    fields = [lines.fields[place] for place in lines.field.tolist()]
    rows, origins = lines.row.tolist(), lines.origin.tolist()
    assert list(zip(rows, fields, origins, texts, strict=True)) == naive(records)
