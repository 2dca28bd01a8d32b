"""What the engine says, in a bookkeeper's words."""

from collections.abc import Callable
from math import log2

from payymo_core.learnt import Calibration, Learnt
from payymo_core.results import Evidence, Reason
from payymo_core.rules import (
    CounterpartyEvidence,
    Exactness,
    ReferenceRule,
    Ruleset,
    TiePolicy,
    Treatment,
)

_REASONS = {
    Reason.AMBIGUOUS: "Something else explains it about as well.",
    Reason.AMOUNT_DIFFERS: "The amount is not what is outstanding.",
    Reason.AMOUNT_ONLY: "Only the amount agrees: no reference and no payer.",
    Reason.BEFORE_ISSUE: "It came before the invoice was issued.",
    Reason.CONTRARY_WORDS: "The text speaks of a refund or a cancellation.",
    Reason.CURRENCY_DIFFERS: "The text names an invoice in another currency.",
    Reason.DUPLICATE_PAYMENT: "It looks like a second payment of the same invoice.",
    Reason.LOW_CONFIDENCE: "The evidence is too weak to apply it unseen.",
    Reason.NO_CANDIDATE: "No open invoice agrees in reference, payer or amount.",
    Reason.OTHER_INVOICE_NAMED: "The text names another invoice.",
    Reason.OUTGOING: "The money went out.",
    Reason.PENDING: "The bank has not booked it yet.",
    Reason.REFERENCE_OF_PAID_INVOICE: "The text names an invoice that is not open.",
    Reason.REJECTED_BEFORE: "This proposal was rejected before.",
    Reason.REVIEW_BY_POLICY: "The ruleset wants a human to see payments of this kind.",
    Reason.TOO_OLD: "The invoice is older than the ruleset lets pass unseen.",
}


def reason_in_words(reason: Reason) -> str:
    """Why it is not a match, as a sentence."""
    return _REASONS[reason]


_PRIORS = {
    "full": "one open invoice paid in full",
    "several": "several invoices paid together",
    "part": "a part of one invoice paid",
    "short": "one invoice paid, short by a fee",
    "over": "one invoice overpaid",
    "twice": "one invoice paid twice in one sum",
    "closed": "an invoice that is no longer open",
}
_AMOUNTS = {
    "exact": "is exactly what is outstanding",
    "sum": "is exactly the sum outstanding",
    "short": "is what is outstanding, less a likely bank fee",
    "equal_part": "is an equal part of what is outstanding",
    "part": "is less than what is outstanding",
    "twice": "is twice what is outstanding",
    "over": "is a little more than what is outstanding",
    "far_over": "is far more than what is outstanding",
    "manifold": "is twice what is outstanding, or more",
    "completes": "is, with other payments, just what is outstanding",
    "nearly_all": "is a little less than what is outstanding",
    "total": "is the total of an invoice that is not open",
    "total_differs": "is not the total of that closed invoice",
}
_PAYERS = {
    "iban": "the IBAN belongs to the customer",
    "account": "the account belongs to the customer",
    "paid_before": "the payer has paid for the customer before",
    "name": "the payer has the customer's name",
    "name_part": "the payer's name is a part of the customer's, or it of that",
    "similar_name": "the payer's name is spelt much like the customer's",
    "abbreviated": "the payer's name is the customer's, cut short",
    "name_in_text": "the text names the customer",
    "shared_word": "the payer's and the customer's name share a word",
    "unknown": "nothing is known of the payer",
    "other": "the payer has another name than the customer",
}
_DATES = {
    "unknown": "a date is missing",
    "before_issue": "paid before it was issued",
    "early": "paid more than a week before it was due",
    "ahead": "paid a few days before it was due",
    "on_time": "paid on the due date, or within a day of it",
    "days_late": "paid up to a week late",
    "weeks_late": "paid up to a month late",
    "months_late": "paid more than a month late",
    "very_late": "paid more than four months late",
    "stale": "long overdue",
}
_NOT_FOUND = {
    "not_found_empty": "there is no text that could name it",
    "not_found_words_only": "the text has no number in it",
    "not_found_other_numbers": "the text has numbers, but not this one",
    "not_found_other_invoice": "the text names another invoice",
    "not_found_unknown_reference": "the text names one that is not in the ledger",
}


def sentence(row: Evidence) -> str:
    """What a row of evidence says, without its weight.

    >>> sentence(Evidence("amount", "exact", 9.5, "119.00 EUR", "119.00"))
    '119.00 EUR is exactly what is outstanding (119.00)'
    """
    if row.rule in _SENTENCES:
        return _SENTENCES[row.rule](row)
    ours, theirs = row.transaction_text, row.invoice_text
    return f"the text names it: {ours!r} for {theirs!r} ({row.rule}, {row.level})"


def _of_prior(row: Evidence) -> str:
    return f"how often payments are of this kind: {_PRIORS[row.level]}"


def _of_amount(row: Evidence) -> str:
    return f"{row.transaction_text} {_AMOUNTS[row.level]} ({row.invoice_text})"


def _of_no_reference(row: Evidence) -> str:
    return f"{_NOT_FOUND[row.level]} ({row.invoice_text})"


def _of_counterparty(row: Evidence) -> str:
    ours, theirs = row.transaction_text, row.invoice_text
    said = f" ({ours} / {theirs})" if ours and theirs else ""
    return f"{_PAYERS[row.level]}{said}"


def _of_dates(row: Evidence) -> str:
    ours, theirs = row.transaction_text, row.invoice_text
    return f"{_DATES[row.level]} ({ours}; {theirs})" if theirs else _DATES[row.level]


def _of_gate(_: Evidence) -> str:
    return "it cannot be paid by this transaction at all"


def _of_set(row: Evidence) -> str:
    if row.level == "oldest_of_equals":
        return "of equals, the oldest is paid first: the ruleset's policy"
    count = row.level.removesuffix("_invoices")
    return f"how likely just these {count} invoices are to be paid together"


def _of_rivals(row: Evidence) -> str:
    if row.level == "nothing":
        return "nothing that is open explains it well"
    if row.level == "none":
        return "no other explanation comes near"
    return (
        "other explanations, and other payments for the same invoice, take their share"
    )


def _of_calibration(_: Evidence) -> str:
    return "reviewers rejected more of what looked so sure than they should have"


_SENTENCES: dict[str, Callable[[Evidence], str]] = {
    "prior": _of_prior,
    "amount": _of_amount,
    "reference": _of_no_reference,
    "counterparty": _of_counterparty,
    "dates": _of_dates,
    "set": _of_set,
    "rivals": _of_rivals,
    "calibration": _of_calibration,
    "gate": _of_gate,
}


def describe_ruleset(ruleset: Ruleset) -> tuple[str, ...]:
    """What a ruleset does, line by line."""
    thresholds, amount, groups = ruleset.thresholds, ruleset.amount, ruleset.groups
    policies = ruleset.policies
    lines = [
        (
            f"A proposal is applied unseen from a confidence of {thresholds.match:g}, "
            f"with a lead of {thresholds.margin:g} over its rivals."
        ),
        f"From {thresholds.review:g} on it is offered to a human; below, dropped.",
        "The amount, rarer ones for more, never decides by itself.",
    ]
    lines += [_of_reference(rule) for rule in ruleset.references]
    if ruleset.counterparty.evidence:
        kinds = ", ".join(_EVIDENCE[kind] for kind in ruleset.counterparty.evidence)
        lines.append(f"Who paid is told by {kinds}; the best of them counts, once.")
    else:
        lines.append("Who paid is not looked at.")
    lines += [
        (
            f"A payment may fall short by {amount.short_percent} percent, at most "
            f"{amount.short_most} in the invoice's currency: a bank's fee."
        ),
        (
            f"Up to {groups.invoices} invoices may be paid together, looked for among "
            f"up to {groups.open_items} open items of a customer and those that the "
            "text names."
        ),
        (
            f"An invoice more than {ruleset.dates.stale_after_days} days overdue is "
            "never applied unseen."
        ),
    ]
    for kind, treatment in (
        ("A part payment", policies.part),
        ("A payment short by a fee", policies.short),
        ("An overpayment", policies.over),
        ("A payment of several invoices", policies.several),
    ):
        may = treatment is Treatment.MATCH
        lines.append(f"{kind} {'may be' if may else 'is never'} applied unseen.")
    if policies.ties is TiePolicy.REFUSE:
        lines.append("Invoices that nothing tells apart are offered for review.")
    else:
        lines.append(
            "Of a customer's invoices that nothing tells apart, the oldest wins."
        )
    return (*lines, *describe_learnt(ruleset))


def describe_learnt(ruleset: Ruleset) -> tuple[str, ...]:
    """What a ruleset has learnt from verdicts, line by line; none where nothing."""
    learnt = ruleset.learnt
    if not learnt.labels:
        return ()
    lines = [f"Learnt from {learnt.labels:,} labels:"]
    if learnt.rejected:
        lines.append(f"{len(learnt.rejected):,} rejected proposals do not come again.")
    if learnt.payers:
        customers = len({payer.customer for payer in learnt.payers})
        lines.append(
            f"Who has paid for {customers:,} customers before is known by "
            f"{len(learnt.payers):,} names, IBANs and accounts."
        )
    lines += [_of_record(rule, learnt) for rule in ruleset.references]
    lines += [
        f"Customer {payer.customer!r} was {payer.payments:,} times short by "
        f"{payer.fee} {payer.currency}."
        for payer in learnt.short_payers
    ]
    if learnt.calibration != Calibration():
        lines.append(_of_learnt_calibration(ruleset))
    return tuple(filter(None, lines))


def _of_record(rule: ReferenceRule, learnt: Learnt) -> str:
    reliability = learnt.reliability(rule.name, rule.reliability)
    if reliability == rule.reliability:
        return ""
    return f"Rule {rule.name!r} is right in {reliability:.1%} of the texts after all."


def _of_learnt_calibration(ruleset: Ruleset) -> str:
    """What becomes of odds at the threshold for a match."""
    threshold = ruleset.thresholds.match
    bits = log2(threshold / (1 - threshold))
    calibration = ruleset.learnt.calibration
    corrected = min(bits, calibration.slope * bits + calibration.intercept)
    confidence = 1 / (1 + 2**-corrected)
    if confidence >= threshold:
        return f"A confidence of {threshold:g} is worth what it says."
    return f"What would be a confidence of {threshold:g} counts as {confidence:.4f}."


_EVIDENCE = {
    CounterpartyEvidence.IBAN: "the IBAN",
    CounterpartyEvidence.ACCOUNT: "the account number",
    CounterpartyEvidence.NAME: "the payer's name",
    CounterpartyEvidence.TEXT: "the customer's name in the text",
}
_EXACTNESS = {
    Exactness.EXACT: "as it is printed",
    Exactness.JOINED: "joined or split",
    Exactness.DIGITS: "by its digits alone",
    Exactness.LOOK_ALIKE: "with look-alike characters",
    Exactness.ONE_EDIT: "with one character wrong",
    Exactness.TRUNCATED: "cut off at the end of the field",
}


def _of_reference(rule: ReferenceRule) -> str:
    ways = ", ".join(_EXACTNESS[way] for way in rule.exactness)
    written = f", written as {rule.pattern}" if rule.pattern else ""
    return (
        f"Rule {rule.name!r}: looks for the invoice's {', '.join(rule.invoice_fields)} "
        f"in {', '.join(rule.transaction_fields)}{written}; {ways}; right in "
        f"{rule.reliability:.1%} of the texts that name one."
    )
