"""Every law has a bug that it catches; ``python -m tests.bugs`` tries them."""

import shutil
from pathlib import Path

from payymo_core import matching
from tests.bugs import bugs
from tests.core import test_laws, test_matcher

# What they draw is kept for other tests: they hold nothing themselves.
NO_LAWS = {
    "test_the_worlds_drawn_are_matched_reviewed_and_left",
    "test_the_rulesets_drawn_are_sound",
}


def test_every_law_has_a_bug_that_it_has_to_catch():
    laws = {
        name for name, held in vars(test_laws).items() if hasattr(held, "hypothesis")
    }
    laws |= {
        f"test_matcher.py::{name}"
        for name, held in vars(test_matcher).items()
        if hasattr(held, "hypothesis")
    }
    assert {law for bug in bugs() for law in bug.laws} == laws - NO_LAWS


def test_a_bug_is_a_change_of_the_core(tmp_path):
    core = Path(matching.__file__).parent
    for bug in bugs():
        copied = Path(shutil.copy(core / bug.module, tmp_path))
        bug.put_into(tmp_path)
        assert copied.read_text("utf-8").count(bug.new)
