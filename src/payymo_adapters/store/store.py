"""A store: what is remembered of every tenant, one transaction at a time.

Whoever writes for a tenant holds the tenant's row until the end: writers of one tenant
follow each other, those of different tenants do not meet, and no two can wait for each
other. Readers wait for nobody.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import TypeVar

from attrs import frozen
from sqlalchemy import Connection, Engine, Insert, insert, select, text
from sqlalchemy.exc import DBAPIError

from payymo_adapters.errors import ConflictError
from payymo_adapters.store import database, schema
from payymo_adapters.store.failures import may_be_repeated, translated
from payymo_adapters.store.kinds import utc
from payymo_adapters.store.versions import check_revision, migrate, revision_of

T = TypeVar("T")
_TRIES = 5


@frozen(kw_only=True)
class Act:
    """Who writes, and when.

    Attributes:
        tenant: Whose books.
        actor: Who answers for it: a person's name, or ``payymo``.
        now: The instant, with its zone; every row of the transaction bears it.
    """

    tenant: str
    actor: str
    now: datetime


@frozen(eq=False, kw_only=True)
class Books:
    """One tenant's books within one transaction.

    Attributes:
        connection: Borrowed: never committed or closed by whoever gets the books.
        tenant: Whose they are.
        actor: Who writes.
        now: The instant of all that is written.
    """

    connection: Connection
    tenant: str
    actor: str
    now: datetime

    @property
    def is_sqlite(self) -> bool:
        """Whether they are kept in SQLite."""
        return self.connection.dialect.name == "sqlite"


@frozen(eq=False)
class Store:
    """A database that holds the books of tenants.

    Attributes:
        engine: Its connections.
    """

    engine: Engine

    @classmethod
    def open(cls, url: str) -> "Store":
        """Open a database that is at this Payymo's revision.

        Args:
            url: ``postgresql://user:password@host/database``, or
                ``sqlite:///payymo.db``.

        Raises:
            StoreError: There is none, it cannot be reached, or it is at another
                revision.
        """
        store = cls(database.connect(url))
        try:
            database.check_file(store.engine)
            with store.reading() as connection:
                check_revision(connection, store.name)
        except BaseException:
            store.close()
            raise
        return store

    @property
    def name(self) -> str:
        """The database as a person knows it, without its password."""
        return database.named(self.engine)

    def close(self) -> None:
        """Let go of the connections."""
        self.engine.dispose()

    @contextmanager
    def reading(self, tenant: str = "") -> Iterator[Connection]:
        """A transaction that only reads, bound to a tenant.

        Raises:
            StoreError: The database cannot do it.
        """
        with (
            translated(self.name),
            self.engine.connect().execution_options(**database.READ_ONLY) as connection,
            connection.begin(),
        ):
            bind(connection, tenant)
            yield connection

    @contextmanager
    def writing(self, act: Act) -> Iterator[Books]:
        """A transaction that writes one tenant's books; an error undoes all of it.

        Raises:
            ConflictError: A constraint refused, or the tenant is not known.
            StoreError: The database cannot do it.
        """
        with translated(self.name), self._writing(act) as books:
            yield books

    def write(self, act: Act, work: Callable[[Books], T]) -> T:
        """Do some work in a transaction; again where others came in between.

        Raises:
            ConflictError: A constraint refused, or the tenant is not known.
            StoreError: The database cannot do it.
        """
        with translated(self.name):
            for _ in range(_TRIES - 1):
                try:
                    with self._writing(act) as books:
                        return work(books)
                except DBAPIError as error:
                    if not may_be_repeated(error):
                        raise
            with self._writing(act) as books:
                return work(books)

    @contextmanager
    def _writing(self, act: Act) -> Iterator[Books]:
        with self.engine.begin() as connection:
            bind(connection, act.tenant)
            row = schema.tenants
            held = select(row.c.id).where(row.c.id == act.tenant)
            # Not FOR UPDATE: that would wait for whoever refers to the tenant.
            lock = held.with_for_update(key_share=True)
            if connection.scalar(lock) is None:
                fault = f"there is no tenant {act.tenant!r}"
                raise ConflictError(fault)
            yield Books(
                connection=connection,
                tenant=act.tenant,
                actor=act.actor,
                now=utc(act.now),
            )

    def add_tenant(self, act: Act, name: str) -> None:
        """Begin a tenant's books; a tenant that is there already stays as it is.

        Raises:
            StoreError: The database cannot do it.
        """
        with translated(self.name), self.engine.begin() as connection:
            bind(connection, act.tenant)
            row = schema.tenants
            if connection.scalar(select(row.c.id).where(row.c.id == act.tenant)):
                return
            values = {"id": act.tenant, "name": name, "created_at": act.now}
            connection.execute(insert(row), values)


def bind(connection: Connection, tenant: str) -> None:
    """Tell PostgreSQL whose rows to show and take until the transaction ends."""
    if connection.dialect.name == "postgresql":
        connection.execute(
            text("SELECT set_config('payymo.tenant', :tenant, true)"),
            {"tenant": tenant},
        )


def inserted(books: Books, statement: Insert) -> bool:
    """Whether a row went in, or was changed by its conflict clause."""
    done = books.connection.execute(
        statement, execution_options={"preserve_rowcount": True}
    )
    return done.rowcount == 1


def upgrade(url: str, revision: str = "head") -> tuple[str, str]:
    """Bring a database to a revision, all the way or not at all.

    Args:
        url: As of ``Store.open``.
        revision: The newest, unless another is named.

    Returns:
        The revisions before and after.

    Raises:
        StoreError: The database cannot do it.
    """
    engine = database.connect(url)
    try:
        with translated(database.named(engine)), engine.begin() as connection:
            _one_at_a_time(connection)
            before = revision_of(connection)
            migrate(connection, revision)
            return before, revision_of(connection)
    finally:
        engine.dispose()


def _one_at_a_time(connection: Connection) -> None:
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(7291502331)"))
