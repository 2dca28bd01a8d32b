"""What is decided and applied: decisions, allocations, postings, labels."""

import sqlalchemy as sa
from alembic import op

from payymo_adapters.store.kinds import Utc
from payymo_adapters.store.migrations.decision_guards import GUARDS
from payymo_adapters.store.migrations.guards import (
    bind_to_tenant,
    set_up,
    take_down,
)

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """From 0001."""
    for make in TABLES.values():
        make()
    set_up(GUARDS)
    bind_to_tenant("tenant", TABLES)


def downgrade() -> None:
    """To 0001."""
    take_down(GUARDS)
    for name in reversed(TABLES):
        op.drop_table(name)


def _rulesets() -> None:
    op.create_table(
        "rulesets",
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("created_at", Utc(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("taken_at", Utc(), nullable=True),
        sa.ForeignKeyConstraint(["tenant"], ["tenants.id"], name="fk_rulesets_tenants"),
        sa.PrimaryKeyConstraint("tenant", "version", name="pk_rulesets"),
    )


def _match_decisions() -> None:
    op.create_table(
        "match_decisions",
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("transaction_id", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("ruleset_version", sa.Integer(), nullable=True),
        sa.Column("confidence", sa.Float(), nullable=True),
        sa.Column("outcome", sa.Text(), nullable=True),
        sa.Column("proposal", sa.Text(), nullable=False),
        sa.Column("invoices", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("created_at", Utc(), nullable=False),
        sa.Column("decided_at", Utc(), nullable=True),
        sa.Column("closed_at", Utc(), nullable=True),
        sa.Column("live", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.CheckConstraint(
            "kind <> 'ignore' OR live = 0", name="ck_match_decisions_ignore"
        ),
        sa.CheckConstraint(
            "kind = 'match' OR reason <> ''", name="ck_match_decisions_reason"
        ),
        sa.CheckConstraint(
            "kind IN ('match', 'split', 'ignore')", name="ck_match_decisions_kind"
        ),
        sa.CheckConstraint(
            "live >= 0 AND (state = 'active' OR live = 0)",
            name="ck_match_decisions_live",
        ),
        sa.CheckConstraint(
            "state IN ('proposed', 'active', 'rejected', 'superseded',"
            " 'stopped', 'undone')",
            name="ck_match_decisions_state",
        ),
        sa.CheckConstraint(
            "confidence BETWEEN 0 AND 1", name="ck_match_decisions_confidence"
        ),
        sa.ForeignKeyConstraint(
            ["tenant", "ruleset_version"],
            ["rulesets.tenant", "rulesets.version"],
            name="fk_match_decisions_rulesets",
        ),
        sa.ForeignKeyConstraint(
            ["tenant", "transaction_id"],
            ["transactions.tenant", "transactions.id"],
            name="fk_match_decisions_transactions",
        ),
        sa.PrimaryKeyConstraint("tenant", "id", name="pk_match_decisions"),
        sa.UniqueConstraint(
            "tenant", "id", "transaction_id", name="uq_match_decisions_transaction"
        ),
    )
    op.create_index(
        "ix_match_decisions_transaction",
        "match_decisions",
        ["tenant", "transaction_id"],
        unique=False,
    )
    op.create_index(
        "uq_match_decisions_active",
        "match_decisions",
        ["tenant", "transaction_id"],
        unique=True,
        postgresql_where=sa.text("state = 'active'"),
        sqlite_where=sa.text("state = 'active'"),
    )
    op.create_index(
        "uq_match_decisions_proposed",
        "match_decisions",
        ["tenant", "transaction_id"],
        unique=True,
        postgresql_where=sa.text("state = 'proposed'"),
        sqlite_where=sa.text("state = 'proposed'"),
    )


def _allocations() -> None:
    op.create_table(
        "allocations",
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("decision_id", sa.BigInteger(), nullable=False),
        sa.Column("transaction_id", sa.Text(), nullable=False),
        sa.Column("invoice_id", sa.Text(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("changed_at", Utc(), nullable=False),
        sa.CheckConstraint(
            "state IN ('reserved', 'settled', 'released', 'reversed')",
            name="ck_allocations_state",
        ),
        sa.CheckConstraint("amount <> 0", name="ck_allocations_amount"),
        sa.ForeignKeyConstraint(
            ["tenant", "decision_id", "transaction_id"],
            [
                "match_decisions.tenant",
                "match_decisions.id",
                "match_decisions.transaction_id",
            ],
            name="fk_allocations_match_decisions",
        ),
        sa.ForeignKeyConstraint(
            ["tenant", "invoice_id"],
            ["invoices.tenant", "invoices.id"],
            name="fk_allocations_invoices",
        ),
        sa.PrimaryKeyConstraint(
            "tenant", "decision_id", "invoice_id", name="pk_allocations"
        ),
    )
    op.create_index(
        "ix_allocations_invoice", "allocations", ["tenant", "invoice_id"], unique=False
    )


def _postings() -> None:
    op.create_table(
        "postings",
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("decision_id", sa.BigInteger(), nullable=False),
        sa.Column("invoice_id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("posting_key", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column(
            "attempts", sa.Integer(), server_default=sa.text("0"), nullable=False
        ),
        sa.Column("fault", sa.Text(), nullable=True),
        sa.Column("planned_at", Utc(), nullable=False),
        sa.Column("changed_at", Utc(), nullable=False),
        sa.CheckConstraint("kind IN ('payment', 'reversal')", name="ck_postings_kind"),
        sa.CheckConstraint(
            "state IN ('planned', 'sending', 'confirmed', 'unknown',"
            " 'refused', 'stopped')",
            name="ck_postings_state",
        ),
        sa.ForeignKeyConstraint(
            ["tenant", "decision_id", "invoice_id"],
            ["allocations.tenant", "allocations.decision_id", "allocations.invoice_id"],
            name="fk_postings_allocations",
        ),
        sa.PrimaryKeyConstraint("tenant", "id", name="pk_postings"),
        sa.UniqueConstraint(
            "tenant", "decision_id", "invoice_id", "kind", name="uq_postings_once"
        ),
        sa.UniqueConstraint("tenant", "posting_key", name="uq_postings_key"),
    )
    op.create_index(
        "ix_postings_unresolved",
        "postings",
        ["tenant", "invoice_id"],
        unique=False,
        postgresql_where=sa.text("state IN ('planned', 'sending', 'unknown')"),
        sqlite_where=sa.text("state IN ('planned', 'sending', 'unknown')"),
    )


def _labels() -> None:
    op.create_table(
        "labels",
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("decision_id", sa.BigInteger(), nullable=False),
        sa.Column("transaction_id", sa.Text(), nullable=False),
        sa.Column("invoices", sa.Text(), nullable=False),
        sa.Column("verdict", sa.Text(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("given_at", Utc(), nullable=False),
        sa.Column("retracted_at", Utc(), nullable=True),
        sa.CheckConstraint(
            "verdict IN ('confirm', 'reject')", name="ck_labels_verdict"
        ),
        sa.ForeignKeyConstraint(
            ["tenant", "decision_id", "transaction_id"],
            [
                "match_decisions.tenant",
                "match_decisions.id",
                "match_decisions.transaction_id",
            ],
            name="fk_labels_match_decisions",
        ),
        sa.PrimaryKeyConstraint("tenant", "id", name="pk_labels"),
    )
    op.create_index(
        "ix_labels_held",
        "labels",
        ["tenant", "transaction_id"],
        unique=False,
        postgresql_where=sa.text("retracted_at IS NULL"),
        sqlite_where=sa.text("retracted_at IS NULL"),
    )


TABLES = {
    "rulesets": _rulesets,
    "match_decisions": _match_decisions,
    "allocations": _allocations,
    "postings": _postings,
    "labels": _labels,
}
