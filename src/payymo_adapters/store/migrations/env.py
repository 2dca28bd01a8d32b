"""Runs migrations over the connection that ``payymo_adapters.store.versions`` gives."""

from alembic import context

# Without the metadata of today: a revision names its constraints itself.
context.configure(
    connection=context.config.attributes["connection"],
    # One transaction for all of them: a crash leaves the old schema or the new one.
    transaction_per_migration=False,
)
with context.begin_transaction():
    context.run_migrations()
