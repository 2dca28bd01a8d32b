"""What decisions gave and posted, which the audit log names by numbers alone."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from attrs import frozen
from sqlalchemy import Connection, select

from payymo_adapters.store import schema
from payymo_core.money import from_minor


@frozen
class Money:
    """Of some decisions.

    Attributes:
        allocations: What each gave or gives; an invoice has it as one sum.
        postings: By number.
    """

    allocations: Sequence[Any]
    postings: Mapping[int, Any]

    @classmethod
    def of(
        cls, connection: Connection, tenant: str, decisions: Sequence[int]
    ) -> "Money":
        """Of decisions by their numbers."""
        row, posting = schema.allocations, schema.postings
        given = connection.execute(
            select(row)
            .where(row.c.tenant == tenant, row.c.decision_id.in_(decisions))
            .order_by(row.c.decision_id, row.c.invoice_id)
        ).all()
        posted = connection.execute(
            select(posting).where(
                posting.c.tenant == tenant, posting.c.decision_id.in_(decisions)
            )
        )
        return cls(given, {held.id: held for held in posted})

    def of_decision(self, number: int, invoices: Sequence[str]) -> list[dict[str, str]]:
        """What it gave to invoices."""
        return [
            {"invoice": held.invoice_id, "amount": _major(held)}
            for held in self.allocations
            if held.decision_id == number and held.invoice_id in invoices
        ]

    def of_entry(self, action: str, detail: Mapping[str, Any]) -> dict[str, Any]:
        """What an entry of the audit log leaves unsaid."""
        return dict(self._of_entry(action, detail))

    def _of_entry(
        self, action: str, detail: Mapping[str, Any]
    ) -> Iterator[tuple[str, Any]]:
        posting = self.postings.get(detail.get("posting", 0))
        if posting is not None:
            yield "kind", posting.kind
            yield "amount", _major(posting)
            yield "currency", posting.currency
        if action == "match.rest_settled":
            given = self.of_decision(detail["decision"], detail["invoices"])
            yield "allocations", given


def _major(row: Any) -> str:
    return f"{from_minor(row.amount, row.currency):f}"
