r"""What a user's pattern finds, what is refused, and that none runs away."""

import importlib
import re
import string
from collections.abc import Iterator
from itertools import islice
from typing import Any

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from payymo_core.pattern_bounds import (
    FLAGS,
    LONGEST_GAP,
    LONGEST_RUN,
    MOST_STEPS,
    Plan,
    plan,
)
from payymo_core.pattern_parser import parse_expression
from payymo_core.patterns import compile_pattern, reference_of

FOUND = [
    ("PO{digits:6}", "ORDER PO123456 THANKS", ["PO123456"]),
    ("PO{digits:6}", "po 123456, PO: 111111", ["po 123456", "PO: 111111"]),
    ("PO{digits:6}", "PO1234567 REPO123456 PO12345", []),
    ("PO{digits:6}", "4PO123456EUR", ["PO123456"]),
    ("PO{digits:6}", "PO    123456", []),
    ("INV-{digits:4}-{digits:6}", "INV-2026-004711", ["INV-2026-004711"]),
    ("INV-{digits:4}-{digits:6}", "Inv. 2026/004711", ["Inv. 2026/004711"]),
    ("INV-{digits:4}-{digits:6}", "INV2026004711", ["INV2026004711"]),
    ("INV-{digits:4}-{digits:6}", "INV2026004711 2", ["INV2026004711"]),
    ("INV-{digits:4}-{digits:6}", "INV 20260 04711", []),
    ("{letters:2}{digits:4-8}", "AB1234 ABC1234 XY123456789", ["AB1234"]),
    ("KD-{alnum:5-7}", "KD A1B2C, KD A1B2C3D4", ["KD A1B2C"]),
    ("RE{digits}", "RE 7, RE 4711", ["RE 7", "RE 4711"]),
    ("--{digits:6}--", "123456", ["123456"]),
    ("#{digits:3}4-", "123 4; 123 45", ["123 4"]),
    (r"/PO\d{6}/", "PO123456 PO12345", ["PO123456"]),
    (r"PO-?(\d{6})", "po-123456 PO654321", ["123456", "654321"]),
    (r"/PO\s*[-:]?\s*(\d+)/", "PO: 4711", ["4711"]),
    (r"/PO(\d{4})|RE(\d{4})/", "RE1234 PO5678", ["1234", "5678"]),
    (r"/(?P<year>\d{4})-(\d{4})/", "2026-0047", ["2026"]),
    (r"/(?:A(?P<n>\d{3})|B(?P<n>\d{3}))/", "B123", ["123"]),
    (r"/^\d{6}$/", "123456", ["123456"]),
    (r"/^\d{6}$/", "X 123456", []),
    (r"/\bRE[ -]?\d{4}\b/", "RE 4711 RE47112 ARE4711", ["RE 4711"]),
    (r"/PO.*?(\d{6})/", "PO NO. 123456 654321", ["123456"]),
    (r"/PO\d{3,6}?/", "PO123456", ["PO123"]),
    (r"/(?:A\w{1,3}){2}-/", "ABAB-", ["ABAB-"]),
    (r"/.*PO(\d{6}).*/", "YOUR PO123456 OF MAY", ["123456"]),
    (r"/[^\d\s]{3}[A-C-]\d\.\/[\].]/", "XYZ-1./]", ["XYZ-1./]"]),
    (r"/[]x^&&||~~[[-]{3}AAA/", "]^[AAA", ["]^[AAA"]),
    (r"/\+{3}(\d{3}\/\d{4})\+{3}/", "+++123/4567+++", ["123/4567"]),
    (r"/\w{3}\W\d\D\s\S/", "ABC-1X Y", ["ABC-1X Y"]),
    (r"/(?:\d ?){9,27}/", "21 00000 00003", ["21 00000 00003"]),
    (r"PO\d{6}/", "PO123456/7", ["PO123456/"]),
]  # fmt: skip


@pytest.mark.parametrize(("pattern", "text", "references"), FOUND)
def test_a_pattern_finds_the_references_of_a_text(
    pattern: str, text: str, references: list[str]
) -> None:
    found = compile_pattern(pattern).finditer(text)
    assert [reference_of(each) for each in found] == references


REFUSED = [
    ("", 1, "empty"),
    ("   ", 1, "empty"),
    ("A" * 201, 201, "at most 200"),
    ("RÉ{digits:6}", 2, "not printable ASCII"),
    ("RE\t{digits:6}", 3, "not printable ASCII"),
    ("PO123456", 1, "nothing in it varies"),
    ("PO......", 1, "nothing in it varies"),
    ("PO-?{digits:6}", 4, "'?' in a template"),
    (r"PO\d{digits:6}", 3, r"'\\' in a template"),
    ("PO{digit:6}", 3, "a placeholder is"),
    ("PO{digits:}", 3, "a placeholder is"),
    ("PO{digits:6", 3, "a placeholder is"),
    ("PO{digits:8-6}", 3, "from 8 down to 6"),
    ("PO{digits:65}", 3, "between 1 and 64"),
    ("PO{digits:0}", 3, "between 1 and 64"),
    ("{digits}", 1, "fewer than 3"),
    ("A-{digits:1}", 1, "fewer than 3"),
    ("/PO/{digits:6}/", 5, "the slashes say"),
    (r"/\d+/", 1, "fewer than 3"),
    (r"/---/", 1, "fewer than 3"),
    (r"/\d*/", 1, "empty string"),
    (r"/(?:ABC)?/", 1, "empty string"),
    (r"/ABC|/", 1, "empty string"),
    (r"/(PO|RE)-\d{6}/", 2, "too short for the reference"),
    (r"/ABC()/", 5, "too short for the reference"),
    (r"/INV(\d{6})?/", 5, "leave the group"),
    (r"/INV((\d{6}))?/", 5, "leave the group"),
    (r"/ABC|RE(\d{6})/", 8, "leave the group"),
    (r"/(\d{3})-\1/", 10, "back-reference"),
    (r"/(?P<a>\d{3})(?P=a)/", 14, "back-reference"),
    (r"/(?=PO)\d{6}/", 2, "look-ahead"),
    (r"/ABC(?!\d)/", 5, "look-ahead"),
    (r"/(?<=PO)\d{6}/", 2, "look-behind"),
    (r"/(?<!PO)\d{6}/", 2, "look-behind"),
    (r"/(?>\d{6})/", 2, "atomic"),
    (r"/(A)?BCD(?(1)E|F)/", 9, "a condition"),
    (r"/(?i)PO\d{6}/", 2, "this kind of group"),
    (r"/(?P<1>\d{6})/", 2, "this kind of group"),
    (r"/\d{6}++/", 7, "behind a quantifier"),
    (r"/A**BCD/", 4, "behind a quantifier"),
    (r"/A{2}{3}BC/", 6, "behind a quantifier"),
    (r"/+ABC/", 2, "nothing for '+'"),
    (r"/A|*BC/", 4, "nothing for '*'"),
    (r"/ABC{,4}/", 5, r"written \{"),
    (r"/ABC}/", 5, r"written \}"),
    (r"/ABC]/", 5, r"written \]"),
    (r"/ABC)/", 5, "closes nothing"),
    (r"/(ABC/", 2, "not closed"),
    (r"/ABC[D/", 5, "not closed"),
    (r"ABC[D-", 4, "not closed"),
    (r"/ABC\/", 5, "nothing behind it"),
    (r"/\x41BC/", 2, r"\x is not supported"),
    (r"/ABC\Z/", 5, r"\Z is not supported"),
    (r"/[\b]ABC/", 3, r"\b is not supported"),
    (r"/ABC[Z-A]/", 6, "to a later one"),
    (r"/ABC[\d-Z]/", 6, "to a later one"),
    (r"/\d{3,65}/", 2, "between 1 and 64"),
    (r"/\d{8,3}ABC/", 2, "from 8 down to 3"),
    (r"/ABC(?:\d*)*/", 5, "what can be empty"),
    (r"/ABC\b?/", 5, "what can be empty"),
    ("/" + "(?:" * 11 + "ABC" + ")" * 11 + "/", 32, "within each other"),
    (r"/(A+)+BCD$/", 2, "steps"),
    (r"/(?:A|AA)+BCD$/", 2, "steps"),
    (r"(.*)*x", 1, "what can be empty"),
    (r"/(\d+\s?)+XYZ/", 2, "steps"),
    (r"/\w+\s*\w+\s*\d+#/", 8, "steps"),
    (r"/.*.*ABC/", 4, "steps"),
    ("/" + "A?" * 30 + "A{30}/", 22, "steps"),
    ("/" + "(?:A|A.)" * 20 + "BCD/", 77, "steps"),
    ("/(?:(?:(?:(?:(?:A+)+)+)+)+)+BCD/", 14, "steps"),
]  # fmt: skip


@pytest.mark.parametrize(("pattern", "at", "reason"), REFUSED)
def test_a_refusal_says_where_and_why(pattern: str, at: int, reason: str) -> None:
    with pytest.raises(ValueError, match="character") as refusal:
        compile_pattern(pattern)
    message = str(refusal.value)
    assert message.startswith(f"character {at}: ")
    assert reason in message


@given(st.text(r"AZaz09\dwsbB.-+*?{}[]()|^$,:=!<>P/ &~#", max_size=40))
def test_any_text_is_compiled_or_refused(text: str) -> None:
    for pattern in (text, f"/{text}/"):
        try:
            compiled = compile_pattern(pattern)
        except ValueError as refusal:
            where = str(refusal)
        else:
            where = "character 0: compiled" if compiled.search("") is None else ""
        assert re.match(r"character \d+: .", where)


SINGLE = st.sampled_from(["A", "B", "1", "-", ".", r"\w", r"\d", "[AB]", "[^A]"])
BOUNDED = ("?", "{2}", "{1,2}", "{0,3}", "{2,5}")
ENDLESS = ("*", "+", "{2,}")


def expressions(counts: tuple[str, ...]) -> st.SearchStrategy[str]:
    """Regular expressions that never match the empty string, the counts over one."""
    lazy = st.sampled_from(["", "?"])
    runs = st.tuples(SINGLE, st.sampled_from(counts), lazy).map("".join)
    atoms = SINGLE | runs | st.sampled_from(["AB", "A1", r"\b", "^", "$"])

    def wider(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
        opening = st.sampled_from(["(?:", "("])
        branches = st.lists(inner, min_size=1, max_size=3).map("|".join)
        groups = st.tuples(opening, branches, st.just(")")).map("".join)
        rounds = st.tuples(SINGLE, inner, st.sampled_from(BOUNDED), lazy)
        loops = rounds.map(lambda part: "(?:{}{}){}{}".format(*part))
        return st.lists(inner | groups | loops, min_size=1, max_size=3).map("".join)

    ends = st.sampled_from(["{}A", "A{}", r"\w{}", "[^A]{}1", "{}[AB]"])
    return st.builds(str.format, ends, st.recursive(atoms, wider, max_leaves=6))


def plan_of(expression: str) -> Plan:
    """Bound an expression, without the rules on what a reference is."""
    try:
        return plan(parse_expression(expression, 0, len(expression))[0])
    except ValueError:
        assume(condition=False)
        raise


def finds(source: str, text: str) -> list[tuple[tuple[int, int], tuple[str, ...]]]:
    found = re.finditer(source, text, FLAGS)
    return [(each.span(), each.groups()) for each in found]


@given(expressions(BOUNDED), st.text("AB1- ", max_size=30))
def test_a_bounded_expression_finds_what_python_finds(
    expression: str, text: str
) -> None:
    assert finds(plan_of(expression).source, text) == finds(expression, text)


@given(expressions(BOUNDED + ENDLESS), st.text("AB1- ", max_size=LONGEST_GAP))
def test_an_endless_expression_finds_what_python_finds_in_short_texts(
    expression: str, text: str
) -> None:
    assert finds(plan_of(expression).source, text) == finds(expression, text)


@given(expressions(BOUNDED + ENDLESS))
def test_nothing_endless_is_left_in_a_compiled_expression(expression: str) -> None:
    source = re.sub(r"\\.|\[[^]]*\]", "", plan_of(expression).source)
    counts = re.findall(r"\{(\d+),(\d*)\}", source)
    assert not re.search(r"\*|(?<!\})\+", source)
    assert all(int(least) <= int(most) <= LONGEST_RUN for least, most in counts)


# The oracle: the standard library's own reading of the compiled source, tried by a
# plain backtracking matcher that counts, and knows nothing of how the bound was found.
SRE = importlib.import_module("re._parser")
EDGES = {"AT_BOUNDARY": r"\b", "AT_BEGINNING": "^", "AT_END": "$"}
CATEGORIES = {
    "CATEGORY_DIGIT": string.digits,
    "CATEGORY_WORD": string.ascii_letters + string.digits + "_",
}
Op = tuple[Any, Any]


class CountingMatcher:
    """Every end from one start, in the order Python tries them, counting the steps."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.steps = 0

    def ends(self, ops: list[Op], at: int) -> Iterator[int]:
        if not ops:
            yield at
            return
        for middle in self.ends_of(ops[0][0], ops[0][1], at):
            yield from self.ends(ops[1:], middle)

    def ends_of(self, op: object, what: Any, at: int) -> Iterator[int]:
        match str(op), what:
            case "BRANCH", (_, branches):
                for branch in branches:
                    self.steps += 1
                    yield from self.ends(list(branch), at)
            case "SUBPATTERN", (group, _, _, body):
                self.steps += 1 if group else 0
                yield from self.ends(list(body), at)
            case "MAX_REPEAT", (least, most, body):
                yield from self.greedy(list(body), int(least), int(most), at)
            case "MIN_REPEAT", (least, most, body):
                yield from self.lazy(list(body), int(least), int(most), at)
            case "POSSESSIVE_REPEAT", (least, most, body):
                yield from islice(self.greedy(list(body), least, most, at), 1)
            case "AT", place:
                self.steps += 1
                if re.compile(EDGES[str(place)], FLAGS).match(self.text, at):
                    yield at
            case _:
                self.steps += 1
                if self.text[at:] and is_in(op, what, self.text[at]):
                    yield at + 1

    def greedy(self, body: list[Op], least: int, most: int, at: int) -> Iterator[int]:
        if most > 0:
            for middle in self.ends(body, at):
                yield from self.greedy(body, least - 1, most - 1, middle)
        if least <= 0:
            yield at

    def lazy(self, body: list[Op], least: int, most: int, at: int) -> Iterator[int]:
        if least <= 0:
            yield at
        if most > 0:
            for middle in self.ends(body, at):
                yield from self.lazy(body, least - 1, most - 1, middle)


def is_in(op: object, what: Any, character: str) -> bool:
    match str(op), what:
        case "ANY", _:
            return True
        case "LITERAL", code:
            return character == chr(code)
        case "NOT_LITERAL", code:
            return character != chr(code)
        case "CATEGORY", category:
            return character in CATEGORIES[str(category)]
        case "IN", [(negate, None), *members] if str(negate) == "NEGATE":
            return not any(is_in(each[0], each[1], character) for each in members)
        case "IN", members:
            return any(is_in(each[0], each[1], character) for each in members)
        case _:
            raise AssertionError(op)


@example(r"[A-]{3,9}\b", "-" * 12)
@example(r"A1*", "A" + "1" * 30)
@example(r"A.*(?:B|A.){3}.*", "AAB" * 13)
@given(expressions(BOUNDED + ENDLESS), st.text("AB1-", max_size=40))
def test_no_start_takes_more_steps_than_counted(expression: str, text: str) -> None:
    bound = plan_of(expression)
    ops = list(SRE.parse(bound.source, FLAGS))
    assert bound.steps + bound.once <= MOST_STEPS
    for start in range(len(text)):
        matcher = CountingMatcher(text)
        first = next(matcher.ends(ops, start), None)
        found = re.compile(bound.source, FLAGS).match(text, start)
        assert first == (found.end() if found else None)
        assert matcher.steps <= bound.steps + bound.once
