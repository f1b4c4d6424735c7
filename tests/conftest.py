"""What every test may ask for."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

CHECKOUT = Path(__file__).resolve().parents[1]

# Timings on a shared machine say nothing about the code, so no example has a deadline.
_EXAMPLES = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("here", _EXAMPLES)
settings.register_profile("ci", _EXAMPLES, max_examples=25, derandomize=True)
settings.load_profile("ci" if os.environ.get("CI") else "here")


def data_folder() -> Path:
    """Where evaluation data with known truth may lie: $KINFOLK_DATA, or `../shared/data` beside the checkout."""
    named = os.environ.get("KINFOLK_DATA")
    return Path(named) if named else CHECKOUT.parent / "shared" / "data"


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of evaluation data that is not ours to ship; the test is skipped where it is absent."""
    folder = data_folder()
    if not folder.is_dir():
        pytest.skip(f"There is no evaluation data in {folder}; name its folder in KINFOLK_DATA.")
    return folder


@pytest.fixture(scope="session")
def checkout() -> Path:
    """The folder of the checkout these tests stand in."""
    return CHECKOUT
