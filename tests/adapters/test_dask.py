"""The engine on a cluster of two worker processes."""

# mypy: disable-error-code="no-untyped-call"

from collections.abc import Iterator

import pytest
from distributed import Client, LocalCluster, get_task_stream

from benchmarks.generate import make_world
from benchmarks.world import Regime
from payymo_adapters.dask import ClusterExecutor
from payymo_core import Matcher, match
from tests.core.test_laws import lines


@pytest.fixture(scope="module")
def client() -> Iterator[Client]:
    with (
        LocalCluster(
            n_workers=2,
            threads_per_worker=1,
            processes=True,
            dashboard_address=None,
        ) as cluster,
        Client(cluster) as connected,
    ):
        yield connected


def test_a_cluster_sees_what_one_process_sees(client):
    world = make_world(Regime.BUSINESS, 400, 3)
    alone = Matcher(world.invoices).match(world.transactions)
    matcher = Matcher(world.invoices, chunk=50)
    with get_task_stream(client) as stream:
        result = matcher.match(world.transactions, executor=ClusterExecutor(client))
    assert lines(result) == lines(alone)
    assert result.capped == alone.capped
    assert len({task["worker"] for task in stream.data}) == 2


def test_another_run_takes_another_ledger(client):
    executor = ClusterExecutor(client)
    for seed in (3, 4):
        world = make_world(Regime.HOSTING, 60, seed)
        result = match(world.transactions, world.invoices, executor=executor)
        assert lines(result) == lines(match(world.transactions, world.invoices))
