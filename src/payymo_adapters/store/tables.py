"""What every table is made of: its tenant, and references that carry the tenant."""

from sqlalchemy import (
    CheckConstraint,
    Column,
    ForeignKeyConstraint,
    Index,
    MetaData,
    PrimaryKeyConstraint,
    Table,
    Text,
    text,
)
from sqlalchemy.schema import SchemaItem

metadata = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(referred_table_name)s",
        "uq": "uq_%(table_name)s_%(constraint_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    }
)


Name = Text().with_variant(Text(collation="C"), "postgresql")
"""A text that rows are known by, or looked up by: compared by its bytes."""


def key(*columns: str) -> PrimaryKeyConstraint:
    """Each row is known by these within its tenant."""
    return PrimaryKeyConstraint("tenant", *columns)


def to(
    table: str, *columns: str, keys: tuple[str, ...] = ("id",)
) -> ForeignKeyConstraint:
    """A reference to a row of the same tenant."""
    return ForeignKeyConstraint(
        ("tenant", *columns), [f"{table}.{key}" for key in ("tenant", *keys)]
    )


def one_of(column: str, values: str) -> CheckConstraint:
    """Hold a column to some values, given apart by blanks."""
    options = ", ".join(f"'{value}'" for value in values.split())
    return CheckConstraint(f"{column} IN ({options})", name=column)


def index_where(name: str, columns: str, condition: str) -> Index:
    """An index of the rows that a condition holds for, on either database."""
    where = text(condition)
    names = columns.split()
    return Index(name, *names, postgresql_where=where, sqlite_where=where)


def unique_where(name: str, columns: str, condition: str) -> Index:
    """The same, of which no two rows may be equal."""
    found = index_where(name, columns, condition)
    found.unique = True
    return found


def of_tenant() -> SchemaItem:
    """The reference of a table that has no other way to its tenant."""
    return ForeignKeyConstraint(["tenant"], ["tenants.id"])


def tenants_own(name: str, *items: SchemaItem) -> Table:
    """A table each row of which belongs to a tenant."""
    return Table(name, metadata, Column("tenant", Name, nullable=False), *items)
