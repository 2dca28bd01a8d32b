"""What is left to persons: postings in doubt, and four eyes above a sum."""

import sqlalchemy as sa
from alembic import op

from payymo_adapters.store.kinds import Utc
from payymo_adapters.store.migrations.guards import (
    bind_to_tenant,
    set_up,
    take_down,
)
from payymo_adapters.store.migrations.person_guards import GUARDS, REPLACED

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """From 0003."""
    op.add_column("postings", sa.Column("ruled_by", sa.Text(), nullable=True))
    op.add_column("match_decisions", sa.Column("seconded_by", sa.Text(), nullable=True))
    op.add_column("match_decisions", sa.Column("seconded_at", Utc(), nullable=True))
    op.create_table(
        "four_eyes",
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("above", sa.BigInteger(), nullable=False),
        sa.Column("set_at", Utc(), nullable=False),
        sa.CheckConstraint("above >= 0", name="ck_four_eyes_above"),
        sa.ForeignKeyConstraint(
            ["tenant"], ["tenants.id"], name="fk_four_eyes_tenants"
        ),
        sa.PrimaryKeyConstraint("tenant", "currency", name="pk_four_eyes"),
    )
    bind_to_tenant("tenant", ["four_eyes"])
    take_down(REPLACED)
    set_up(GUARDS)


def downgrade() -> None:
    """To 0003; who seconded and who had something sent again is in the audit log."""
    take_down(GUARDS)
    set_up(REPLACED)
    op.drop_table("four_eyes")
    op.drop_column("match_decisions", "seconded_at")
    op.drop_column("match_decisions", "seconded_by")
    op.drop_column("postings", "ruled_by")
