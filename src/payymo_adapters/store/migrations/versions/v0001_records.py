"""What came: tenants, connections, records, and the audit log."""

import sqlalchemy as sa
from alembic import op

from payymo_adapters.store.kinds import Utc
from payymo_adapters.store.migrations.guards import (
    bind_to_tenant,
    set_up,
    take_down,
)
from payymo_adapters.store.migrations.record_guards import GUARDS

revision = "0001"
down_revision = None


def upgrade() -> None:
    """From nothing."""
    for make in TABLES.values():
        make()
    set_up(GUARDS)
    bind_to_tenant("id", ["tenants"])
    bind_to_tenant("tenant", [name for name in TABLES if name != "tenants"])


def downgrade() -> None:
    """To nothing."""
    take_down(GUARDS)
    for name in reversed(TABLES):
        op.drop_table(name)


def _tenants() -> None:
    op.create_table(
        "tenants",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("created_at", Utc(), nullable=False),
        sa.Column(
            "audit_seq", sa.BigInteger(), server_default=sa.text("0"), nullable=False
        ),
        sa.Column("audit_hash", sa.Text(), server_default="", nullable=False),
        sa.CheckConstraint("id <> ''", name="ck_tenants_id"),
        sa.PrimaryKeyConstraint("id", name="pk_tenants"),
    )


def _audit_log() -> None:
    op.create_table(
        "audit_log",
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("at", Utc(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("previous_hash", sa.Text(), nullable=False),
        sa.Column("hash", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant"], ["tenants.id"], name="fk_audit_log_tenants"
        ),
        sa.PrimaryKeyConstraint("tenant", "seq", name="pk_audit_log"),
        sa.UniqueConstraint("tenant", "previous_hash", name="uq_audit_log_chain"),
    )
    op.create_index(
        "ix_audit_log_subject", "audit_log", ["tenant", "subject"], unique=False
    )


def _connections() -> None:
    op.create_table(
        "connections",
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("provider", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("credentials", sa.LargeBinary(), nullable=True),
        sa.Column("expires_at", Utc(), nullable=True),
        sa.Column("fault", sa.Text(), nullable=True),
        sa.Column("changed_at", Utc(), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant"], ["tenants.id"], name="fk_connections_tenants"
        ),
        sa.PrimaryKeyConstraint("tenant", "id", name="pk_connections"),
    )


def _accounts() -> None:
    op.create_table(
        "accounts",
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("connection_id", sa.Text(), nullable=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("identifier", sa.Text(), nullable=True),
        sa.Column("currency", sa.Text(), nullable=True),
        sa.Column("created_at", Utc(), nullable=False),
        sa.CheckConstraint("id <> '' AND id NOT LIKE '%/%'", name="ck_accounts_id"),
        sa.ForeignKeyConstraint(
            ["tenant", "connection_id"],
            ["connections.tenant", "connections.id"],
            name="fk_accounts_connections",
        ),
        sa.ForeignKeyConstraint(["tenant"], ["tenants.id"], name="fk_accounts_tenants"),
        sa.PrimaryKeyConstraint("tenant", "id", name="pk_accounts"),
    )


def _call_budgets() -> None:
    op.create_table(
        "call_budgets",
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("connection_id", sa.Text(), nullable=False),
        sa.Column("budget", sa.Text(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("used", sa.Integer(), nullable=False),
        sa.Column("allowed", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "used >= 0 AND used <= allowed", name="ck_call_budgets_used"
        ),
        sa.ForeignKeyConstraint(
            ["tenant", "connection_id"],
            ["connections.tenant", "connections.id"],
            name="fk_call_budgets_connections",
        ),
        sa.PrimaryKeyConstraint(
            "tenant", "connection_id", "budget", "day", name="pk_call_budgets"
        ),
    )


def _invoices() -> None:
    op.create_table(
        "invoices",
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("connection_id", sa.Text(), nullable=True),
        sa.Column("outstanding", sa.BigInteger(), nullable=False),
        sa.Column("total", sa.BigInteger(), nullable=True),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("number", sa.Text(), nullable=True),
        sa.Column("issue_date", sa.Date(), nullable=True),
        sa.Column("due_date", sa.Date(), nullable=True),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("creditor_reference", sa.Text(), nullable=True),
        sa.Column("reference_fields", sa.Text(), nullable=True),
        sa.Column("customer", sa.Text(), nullable=True),
        sa.Column("metadata", sa.Text(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("payload", sa.Text(), nullable=False),
        sa.Column("as_of", Utc(), nullable=False),
        sa.Column(
            "allocated", sa.BigInteger(), server_default=sa.text("0"), nullable=False
        ),
        sa.CheckConstraint("status = 'open' OR allocated = 0", name="ck_invoices_open"),
        sa.CheckConstraint(
            "status IN ('open', 'paid', 'cancelled', 'refunded', 'draft')",
            name="ck_invoices_status",
        ),
        sa.CheckConstraint(
            "(outstanding >= 0 AND allocated >= 0 AND allocated <="
            " outstanding) OR (outstanding < 0 AND allocated <= 0 AND allocated >="
            " outstanding)",
            name="ck_invoices_allocated",
        ),
        sa.CheckConstraint("length(currency) = 3", name="ck_invoices_currency"),
        sa.ForeignKeyConstraint(
            ["tenant", "connection_id"],
            ["connections.tenant", "connections.id"],
            name="fk_invoices_connections",
        ),
        sa.ForeignKeyConstraint(["tenant"], ["tenants.id"], name="fk_invoices_tenants"),
        sa.PrimaryKeyConstraint("tenant", "id", name="pk_invoices"),
    )
    op.create_index(
        "ix_invoices_open",
        "invoices",
        ["tenant", "id"],
        unique=False,
        postgresql_where=sa.text("status = 'open'"),
        sqlite_where=sa.text("status = 'open'"),
    )


def _invoice_snapshots() -> None:
    op.create_table(
        "invoice_snapshots",
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("invoice_id", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("payload", sa.Text(), nullable=False),
        sa.Column("taken_at", Utc(), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant"], ["tenants.id"], name="fk_invoice_snapshots_tenants"
        ),
        sa.PrimaryKeyConstraint(
            "tenant", "invoice_id", "version", name="pk_invoice_snapshots"
        ),
    )


def _sync_cursors() -> None:
    op.create_table(
        "sync_cursors",
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("account_id", sa.Text(), nullable=False),
        sa.Column("stream", sa.Text(), nullable=False),
        sa.Column("position", sa.Text(), nullable=False),
        sa.Column("moved_at", Utc(), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant", "account_id"],
            ["accounts.tenant", "accounts.id"],
            name="fk_sync_cursors_accounts",
        ),
        sa.PrimaryKeyConstraint(
            "tenant", "account_id", "stream", name="pk_sync_cursors"
        ),
    )


def _transactions() -> None:
    op.create_table(
        "transactions",
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("account_id", sa.Text(), nullable=False),
        sa.Column("external_id", sa.Text(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("fee", sa.BigInteger(), nullable=True),
        sa.Column("gross", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("booking_date", sa.Date(), nullable=True),
        sa.Column("value_date", sa.Date(), nullable=True),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("remittance", sa.Text(), nullable=True),
        sa.Column("creditor_reference", sa.Text(), nullable=True),
        sa.Column("end_to_end_id", sa.Text(), nullable=True),
        sa.Column("mandate_id", sa.Text(), nullable=True),
        sa.Column("counterparty", sa.Text(), nullable=True),
        sa.Column("own_account", sa.Text(), nullable=True),
        sa.Column("metadata", sa.Text(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("payload", sa.Text(), nullable=False),
        sa.Column("recorded_at", Utc(), nullable=False),
        sa.Column("changed_at", Utc(), nullable=False),
        sa.Column("gone_at", Utc(), nullable=True),
        sa.Column("replaced_by", sa.Text(), nullable=True),
        sa.Column(
            "allocated", sa.BigInteger(), server_default=sa.text("0"), nullable=False
        ),
        sa.Column("decision_id", sa.BigInteger(), nullable=True),
        sa.CheckConstraint(
            "id = account_id || '/' || external_id", name="ck_transactions_id"
        ),
        sa.CheckConstraint(
            "status IN ('booked', 'pending')", name="ck_transactions_status"
        ),
        sa.CheckConstraint(
            "(gross > 0 AND allocated <= gross) OR (gross < 0 AND allocated >="
            " gross) OR (gross = 0 AND allocated = 0)",
            name="ck_transactions_allocated",
        ),
        sa.CheckConstraint("length(currency) = 3", name="ck_transactions_currency"),
        sa.ForeignKeyConstraint(
            ["tenant", "account_id"],
            ["accounts.tenant", "accounts.id"],
            name="fk_transactions_accounts",
        ),
        sa.PrimaryKeyConstraint("tenant", "id", name="pk_transactions"),
    )
    op.create_index(
        "ix_transactions_account",
        "transactions",
        ["tenant", "account_id", "booking_date"],
        unique=False,
    )
    op.create_index(
        "ix_transactions_undecided",
        "transactions",
        ["tenant", "id"],
        unique=False,
        postgresql_where=sa.text(
            "decision_id IS NULL AND status = 'booked' AND gone_at IS NULL"
        ),
        sqlite_where=sa.text(
            "decision_id IS NULL AND status = 'booked' AND gone_at IS NULL"
        ),
    )


def _transaction_versions() -> None:
    op.create_table(
        "transaction_versions",
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("transaction_id", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("payload", sa.Text(), nullable=False),
        sa.Column("recorded_at", Utc(), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant"], ["tenants.id"], name="fk_transaction_versions_tenants"
        ),
        sa.PrimaryKeyConstraint(
            "tenant", "transaction_id", "version", name="pk_transaction_versions"
        ),
    )


TABLES = {
    "tenants": _tenants,
    "audit_log": _audit_log,
    "connections": _connections,
    "accounts": _accounts,
    "call_budgets": _call_budgets,
    "invoices": _invoices,
    "invoice_snapshots": _invoice_snapshots,
    "sync_cursors": _sync_cursors,
    "transactions": _transactions,
    "transaction_versions": _transaction_versions,
}
