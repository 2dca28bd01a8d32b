"""The drawings and tables hold what was measured, each thing in its place."""

from itertools import pairwise
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from benchmarks import draw, tables

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "explanation" / "beside-its-peers.md"
SVG = "{http://www.w3.org/2000/svg}"


def row(tool: str, size: int, seconds: float, **other: object) -> dict[str, object]:
    known: dict[str, object] = {
        "reading": "best",
        "times_ours": 1.0,
        "over_mib": 10.0,
        "precision": 0.99,
        "recall": 0.8,
        "recall_at_our_precision": 0.25,
        "our_recall_at_its_precision": 0.9,
        "curve": [[0.1, 1.0], [0.8, 0.99], [0.9, 0.5]],
    }
    return {"tool": tool, "size": size, "seconds": seconds, **known, **other}


ROWS = [
    row("payymo", 1_000, 0.1),
    row("slow", 1_000, 1.0),
    row("payymo", 10_000, 1.0),
    row("slow", 10_000, 100.0),
    row("slow", 10_000, 100.0, reading="another", recall=0.1),
    {"tool": "absent", "size": 10_000, "fault": "absent is not installed"},
]


def names(markup: str) -> list[str]:
    return [node.text or "" for node in ET.fromstring(markup).iter(f"{SVG}text")]


def test_a_decade_is_as_far_across_as_another():
    (ours, slow) = draw.by_size(
        ROWS, lambda r: draw.number(r, "size") / draw.number(r, "seconds")
    )
    assert (ours.name, slow.name) == ("payymo", "slow")
    assert [pytest.approx(place) for place in ours.values] == [(3, 4), (4, 4)]
    assert [pytest.approx(place) for place in slow.values] == [(3, 3), (4, 2)]


def test_every_drawing_stands_alone_and_names_its_tools():
    drawn = draw.peers_drawn(ROWS)
    assert list(drawn) == ["peers-throughput", "peers-memory", "peers-quality"]
    for markup in drawn.values():
        assert {"payymo", "slow"} <= set(names(markup))
        assert "absent" not in names(markup)
        assert "font: 13px" in markup


def test_a_curve_ends_where_its_axis_does():
    (ours, slow) = draw.curves(ROWS)
    assert ours.values == [(0.1, 1.0), (0.8, 0.99)]
    assert slow.spot == (0.8, 0.99)
    hopeless = [*ROWS, row("hopeless", 10_000, 1.0, precision=0.4)]
    assert [line.name for line in draw.curves(hopeless)] == ["payymo", "slow"]


def test_curves_are_of_the_size_that_most_tools_did():
    assert draw.most_compared(draw.measured(ROWS)) == 10_000
    alone = [*ROWS, row("payymo", 100_000, 10.0)]
    assert draw.most_compared(draw.measured(alone)) == 10_000


def test_names_do_not_cover_each_other():
    many = [row(f"tool {n}", 1_000 * 10**m, 1.0) for n in range(6) for m in (0, 1)]
    markup = draw.peers_drawn(many)["peers-throughput"]
    places = sorted(
        float(node.get("y") or 0)
        for node in ET.fromstring(markup).iter(f"{SVG}text")
        if (node.text or "").startswith("tool")
    )
    assert len(places) == 6
    gaps = [after - before for before, after in pairwise(places)]
    assert min(gaps) >= draw.APART


def test_the_longest_bar_is_the_largest_share():
    rows = [
        {"module": f"m{n}", "size": 10, "share": share}
        for n, share in enumerate([0.5, 0.25, *[0.25 / 20] * 20])
    ]
    markup = draw.stages_drawn(rows)["stages"]
    widths = [
        float(node.get("width") or 0)
        for node in ET.fromstring(markup).iter(f"{SVG}rect")
    ]
    assert widths[:2] == [400, 200]
    assert names(markup)[-2:] == ["all others", "10.0%"]


def test_a_table_has_a_line_for_each_answer_and_each_fault():
    _, larger = tables.peers_tables(ROWS)
    lines = larger.splitlines()
    assert lines[0].startswith("| 10,000 a side | seconds |")
    assert lines[2] == (
        "| **Payymo**: best | 1.00 | 1.00 | 10 | 99.00% | 80.0% | 25.0% | 90.0% |"
    )
    assert "another" in lines[4]
    assert lines[5].startswith("| absent | absent is not installed |")
    assert {line.count("|") for line in lines} == {9}


def test_the_page_shows_the_figures_that_are_kept():
    shown = PAGE.read_text(encoding="utf-8")
    kept = tables.kept_tables(draw.RESULTS)
    assert len(kept) >= 3
    for table in kept:
        assert table in shown


def test_the_drawings_of_the_page_are_of_the_figures_that_are_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.argv", ["draw", "--out", str(tmp_path)])
    draw.main()
    shown = PAGE.read_text(encoding="utf-8")
    drawn = sorted(tmp_path.glob("*.svg"))
    assert [path.name for path in drawn] == [
        "peers-memory.svg",
        "peers-quality.svg",
        "peers-throughput.svg",
        "stages.svg",
    ]
    for path in drawn:
        assert f"../{path.name}" in shown
        kept = ROOT / "docs" / path.name
        assert path.read_text(encoding="utf-8") == kept.read_text(encoding="utf-8")
