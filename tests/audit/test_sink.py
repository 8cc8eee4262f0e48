"""Paced mails into a real mail server, under `kill -9`: the small run of `tests.audit.sink`."""

from __future__ import annotations

import pytest

from tests.audit.sink import run

pytestmark = pytest.mark.slow

MESSAGES, KILLS, PACE_PER_S = 600, 2, 1_000


def test_paced_mails_under_kills_are_neither_missing_nor_doubled(tmp_path) -> None:
    found = run(MESSAGES, KILLS, "ask", tmp_path, pace_per_s=PACE_PER_S)
    assert found.faults == ()
    assert (found.missing, found.doubled, found.untold) == (0, 0, 0)
