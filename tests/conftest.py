"""Hypothesis profiles: ``ci`` draws the same examples every time."""

import os

from hypothesis import HealthCheck, settings

settings.register_profile(
    "ci",
    max_examples=60,
    derandomize=True,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
# ``HYPOTHESIS_PROFILE=deep pytest tests/core`` looks for what nobody thought of.
settings.register_profile("deep", settings.get_profile("ci"), max_examples=2_000,
                          derandomize=False)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci"))
