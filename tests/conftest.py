"""Hypothesis tries more where nobody waits for it, in CI, and there the same each time; at a desk, chance decides."""

import os

from hypothesis import settings

settings.register_profile("local", max_examples=100, deadline=None)
settings.register_profile("ci", max_examples=1_000, deadline=None, derandomize=True)
settings.load_profile("ci" if os.environ.get("CI") else "local")
