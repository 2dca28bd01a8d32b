"""What the engine says, in a bookkeeper's words."""

from collections.abc import Callable
from math import log2

from payymo_core.learnt import Calibration, Learnt
from payymo_core.naming import percentage
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
    Reason.PAYER_OWES_THE_SAME: "Another's invoice, and the payer owes as much.",
    Reason.SENT_BACK: "A later debit took the same amount back.",
    Reason.CONTRARY_WORDS: "The text speaks of a refund or a cancellation.",
    Reason.CURRENCY_DIFFERS: "The text names an invoice in another currency.",
    Reason.DUPLICATE_PAYMENT: "It looks like a second payment of the same invoice.",
    Reason.LOW_CONFIDENCE: "The evidence is too weak to apply it unseen.",
    Reason.NO_CANDIDATE: "No open invoice agrees in reference, payer or amount.",
    Reason.OTHER_INVOICE_NAMED: "The text names another invoice.",
    Reason.OUTGOING: "The money went out.",
    Reason.PENDING: "The bank has not booked it yet.",
    Reason.REFERENCE_OF_PAID_INVOICE: "The text names an invoice that is not open.",
    Reason.REJECTED_BEFORE: "What explains it best was rejected before.",
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
    "far_over": "is much more than what is outstanding",
    "manifold": "is more than twice what is outstanding",
    "completes": "is, with other payments, just what is outstanding",
    "nearly_all": "is a little less than what is outstanding",
    "total": "is the total of an invoice that is not open",
    "total_differs": "is not the total of the invoice, which is not open",
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
    "unknown": "nothing tells whether the payer is the customer",
    "other": "neither account nor name of the payer is the customer's",
}
# The days are those of timing.DateLevel; {} is the date they are counted from.
_DATES = {
    "before_issue": "paid before it was issued",
    "long_before_issue": "paid more than 10 days before it was issued",
    "early": "paid more than a week before {}",
    "ahead": "paid 2 to 7 days before {}",
    "on_time": "paid within a day of {}",
    "days_late": "paid 2 to 7 days after {}",
    "weeks_late": "paid 8 to 30 days after {}",
    "months_late": "paid 31 to 120 days after {}",
    "very_late": "paid more than 120 days after {}",
    "stale": "paid longer after {} than the ruleset ever lets pass unseen",
}
_NOT_FOUND = {
    "not_found_empty": "there is no text that could name {}",
    "not_found_words_only": "the text has no number in it that could name {}",
    "not_found_other_numbers": "the text has numbers, but not {}",
    "not_found_other_invoice": "the text names another invoice, not {}",
    "not_found_unknown_reference": "the text names what is not in the ledger, not {}",
}
# {0} is what the row says of the transaction, {1} what it says of the invoices.
_GATES = {
    "rejected": "a reviewer rejected it for this payment before",
    "pending": "the bank has not booked it yet: it is pending, and never matched",
    "outgoing": "the money went out, and no credit note explains it",
    "owed_to_us": "the money went out, and the invoice is owed to us",
    "no_money": "no money came in",
    "currency": "it is in {1}, the money came in {0}",
    "closed": "it is not open ({1})",
    "credit_note": "a credit note can only lower what other invoices come to",
}
_RIVALS = {
    "none": "no other explanation comes near",
    "bounded": "as good as certain: no confidence is told any finer",
    "nothing": "nothing that is open explains it well; the nearest is {1}",
    "no_candidate": "no open invoice agrees in reference, payer or amount",
    "paid_before": "{0} has likely paid {1} already",
    "left_out": "so little speaks for it that it was left out early",
    "other_invoices": "it may be for {1} instead",
    "closed_invoice": "it may be for {1}, which is not open",
    "other_payment": "{0} claims {1} too",
    "second_payment": "{0} may have paid {1} already",
    "many": "many other explanations take their share, each a little",
}


def sentence(row: Evidence) -> str:
    """What a row of evidence says, without its weight.

    >>> sentence(Evidence("amount", "exact", 9.5, "119.00 EUR", "119.00 EUR"))
    '119.00 EUR is exactly what is outstanding (119.00 EUR)'
    """
    if row.level in _NOT_FOUND:
        return _NOT_FOUND[row.level].format(row.invoice_text)
    if row.rule in _SENTENCES:
        return _SENTENCES[row.rule](row)
    ours, theirs = row.transaction_text, row.invoice_text
    written = "" if ours == theirs else f" as {ours!r}"
    how = _WAYS.get(row.level, row.level.replace("_", " "))
    return f"the text names {theirs}{written}, {how} ({row.rule})"


def _of_prior(row: Evidence) -> str:
    return f"how often payments are of this kind: {_PRIORS[row.level]}"


def _of_amount(row: Evidence) -> str:
    if not row.invoice_text:
        return f"{row.transaction_text}; the total of the invoice is not known"
    return f"{row.transaction_text} {_AMOUNTS[row.level]} ({row.invoice_text})"


def _of_counterparty(row: Evidence) -> str:
    ours, theirs = row.transaction_text, row.invoice_text
    said = f" ({ours} / {theirs})" if ours and theirs else ""
    return f"{_PAYERS[row.level]}{said}"


def _of_dates(row: Evidence) -> str:
    ours, theirs = row.transaction_text, row.invoice_text
    if row.level == "unknown":
        return "a date is missing"
    dated = _DATES[row.level].format(_expected(theirs))
    several = " of one of them" if ";" in theirs else ""
    return f"{dated}{several} ({ours}; {theirs})"


def _expected(days: str) -> str:
    """What a payment is measured against that is late or not."""
    if "due" in days:
        return "the due date"
    return "the year of its number" if "number" in days else "the date of issue"


def _of_set(row: Evidence) -> str:
    if row.level == "oldest_of_equals":
        return "of equals, the oldest is paid first: the ruleset's policy"
    count = row.level.removesuffix("_invoices")
    return f"the payer would have to mean just these {count} of the open invoices"


def _of_rivals(row: Evidence) -> str:
    return _RIVALS[row.level].format(row.transaction_text, row.invoice_text)


def _of_gate(row: Evidence) -> str:
    return _GATES[row.level].format(row.transaction_text, row.invoice_text)


def _of_calibration(_: Evidence) -> str:
    return "reviewers rejected more of what looked so sure than they should have"


_SENTENCES: dict[str, Callable[[Evidence], str]] = {
    "prior": _of_prior,
    "amount": _of_amount,
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
        "An amount counts for more the rarer it is, and never decides by itself.",
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
            f"about {amount.short_most} EUR in the invoice's currency: a bank's fee."
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


_NAMES = "names, IBANs and accounts"


def _counted(number: int, thing: str) -> str:
    return f"{number:,} {thing}" if number == 1 else f"{number:,} {thing}s"


def describe_learnt(ruleset: Ruleset) -> tuple[str, ...]:
    """What a ruleset has learnt from verdicts, line by line; none where nothing."""
    learnt = ruleset.learnt
    if not learnt.labels:
        return ()
    lines = [f"Learnt from {_counted(learnt.labels, 'label')}:"]
    if learnt.rejected:
        proposals = _counted(len(learnt.rejected), "rejected proposal")
        does = "does" if len(learnt.rejected) == 1 else "do"
        lines.append(f"{proposals} {does} not come again.")
    if learnt.payers:
        customers = _counted(
            len({payer.customer for payer in learnt.payers}), "customer"
        )
        known = "name, IBAN or account" if len(learnt.payers) == 1 else _NAMES
        lines.append(
            f"Who has paid for {customers} before is known by "
            f"{len(learnt.payers):,} {known}."
        )
    lines += [_of_record(rule, learnt) for rule in ruleset.references]
    lines += [
        f"Customer {payer.customer!r} was {_counted(payer.payments, 'time')} short by "
        f"{payer.fee} {payer.currency}."
        for payer in learnt.short_payers
    ]
    if learnt.citing:
        citing = len({habit.customer for habit in learnt.citing})
        does = "names what it pays" if citing == 1 else "name what they pay"
        lines.append(f"How {_counted(citing, 'customer')} {does} is known.")
    if learnt.calibration != Calibration():
        lines.append(_of_learnt_calibration(ruleset))
    return tuple(filter(None, lines))


def _of_record(rule: ReferenceRule, learnt: Learnt) -> str:
    reliability = learnt.reliability(rule.name, rule.reliability)
    if reliability == rule.reliability:
        return ""
    right = percentage(reliability)
    return f"Rule {rule.name!r} is right in {right} of the texts after all."


def _of_learnt_calibration(ruleset: Ruleset) -> str:
    """What becomes of odds at the threshold for a match."""
    threshold = ruleset.thresholds.match
    bits = log2(threshold / (1 - threshold))
    confidence = 1 / (1 + 2 ** -(ruleset.learnt.calibration.slope * bits))
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

_WAYS = {way.value: words for way, words in _EXACTNESS.items()}


def _of_reference(rule: ReferenceRule) -> str:
    ways = ", ".join(_EXACTNESS[way] for way in rule.exactness)
    written = f", written as {rule.pattern}" if rule.pattern else ""
    return (
        f"Rule {rule.name!r}: looks for the invoice's {', '.join(rule.invoice_fields)} "
        f"in {', '.join(rule.transaction_fields)}{written}; {ways}; right in "
        f"{percentage(rule.reliability)} of the texts that name one."
    )
