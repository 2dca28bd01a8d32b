"""The texts that rows are known by, compared by their bytes on PostgreSQL.

In a language's order, what is compared most costs most; and the order of ids is another
in each database. SQLite and Python compare so as well.
"""

from alembic import op

from payymo_adapters.store.migrations.decision_guards import GUARDS
from payymo_adapters.store.migrations.guards import bind_to_tenant, set_up, take_down

_KEYS = {
    "tenants": "id",
    "audit_log": "tenant subject previous_hash",
    "connections": "tenant id",
    "four_eyes": "tenant currency",
    "invoice_snapshots": "tenant invoice_id",
    "outbox_events": "tenant subject",
    "rulesets": "tenant",
    "transaction_versions": "tenant transaction_id",
    "webhook_inbox": "tenant provider event_id",
    "accounts": "tenant id connection_id",
    "call_budgets": "tenant connection_id budget",
    "invoices": "tenant id connection_id",
    "sync_cursors": "tenant account_id stream",
    "transactions": "tenant id account_id",
    "match_decisions": "tenant transaction_id",
    "allocations": "tenant transaction_id invoice_id",
    "labels": "tenant transaction_id",
    "postings": "tenant invoice_id kind posting_key",
}
"""The columns of keys and indexes, as of revision 0005."""
# A trigger or a policy that names a column keeps its type from being changed.
_IN_THE_WAY = tuple(guard for guard in GUARDS if guard.name.endswith("_are_kept"))


def collate(collation: str) -> None:
    """Give columns an order, on PostgreSQL: ``C``, or ``default``."""
    if op.get_bind().dialect.name == "sqlite":
        return
    take_down(_IN_THE_WAY)
    for table, names in _KEYS.items():
        op.execute(f"DROP POLICY tenant ON {table}")
        changes = (
            f'ALTER COLUMN {name} TYPE text COLLATE "{collation}"'
            for name in names.split()
        )
        op.execute(f"ALTER TABLE {table} {', '.join(changes)}")
    bind_to_tenant("id", ["tenants"])
    bind_to_tenant("tenant", [name for name in _KEYS if name != "tenants"])
    set_up(_IN_THE_WAY)
