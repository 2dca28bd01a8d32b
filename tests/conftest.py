"""Hypothesis profiles; ``HYPOTHESIS_PROFILE=deep pytest tests/core`` chooses one."""

import os

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


def pytest_configure(config: pytest.Config) -> None:
    """Declare the markers: ``pytest -m "not slow"`` leaves out what takes seconds."""
    config.addinivalue_line("markers", "slow: installs the wheel, or kills processes")
