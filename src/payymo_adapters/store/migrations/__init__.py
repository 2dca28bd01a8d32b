"""The history of the schema; ``env`` is run by Alembic, the rest by ``env``."""
