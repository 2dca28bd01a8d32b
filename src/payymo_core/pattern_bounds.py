"""The parts of a pattern, and how much work they can be for the matcher.

Python's matcher goes back and tries again, so a pattern is as quick as its retries are
few. ``plan`` counts them: a part has so many *ways* to end from one start, and what is
behind it in a sequence is tried once for each. More than ``MOST_STEPS`` is refused, at
the part that passes them.

Two things keep what people write below that. A quantifier without an upper end gets
one. And a run of characters that cannot start what follows has but one end that leads
anywhere, so it is compiled possessive, which changes no match.
"""

import re

from attrs import frozen

# Measured: the slowest pattern found takes 25 ms on a text of 1,000 characters.
MOST_STEPS = 4_000
"""Steps from one start, at most."""

LONGEST_RUN = 64
"""The highest count, and where a quantifier without an upper end ends."""

LONGEST_GAP = 8
"""Where one ends that repeats nothing that can be a letter or a digit."""

FLAGS = re.ASCII | re.IGNORECASE

# No pattern can tell two characters outside ASCII apart, so one stands for them all.
_CHARACTERS = "".join(map(chr, range(129)))
ANYTHING = frozenset(_CHARACTERS)
ALNUM = frozenset(c for c in _CHARACTERS if c.isascii() and c.isalnum())
END = frozenset({""})
"""The end of the match, where a set of characters says what may come next."""


@frozen
class Character:
    """One character out of a set.

    Attributes:
        at: Where the user wrote it, from 0; so in every part.
        source: Its regular expression.
        members: The characters it matches, both cases of each.
    """

    at: int
    source: str
    members: frozenset[str]

    @classmethod
    def of(cls, at: int, source: str) -> "Character":
        """Let the matcher itself say what a source matches."""
        return cls(at, source, frozenset(re.findall(source, _CHARACTERS, FLAGS)))


@frozen
class Edge:
    r"""A place between characters: ``^``, ``$``, ``\b``, one character looked at."""

    at: int
    source: str


@frozen
class Sequence:
    """One part after the other."""

    at: int
    items: tuple["Part", ...]


@frozen
class Choice:
    """Any one of its branches, the first that leads to a match."""

    at: int
    branches: tuple["Part", ...]


@frozen
class Group:
    """A part whose text is the reference."""

    at: int
    body: "Part"


@frozen
class Repeat:
    """A part several times; made by ``repeat``.

    Attributes:
        at: Where the user wrote it, from 0.
        body: What is repeated; never empty.
        least: How often at least.
        most: How often at most, from 1 to ``LONGEST_RUN``.
        mark: "" for as often as possible first, "?" for as seldom as possible.
    """

    at: int
    body: "Part"
    least: int
    most: int
    mark: str = ""


Part = Character | Edge | Sequence | Choice | Group | Repeat


@frozen
class Plan:
    """What a part compiles to.

    Attributes:
        source: The regular expression.
        steps: Characters, edges, branches, rounds and groups tried from one start, at
            most, where the part or what follows fails.
        ways: Ends that it offers from one start, at most; never more than steps.
        once: Further steps of the one try that cannot fail any more.
    """

    source: str
    steps: int
    ways: int
    once: int = 0


def fault(at: int, reason: str) -> ValueError:
    """Say at which character, counted from 1, and why a pattern is refused."""
    return ValueError(f"character {at + 1}: {reason}")


def repeat(at: int, body: Part, least: int, most: int | None, mark: str = "") -> Repeat:
    """Repeat a part; None is as often as the limits allow.

    Raises:
        ValueError: The counts are out of range, or the part can be empty.
    """
    if most is None:
        most = max(least, LONGEST_RUN if lengths_of(body)[1] else LONGEST_GAP)
    if not 1 <= most <= LONGEST_RUN:
        raise fault(at, f"a count ends between 1 and {LONGEST_RUN}, not at {most}")
    if least > most:
        raise fault(at, f"a count from {least} down to {most}")
    if first_of(body) >= END:
        raise fault(at, "this repeats what can be empty")
    return Repeat(at, body, least, most, mark)


def first_of(part: Part) -> frozenset[str]:
    """Characters that a part can start with, and ``END`` if it can be empty."""
    match part:
        case Character():
            return part.members
        case Edge():
            return ANYTHING | END
        case Sequence():
            return _follows(part.items, END)[0]
        case Choice():
            return frozenset().union(*map(first_of, part.branches))
        case Group():
            return first_of(part.body)
        case Repeat():
            first = first_of(part.body)
            return first if part.least else first | END


def _follows(items: tuple[Part, ...], follow: frozenset[str]) -> list[frozenset[str]]:
    """What can come next before each item, and after the last."""
    follows = [follow]
    for item in reversed(items):
        first = first_of(item)
        follows.append((first - END) | follows[-1] if first >= END else first)
    return follows[::-1]


def lengths_of(part: Part) -> tuple[int, int]:
    """Fewest and most characters of a match that are, or may be, letters or digits."""
    match part:
        case Character():
            count = 0 if part.members.isdisjoint(ALNUM) else 1
            return count, count
        case Edge():
            return 0, 0
        case Sequence():
            lengths = [lengths_of(item) for item in part.items]
            return sum(least for least, _ in lengths), sum(most for _, most in lengths)
        case Choice():
            lengths = [lengths_of(branch) for branch in part.branches]
            return min(least for least, _ in lengths), max(most for _, most in lengths)
        case Group():
            return lengths_of(part.body)
        case Repeat():
            least, most = lengths_of(part.body)
            return part.least * least, part.most * most


def always_captures(part: Part) -> bool:
    """Whether no match goes without a group."""
    match part:
        case Character() | Edge():
            return False
        case Sequence():
            return any(map(always_captures, part.items))
        case Choice():
            return all(map(always_captures, part.branches))
        case Group():
            return True
        case Repeat():
            return part.least > 0 and always_captures(part.body)


def plan(part: Part, follow: frozenset[str] = END) -> Plan:
    """Bound and compile a part.

    Args:
        part: What to compile.
        follow: Characters that can come behind it, and ``END`` if the match can end.

    Raises:
        ValueError: It can take more than ``MOST_STEPS`` from one start.
    """
    match part:
        case Character() | Edge():
            return Plan(part.source, steps=1, ways=1)
        case Sequence():
            return _plan_sequence(part, follow)
        case Choice():
            return _plan_choice(part, follow)
        case Group():
            body = plan(part.body, follow)
            return Plan(f"({body.source})", body.steps + 1, body.ways, body.once)
        case Repeat(body=Character() as body):
            return _plan_run(part, body, follow)
        case Repeat():
            return _plan_loop(part, follow)


def _plan_sequence(part: Sequence, follow: frozenset[str]) -> Plan:
    whole = Plan("", steps=0, ways=1)
    for item, then in zip(part.items, _follows(part.items, follow)[1:], strict=True):
        each = plan(item, then)
        whole = Plan(
            whole.source + each.source,
            whole.steps + whole.ways * each.steps,
            whole.ways * each.ways,
            whole.once + each.once,
        )
        _check_steps(item, whole)
    return whole


def _plan_choice(part: Choice, follow: frozenset[str]) -> Plan:
    """Bound a choice; where a character tells the branch, one of them has the ways."""
    plans = [plan(branch, follow) for branch in part.branches]
    firsts = [first_of(branch) for branch in part.branches]
    told = sum(map(len, firsts)) == len(first_of(part) - END)
    ways = [each.ways for each in plans]
    whole = Plan(
        f"(?:{'|'.join(each.source for each in plans)})",
        sum(each.steps + 1 for each in plans),
        max(ways) if told else sum(ways),
        sum(each.once for each in plans),
    )
    _check_steps(part, whole)
    return whole


def _plan_run(part: Repeat, body: Character, follow: frozenset[str]) -> Plan:
    """Bound a run of one character, by what comes behind it.

    Where none of its characters can, every end but the longest has one of them behind
    it and leads nowhere, unless the match ends there; a greedy run has had that end at
    its longest. Where nothing can, a greedy run is a match once it has its least.
    """
    source = f"{body.source}{_counts(part)}"
    spare = part.most - part.least
    may_end_early = part.mark and follow >= END
    if may_end_early or not body.members.isdisjoint(follow):
        return Plan(source + part.mark, part.most + 1, ways=spare + 1)
    if follow == END:
        return Plan(source, part.least + 1, ways=1, once=spare)
    return Plan(source + "+", part.most + 1, ways=1)


def _plan_loop(part: Repeat, follow: frozenset[str]) -> Plan:
    """Bound a loop: each round is tried from every end of the round before."""
    again = first_of(part.body) if part.most > 1 else frozenset[str]()
    body = plan(part.body, follow | again)
    steps, ways, ends = 1, 0, 1
    for count in range(part.most):
        ways += ends if count >= part.least else 0
        steps += ends * (body.steps + 1)
        ends *= body.ways
        _check_steps(part, Plan("", steps, ways, body.once))
    source = f"(?:{body.source}){_counts(part)}{part.mark}"
    return Plan(source, steps, ways + ends, body.once)


def _counts(part: Repeat) -> str:
    return f"{{{part.least},{part.most}}}"


def _check_steps(part: Part, reached: Plan) -> None:
    if reached.steps + reached.once > MOST_STEPS:
        reason = f"by here one start can take more than {MOST_STEPS:,} steps"
        raise fault(part.at, rf"{reason}; \d{{6,8}} for \d+, or \s? for \s*, helps")
