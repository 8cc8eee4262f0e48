"""The aims on families, as the benchmark measures them: mailboxes, landlines, juniors, moves."""

from __future__ import annotations

import pytest
from benchmarks.linking import measure_families


@pytest.mark.slow
def test_families_are_not_collapsed() -> None:
    found = measure_families(1_500)
    assert found["f1"] >= 0.84
    assert found["b_cubed"] >= 0.94
    assert found["precision"] >= 0.98  # a few hundred pairs: one error is a third of a percent
    assert found["at_home"] <= 0.65
