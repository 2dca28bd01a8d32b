"""A regular expression, read into the parts of ``pattern_bounds``.

The standard library offers no way to look inside a regular expression, and to bound one
it must be understood; so this reads the subset that ``patterns`` documents by recursive
descent, and refuses the rest by name.
"""

import re

from attrs import Factory, define

from payymo_core.pattern_bounds import (
    Character,
    Choice,
    Edge,
    Group,
    Part,
    Sequence,
    fault,
    repeat,
)

DEEPEST = 10
"""Groups within groups."""

_COUNTS = re.compile(r"(?P<sign>[?*+])|\{(?P<least>\d+)(?P<open>,(?P<most>\d*))?\}")
_SIGNS: dict[str, tuple[int, int | None]] = {
    "?": (0, 1),
    "*": (0, None),
    "+": (1, None),
}
_OPENING = re.compile(r"\((?:(?P<plain>\?:)|(?:\?P<[A-Za-z_]\w*>)?(?!\?))", re.ASCII)
_FOREIGN = {
    "(?=": "look-ahead",
    "(?!": "look-ahead",
    "(?<": "look-behind",
    "(?P=": "a back-reference",
    "(?>": "an atomic group",
    "(?(": "a condition",
}
_SETS = frozenset({r"\d", r"\w", r"\s", r"\D", r"\W", r"\S"})


def parse_expression(text: str, start: int, end: int) -> tuple[Part, tuple[Group, ...]]:
    """Read the regular expression that stands in a text from start to end.

    Returns:
        The expression, and its capturing groups in the order they open.

    Raises:
        ValueError: It is no regular expression, or not of the subset.
    """
    parser = _Parser(text, start, end)
    part = parser.choice()
    if parser.at < end:
        raise fault(parser.at, r"a ')' that closes nothing; by itself it is \)")
    return part, tuple(sorted(parser.groups, key=lambda group: group.at))


def _range(found: re.Match[str]) -> tuple[int, int | None]:
    """Least and most of a quantifier; None where it has no upper end."""
    if found["sign"]:
        return _SIGNS[found["sign"]]
    least = int(found["least"])
    if not found["open"]:
        return least, least
    return least, int(found["most"]) if found["most"] else None


@define
class _Parser:
    """Recursive descent over a regular expression.

    Attributes:
        text: The pattern, slashes included.
        at: The next character to read.
        end: Where the expression ends in the text.
        depth: Groups open.
        groups: Capturing groups, in the order they close.
    """

    text: str
    at: int
    end: int
    depth: int = 0
    groups: list[Group] = Factory(list)

    def peek(self) -> str:
        return self.text[self.at : self.at + 1] if self.at < self.end else ""

    def take(self) -> str:
        character = self.peek()
        self.at += len(character)
        return character

    def choice(self) -> Part:
        start = self.at
        branches = [self.sequence()]
        while self.peek() == "|":
            self.at += 1
            branches.append(self.sequence())
        return branches[0] if len(branches) == 1 else Choice(start, tuple(branches))

    def sequence(self) -> Part:
        start, items = self.at, list[Part]()
        while self.peek() not in {"", "|", ")"}:
            items.append(self.repeated())
        return items[0] if len(items) == 1 else Sequence(start, tuple(items))

    def repeated(self) -> Part:
        start = self.at
        part = self.atom()
        found = _COUNTS.match(self.text, self.at, self.end)
        if found is None:
            return part
        self.at = found.end()
        mark = self.take() if self.peek() == "?" else ""
        if _COUNTS.match(self.text, self.at, self.end):
            raise fault(self.at, "a quantifier behind a quantifier")
        return repeat(start, part, *_range(found), mark)

    def atom(self) -> Part:
        start = self.at
        match self.take():
            case "(":
                return self.group(start)
            case "[":
                return self.character_class(start)
            case "\\":
                return self.escaped(start)
            case "." as dot:
                return Character.of(start, dot)
            case "^" | "$" as edge:
                return Edge(start, edge)
            case "*" | "+" | "?" as sign:
                raise fault(start, f"nothing for {sign!r} to repeat; or write \\{sign}")
            case "{" | "}" | "]" as bracket:
                raise fault(start, f"a {bracket!r} by itself is written \\{bracket}")
            case literal:
                return Character.of(start, re.escape(literal))

    def group(self, start: int) -> Part:
        found = _OPENING.match(self.text, start, self.end)
        if found is None:
            raise fault(start, f"{self.foreign(start)} is not supported")
        self.at = found.end()
        self.depth += 1
        if self.depth > DEEPEST:
            raise fault(start, f"more than {DEEPEST} groups within each other")
        part = self.choice()
        if self.take() != ")":
            raise fault(start, "the group is not closed")
        self.depth -= 1
        if found["plain"]:
            return part
        self.groups.append(Group(start, part))
        return self.groups[-1]

    def foreign(self, start: int) -> str:
        names = (
            name
            for opening, name in _FOREIGN.items()
            if self.text.startswith(opening, start)
        )
        return next(names, "this kind of group")

    def escaped(self, start: int) -> Part:
        if self.peek() == "b":
            self.at += 1
            return Edge(start, r"\b")
        return Character.of(start, self.escape(start))

    def escape(self, start: int) -> str:
        """Read what follows a backslash; give its regular expression."""
        character = self.take()
        if not character:
            raise fault(start, "a backslash with nothing behind it")
        if character.isdigit():
            raise fault(start, f"\\{character}, a back-reference, is not supported")
        if character.isalpha() and f"\\{character}" not in _SETS:
            raise fault(start, f"\\{character} is not supported")
        return f"\\{character}"

    def character_class(self, start: int) -> Part:
        negation = ""
        if self.peek() == "^":
            negation = self.take()
        members = [self.member(start)]
        while self.peek() != "]":
            members.append(self.member(start))
        self.at += 1
        return Character.of(start, f"[{negation}{''.join(members)}]")

    def member(self, start: int) -> str:
        """Read a character, a set or a range of the class that starts there."""
        at = self.at
        low = self.single(start)
        if self.peek() != "-" or self.text.startswith("-]", self.at):
            return low
        self.at += 1
        high = self.single(start)
        if {low, high} & _SETS or low[-1] > high[-1]:
            raise fault(at, "a range goes from one character to a later one")
        return f"{low}-{high}"

    def single(self, start: int) -> str:
        at, character = self.at, self.take()
        if not character:
            raise fault(start, "the class is not closed")
        # Escaped whatever it is: Python warns of "[[" and "--" as future syntax.
        return self.escape(at) if character == "\\" else re.escape(character)
