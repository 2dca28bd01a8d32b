"""What is computed of measured times: percentiles, shares of modules, changes."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks import compare, latency, stages
from benchmarks.calibration import calibration
from benchmarks.compare import Change
from benchmarks.generate import make_world
from benchmarks.world import Regime


@given(st.lists(st.integers(), min_size=1, max_size=40), st.integers(1, 100))
def test_a_percentile_is_the_least_value_that_reaches_the_share(values, hundredths):
    share = hundredths / 100
    found = latency.percentile(values, share)
    reached = [
        v
        for v in values
        if 100 * sum(w <= v for w in values) >= hundredths * len(values)
    ]
    assert found == min(reached)


CHANGES = ("add", "close", "update")


def test_each_batch_is_timed_whole():
    rows = list(latency.rows_at(120, {1: 5, 100: 2, 1_000: 1}))
    done = [(row["work"], row.get("batch"), row.get("calls")) for row in rows]
    changes = [(work, batch, 25) for batch in (1, 100) for work in CHANGES]
    assert done == [
        ("index", None, None),
        ("match", 1, 5),
        ("match", 100, 2),
        *changes,
    ]
    for row in rows[1:]:
        assert 0 < float(str(row["seconds"])) <= float(str(row["seconds_99"]))


CORE = stages.CORE
INSIDE, OTHER = (str(CORE / "keys.py"), 1, "mix"), (str(CORE / "sets.py"), 1, "sets")
LIBRARY, DEEPER = ("numpy.py", 1, "unique"), ("~", 0, "sort")
OUTSIDE = ("speed.py", 1, "main")


def test_a_library_counts_for_who_asked_for_it():
    stats = {
        OUTSIDE: (1, 1, 9.0, 20.0, {}),
        INSIDE: (1, 1, 1.0, 6.0, {OUTSIDE: (1, 1, 1.0, 6.0)}),
        OTHER: (1, 1, 2.0, 5.0, {OUTSIDE: (1, 1, 2.0, 5.0)}),
        LIBRARY: (2, 2, 2.0, 8.0, {INSIDE: (1, 1, 1.5, 5.0), OTHER: (1, 1, 0.5, 3.0)}),
        DEEPER: (2, 2, 6.0, 6.0, {LIBRARY: (2, 2, 6.0, 6.0)}),
    }
    found = stages.by_module(stats)
    assert found == pytest.approx(
        {"keys": 1.0 + 1.5 + 6 * 5 / 8, "sets": 2.0 + 0.5 + 6 * 3 / 8}
    )


def test_what_is_called_back_is_counted_once():
    key = (str(CORE / "keys.py"), 7, "<lambda>")
    stats = {
        INSIDE: (1, 1, 1.0, 10.0, {OUTSIDE: (1, 1, 1.0, 10.0)}),
        DEEPER: (1, 1, 2.0, 9.0, {INSIDE: (1, 1, 2.0, 9.0)}),
        key: (5, 5, 7.0, 7.0, {DEEPER: (5, 5, 7.0, 7.0)}),
    }
    assert stages.by_module(stats) == pytest.approx({"keys": 10.0})


def test_a_module_is_found_by_its_place():
    assert stages.module_of((str(CORE / "inspection" / "advice.py"), 1, "f")) == (
        "inspection"
    )
    assert stages.module_of(("~", 0, "sort")) is None


def test_the_shares_of_a_run_are_all_of_it():
    found = stages.profiled(make_world(Regime.MIXED, 120, 3, 120))
    assert {"blocking", "comparison", "assignment"} <= set(found)
    rows = stages.rows_of(120, found)
    assert sum(float(str(row["share"])) for row in rows) == pytest.approx(1, abs=0.01)


def results(python: float, rows: list[dict[str, object]]) -> dict[str, object]:
    return {"calibration": {"python": python, "numpy": python}, "rows": rows}


def test_a_slower_machine_is_no_change():
    before = results(0.1, [{"size": 10, "seconds": 1.0, "over_mib": 5.0}])
    after = results(0.2, [{"size": 10, "seconds": 2.0, "over_mib": 5.0}])
    assert compare.changes(before, after) == [
        Change(("10",), "over_mib", 1.0),
        Change(("10",), "seconds", 1.0),
    ]


def test_the_worst_change_comes_first():
    before = results(
        0.1,
        [
            {"tool": "a", "size": 10, "seconds": 1.0},
            {"tool": "b", "size": 10, "seconds": 1.0},
            {"tool": "c", "size": 10, "seconds": 1.0},
        ],
    )
    after = results(
        0.1,
        [
            {"tool": "b", "size": 10, "seconds": 0.5},
            {"tool": "a", "size": 10, "seconds": 1.5},
        ],
    )
    assert compare.changes(before, after) == [
        Change(("a", "10"), "seconds", 1.5),
        Change(("b", "10"), "seconds", 0.5),
    ]
    assert compare.gone(before, after) == [("c", "10")]


@pytest.mark.parametrize(("share", "code"), [("0.4", 1), ("0.6", 0)])
def test_the_exit_code_says_whether_anything_is_slower(
    share, code, tmp_path: Path, monkeypatch, capsys
):
    before, after = tmp_path / "before.json", tmp_path / "after.json"
    before.write_text(json.dumps(results(0.1, [{"size": 10, "seconds": 1.0}])))
    after.write_text(json.dumps(results(0.1, [{"size": 10, "seconds": 1.5}])))
    wanted = ["compare", str(before), str(after), "--share", share]
    monkeypatch.setattr("sys.argv", wanted)
    with pytest.raises(SystemExit) as done:
        compare.main()
    assert done.value.code == code
    assert ("10: seconds x 1.50" in capsys.readouterr().out) == bool(code)


def test_figures_without_calibration_are_not_compared():
    with pytest.raises(SystemExit, match="no calibration"):
        compare.changes({"rows": []}, results(0.1, []))


def test_both_loops_take_time():
    assert all(seconds > 0.0005 for seconds in calibration().values())
