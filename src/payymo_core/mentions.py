"""Which references of invoices stand in which texts, read by a rule or not."""

from attrs import frozen

from payymo_core.inspection.books import TELLING, searched
from payymo_core.lines import stands_for
from payymo_core.matching import MatchResult
from payymo_core.references import forms_of
from payymo_core.rules import Exactness, ReferenceRule, Ruleset


@frozen
class Mention:
    """A reference of an invoice that stands in a field of a transaction.

    Attributes:
        transaction: Its id.
        invoice: Its id.
        within: Field of the transaction.
        of: Field of the invoice.
    """

    transaction: str
    invoice: str
    within: str
    of: str


def mentions_of(result: MatchResult) -> list[Mention]:
    """Every reference of an invoice that stands, letter for letter, in a text."""
    run = result.run
    lines, texts = run.ledger.texts, run.transactions.texts
    # As any text may hold a short number, only what is telling counts.
    wide = [
        ReferenceRule(
            name=name,
            transaction_fields=texts.fields,
            invoice_fields=(name,),
            exactness=(Exactness.EXACT, Exactness.JOINED),
        )
        for name in lines.fields
    ]
    forms = forms_of(lines, len(run.ledger.invoices), wide)
    transactions, invoices = run.transactions.records, run.ledger.invoices.records
    return [
        Mention(
            transactions[row + begin].id,
            invoices[place].id,
            column.fields[column.field[text]],
            wide[rule].name,
        )
        for begin, column, finds in searched(texts, len(transactions), forms, wide)
        for row, place, text, rule, bits in zip(
            finds.transaction.tolist(),
            finds.invoice.tolist(),
            finds.text.tolist(),
            finds.rule.tolist(),
            finds.bits.tolist(),
            strict=True,
        )
        if bits >= TELLING
    ]


def is_read(one: Mention, rules: Ruleset) -> bool:
    """Whether a rule looks for such a reference in such a field."""
    return any(
        stands_for(rule.transaction_fields, one.within)
        and stands_for(rule.invoice_fields, one.of)
        for rule in rules.references
    )
