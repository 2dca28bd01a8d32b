"""A row of a bulk costs less, above all on PostgreSQL."""

from alembic import op

from payymo_adapters.store.migrations.account_guards import (
    GUARDS,
    SET_UP,
    TAKE_DOWN,
)
from payymo_adapters.store.migrations.guards import set_up, take_down
from payymo_adapters.store.migrations.key_texts import collate

revision = "0005"
down_revision = "0004"
_KEY = "fk_transactions_accounts"
_INDEX = "ix_transactions_account"


def upgrade() -> None:
    """From 0004."""
    # The key of a transaction begins with its account.
    op.drop_index(_INDEX, "transactions")
    collate("C")
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
    collate("default")
    op.create_index(_INDEX, "transactions", ["tenant", "account_id", "booking_date"])
