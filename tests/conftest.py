"""Hypothesis profiles; ``HYPOTHESIS_PROFILE=deep pytest tests/core`` chooses one."""

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, settings

# The same examples every time, everywhere.
settings.register_profile(
    "ci",
    max_examples=60,
    derandomize=True,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
ci = settings.get_profile("ci")
# Looks for what nobody thought of.
settings.register_profile("deep", ci, max_examples=2_000, derandomize=False)
# Says that a law fails, and shrinks nothing: to see which laws a bug breaks.
settings.register_profile("survey", ci, phases=(Phase.explicit, Phase.generate))
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci"))

# The files that take longest, longest first: begun last, one would be waited for.
LONGEST = (
    *("core/test_laws.py", "store/test_chaos.py", "core/test_feedback.py"),
    *("store/test_cli_daily.py", "test_docs.py", "adapters/test_demo_daily.py"),
    *("store/test_copying.py", "core/test_inspection.py", "core/test_tuning.py"),
    *("adapters/test_cli_match.py", "store/test_machine.py", "store/test_run_banks.py"),
    *("core/test_advice.py", "store/test_cli_review.py", "core/test_matcher.py"),
    *("adapters/test_whmcs_applying.py", "test_package.py", "test_contracts.py"),
)
_TESTS = Path(__file__).parent
_PLACES = {_TESTS / name: place for place, name in enumerate(LONGEST)}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let the longest files come first, and the rest as they stand."""
    items.sort(key=lambda item: _PLACES.get(item.path, len(LONGEST)))


def pytest_configure(config: pytest.Config) -> None:
    """Declare the markers: ``pytest -m "not slow"`` leaves out what takes seconds."""
    config.addinivalue_line("markers", "slow: installs the wheel, or kills processes")
