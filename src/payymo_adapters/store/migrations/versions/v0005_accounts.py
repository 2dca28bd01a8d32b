"""A transaction's account is asked for once a statement, on PostgreSQL."""

from alembic import op

from payymo_adapters.store.migrations.account_guards import (
    GUARDS,
    SET_UP,
    TAKE_DOWN,
)
from payymo_adapters.store.migrations.guards import set_up, take_down

revision = "0005"
down_revision = "0004"
_KEY = "fk_transactions_accounts"


def upgrade() -> None:
    """From 0004."""
    set_up(GUARDS)
    if op.get_bind().dialect.name == "postgresql":
        op.drop_constraint(_KEY, "transactions", type_="foreignkey")
        for statement in SET_UP:
            op.execute(statement)


def downgrade() -> None:
    """To 0004."""
    if op.get_bind().dialect.name == "postgresql":
        for statement in TAKE_DOWN:
            op.execute(statement)
        key = ["tenant", "account_id"], ["tenant", "id"]
        op.create_foreign_key(_KEY, "transactions", "accounts", *key)
    take_down(GUARDS)
