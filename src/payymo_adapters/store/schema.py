"""The tables, as the newest migration leaves them; one schema for both databases.

Money is in whole minor units beside its currency, times are in UTC, and each row names
its tenant: a foreign key carries the tenant along, so that no row can point at
another's. The triggers that keep totals are in ``migrations``.
"""

from payymo_adapters.store.decision_tables import (
    allocations,
    audit_log,
    call_budgets,
    four_eyes,
    labels,
    match_decisions,
    outbox_events,
    postings,
    rulesets,
    sync_cursors,
    webhook_inbox,
)
from payymo_adapters.store.record_tables import (
    accounts,
    connections,
    invoice_snapshots,
    invoices,
    rejected_records,
    tenants,
    transaction_versions,
    transactions,
)
from payymo_adapters.store.tables import metadata

__all__ = [
    "TENANT_TABLES",
    "accounts",
    "allocations",
    "audit_log",
    "call_budgets",
    "connections",
    "four_eyes",
    "invoice_snapshots",
    "invoices",
    "labels",
    "match_decisions",
    "metadata",
    "outbox_events",
    "postings",
    "rejected_records",
    "rulesets",
    "sync_cursors",
    "tenants",
    "transaction_versions",
    "transactions",
    "webhook_inbox",
]

TENANT_TABLES = tuple(table for table in metadata.sorted_tables if table is not tenants)
"""Each with a column ``tenant``, parents before children."""
