"""A Dask cluster looks at the transactions; each worker gets the ledger once a look."""

# Dask's client is not annotated.
# mypy: disable-error-code="no-untyped-call"

from collections.abc import Callable
from concurrent.futures import Executor, Future
from typing import TypeVar, cast

from distributed import Client

from payymo_core.bearers import Bearers
from payymo_core.ledger import Ledger

_Found = TypeVar("_Found")

_LARGE = (Ledger, Bearers)


class ClusterExecutor(Executor):
    """Runs the blocks of a run on a cluster, for ``match(..., executor=...)``.

    Args:
        client: Connected to the cluster; it stays the caller's to close.
    """

    def __init__(self, client: Client) -> None:
        self._client = client
        self._executor = cast("Executor", client.get_executor(pure=False))
        self._sent: dict[type, tuple[object, object]] = {}

    def submit(
        self,
        fn: Callable[..., _Found],
        /,
        *args: object,
        **kwargs: object,
    ) -> Future[_Found]:
        """Call a function on some worker; what is large is sent to all, once."""
        return self._executor.submit(fn, *map(self._once, args), **kwargs)

    def _once(self, value: object) -> object:
        if not isinstance(value, _LARGE):
            return value
        held, sent = self._sent.get(type(value), (None, None))
        if held is not value:
            sent = self._client.scatter(value, broadcast=True, hash=False)
            self._sent[type(value)] = value, sent
        return sent
