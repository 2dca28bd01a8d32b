"""Changes to a ruleset that labels speak for, each with what it would do.

What a change does is not measured on the labels that chose it. These are parted in
five: on four fifths the value is chosen, on the last it is measured, and so in turn
(cross-validation). A change that matches more is proven only where the lower bound of
the precision, so measured, is the one wanted, and nothing more goes wrong than today.
"""

from collections.abc import Iterable, Sequence
from collections.abc import Set as AbstractSet
from functools import reduce

from attrs import evolve, field, frozen

from payymo_core.binomial import least_trials, lower_bound
from payymo_core.engine import Matcher
from payymo_core.errors import Rejected, RulesetError
from payymo_core.judging import Judged, judge
from payymo_core.labels import Label
from payymo_core.learnt import Learnt
from payymo_core.matching import MatchResult
from payymo_core.mentions import mentions_of
from payymo_core.records import Invoice, Transaction
from payymo_core.reliability import CERTAINTY
from payymo_core.results import Outcome
from payymo_core.rules import Ruleset
from payymo_core.suggesting import (
    Aim,
    Change,
    Exam,
    changes,
    labels_of,
    silent_rules,
)
from payymo_core.verdicts import Verdicts, sorted_out

PRECISION = 0.999
"""What is wanted of the matches where nothing else is said."""
PARTS = 5
"""Parts of the labels, each measured with what the others chose."""


@frozen(kw_only=True)
class Effect:
    """What a ruleset does to transactions that were judged, and to the whole run.

    Attributes:
        matched: Matches that are known to be right or wrong.
        right: How many of these are right.
        payable: Transactions known to pay something open.
        straight: Those of them that were matched, and right.
        reviewed: Transactions of the run that are offered to a human.
        answers: Transactions of the run.
    """

    matched: int = 0
    right: int = 0
    payable: int = 0
    straight: int = 0
    reviewed: int = 0
    answers: int = 0

    @property
    def wrong(self) -> int:
        """Matches known to be wrong."""
        return self.matched - self.right

    @property
    def precision(self) -> float | None:
        """Share of the matches that are right; None without any."""
        return self.right / self.matched if self.matched else None

    @property
    def precision_at_least(self) -> float:
        """Its exact one-sided lower bound at 95 %."""
        return lower_bound(self.right, self.matched, CERTAINTY)

    @property
    def straight_through(self) -> float | None:
        """Share of the payable that was matched, and right; None without any."""
        return self.straight / self.payable if self.payable else None

    @property
    def review_load(self) -> float | None:
        """Share of the run that is offered to a human; None for an empty run."""
        return self.reviewed / self.answers if self.answers else None


@frozen(kw_only=True)
class Suggestion:
    """A change, and what it would do.

    Attributes:
        change: What is changed, and why.
        effect: Cross-validated; the review load is that of the value suggested.
        proven: Whether it matches nothing more, or is shown to be right when it does.
    """

    change: Change
    effect: Effect
    proven: bool


@frozen(kw_only=True)
class Tuning:
    """What labels say of a ruleset.

    Attributes:
        precision: Share of the matches that shall be right.
        needed: Judged matches, all of them right, without which nothing can show it.
        judged: Transactions that were judged.
        today: What the ruleset does.
        suggestions: The proven ones first.
        taken: Those that are proven beside one another.
        ruleset: The ruleset with these.
        together: What it does, cross-validated; today's where nothing is taken.
    """

    precision: float
    needed: int
    judged: int
    today: Effect
    suggestions: tuple[Suggestion, ...]
    taken: tuple[Change, ...]
    ruleset: Ruleset
    together: Effect


def tune(
    transactions: Iterable[Transaction | Rejected],
    invoices: Iterable[Invoice | Rejected],
    labels: Iterable[Label],
    ruleset: Ruleset | None = None,
    precision: float = PRECISION,
) -> Tuning:
    """Suggest changes to a ruleset; none is made to the one given.

    Args:
        transactions: All of a run, as they were matched.
        invoices: The ledger as it stood then; what was paid since still open.
        labels: Verdicts, in any order. Those that ``label_faults`` names count nothing.
        ruleset: How records are compared. What it has learnt plays no part: it may
            have been learnt from these labels.
        precision: In (0, 1): share of the matches that shall be right.

    Raises:
        RulesetError: The precision is no such number.
    """
    if not 0 < precision < 1:
        msg = f"precision: {precision!r} is not between 0 and 1"
        raise RulesetError((msg,))
    given = Ruleset() if ruleset is None else ruleset
    bench = _Bench.of((list(transactions), list(invoices)), labels, given, precision)
    today = bench.effect_of(())
    weighed = [bench.weighed(change, today) for change in bench.changes]
    found = sorted((s for s in weighed if s), key=lambda s: not s.proven)
    taken, together = bench.taken(found, today)
    return Tuning(
        precision=precision,
        needed=least_trials(precision, CERTAINTY),
        judged=len(bench.verdicts.transactions),
        today=today,
        suggestions=tuple(found),
        taken=taken,
        ruleset=_changed(given, taken),
        together=together,
    )


def _changed(ruleset: Ruleset, made: Iterable[Change]) -> Ruleset:
    return reduce(lambda rules, change: change.apply(rules), made, ruleset)


@frozen(eq=False)
class _Bench:
    """Where changes are measured: every run is made once.

    Attributes:
        records: Transactions and invoices.
        base: The ruleset, with nothing learnt.
        verdicts: What the labels say.
        precision: The one wanted.
        changes: What all labels speak for.
        parts: Ids of the transactions of each part, and what the others speak for.
        runs: Answers by ruleset, judged.
    """

    records: tuple[
        Sequence[Transaction | Rejected],
        Sequence[Invoice | Rejected],
    ]
    base: Ruleset
    verdicts: Verdicts
    precision: float
    changes: tuple[Change, ...]
    parts: tuple[tuple[AbstractSet[str], tuple[Change, ...]], ...]
    runs: dict[Ruleset, list[Judged]] = field(factory=dict)

    @classmethod
    def of(
        cls,
        records: tuple[Sequence[Transaction | Rejected], Sequence[Invoice | Rejected]],
        labels: Iterable[Label],
        given: Ruleset,
        precision: float,
    ) -> "_Bench":
        """Match once, and choose by all labels and by all but each part of them."""
        base = evolve(given, learnt=Learnt())
        result = Matcher(records[1], base).match(records[0])
        verdicts = _verdicts(result, labels)
        exam = Exam(
            result, verdicts, mentions_of(result), silent_rules(result), precision
        )
        held = [frozenset(verdicts.transactions[n::PARTS]) for n in range(PARTS)]
        return cls(
            records,
            base,
            verdicts,
            precision,
            tuple(changes(exam)),
            tuple(
                (part, tuple(changes(evolve(exam, verdicts=_without(verdicts, part)))))
                for part in held
            ),
        )

    def weighed(self, change: Change, today: Effect) -> Suggestion | None:
        """A change with its effect; None where it is of no use."""
        effect = self.effect_of((change,))
        if change.aim is Aim.MATCH_MORE and effect.right <= today.right:
            return None
        proven = self._is_proven((change,), effect, today)
        return Suggestion(change=change, effect=effect, proven=proven)

    def taken(
        self, found: Sequence[Suggestion], today: Effect
    ) -> tuple[tuple[Change, ...], Effect]:
        """The changes to make, and what they do.

        All of them, where these together are proven: each may match too little more
        for that. Otherwise those proven ones that hold beside the ones before them.
        """
        every = tuple(one.change for one in found)
        effect = self.effect_of(every)
        if self._is_proven(every, effect, today):
            return every, effect
        taken: tuple[Change, ...] = ()
        effect = today
        for one in found:
            more = (*taken, one.change)
            with_it = self.effect_of(more)
            if one.proven and self._is_proven(more, with_it, today):
                taken, effect = more, with_it
        return taken, effect

    def effect_of(self, made: Sequence[Change]) -> Effect:
        """What changes would do, each part measured with the values of the others."""
        wanted = [change.setting for change in made]
        judged: list[Judged] = []
        for part, chosen in self.parts:
            values = {change.setting: change for change in chosen}
            here = [values[setting] for setting in wanted if setting in values]
            answers = self._judged(_changed(self.base, here))
            judged += [j for j in answers if j.match.transaction in part]
        whole = self._judged(_changed(self.base, made))
        known = [j for j in judged if _is_matched(j) and j.right is not None]
        return Effect(
            matched=len(known),
            right=sum(j.right is True for j in known),
            payable=sum(j.payable is True for j in judged),
            straight=sum(j.payable is True and j.right is True for j in known),
            reviewed=sum(j.match.outcome is Outcome.REVIEW for j in whole),
            answers=len(whole),
        )

    def _is_proven(self, made: Sequence[Change], effect: Effect, today: Effect) -> bool:
        """Whether changes match nothing more, or are shown to be right when they do."""
        enough = effect.precision_at_least >= self.precision
        safe = enough and effect.wrong <= today.wrong
        return safe or not self._matches_more(made)

    def _matches_more(self, made: Sequence[Change]) -> bool:
        """Whether anything is matched that is not, or otherwise, today."""
        before, after = (
            {
                (j.match.transaction, j.match.allocations)
                for j in self._judged(rules)
                if _is_matched(j)
            }
            for rules in (self.base, _changed(self.base, made))
        )
        return not after <= before

    def _judged(self, rules: Ruleset) -> list[Judged]:
        if rules not in self.runs:
            transactions, invoices = self.records
            answers = Matcher(invoices, rules).match(transactions)
            self.runs[rules] = judge(answers, labels_of(self.verdicts))
        return self.runs[rules]


def _is_matched(judged: Judged) -> bool:
    return judged.match.outcome is Outcome.MATCH


def _verdicts(result: MatchResult, labels: Iterable[Label]) -> Verdicts:
    run = result.run
    transactions = {record.id for record in run.transactions.records}
    invoices = {record.id for record in run.ledger.invoices.records}
    return sorted_out(transactions, invoices, labels)[0]


def _without(verdicts: Verdicts, part: AbstractSet[str]) -> Verdicts:
    """What is said of the other transactions."""
    confirmed = {t: v for t, v in verdicts.confirmed.items() if t not in part}
    rejected = {t: v for t, v in verdicts.rejected.items() if t not in part}
    return Verdicts(confirmed, rejected, len(confirmed) + len(rejected))
