"""What revision 0001 forbids: a change of currency under money, a change of history."""

from payymo_adapters.store.migrations.guards import Guard, Refusal, not_deleted

_RECORDS: tuple[Guard, ...] = tuple(
    Refusal(
        f"{table}_keep_their_currency",
        table,
        "UPDATE OF currency",
        "OLD.currency <> NEW.currency AND OLD.allocated <> 0",
    )
    for table in ("transactions", "invoices")
)
_HISTORY: tuple[Guard, ...] = tuple(
    guard
    for table in ("transaction_versions", "invoice_snapshots", "audit_log")
    for guard in (
        Refusal(f"{table}_is_append_only", table, "UPDATE"),
        not_deleted(table),
    )
)
GUARDS = (*_RECORDS, *_HISTORY)
