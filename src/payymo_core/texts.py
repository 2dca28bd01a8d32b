"""The text fields of transactions as one column, and what in them is no reference."""

from collections.abc import Sequence

import numpy as np
from attrs import frozen

from payymo_core.keys import Ints, Mask
from payymo_core.lines import Lines
from payymo_core.noise import called_otherwise, is_word, noise
from payymo_core.rules import ReferenceRule
from payymo_core.spans import Scan, Spans, scan_folded


@frozen(eq=False)
class TextColumn:
    """The texts of a block of transactions.

    Attributes:
        scan: All texts, cut into atoms.
        row: The transaction of each text.
        field: Place in ``fields`` of each text.
        origin: As a record alone tells it: one of the four named fields, or those and
            the place of its key among the sorted keys of ``metadata``.
        noise: Atoms whose digits name no invoice: of dates, amounts, phones, IBANs, and
            those called otherwise.
        called: Atoms that a word calls something else than an invoice's number.
        fields: Names of the fields.
        rows: Transactions in the block.
    """

    scan: Scan
    row: Ints
    field: Ints
    origin: Ints
    noise: Mask
    called: Mask
    fields: tuple[str, ...]
    rows: int

    def located(self, spans: Spans) -> tuple[Ints, Ints, Ints]:
        """The text of each span, and where in the folded text it begins and ends."""
        seen = self.scan
        lines = seen.line_starts
        text = seen.text[spans.first]
        begin = seen.place[seen.start[spans.first]] - lines[text]
        end = seen.place[seen.end[spans.last] - 1] + 1 - lines[text]
        return text, begin, end

    def allowed(self, rules: Sequence[ReferenceRule]) -> Mask:
        """Whether a rule (first axis) looks in a field (second)."""
        return np.array(
            [[_looks_in(rule, name) for name in self.fields] for rule in rules],
            np.bool_,
        ).reshape(len(rules), len(self.fields))


def _looks_in(rule: ReferenceRule, field: str) -> bool:
    return field in rule.transaction_fields or (
        field.startswith("metadata.") and "metadata.*" in rule.transaction_fields
    )


def text_column(lines: Lines, rows: int) -> TextColumn:
    """Cut the texts of so many transactions into atoms."""
    seen = scan_folded(lines.letters)
    called = called_otherwise(seen)
    return TextColumn(
        scan=seen,
        row=lines.row,
        field=lines.field,
        origin=lines.origin,
        noise=noise(seen) | called,
        called=called,
        fields=lines.fields,
        rows=rows,
    )


# Money that the company itself gives back, in the languages of the payers.
REFUND = (
    *("REFUND", "REFUNDED", "ERSTATTUNG", "RUCKERSTATTUNG", "RUECKERSTATTUNG"),
    *("RUCKZAHLUNG", "RUECKZAHLUNG", "RUCKUBERWEISUNG", "RUECKUEBERWEISUNG"),
    *("REMBOURSEMENT", "TERUGBETALING", "RIMBORSO", "REEMBOLSO", "DEVOLUCION"),
    *("TILLBAKABETALNING", "ATERBETALNING", "TILBAGEBETALING", "HYVITYS"),
)
# That, or not for what is named, or for what stands beside an invoice.
_CONTRARY = (
    *REFUND,
    *("CHARGEBACK", "REVERSAL", "CANCEL", "CANCELLED", "CANCELED", "CANCELLATION"),
    *("STORNO", "STORNIERT", "STORNIERUNG", "RUCKLASTSCHRIFT", "RUECKLASTSCHRIFT"),
    *("ANNULATION", "ANNULE", "ANNULEE", "GEANNULEERD", "ANNULERING"),
    *("NICHT", "NOT", "OHNE", "STATT", "AUSSER", "WITHOUT", "EXCEPT", "INSTEAD"),
    *("SANS", "SAUF", "ZONDER", "BEHALVE", "UTAN", "UDEN", "SENZA", "SIN"),
    *("MAHNGEBUHR", "MAHNGEBUHREN", "MAHNGEBUEHR", "MAHNGEBUEHREN", "VERZUGSZINSEN"),
    *("KAUTION", "TRINKGELD", "DEPOSIT", "LATE", "PENALTY", "REMINDER"),
)


def contrary(texts: TextColumn) -> Mask:
    """Transactions whose text speaks of a refund, or of what is not paid."""
    return saying(texts, _CONTRARY)


def saying(texts: TextColumn, words: tuple[str, ...]) -> Mask:
    """Transactions whose text holds one of some words."""
    out = np.zeros(texts.rows, np.bool_)
    seen = texts.scan
    out[texts.row[seen.text[is_word(seen, words)]]] = True
    return out
