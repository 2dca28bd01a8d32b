"""What labels speak for changing in a ruleset, not yet weighed by its effect."""

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from decimal import ROUND_CEILING, Decimal
from enum import StrEnum, unique
from functools import cached_property
from math import floor

from attrs import evolve, field, frozen

from payymo_core.binomial import least_trials, lower_bound, upper_bound
from payymo_core.comparison import AmountLevel
from payymo_core.evaluation import evaluate
from payymo_core.inspection.books import Books
from payymo_core.labels import Label, Verdict
from payymo_core.learnt import RuleRecord
from payymo_core.lesson import Lesson
from payymo_core.matching import MatchResult
from payymo_core.mentions import Mention, is_read
from payymo_core.reliability import CERTAINTY
from payymo_core.rules import DEFAULT_REFERENCES, ReferenceRule, Ruleset
from payymo_core.verdicts import Verdicts
from payymo_core.worth import UNITS_PER_EURO

LEAST_CASES = 3
"""Payments of one kind without which nothing is suggested for it."""
LEAST_TEXTS = least_trials(0.99, CERTAINTY)
"""Transactions that show, with none of it, that less than one in 100 has something."""
_LEAST_RELIABILITY = 0.5
_MOST_RELIABILITY = 0.99


@unique
class Aim(StrEnum):
    """What a change is for."""

    MATCH_MORE = "match_more"
    MATCH_LESS = "match_less"
    TIDY = "tidy"
    """Of no effect on any outcome."""


@frozen(kw_only=True)
class Change:
    """One change to a ruleset.

    Attributes:
        setting: What is changed; the same for the same change, whatever its value.
        before: Its value today, in words.
        after: The value that the labels speak for, in words.
        because: Why, with what was counted.
        aim: What it is for.
        apply: Makes it in a ruleset.
    """

    setting: str
    before: str
    after: str
    because: str
    aim: Aim
    apply: Callable[[Ruleset], Ruleset] = field(eq=False, repr=False)


@frozen(eq=False)
class Exam:
    """A run with nothing learnt, and some labels of it.

    Attributes:
        result: The run.
        verdicts: What the labels say.
        mentions: What the texts name, whether or not a rule reads it.
        silent: Places of the rules that found nothing.
        precision: Share of the matches that shall be right.
    """

    result: MatchResult
    verdicts: Verdicts
    mentions: Sequence[Mention]
    silent: Sequence[int]
    precision: float

    @property
    def ruleset(self) -> Ruleset:
        """The run's."""
        return self.result.run.ruleset

    @cached_property
    def lesson(self) -> Lesson:
        """What the labels teach."""
        return Lesson(self.result, self.verdicts)


def changes(exam: Exam) -> Iterator[Change]:
    """Everything that the labels speak for."""
    for suggest in (_threshold, _reliabilities, _unread, _tolerance, _silent):
        yield from suggest(exam)


def labels_of(verdicts: Verdicts) -> list[Label]:
    """Verdicts as the labels that they came from."""
    right = [
        Label(transaction=t, invoices=held, verdict=Verdict.CONFIRM)
        for t, held in verdicts.confirmed.items()
    ]
    wrong = [
        Label(transaction=t, invoices=one, verdict=Verdict.REJECT)
        for t, held in verdicts.rejected.items()
        for one in sorted(held)
    ]
    return right + wrong


# --- thresholds -----------------------------------------------------------------------


def _threshold(exam: Exam) -> Iterator[Change]:
    used, wanted = exam.ruleset.thresholds, exam.precision
    found = evaluate(exam.result, labels_of(exam.verdicts), used, [wanted])
    shown = found.advice[0].point
    right = f"{found.matched_right:,} of {found.matched:,} judged matches were right"
    if shown and used.review <= shown.threshold < used.match:
        because = f"{shown.right:,} of {shown.matched:,} would have been right"
        yield _to_threshold(exam, shown.threshold, because, Aim.MATCH_MORE)
        return
    # Only where labels show that it is too low: few labels never raise the bar.
    if upper_bound(found.matched_right, found.matched, CERTAINTY) >= wanted:
        return
    for point in found.curve:
        possible = upper_bound(point.right, point.matched, CERTAINTY) >= wanted
        if point.threshold > used.match and possible:
            yield _to_threshold(exam, point.threshold, right, Aim.MATCH_LESS)
            return


def _to_threshold(exam: Exam, threshold: float, because: str, aim: Aim) -> Change:
    def apply(rules: Ruleset) -> Ruleset:
        return evolve(rules, thresholds=evolve(rules.thresholds, match=threshold))

    return Change(
        setting="thresholds.match",
        before=str(exam.ruleset.thresholds.match),
        after=str(threshold),
        because=because,
        aim=aim,
        apply=apply,
    )


# --- reference rules ------------------------------------------------------------------


def _reliabilities(exam: Exam) -> Iterator[Change]:
    """Rules that are right less often, or more often, than they say of themselves."""
    rules = {rule.name: rule for rule in exam.ruleset.references}
    for record in exam.lesson.rules():
        own = rules[record.rule].reliability
        least = lower_bound(
            record.confirmed, record.confirmed + record.rejected, CERTAINTY
        )
        right = record.confirmed + record.matched
        if upper_bound(right, right + record.rejected, CERTAINTY) < own:
            # The mean of the posterior, from any share being as likely as any other.
            share = (right + 1) / (right + record.rejected + 2)
            found = max(floor(share * 1000) / 1000, _LEAST_RELIABILITY)
            yield _to_reliability(record, own, found, Aim.MATCH_LESS)
        elif floor(least * 1000) / 1000 > own:
            yield _to_reliability(
                record, own, floor(least * 1000) / 1000, Aim.MATCH_MORE
            )


def _to_reliability(record: RuleRecord, own: float, found: float, aim: Aim) -> Change:
    def apply(rules: Ruleset) -> Ruleset:
        changed = (
            evolve(rule, reliability=found) if rule.name == record.rule else rule
            for rule in rules.references
        )
        return evolve(rules, references=tuple(changed))

    seen = record.confirmed + record.rejected
    return Change(
        setting=f"references.reliability of {record.rule!r}",
        before=str(own),
        after=str(found),
        because=f"what it found was right {record.confirmed:,} times of {seen:,}",
        aim=aim,
        apply=apply,
    )


def _unread(exam: Exam) -> Iterator[Change]:
    """Fields that hold references of confirmed invoices, and that no rule reads."""
    named: dict[tuple[str, str], dict[str, bool]] = defaultdict(dict)
    for one in exam.mentions:
        paid = exam.verdicts.confirmed.get(one.transaction)
        if paid is not None and not is_read(one, exam.ruleset):
            texts = named[one.within, one.of]
            before = texts.get(one.transaction, False)
            texts[one.transaction] = before or one.invoice in paid
    seen: list[tuple[str, dict[str, bool]]] = []
    # Of two fields that say the same, an id is the one that nobody prints.
    for within, of in sorted(named, key=lambda pair: (pair[1] == "id", pair)):
        texts = named[within, of]
        if (within, texts) in seen:
            continue
        seen.append((within, texts))
        right = sum(texts.values())
        least = lower_bound(right, len(texts), CERTAINTY)
        if right >= LEAST_CASES and least >= _LEAST_RELIABILITY / 2:
            yield _to_reading(exam.ruleset, within, of, (right, len(texts)))


def _to_reading(
    rules: Ruleset, within: str, of: str, counted: tuple[int, int]
) -> Change:
    right, seen = counted
    name = f"{of} in {within}"
    while name in {rule.name for rule in rules.references}:
        name += " (2)"
    least = floor(lower_bound(right, seen, CERTAINTY) * 1000) / 1000
    rule = ReferenceRule(
        name=name,
        transaction_fields=(within,),
        invoice_fields=(of,),
        reliability=min(max(least, _LEAST_RELIABILITY), _MOST_RELIABILITY),
    )
    return Change(
        setting=f"references: a rule for {of} in {within}",
        before="none",
        after=f"{name!r}, reliability {rule.reliability}",
        because=f"it named what was paid in {right:,} of {seen:,} texts",
        aim=Aim.MATCH_MORE,
        apply=lambda held: evolve(held, references=(*held.references, rule)),
    )


def silent_rules(result: MatchResult) -> tuple[int, ...]:
    """Places of the rules that found nothing in so many texts that they hardly would.

    The built-in ones are left alone: a rule costs next to nothing.
    """
    if len(result) < LEAST_TEXTS:
        return ()
    fired = Books.of(result).fired
    return tuple(
        place
        for place, rule in enumerate(result.run.ruleset.references)
        if place not in fired and rule not in DEFAULT_REFERENCES
    )


def _silent(exam: Exam) -> Iterator[Change]:
    rules = exam.ruleset.references
    for place in exam.silent:
        yield _without(rules[place], len(exam.result))


def _without(rule: ReferenceRule, texts: int) -> Change:
    return Change(
        setting=f"references: the rule {rule.name!r}",
        before="looks for " + ", ".join(rule.invoice_fields),
        after="none",
        because=f"it found nothing in {texts:,} transactions",
        aim=Aim.TIDY,
        apply=lambda held: evolve(
            held, references=tuple(r for r in held.references if r.name != rule.name)
        ),
    )


# --- tolerances -----------------------------------------------------------------------


def _tolerance(exam: Exam) -> Iterator[Change]:
    """Payments confirmed that were short by a little more than a fee is taken to be."""
    used = exam.ruleset.amount
    short = list(_lacking(exam))
    if len(short) < LEAST_CASES:
        return
    percent = max(_up(share, Decimal("0.5")) for share, _ in short)
    most = max(_up(lacking, Decimal(5)) for _, lacking in short)
    wider = evolve(
        used,
        short_percent=max(used.short_percent, percent),
        short_most=max(used.short_most, most),
    )
    yield Change(
        setting="amount.short_percent, amount.short_most",
        before=f"{used.short_percent}, {used.short_most}",
        after=f"{wider.short_percent}, {wider.short_most}",
        because=f"{len(short):,} payments confirmed were short by more, and near it",
        aim=Aim.MATCH_MORE,
        apply=lambda held: evolve(held, amount=wider),
    )


def _lacking(exam: Exam) -> Iterator[tuple[Decimal, Decimal]]:
    """Percent and euros, roughly, that payments lack: a tenth at most."""
    invoices = exam.result.run.ledger.invoices.records
    for transaction, paid in exam.verdicts.confirmed.items():
        if len(paid) != 1:
            continue
        if exam.lesson.amount_level(transaction, paid[0]) is AmountLevel.NEARLY_ALL:
            invoice = invoices[exam.result.place_of(paid[0])]
            owed, units = invoice.outstanding, UNITS_PER_EURO[invoice.currency]
            row = exam.result.row_of(transaction)
            lacking = owed - exam.result.run.transactions.records[row].gross
            yield 100 * lacking / owed, abs(lacking) / units


def _up(value: Decimal, step: Decimal) -> Decimal:
    return (value / step).to_integral_value(ROUND_CEILING) * step
