"""When an invoice was seen as it is, and what could not be read."""

import sqlalchemy as sa
from alembic import op

from payymo_adapters.store.kinds import Utc
from payymo_adapters.store.migrations.guards import bind_to_tenant
from payymo_adapters.store.tables import Name

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """From 0005."""
    _see_invoices()
    op.create_table(
        "rejected_records",
        sa.Column("tenant", Name, nullable=False),
        sa.Column("connection_id", Name, nullable=False),
        sa.Column("stream", Name, nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("found_in", sa.Text(), nullable=False),
        sa.Column("record_id", sa.Text(), nullable=False),
        sa.Column("field", sa.Text(), nullable=False),
        sa.Column("fault", sa.Text(), nullable=False),
        sa.Column("read_at", Utc(), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant", "connection_id"],
            ["connections.tenant", "connections.id"],
            name="fk_rejected_records_connections",
        ),
        sa.PrimaryKeyConstraint(
            *("tenant", "connection_id", "stream", "place"), name="pk_rejected_records"
        ),
    )
    bind_to_tenant("tenant", ["rejected_records"])


def _see_invoices() -> None:
    """Give each invoice the instant that it was seen; the best known is ``as_of``."""
    op.add_column("invoices", sa.Column("changed_at", Utc(), nullable=True))
    if op.get_bind().dialect.name == "sqlite":
        op.execute("UPDATE invoices SET changed_at = as_of")
    else:
        # An update would see no row: row-level security binds the owner as well.
        kind = "TYPE TIMESTAMPTZ USING as_of"
        op.execute(f"ALTER TABLE invoices ALTER COLUMN changed_at {kind}")


def downgrade() -> None:
    """To 0005; what could not be read is said again when it is read again."""
    op.drop_table("rejected_records")
    op.drop_column("invoices", "changed_at")
