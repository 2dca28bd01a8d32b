"""Records that could not be taken, kept until what they are in is read without them."""

from collections.abc import Collection, Iterable, Sequence
from typing import Any

from attrs import asdict, frozen
from sqlalchemy import ColumnElement, Connection, delete, func, insert, select

from payymo_adapters.errors import ConflictError
from payymo_adapters.store import schema
from payymo_adapters.store.audit import note
from payymo_adapters.store.store import Books
from payymo_core.errors import Rejected


@frozen
class Origin:
    """What records are read from.

    Attributes:
        connection: The id of its connection, which is there.
        stream: As ``file:march.xml``; "" where the connection has but one.
    """

    connection: str
    stream: str = ""


def hold_rejected(
    books: Books, origin: Origin, rejected: Iterable[Rejected], read: Collection[str]
) -> None:
    """Keep what was rejected of an origin in place of what was before.

    Args:
        books: The tenant's.
        origin: What was read.
        rejected: All that was rejected of it.
        read: Ids of what was recorded of it: what other files of the connection had
            under these ids, and could not be read there, is missing no more.
    """
    row = schema.rejected_records
    books.connection.execute(delete(row).where(*_of(books, origin)))
    for held in _elsewhere(books, origin):
        if held.record_id in read:
            mine = _of(books, Origin(origin.connection, held.stream))
            books.connection.execute(
                delete(row).where(*mine, row.c.place == held.place)
            )
    rows = [_row(books, origin, place, each) for place, each in enumerate(rejected)]
    if rows:
        books.connection.execute(insert(row), rows)


def hold_besides(
    books: Books, origin: Origin, rejected: Sequence[Rejected], read: Collection[str]
) -> None:
    """Keep what was rejected of some days of an origin beside what was before.

    Args:
        books: The tenant's.
        origin: What was read.
        rejected: What was rejected of those days, each with its id.
        read: Ids of what could be read of them.
    """
    row = schema.rejected_records
    mine = _of(books, origin)
    ids = {*read, *(each.record_id for each in rejected)}
    for place, name in books.connection.execute(
        select(row.c.place, row.c.record_id).where(*mine)
    ).all():
        if name in ids:
            books.connection.execute(delete(row).where(*mine, row.c.place == place))
    last = books.connection.scalar(select(func.max(row.c.place)).where(*mine))
    first = 0 if last is None else last + 1
    rows = [
        _row(books, origin, place, each) for place, each in enumerate(rejected, first)
    ]
    if rows:
        books.connection.execute(insert(row), rows)


def gone_from(books: Books, connection: str, streams: Collection[str]) -> list[str]:
    """The streams of a connection with what was rejected, but for those named."""
    row = schema.rejected_records.c
    mine = (row.tenant == books.tenant) & (row.connection_id == connection)
    found = select(row.stream).where(mine).distinct().order_by(row.stream)
    return [s for s in books.connection.scalars(found) if s not in streams]


def do_without(books: Books, origin: Origin) -> int:
    """Hold what was rejected of an origin no more: a person does without it.

    Returns:
        How many records that are; the audit log keeps each.

    Raises:
        ConflictError: There is none.
    """
    row = schema.rejected_records
    found = rejected_of(books, origin)
    if not found:
        file = origin.stream.removeprefix("file:")
        where = f" of {file!r}" if file else ""
        fault = f"no record{where} is missing there; `payymo status` says what is"
        raise ConflictError(fault)
    said = [asdict(each) for each in found]
    note(
        books, "records.forgone", origin.connection, {"of": origin.stream, "was": said}
    )
    books.connection.execute(delete(row).where(*_of(books, origin)))
    return len(found)


def rejected_of(books: Books, origin: Origin) -> list[Rejected]:
    """What is held as rejected of an origin, in its order."""
    row = schema.rejected_records
    found = books.connection.execute(
        select(row).where(*_of(books, origin)).order_by(row.c.place)
    )
    return list(map(as_rejected, found))


def rejected_rows(connection: Connection, tenant: str) -> Sequence[Any]:
    """All that is held as rejected, in the order of what it was read from."""
    row = schema.rejected_records
    keys = (row.c.connection_id, row.c.stream, row.c.place)
    mine = row.c.tenant == tenant
    return connection.execute(select(row).where(mine).order_by(*keys)).all()


def as_rejected(row: Any) -> Rejected:
    """What was rejected, as it was said then."""
    return Rejected(
        record_id=row.record_id, fault=row.fault, field=row.field, where=row.found_in
    )


def _of(books: Books, origin: Origin) -> tuple[ColumnElement[bool], ...]:
    row = schema.rejected_records.c
    mine = row.tenant == books.tenant
    return mine, row.connection_id == origin.connection, row.stream == origin.stream


def _elsewhere(books: Books, origin: Origin) -> Sequence[Any]:
    """What other files have that could not be read, and not what the books refused."""
    row = schema.rejected_records.c
    return books.connection.execute(
        select(row.record_id, row.stream, row.place).where(
            row.tenant == books.tenant,
            row.connection_id == origin.connection,
            row.stream != origin.stream,
            row.found_in != "",
        )
    ).all()


def _row(books: Books, origin: Origin, place: int, each: Rejected) -> dict[str, object]:
    return {
        "tenant": books.tenant,
        "connection_id": origin.connection,
        "stream": origin.stream,
        "place": place,
        "found_in": _writable(each.where),
        "record_id": _writable(each.record_id),
        "field": _writable(each.field),
        "fault": _writable(each.fault),
        "read_at": books.now,
    }


def _writable(text: str) -> str:
    r"""A text that a database takes, whatever a file has in its place.

    >>> _writable("t\0\ud800")
    't\\x00\\ud800'
    """
    return text.encode(errors="backslashreplace").decode().replace("\0", "\\x00")
