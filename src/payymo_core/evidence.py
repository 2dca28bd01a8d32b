"""The rows behind a confidence: what each rule said, in bits, with the text."""

from collections.abc import Iterable, Sequence
from datetime import date

from payymo_core.bearers import PayerLevel
from payymo_core.columns import NO_DAY
from payymo_core.comparison import NOT_FOUND, AmountLevel, TextLevel
from payymo_core.finds import LEVELS
from payymo_core.hypotheses import PARTS, Hypotheses
from payymo_core.ledger import Ledger
from payymo_core.money import written
from payymo_core.naming import owner
from payymo_core.normalisation import fold
from payymo_core.records import Invoice, InvoiceStatus, Transaction
from payymo_core.results import Evidence
from payymo_core.rules import Ruleset
from payymo_core.scoring import Kind
from payymo_core.timing import DateLevel

_PART_OF = {name: place for place, name in enumerate(PARTS)}


def rule_rows(
    transaction: Transaction,
    ledger: Ledger,
    ruleset: Ruleset,
    hypotheses: Hypotheses,
    row: int,
) -> tuple[Evidence, ...]:
    """What speaks for and against one hypothesis, before its rivals.

    Args:
        transaction: The transaction.
        ledger: The invoices.
        ruleset: Whose rules the rows name.
        hypotheses: The table that it stands in.
        row: Its row.
    """
    start, count = int(hypotheses.start[row]), int(hypotheses.count[row])
    members = hypotheses.member[start : start + count].tolist()
    places = hypotheses.pairs.invoice[members].tolist()
    invoices = [ledger.invoices.records[place] for place in places]
    bits: list[float] = hypotheses.parts[row].tolist()
    kind = Kind(int(hypotheses.kind[row]))
    rows = [
        Evidence("prior", kind.name.lower(), bits[_PART_OF["prior"]], "", ""),
        _amount(transaction, invoices, hypotheses, members, bits[_PART_OF["amount"]]),
        *_references(transaction, invoices, ruleset, hypotheses, members, bits),
        _counterparty(transaction, invoices, hypotheses, members, bits),
        _dates(transaction, places, ledger, hypotheses, members, bits),
    ]
    if weight := bits[_PART_OF["set"]]:
        rows.append(_choice(kind, weight, invoices))
    return tuple(rows)


def _amount(
    transaction: Transaction,
    invoices: list[Invoice],
    hypotheses: Hypotheses,
    members: list[int],
    weight: float,
) -> Evidence:
    said = written(transaction.gross, transaction.currency)
    if transaction.fee and transaction.gross != transaction.amount:
        net, fee = transaction.amount, transaction.fee
        currency = transaction.currency
        said += f" ({written(net, currency)} and a fee of {written(fee, currency)})"
    if len(members) > 1:
        return Evidence("amount", "sum", weight, said, _summed(invoices))
    level = AmountLevel(int(hypotheses.pairs.amount[members[0]]))
    return Evidence("amount", level.name.lower(), weight, said, _owed(invoices[0]))


def _summed(invoices: Sequence[Invoice]) -> str:
    """Outstanding amounts as a sum; those of credit notes are taken off."""
    first, *others = (written(i.outstanding, i.currency) for i in invoices)
    signed = (f"- {o[1:]}" if o.startswith("-") else f"+ {o}" for o in others)
    return " ".join((first, *signed))


def _owed(invoice: Invoice) -> str:
    """What is outstanding, or what it came to where nothing is; "" if not known."""
    if invoice.status is InvoiceStatus.OPEN and invoice.outstanding:
        return written(invoice.outstanding, invoice.currency)
    amount = invoice.outstanding if invoice.total is None else invoice.total
    return written(amount, invoice.currency) if amount else ""


def _references(
    transaction: Transaction,
    invoices: list[Invoice],
    ruleset: Ruleset,
    hypotheses: Hypotheses,
    members: list[int],
    bits: list[float],
) -> Iterable[Evidence]:
    """One row: what the text names, and what it does not."""
    weight = bits[_PART_OF["reference"]]
    reference = hypotheses.pairs.reference
    found = [m for m in members if reference.level[m] < NOT_FOUND]
    if not found:
        said = TextLevel(int(hypotheses.pairs.said[members[0]]))
        text = transaction.remittance or ""
        numbers = ", ".join(invoice.number or invoice.id for invoice in invoices)
        yield Evidence(
            "reference", f"not_found_{said.name.lower()}", weight, text, numbers
        )
        return
    rules = sorted({ruleset.references[int(reference.rule[m])].name for m in found})
    levels = sorted({LEVELS[int(reference.level[m])].value for m in found})
    level = " and ".join(levels)
    if len(found) < len(members):
        level += f", {len(members) - len(found)} not found"
    said_texts = dict.fromkeys(_found_text(transaction, hypotheses, m) for m in found)
    named = dict.fromkeys(
        _reference_text(invoice, ruleset, int(reference.rule[m]))
        for m, invoice in zip(members, invoices, strict=True)
        if m in found
    )
    yield Evidence(
        " and ".join(rules), level, weight, ", ".join(said_texts), ", ".join(named)
    )


def _found_text(transaction: Transaction, hypotheses: Hypotheses, member: int) -> str:
    """The text that named it, as it stands in its field (folded to capitals)."""
    reference = hypotheses.pairs.reference
    text = fold(transaction_text(transaction, int(reference.field[member])))
    return text[int(reference.begin[member]) : int(reference.end[member])]


def transaction_text(transaction: Transaction, field: int) -> str:
    """The text of a field: the four named ones, then ``metadata`` in order of keys."""
    texts = (
        transaction.remittance,
        transaction.creditor_reference,
        transaction.end_to_end_id,
        transaction.mandate_id,
    )
    if field < len(texts):
        return texts[field] or ""
    return sorted(transaction.metadata.items())[field - len(texts)][1]


def _reference_text(invoice: Invoice, ruleset: Ruleset, rule: int) -> str:
    for field in ruleset.references[rule].invoice_fields:
        if field == "references.*":
            text = ", ".join(invoice.references.values())
        elif field.startswith("references."):
            text = invoice.references.get(field.removeprefix("references."), "")
        else:
            text = getattr(invoice, field) or ""
        if text:
            return text
    return ""


def _counterparty(
    transaction: Transaction,
    invoices: list[Invoice],
    hypotheses: Hypotheses,
    members: list[int],
    bits: list[float],
) -> Evidence:
    best = min(members, key=lambda m: int(hypotheses.pairs.payer[m]))
    level = PayerLevel(int(hypotheses.pairs.payer[best]))
    other = transaction.counterparty
    said = ""
    if other is not None:
        account = other.iban or other.account or ""
        by_account = level in (PayerLevel.IBAN, PayerLevel.ACCOUNT)
        said = account if by_account else other.name or account
    if level is PayerLevel.NAME_IN_TEXT:
        said = transaction.remittance or ""
    owners = dict.fromkeys(owner(invoice.customer) for invoice in invoices)
    weight = bits[_PART_OF["counterparty"]]
    return Evidence("counterparty", level.name.lower(), weight, said, ", ".join(owners))


def _dates(
    transaction: Transaction,
    places: Sequence[int],
    ledger: Ledger,
    hypotheses: Hypotheses,
    members: list[int],
    bits: list[float],
) -> Evidence:
    level = DateLevel(max(int(hypotheses.pairs.date[m]) for m in members))
    day = transaction.booking_date or transaction.value_date
    said = day.isoformat() if day else ""
    days = "; ".join(filter(None, (_days(ledger, place) for place in places)))
    return Evidence("dates", level.name.lower(), bits[_PART_OF["dates"]], said, days)


def _days(ledger: Ledger, place: int) -> str:
    """The dates of an invoice; without any, the year that its number begins with."""
    invoice = ledger.invoices.records[place]
    dates = (("issued", invoice.issue_date), ("due", invoice.due_date))
    known = ", ".join(f"{word} {day}" for word, day in dates if day)
    due = int(ledger.invoices.due[place])
    if known or due == NO_DAY:
        return known
    return f"of {date.fromordinal(due).year} by its number"


def _choice(kind: Kind, weight: float, invoices: list[Invoice]) -> Evidence:
    ids = ", ".join(invoice.number or invoice.id for invoice in invoices)
    level = f"{len(invoices)}_invoices" if kind is Kind.SEVERAL else "oldest_of_equals"
    return Evidence("set", level, weight, "", ids)
