"""Confidence, margin and reasons to an outcome."""

import numpy as np
from attrs import frozen

from payymo_core.bars import (
    payer_owes_the_same,
    to_a_stranger,
)
from payymo_core.bearers import PayerLevel
from payymo_core.columns import TransactionColumns
from payymo_core.comparison import (
    NOT_FOUND,
    TELLING,
    AmountLevel,
    TextLevel,
)
from payymo_core.confidence import Confidences
from payymo_core.hypotheses import Hypotheses, alone
from payymo_core.keys import Floats, Ints, Levels, Mask
from payymo_core.omissions import leaves_named_out
from payymo_core.results import Outcome, Reason
from payymo_core.rules import Policies, Ruleset, Treatment
from payymo_core.scoring import Kind
from payymo_core.sequences import begins, largest, sizes
from payymo_core.timing import DateLevel, before_issue

OUTCOMES = tuple(Outcome)
REASONS = tuple(Reason)
_MATCH = OUTCOMES.index(Outcome.MATCH)
_REVIEW = OUTCOMES.index(Outcome.REVIEW)
_NONE = OUTCOMES.index(Outcome.NONE)
_OPEN_TO_ALL = 0.9  # so surely some open item is paid, whichever
_SHORT = 4  # characters
_FULL_NAME = 2  # words
_PLAIN_ALONE = 0.5
_RIVAL = 0.25  # an alternative with this share of the best one's confidence is a rival


@frozen(eq=False)
class Decisions:
    """One row a transaction.

    Attributes:
        outcome: Place in ``OUTCOMES``.
        proposal: Row of the hypothesis proposed, -1 for none.
        log_odds: Bits behind the confidence.
        confidence: Of the proposal; of "nothing" where there is none.
        reasons: Bit mask over ``REASONS``.
    """

    outcome: Ints
    proposal: Ints
    log_odds: Floats
    confidence: Floats
    reasons: Ints


@frozen(eq=False)
class Notices:
    """What is known of transactions beside their hypotheses; a mask each.

    Attributes:
        foreign: They name an open item in another currency.
        sent_back: A later debit undoes them.
        repeated: They bear the id of a payment just before.
        contrary: They speak of a refund, a cancellation, or of what is not paid.
        rejected: A reviewer rejected what explains them best.
    """

    foreign: Mask
    sent_back: Mask
    repeated: Mask
    contrary: Mask
    rejected: Mask


def decide(
    hypotheses: Hypotheses,
    confidence: Confidences,
    assigned: Ints,
    transactions: TransactionColumns,
    notices: Notices,
    ruleset: Ruleset,
) -> Decisions:
    """Say match, review or none.

    Args:
        hypotheses: Of all transactions.
        confidence: After the rivals.
        assigned: The jointly best hypothesis of each transaction.
        transactions: All of them.
        notices: What is known of them beside.
        ruleset: Thresholds and policies.
    """
    live = hypotheses.kind != Kind.CLOSED
    best = _best(hypotheses, confidence.of, live, len(transactions))
    held = best >= 0
    at = np.where(held, best, 0)
    table = _Proposals.of(hypotheses, confidence, at, held, assigned)
    thresholds = ruleset.thresholds
    barred = _barred(table, ruleset.policies)
    sure = held & ~confidence.unsettled & (table.confidence >= thresholds.match)
    sure &= (table.margin >= thresholds.margin) & (best == assigned)
    # Money that goes out is a refund itself.
    contrary = notices.contrary & (transactions.gross > 0)
    # Where a human rejected the best explanation, another is not applied unseen.
    unseen = contrary | notices.sent_back | notices.rejected | notices.repeated
    stranger = held & to_a_stranger(hypotheses, at, transactions.gross < 0)
    match = sure & ~barred.any(axis=1) & ~unseen & ~stranger
    # One of too many equals to stand out is still to be chosen by somebody.
    least = max(thresholds.review, _OPEN_TO_ALL)
    one_of_many = table.identified & (1 - confidence.nothing >= least)
    # And one of more parts than fit: each of them was plain by itself.
    too_many = (table.kind == Kind.PART) & (table.alone >= _PLAIN_ALONE)
    to_choose = one_of_many | too_many
    offered = held & ((table.confidence >= thresholds.review) | to_choose) & ~match
    outcome = np.where(match, _MATCH, np.where(offered, _REVIEW, _NONE))
    closed = _names_closed(hypotheses, confidence, len(transactions))
    any_at_all = np.bincount(hypotheses.transaction, minlength=len(transactions)) > 0
    said = _reasons(table, barred, outcome)
    said[Reason.AMBIGUOUS] |= confidence.unsettled & (outcome == _REVIEW)
    again = (confidence.again > _RIVAL) | (notices.repeated & (outcome == _REVIEW))
    said[Reason.DUPLICATE_PAYMENT] |= ~match & again
    said |= {
        Reason.CONTRARY_WORDS: contrary & (outcome == _REVIEW),
        Reason.SENT_BACK: notices.sent_back & (outcome == _REVIEW),
        Reason.CURRENCY_DIFFERS: notices.foreign & ~match,
        Reason.OUTGOING: ((outcome == _NONE) | stranger) & (transactions.gross < 0),
        Reason.PENDING: ~transactions.booked,
        Reason.REFERENCE_OF_PAID_INVOICE: closed & ~match,
        Reason.REJECTED_BEFORE: notices.rejected & ~match,
    }
    reasons = _mask(said, outcome, any_at_all)
    proposal = np.where(outcome == _NONE, -1, best)
    bits = np.where(outcome == _NONE, confidence.nothing_log_odds, table.log_odds)
    shown = np.where(outcome == _NONE, confidence.nothing, table.confidence)
    return Decisions(outcome, proposal, bits, shown, reasons)


def _best(hypotheses: Hypotheses, of: Floats, live: Mask, rows: int) -> Ints:
    """The most probable hypothesis of each transaction; of equals, the first."""
    index = live.nonzero()[0]
    index = index[largest(hypotheses.transaction[index], of[index])]
    best = np.full(rows, -1)
    best[hypotheses.transaction[index]] = index
    return best


@frozen(eq=False)
class _Proposals:
    """The proposal of each transaction: what decides about it."""

    confidence: Floats
    log_odds: Floats
    margin: Floats
    runner_up: Floats
    claimant: Floats
    taken: Mask
    kind: Levels
    identified: Mask
    stale: Mask
    early: Mask
    manifold: Mask
    names_another: Mask
    owes_the_same: Mask
    rest_owed: Mask
    alone: Floats

    @classmethod
    def of(
        cls,
        hypotheses: Hypotheses,
        confidence: Confidences,
        at: Ints,
        held: Mask,
        assigned: Ints,
    ) -> "_Proposals":
        if not len(hypotheses):
            zero, no = np.zeros(len(at)), np.zeros(len(at), np.bool_)
            kind = at.astype(np.int8)
            return cls(
                zero, zero, zero, zero, zero, no, kind, no, no, no, no, no, no, no, zero
            )
        of = np.where(held, confidence.of[at], 0.0)
        runner_up = _runner_up(hypotheses, confidence.of, at[held], len(at))
        claimant, taken = _claimants(hypotheses, confidence.of, at[held], assigned)
        owner, _, place = hypotheses.incidence()
        pairs, member = hypotheses.pairs, hypotheses.member[place]
        # A number of four digits, from somebody else, may be any number.
        reference = pairs.reference
        short = reference.end[member] - reference.begin[member] <= _SHORT
        short &= pairs.payer[member] == PayerLevel.OTHER
        # "Martina" is not Martin, and "Garten" in a text is no customer of that name.
        level = pairs.payer[member]
        vague = (level == PayerLevel.SIMILAR_NAME) | (
            (level == PayerLevel.NAME_IN_TEXT) & (pairs.words[member] < _FULL_NAME)
        )
        known = ((level < PayerLevel.SHARED_WORD) & ~vague) | (
            (reference.bits[member] >= TELLING) & ~short
        )
        stale = pairs.date[member] == DateLevel.STALE
        early = before_issue(pairs.date[member])
        # So much money is for more than this invoice, whatever the text lost.
        manifold = (pairs.amount[member] == AmountLevel.MANIFOLD) & (
            hypotheses.kind[owner] == Kind.OVER
        )
        count = len(hypotheses)
        found = pairs.reference.level[member] < NOT_FOUND
        another = pairs.said[member] >= TextLevel.OTHER_INVOICE
        none_found = np.bincount(owner, found, count) == 0
        return cls(
            confidence=of,
            log_odds=np.where(held, confidence.log_odds[at], 0.0),
            margin=of - np.maximum(runner_up, claimant),
            runner_up=runner_up,
            claimant=claimant,
            taken=taken & held,
            kind=hypotheses.kind[at],
            identified=(np.bincount(owner, known, count) > 0)[at],
            stale=(np.bincount(owner, stale, count) > 0)[at],
            early=(np.bincount(owner, early, count) > 0)[at],
            manifold=(np.bincount(owner, manifold, count) > 0)[at],
            names_another=(none_found & (np.bincount(owner, another, count) > 0))[at]
            | leaves_named_out(hypotheses)[at],
            owes_the_same=payer_owes_the_same(hypotheses, at),
            rest_owed=hypotheses.rest_owed[at],
            alone=alone(hypotheses)[at],
        )


def _runner_up(hypotheses: Hypotheses, of: Floats, held: Ints, rows: int) -> Floats:
    """Confidence of the next hypothesis of the same transaction."""
    rest = of.copy()
    rest[hypotheses.kind == Kind.CLOSED] = 0.0
    rest[held] = 0.0
    out = np.zeros(rows)
    np.maximum.at(out, hypotheses.transaction, rest)
    return out


def _claimants(
    hypotheses: Hypotheses, of: Floats, held: Ints, assigned: Ints
) -> tuple[Floats, Mask]:
    """The best other claim on the proposal's invoices, and whether one is left over.

    Left over is a claim, this one or as good a one, whose transaction the joint choice
    gave nothing: of so many payments of one invoice, one is too many.
    """
    owner, invoice, _ = hypotheses.incidence()
    live = hypotheses.kind[owner] != Kind.CLOSED
    owner, invoice = owner[live], invoice[live]
    wanted = np.bincount(invoice)[invoice] > 1  # most have one claim, and no rival
    owner, invoice = owner[wanted], invoice[wanted]
    row, kind = hypotheses.transaction[owner], hypotheses.kind[owner]
    order = np.lexsort((-of[owner], invoice))
    owner, invoice, row, kind = owner[order], invoice[order], row[order], kind[order]
    new = begins(invoice)
    start = new.nonzero()[0]
    stop = start + sizes(start, len(invoice))
    group = np.cumsum(new) - 1
    chosen = np.zeros(len(hypotheses), np.bool_)
    chosen[held] = True
    proposed = chosen[owner]
    best, taken = np.zeros(len(assigned)), np.zeros(len(assigned), np.bool_)
    # The strongest claims of an invoice stand first: look past one's own.
    for step in range(int((stop - start).max(initial=0))):
        mine = proposed.nonzero()[0]
        other = start[group[mine]] + step
        inside = other < stop[group[mine]]
        mine, other = mine[inside], other[inside]
        if step > _DEEPEST:
            break
        parts = (kind[mine] == Kind.PART) & (kind[other] == Kind.PART)
        rival = (row[mine] != row[other]) & ~parts
        np.maximum.at(best, row[mine][rival], of[owner[other[rival]]])
        as_good = of[owner[other]] >= of[owner[mine]] * (1 - 1e-9)
        left = (assigned[row[mine]] < 0) | (assigned[row[other]] < 0)
        np.logical_or.at(taken, row[mine], rival & as_good & left)
    return best, taken


_DEEPEST = 8


def _barred(table: _Proposals, policies: Policies) -> Mask:
    """What keeps a sure proposal from being a match: a column each."""
    review = np.zeros(len(Kind), np.bool_)
    for kind, treatment in (
        (Kind.PART, policies.part),
        (Kind.SHORT, policies.short),
        (Kind.OVER, policies.over),
        (Kind.SEVERAL, policies.several),
    ):
        review[kind] = treatment is Treatment.REVIEW
    twice = table.kind == Kind.TWICE
    several_times = twice | table.manifold
    return np.column_stack(
        [
            ~table.identified,
            table.stale,
            review[table.kind],
            several_times,
            table.names_another,
            table.early,
            table.owes_the_same,
            table.rest_owed,
        ]
    )


def _names_closed(hypotheses: Hypotheses, confidence: Confidences, rows: int) -> Mask:
    """Transactions that likely pay an invoice that is not open."""
    out = np.zeros(rows, np.bool_)
    likely = (hypotheses.kind == Kind.CLOSED) & (confidence.of > _RIVAL)
    out[hypotheses.transaction[likely]] = True
    return out


def _reasons(table: _Proposals, barred: Mask, outcome: Ints) -> dict[Reason, Mask]:
    """Why the proposal is not a match, as far as it says so itself."""
    review, none = outcome == _REVIEW, outcome == _NONE
    rival = np.maximum(table.runner_up, table.claimant)
    unequal = np.isin(table.kind, [Kind.PART, Kind.SHORT, Kind.OVER, Kind.TWICE])
    amount_only, stale, policy, _, another, early, owes, _ = barred.T
    twice = table.kind == Kind.TWICE
    again = (review | none) & table.taken & table.identified
    return {
        Reason.AMBIGUOUS: review & (rival >= _RIVAL * table.confidence),
        Reason.AMOUNT_DIFFERS: review & unequal,
        Reason.AMOUNT_ONLY: review & amount_only,
        Reason.BEFORE_ISSUE: review & early,
        Reason.DUPLICATE_PAYMENT: (review & twice) | again,
        Reason.OTHER_INVOICE_NAMED: review & another,
        Reason.PAYER_OWES_THE_SAME: review & owes,
        Reason.REVIEW_BY_POLICY: review & policy,
        Reason.TOO_OLD: review & stale,
    }


def _mask(said: dict[Reason, Mask], outcome: Ints, any_at_all: Mask) -> Ints:
    """Reasons as a bit mask; where none is said yet, the general ones."""
    unsaid = ~np.any(list(said.values()), axis=0) & (outcome != _MATCH)
    said[Reason.NO_CANDIDATE] = unsaid & ~any_at_all
    said[Reason.LOW_CONFIDENCE] = unsaid & any_at_all
    mask = np.zeros(len(outcome), np.int64)
    for reason, applies in said.items():
        mask |= applies.astype(np.int64) << REASONS.index(reason)
    return mask
