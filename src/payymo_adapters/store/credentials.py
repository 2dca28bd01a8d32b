"""Credentials of connections, sealed with a key from outside the database."""

import json
from collections.abc import Sequence

from attrs import field, frozen
from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from sqlalchemy import select, update

from payymo_adapters.errors import StoreError
from payymo_adapters.http import Secret
from payymo_adapters.store import schema
from payymo_adapters.store.audit import note
from payymo_adapters.store.store import Books


@frozen(eq=False)
class Vault:
    """Seals and opens; the newest key seals, any of them opens."""

    _keys: MultiFernet = field(repr=False)

    @classmethod
    def of(cls, keys: Sequence[Secret]) -> "Vault":
        """Make a vault.

        Args:
            keys: As ``new_key`` makes them, the newest first.

        Raises:
            StoreError: There is none, or one is not such a key.
        """
        try:
            return cls(MultiFernet([Fernet(key.reveal()) for key in keys]))
        except ValueError:
            fault = "the key that opens credentials is missing or not a key"
            advice = "Make one with `Vault.new_key()` and keep it outside the database"
            raise StoreError(fault, advice=advice) from None

    @staticmethod
    def new_key() -> Secret:
        """Make a key."""
        return Secret(Fernet.generate_key().decode())

    def seal(self, tenant: str, connection: str, secret: Secret) -> bytes:
        """Encrypt a secret, for one connection and no other."""
        said = json.dumps([tenant, connection, secret.reveal()])
        return self._keys.encrypt(said.encode())

    def open(self, tenant: str, connection: str, sealed: bytes) -> Secret:
        """Decrypt a secret.

        Raises:
            StoreError: It was sealed with another key or for another connection.
        """
        try:
            *place, secret = json.loads(self._keys.decrypt(sealed))
        except InvalidToken:
            place = []
        if place != [tenant, connection]:
            fault = f"the credentials of connection {connection!r} cannot be opened"
            advice = "Give the key they were sealed with, or connect again"
            raise StoreError(fault, advice=advice)
        return Secret(secret)

    def again(self, sealed: bytes) -> bytes:
        """Seal with the newest key what any of them sealed."""
        return self._keys.rotate(sealed)


def keep(books: Books, vault: Vault, connection: str, secret: Secret) -> None:
    """Keep a connection's credentials."""
    sealed = vault.seal(books.tenant, connection, secret)
    _write(books, connection, sealed)
    note(books, "credentials.kept", connection, {})


def fetch(books: Books, vault: Vault, connection: str) -> Secret:
    """Give a connection's credentials to whoever talks to its provider.

    Raises:
        StoreError: There are none, or they cannot be opened.
    """
    row = schema.connections
    mine = (row.c.tenant == books.tenant) & (row.c.id == connection)
    sealed = books.connection.scalar(select(row.c.credentials).where(mine))
    if sealed is None:
        fault = f"connection {connection!r} has no credentials"
        raise StoreError(fault, advice="Connect it")
    return vault.open(books.tenant, connection, sealed)


def rotate(books: Books, vault: Vault) -> int:
    """Seal all of a tenant's credentials with the newest key.

    Returns:
        How many; afterwards the older keys can be thrown away.

    Raises:
        StoreError: Some were sealed with a key that is not there; nothing was changed.
    """
    row = schema.connections
    found = books.connection.execute(
        select(row.c.id, row.c.credentials).where(
            row.c.tenant == books.tenant, row.c.credentials.is_not(None)
        )
    ).all()
    for held in found:
        vault.open(books.tenant, held.id, held.credentials)
        _write(books, held.id, vault.again(held.credentials))
    if found:
        note(books, "credentials.rotated", "connections", {"count": len(found)})
    return len(found)


def _write(books: Books, connection: str, sealed: bytes) -> None:
    row = schema.connections
    mine = (row.c.tenant == books.tenant) & (row.c.id == connection)
    values = {"credentials": sealed, "changed_at": books.now}
    done = books.connection.execute(update(row).where(mine).values(values))
    if not done.rowcount:
        fault = f"there is no connection {connection!r}"
        raise StoreError(fault)
