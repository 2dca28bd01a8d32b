"""Rulesets, each kept under its number for good: a decision names the one it is by.

A new one is used from when a person takes it. What is decided stays as it is.
"""

from collections.abc import Sequence
from datetime import datetime
from hashlib import sha256

from attrs import frozen
from sqlalchemy import Connection, Select, func, insert, select, update

from payymo_adapters.errors import ConflictError
from payymo_adapters.store import schema
from payymo_adapters.store.audit import note
from payymo_adapters.store.store import Books


@frozen(kw_only=True)
class KeptRuleset:
    """A ruleset of the books.

    Attributes:
        version: Its number among the tenant's.
        content: TOML.
        actor: Who brought it.
        created_at: When.
        taken_at: When it was taken last, or None.
    """

    version: int
    content: str
    actor: str
    created_at: datetime
    taken_at: datetime | None


def keep_ruleset(books: Books, content: str) -> int:
    """Keep a ruleset, unless it is known.

    Returns:
        Its number.
    """
    row = schema.rulesets
    digest = sha256(content.encode()).hexdigest()
    mine = row.c.tenant == books.tenant
    known = select(row.c.version).where(mine, row.c.digest == digest)
    version = books.connection.scalar(known.order_by(row.c.version).limit(1))
    if version is not None:
        return int(version)
    last = select(func.coalesce(func.max(row.c.version), 0)).where(mine)
    values = {
        "tenant": books.tenant,
        "version": (books.connection.scalar(last) or 0) + 1,
        "content": content,
        "digest": digest,
        "created_at": books.now,
        "actor": books.actor,
    }
    books.connection.execute(insert(row), values)
    said = {"version": values["version"], "digest": digest}
    note(books, "ruleset.kept", "rulesets", said)
    return int(str(values["version"]))


def take_ruleset(books: Books, version: int) -> None:
    """Let matching use a ruleset from now on; to undo it is to take another.

    Raises:
        ConflictError: There is none of that number.
    """
    row = schema.rulesets
    before = taken_ruleset(books.connection, books.tenant)
    mine = (row.c.tenant == books.tenant) & (row.c.version == version)
    taken = update(row).where(mine).values(taken_at=books.now)
    if not books.connection.execute(taken).rowcount:
        fault = f"there is no ruleset {version}"
        raise ConflictError(fault)
    said = {"version": version, "before": before.version if before else None}
    note(books, "ruleset.taken", "rulesets", said)


def taken_ruleset(connection: Connection, tenant: str) -> KeptRuleset | None:
    """Find the ruleset that was taken last; None where none was."""
    row = schema.rulesets.c
    taken = _chosen(tenant).where(row.taken_at.is_not(None))
    latest = taken.order_by(row.taken_at.desc(), row.version.desc()).limit(1)
    found = connection.execute(latest).mappings().one_or_none()
    return None if found is None else KeptRuleset(**found)


def kept_ruleset(connection: Connection, tenant: str, version: int) -> KeptRuleset:
    """Find a ruleset.

    Raises:
        ConflictError: There is none of that number.
    """
    row = schema.rulesets.c
    one = _chosen(tenant).where(row.version == version)
    found = connection.execute(one).mappings().one_or_none()
    if found is None:
        fault = f"there is no ruleset {version}"
        raise ConflictError(fault)
    return KeptRuleset(**found)


def kept_rulesets(connection: Connection, tenant: str) -> Sequence[KeptRuleset]:
    """List them, in the order of their numbers."""
    listed = _chosen(tenant).order_by(schema.rulesets.c.version)
    found = connection.execute(listed).mappings()
    return [KeptRuleset(**held) for held in found]


def _chosen(tenant: str) -> Select[tuple[object, ...]]:
    row = schema.rulesets.c
    return select(
        row.version, row.content, row.actor, row.created_at, row.taken_at
    ).where(row.tenant == tenant)
