"""What tests of the simulator share."""

from __future__ import annotations

import logging
from collections.abc import Iterator

import pytest


@pytest.fixture
def without_log() -> Iterator[None]:
    """Hundreds of failures a second are wanted here; nobody needs to read of each."""
    logging.disable(logging.CRITICAL)
    yield
    logging.disable(logging.NOTSET)
