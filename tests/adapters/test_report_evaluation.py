"""The page of an evaluation: complete, self-contained, and drawn where figures say."""

import re
from base64 import b64encode
from hashlib import sha256
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from payymo_adapters.report.charts import reliability_diagram, threshold_curve
from payymo_adapters.report.evaluation import render_evaluation, write_evaluation
from payymo_adapters.report.scores import remarks, scores
from payymo_adapters.report.svg import Frame
from payymo_adapters.report.wording import share
from payymo_core import Evaluation, Outcome, Reason, Thresholds, evaluate
from payymo_core.reliability import bins_of_equal_width
from tests.builders import answer, rejected, truth

HOSTILE = '</script><script>alert(1)</script><!--<img src=x onerror=alert(2)>&lt;"'
LOW = (Reason.LOW_CONFIDENCE,)


def measured(right: int, wrong: int, reviews: int = 0) -> Evaluation:
    """A run with so many right and wrong matches, and reviews that are right."""
    answers = [
        *(
            answer(f"r{n}", Outcome.MATCH, 1 - 10.0 ** -(3 + n % 4), ["a"])
            for n in range(right)
        ),
        *(answer(f"w{n}", Outcome.MATCH, 0.9905, ["x"]) for n in range(wrong)),
        *(
            answer(f"v{n}", Outcome.REVIEW, 0.985, ["a"], reasons=LOW)
            for n in range(reviews)
        ),
    ]
    return evaluate(answers, [truth(one.transaction, "a") for one in answers])


def page(found: Evaluation, *sources: str) -> str:
    return "".join(render_evaluation(found, sources))


def element(drawing: str) -> ET.Element:
    """A drawing as a tree; it is well-formed XML."""
    return ET.fromstring(drawing)


def every(root: ET.Element, tag: str, class_: str) -> list[ET.Element]:
    return [one for one in root.iter(tag) if one.get("class") == class_]


def number(one: ET.Element, name: str) -> float:
    return float(one.get(name, "nan"))


# --- the page -------------------------------------------------------------------------


def test_it_holds_every_figure_every_threshold_and_every_bin() -> None:
    found = measured(400, 3)
    html = page(found)
    for score in scores(found):
        assert score.value in html
        assert score.bound in html
    for point in found.curve:
        assert f'<th scope="row">{point.threshold}</th>' in html
    for one in found.calibration:
        assert f"<td>{one.count:,}</td>" in html
    for transaction in found.wrong:
        assert f">{transaction}</li>" in html


def test_it_asks_for_nothing_from_anywhere() -> None:
    html = page(measured(400, 3))
    assert "http" not in html.replace("http-equiv", "")
    assert "<script" not in html
    assert not re.search(r' style="| on\w+="|url\(|@import|<img|<link|src=', html)


def test_the_policy_allows_exactly_the_one_style() -> None:
    html = page(measured(400, 3))
    [style] = re.findall(r"<style>(.*?)</style>", html, re.DOTALL)
    digest = b64encode(sha256(style.encode()).digest()).decode()
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', html)
    assert policy
    assert policy[1].replace("&#x27;", "'") == (
        f"default-src 'none'; style-src 'sha256-{digest}'; "
        "base-uri 'none'; form-action 'none'"
    )


def test_no_text_becomes_markup() -> None:
    run = [answer(HOSTILE, Outcome.MATCH, 0.999, ["a"])]
    html = page(evaluate(run, [truth(HOSTILE, "b")]), HOSTILE)
    assert "<script" not in html
    assert "<img" not in html
    assert html.count("&lt;/script&gt;&lt;script&gt;") == 2


def test_it_is_written_whole(tmp_path: Path) -> None:
    path = tmp_path / "page.html"
    write_evaluation(measured(3, 0), path, ["m.jsonl"])
    assert path.read_text("utf-8") == page(measured(3, 0), "m.jsonl")


def test_a_run_of_which_nothing_is_known_has_a_page_without_drawings() -> None:
    html = page(evaluate([answer("t1", Outcome.MATCH, 0.99, ["a"])], []))
    assert "<svg" not in html
    assert "precision" in html


# --- the words ------------------------------------------------------------------------


def said(found: Evaluation) -> str:
    return "\n".join(remarks(found))


def test_too_few_labels_are_told_from_too_many_errors() -> None:
    few, bad = said(measured(20, 0)), said(measured(0, 350))
    assert "99 % is not shown by any threshold: that takes at least 299" in few
    assert "99 % is not shown by any threshold: too many of 350 are wrong" in bad


def test_what_is_foretold_from_reviews_is_said_to_be() -> None:
    assert "What is said of 0.98 is foretold" in said(measured(290, 0, reviews=20))
    assert "foretold" not in said(measured(400, 0))


def test_verdicts_that_leave_the_truth_open_are_counted() -> None:
    run = [answer("t1", Outcome.MATCH, 0.999, ["a"])]
    assert "Only a rejected proposal is known of 1 " in said(
        evaluate(run, [rejected("t1", "a")])
    )
    assert "Only a rejected proposal is known of 1 " not in said(
        evaluate(run, [truth("t1", "a")])
    )


@given(st.floats(0, 1))
def test_a_share_is_written_as_all_or_nothing_only_where_it_is(value: float) -> None:
    assert (share(value) == "100.00 %") == (value == 1)
    assert (share(value) == "0.00 %") == (value == 0)


# --- the drawings ---------------------------------------------------------------------

FRAME = Frame(left=10, top=20, width=100, height=50, x_range=(0, 1), y_range=(0.9, 1))


def test_a_frame_puts_low_values_left_and_down() -> None:
    assert FRAME.at(0, 0.9) == (10, 70)
    assert FRAME.at(1, 1) == (110, 20)
    assert FRAME.at(0.5, 0.95) == pytest.approx((60, 45))
    assert FRAME.at(-1, 2) == (10, 20)


def test_a_bin_that_is_as_it_says_lies_on_the_diagonal_inside_its_interval() -> None:
    bins = bins_of_equal_width(
        [(0.5, True), (0.5, False), *[(0.75, True)] * 3, (0.75, False)]
    )
    root = element(reliability_diagram(bins))
    [ideal] = every(root, "polyline", "ideal")
    (x1, y1), (x2, y2) = (
        map(float, pair.split(",")) for pair in ideal.get("points", "").split()
    )
    dots = every(root, "circle", "dot")
    assert len(dots) == 2
    for dot in dots:
        along = (number(dot, "cx") - x1) / (x2 - x1)
        assert number(dot, "cy") == pytest.approx(y1 + along * (y2 - y1), abs=0.2)
    for group in root.iter("g"):
        [centre] = group.findall("circle")
        stem = group.findall("line")[0]
        assert number(stem, "y2") < number(centre, "cy") < number(stem, "y1")


def test_every_bin_shows_its_count_above_a_column_as_high() -> None:
    bins = bins_of_equal_width([*[(0.55, True)] * 10, *[(0.95, True)] * 40])
    root = element(reliability_diagram(bins))
    low, high = (number(one, "height") for one in every(root, "rect", "column"))
    assert high == pytest.approx(4 * low, abs=0.2)
    assert {"10", "40"} <= {one.text for one in every(root, "text", "x small")}


def test_the_curve_has_a_dot_for_each_threshold_that_matches_anything() -> None:
    found = measured(400, 3)
    root = element(threshold_curve(found))
    dots = every(root, "circle", "dot")
    drawn = [point for point in found.curve if point.matched]
    assert len(dots) == len(drawn)
    places = [number(dot, "cx") for dot in dots]
    assert places == sorted(places)
    # Halving the doubt, and again, is as far as that: 0.98, 0.99 and 0.995.
    by_threshold = dict(zip([p.threshold for p in drawn], places, strict=True))
    first = by_threshold[0.99] - by_threshold[0.98]
    assert by_threshold[0.995] - by_threshold[0.99] == pytest.approx(first, abs=0.2)
    [today] = every(root, "line", "today")
    assert number(today, "x1") == by_threshold[0.99]
    heights = [number(dot, "cy") for dot in dots]
    assert heights[0] > heights[-1], "what is wrong is below what is all right"


@given(
    st.integers(0, 60),
    st.integers(0, 60),
    st.integers(0, 9),
    st.sampled_from((0.6, 0.99, 0.9999999)),
)
def test_any_run_can_be_drawn(right: int, wrong: int, other: int, used: float) -> None:
    answers = [
        answer(f"t{n}", Outcome.MATCH, 1 - 0.6 / (n + 1), ["a" if n < right else "x"])
        for n in range(right + wrong)
    ]
    known = [truth(one.transaction, "a") for one in answers[other:]]
    known += [rejected(one.transaction, "x") for one in answers[:other]]  # type: ignore[misc]
    found = evaluate(answers, known, Thresholds(match=used), [0.6, 0.99, 0.999])
    html = page(found)
    assert "nan" not in re.sub(r"<style>.*?<.style>", "", html, flags=re.DOTALL)
    for drawing in re.findall(r"<svg.*?</svg>", html, re.DOTALL):
        for one in element(drawing).iter():
            assert all(
                number(one, name) >= 0
                for name in ("x", "y", "width", "height", "cx", "cy")
                if name in one.attrib
            )
