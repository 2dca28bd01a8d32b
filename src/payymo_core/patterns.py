r"""A user's pattern, made into a regular expression that cannot run away.

A pattern says how a reference is written in a payer's text. It has two forms.

**A template** is the reference as it is printed, with what varies in braces::

    INV-{digits:4}-{digits:6}

``{digits:6}`` is six digits, ``{digits:4-8}`` four to eight, ``{digits}`` one to 64;
``{letters}`` and ``{alnum}`` likewise. All else is letters, digits and the separators
``- / . _ : #`` and blank. Payers and banks drop, change and add separators: where the
template has one, and where a placeholder starts or ends, the text may have up to three
of any kind, or none. So the template above finds ``INV-2026-004711``,
``Inv. 2026/004711`` and ``INV2026004711``. Separators at its ends say nothing. An end
never touches a character of its own kind: ``PO{digits:6}`` finds nothing in
``REPO123456`` or ``PO1234567``, but does in ``4PO123456EUR``.

**A regular expression** stands between slashes, ``/PO-?(\d{6})/``. Without slashes, a
pattern with no placeholder but any of ``\ [ ] ( ) { } | ^ $ * + ?`` is one too. The
reference is the first group that took part in the match, or all of it where there is no
group. Understood are literals, ``.``, classes, ``\d \w \s \D \W \S \b ^ $``, escaped
punctuation, groups (plain, named, ``(?:...)``), ``|`` and greedy or lazy quantifiers.
One without an upper end stops at 64, or at 8 where nothing that it repeats can be a
letter or a digit.

What is both, or neither, is refused. Case never matters and classes are those of ASCII,
for the text to search is folded to ASCII capitals. How much work a match can be is
bounded in ``pattern_bounds``.
"""

import re
from collections.abc import Iterator

from payymo_core.pattern_bounds import (
    END,
    FLAGS,
    Character,
    Edge,
    Group,
    Part,
    Sequence,
    always_captures,
    fault,
    first_of,
    lengths_of,
    plan,
    repeat,
)
from payymo_core.pattern_parser import parse_expression

LONGEST_PATTERN = 200
"""No pattern has more characters."""

LEAST_REFERENCE = 3
"""A reference has as many letters or digits; fewer are found in any text."""


def compile_pattern(text: str) -> re.Pattern[str]:
    r"""Compile a user's pattern, to search text folded to ASCII capitals.

    >>> pattern = compile_pattern("PO{digits:6}")
    >>> [reference_of(found) for found in pattern.finditer("PO 123456, REPO 654321")]
    ['PO 123456']
    >>> pattern = compile_pattern(r"/PO-?(\d{6})/")
    >>> [reference_of(found) for found in pattern.finditer("PO-123456, REPO 654321")]
    ['123456']

    Args:
        text: A template, or a regular expression.

    Returns:
        A pattern that takes at most ``pattern_bounds.MOST_STEPS`` from any one start.

    Raises:
        ValueError: It is refused; says at which character, counted from 1, and why.
    """
    _check_text(text)
    root, groups = _parse(text)
    _check_reference(root, groups)
    return re.compile(plan(root).source, FLAGS)


def reference_of(found: re.Match[str]) -> str:
    """Give the first group that took part, or the whole match where there is none."""
    groups = (group for group in found.groups() if group is not None)
    return next(groups, found.group())


def _check_text(text: str) -> None:
    if not text.strip():
        raise fault(0, "the pattern is empty")
    if len(text) > LONGEST_PATTERN:
        reason = f"a pattern has at most {LONGEST_PATTERN} characters"
        raise fault(LONGEST_PATTERN, reason)
    for at, character in enumerate(text):
        if not (character.isascii() and character.isprintable()):
            reason = "is not printable ASCII, and the text searched is folded to that"
            raise fault(at, f"{character!r} {reason}")


def _check_reference(root: Part, groups: tuple[Group, ...]) -> None:
    if first_of(root) >= END:
        raise fault(0, "the pattern can match the empty string")
    if lengths_of(root)[0] < LEAST_REFERENCE:
        few = f"fewer than {LEAST_REFERENCE} letters or digits"
        raise fault(0, f"the pattern can match {few}, so nearly anything")
    for group in groups:
        if lengths_of(group)[1] < LEAST_REFERENCE:
            remedy = "a group that is not the reference is written (?:...)"
            raise fault(group.at, f"too short for the reference; {remedy}")
    if groups and not always_captures(root):
        raise fault(groups[0].at, "a match can leave the group, the reference, out")


_NAMED = re.compile(r"(?<!\\)\{[A-Za-z]")
_SIGN = re.compile(r"[\\\[\](){}|^$*+?]")


def _parse(text: str) -> tuple[Part, tuple[Group, ...]]:
    """Tell the form, and read it into its parts and its capturing groups."""
    slashed = len(text) > 1 and text[0] == text[-1] == "/"
    named = _NAMED.search(text)
    if named and slashed:
        raise fault(named.start(), "a placeholder, but the slashes say it is a regex")
    if named:
        return _template(text), ()
    if not slashed and not _SIGN.search(text):
        reason = "nothing in it varies: write that as {digits:6}, {letters:2} or"
        raise fault(0, f"{reason} {{alnum:5-9}}, or a regular expression as /.../")
    margin = 1 if slashed else 0
    return parse_expression(text, margin, len(text) - margin)


_KINDS = {"digits": "[0-9]", "letters": "[A-Z]", "alnum": "[A-Z0-9]"}
_GAP = r"[ \-/._:#]"
_TOKEN = re.compile(
    rf"(?P<gap>{_GAP}+)|(?P<literal>[A-Za-z0-9])"
    r"|\{(?P<kind>digits|letters|alnum)(:(?P<least>\d+)(-(?P<most>\d+))?)?\}"
)


def _template(text: str) -> Sequence:
    """Join the parts of a template, with one gap at most between two, none outside."""
    kept: list[tuple[str, Part]] = [(_GAP, Sequence(0, ()))]
    for kind, part in _tokens(text):
        if kind != _GAP or kept[-1][0] != _GAP:
            kept.append((kind, part))
    kept = kept[1:-1] if kept[-1][0] == _GAP else kept[1:]
    before = Edge(0, f"(?<!{kept[0][0]})")
    after = Edge(len(text), f"(?!{kept[-1][0]})")
    return Sequence(0, (before, *(part for _, part in kept), after))


def _tokens(text: str) -> Iterator[tuple[str, Part]]:
    """Give each part with the class that its characters are of."""
    at = 0
    while at < len(text):
        found = _TOKEN.match(text, at)
        if found is None:
            raise fault(at, _why_no_token(text[at]))
        gap = (_GAP, repeat(at, Character.of(at, _GAP), 0, 3))
        if literal := found["literal"]:
            kind = _KINDS["digits" if literal.isdigit() else "letters"]
            yield kind, Character.of(at, literal)
        elif found["kind"]:
            yield from (gap, _placeholder(found), gap)
        else:
            yield gap
        at = found.end()


def _placeholder(found: re.Match[str]) -> tuple[str, Part]:
    at, kind = found.start(), _KINDS[found["kind"]]
    least = int(found["least"] or 1)
    most = found["most"] or found["least"]
    return kind, repeat(at, Character.of(at, kind), least, int(most) if most else None)


def _why_no_token(character: str) -> str:
    if character == "{":
        return "a placeholder is {digits:6}, {digits:4-8} or {digits}; letters; alnum"
    return f"{character!r} in a template; a regular expression is written /.../"
