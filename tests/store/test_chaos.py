"""Killed at any step and run again: nothing is lost, nothing is done twice."""

import subprocess
import sys

import pytest

KILLS = 100


@pytest.mark.slow
def test_a_process_that_is_killed_goes_on_where_it_stopped(server):
    """Both databases; `make chaos` does it two thousand times."""
    name = server.create()
    try:
        done = subprocess.run(
            [
                *(sys.executable, "-W", "ignore", "-m", "tests.store.chaos"),
                *("--kills", str(KILLS)),
                *("--url", server.url(name)),
            ],
            capture_output=True,
            check=False,
            text=True,
        )
    finally:
        server.drop(name)
    assert not done.returncode, done.stderr
    assert done.stdout.count("nothing lost, nothing twice") == 2
