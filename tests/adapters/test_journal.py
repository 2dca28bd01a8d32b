"""A flow that was cut off goes on from where it was."""

import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from payymo_adapters.errors import LimitError, UndeliveredError
from payymo_adapters.http import Flow, HttpRequest, HttpResponse, Secret
from payymo_adapters.journal import Journal, journalled

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
TASK = {"provider": "stripe", "since": "2026-02-01"}


def pages(count: int) -> Flow[list[str]]:
    """Ask for so many pages, each with what the one before said."""
    found: list[str] = []
    for _ in range(count):
        after = found[-1] if found else ""
        response = yield HttpRequest(
            path="/pages",
            query=(("after", after),),
            headers=(("Authorization", Secret("Bearer sk_1")),),
        )
        found.append(response.body.decode())
    return found


def opened(path: Path, task: dict[str, str] = TASK, now: datetime = NOON) -> Journal:
    return Journal(path, task, now)


def run(flow: Flow[list[str]], *answers: str) -> tuple[list[str] | None, int]:
    """What a flow returns, if it is answered to its end, and how often it asks."""
    asked = 0
    try:
        next(flow)
        for answer in answers:
            asked += 1
            flow.send(HttpResponse(status=200, body=answer.encode()))
    except StopIteration as end:
        found: list[str] = end.value
        return found, asked
    return None, asked


def silent(_: int) -> None:
    pass


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "out.jsonl.partial"


def test_what_was_answered_is_not_asked_again(path: Path) -> None:
    assert run(journalled(pages(3), opened(path), silent), "a", "b") == (None, 2)
    flow = journalled(pages(3), opened(path), silent)
    assert next(flow).query == (("after", "b"),)
    with pytest.raises(StopIteration) as end:
        flow.send(HttpResponse(status=200, body=b"c"))
    assert end.value.value == ["a", "b", "c"]


@pytest.mark.parametrize(
    ("task", "now"),
    [
        (TASK | {"since": "2026-02-02"}, NOON),
        (TASK, NOON + timedelta(hours=24, seconds=1)),
        (TASK, NOON - timedelta(seconds=1)),
    ],
)
def test_a_journal_of_another_task_or_of_long_ago_is_begun_anew(
    path: Path, task: dict[str, str], now: datetime
) -> None:
    run(journalled(pages(3), opened(path), silent), "a", "b")
    assert len(opened(path, task, now)) == 0


def test_a_line_that_was_cut_off_is_asked_again(path: Path) -> None:
    run(journalled(pages(3), opened(path), silent), "a", "b")
    path.write_bytes(path.read_bytes()[:-9])
    assert len(opened(path)) == 1
    assert run(journalled(pages(3), opened(path), silent), "b", "c")[1] == 2
    assert len(opened(path)) == 3


@pytest.mark.parametrize("junk", [b"", b"\xff\x00", b"[]\n", b'{"task": 1}\n', b"{}"])
def test_a_file_that_is_no_journal_is_replaced(path: Path, junk: bytes) -> None:
    path.write_bytes(junk)
    assert len(opened(path)) == 0


def test_it_is_for_our_eyes_only_and_holds_no_credential(path: Path) -> None:
    run(journalled(pages(2), opened(path), silent), "a")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert "sk_1" not in path.read_text("utf-8")
    assert len(path.read_text("utf-8").splitlines()) == 2


def test_only_what_would_come_again_is_kept(path: Path) -> None:
    journal = opened(path)
    get = HttpRequest(path="/x")
    post = HttpRequest(method="POST", path="/x")
    journal.keep(get, HttpResponse(status=500, body=b"no"))
    journal.keep(get, HttpResponse(status=200, body=b"\xff"))
    journal.keep(post, HttpResponse(status=200, body=b"token"))
    assert len(opened(path)) == 0
    journal.keep(get, HttpResponse(status=200, body=b"yes"))
    again = opened(path)
    assert again.answer(post) is None
    found = again.answer(get)
    assert found
    assert found.body == b"yes"


def test_an_error_of_the_driver_reaches_the_flow(path: Path) -> None:
    def forgiving() -> Flow[str]:
        try:
            yield HttpRequest(path="/x")
        except LimitError:
            return "later"
        return "now"

    flow = journalled(forgiving(), opened(path), silent)
    next(flow)
    with pytest.raises(StopIteration) as end:
        flow.throw(LimitError("Stripe", "too much", until=None))
    assert end.value.value == "later"
    other = journalled(forgiving(), opened(path), silent)
    next(other)
    with pytest.raises(UndeliveredError):
        other.throw(UndeliveredError("Stripe", "cut off"))


def test_it_tells_how_far_it_is(path: Path) -> None:
    told: list[int] = []
    run(journalled(pages(3), opened(path), told.append), "a", "b", "c")
    assert told == [0, 1, 2]


def test_it_goes_when_the_task_is_done(path: Path) -> None:
    journal = opened(path)
    journal.discard()
    assert not path.exists()
