"""Killed at any step and run again: nothing is lost, nothing is done twice."""

import subprocess
import sys

import pytest

from tests.postgres import Server

KILLS, BREAKS = 100, 10


def tell(server: Server, story: str, *options: str) -> str:
    """Let a story be told on both databases, and give what it says in the end."""
    name = server.create()
    try:
        done = subprocess.run(
            [
                *(sys.executable, "-W", "ignore", "-m", f"tests.store.{story}"),
                *options,
                *("--url", server.url(name)),
            ],
            capture_output=True,
            check=False,
            text=True,
        )
    finally:
        server.drop(name)
    assert not done.returncode, done.stderr
    return done.stdout


@pytest.mark.slow
def test_a_process_that_is_killed_goes_on_where_it_stopped(server):
    """Both databases; `make chaos` does it two thousand times."""
    said = tell(server, "chaos", "--kills", str(KILLS))
    assert said.count("nothing lost, nothing twice") == 2
    for step in ("migration", "sync", "verdict", "apply"):
        assert said.count(f"  {step}: statement") == 2


@pytest.mark.slow
def test_a_process_that_breaks_off_at_any_byte_of_http_goes_on(server):
    """Both databases; `make chaos` does it six hundred times."""
    said = tell(server, "wired_story", "--breaks", str(BREAKS))
    assert said.count("store and WHMCS are equal") == 2
    assert said.count("kill") >= 2
