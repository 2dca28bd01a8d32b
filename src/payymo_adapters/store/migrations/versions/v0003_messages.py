"""What is told to others and what others tell: the outbox and the webhook inbox."""

import sqlalchemy as sa
from alembic import op

from payymo_adapters.store.kinds import Utc
from payymo_adapters.store.migrations.guards import bind_to_tenant

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """From 0002."""
    _outbox_events()
    _webhook_inbox()
    bind_to_tenant("tenant", ["outbox_events", "webhook_inbox"])


def downgrade() -> None:
    """To 0002; what was not yet told or handled is lost."""
    op.drop_table("webhook_inbox")
    op.drop_table("outbox_events")


def _outbox_events() -> None:
    op.create_table(
        "outbox_events",
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("payload", sa.Text(), nullable=False),
        sa.Column("created_at", Utc(), nullable=False),
        sa.Column(
            "attempts", sa.Integer(), server_default=sa.text("0"), nullable=False
        ),
        sa.Column("next_at", Utc(), nullable=False),
        sa.Column("delivered_at", Utc(), nullable=True),
        sa.ForeignKeyConstraint(
            ["tenant"], ["tenants.id"], name="fk_outbox_events_tenants"
        ),
        sa.PrimaryKeyConstraint("tenant", "seq", name="pk_outbox_events"),
    )
    op.create_index(
        "ix_outbox_events_waiting",
        "outbox_events",
        ["tenant", "subject", "seq"],
        unique=False,
        postgresql_where=sa.text("delivered_at IS NULL"),
        sqlite_where=sa.text("delivered_at IS NULL"),
    )


def _webhook_inbox() -> None:
    op.create_table(
        "webhook_inbox",
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("provider", sa.Text(), nullable=False),
        sa.Column("event_id", sa.Text(), nullable=False),
        sa.Column("payload", sa.Text(), nullable=False),
        sa.Column("received_at", Utc(), nullable=False),
        sa.Column("handled_at", Utc(), nullable=True),
        sa.ForeignKeyConstraint(
            ["tenant"], ["tenants.id"], name="fk_webhook_inbox_tenants"
        ),
        sa.PrimaryKeyConstraint(
            "tenant", "provider", "event_id", name="pk_webhook_inbox"
        ),
    )
    op.create_index(
        "ix_webhook_inbox_waiting",
        "webhook_inbox",
        ["tenant", "received_at"],
        unique=False,
        postgresql_where=sa.text("handled_at IS NULL"),
        sqlite_where=sa.text("handled_at IS NULL"),
    )
