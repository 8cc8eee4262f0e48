"""The example airline: its journeys and promises are what the tests draw."""

from __future__ import annotations

from pathlib import Path

import pytest

from regard.core.program import Program
from regard.project import load

AIRLINE = Path(__file__).parents[2] / "examples" / "airline"


@pytest.fixture(scope="session")
def airline() -> Program:
    return load(AIRLINE, {})
