"""Killed at any step and run again: nothing is lost, nothing is done twice."""

import subprocess
import sys

import pytest

from tests.postgres import Server

KILLS, BREAKS = 100, 10
RUNS_BROKEN, RECEIVERS_KILLED = 8, 8


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
    for step in ("migration", "sync", "verdict", "four eyes", "ruleset", "apply"):
        assert said.count(f"  {step}: ") >= 2


@pytest.mark.slow
def test_a_process_that_breaks_off_at_any_byte_of_http_goes_on(server):
    """Both databases; `make chaos` does it six hundred times."""
    said = tell(server, "wired_story", "--breaks", str(BREAKS))
    assert said.count("store and WHMCS are equal") == 2
    assert said.count("kill") >= 2


@pytest.mark.slow
def test_a_run_that_breaks_off_while_it_reads_or_tells_goes_on(server):
    """A provider of banks on each database; `make chaos` has both on both."""
    broken = ("--breaks", str(RUNS_BROKEN), "--each-once")
    said = tell(server, "run_story", *broken)
    assert said.count("all is there once, and told in its order") == 2
    assert said.count("kill") >= 2


@pytest.mark.slow
def test_a_receiver_of_webhooks_that_is_killed_keeps_each_event_once(server):
    """Both databases; `make chaos` does it two hundred times."""
    said = tell(server, "inbox_story", "--kills", str(RECEIVERS_KILLED))
    assert said.count("each event is kept once") == 2
