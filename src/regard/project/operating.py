"""`[operating]` of regard.toml: who may read the metrics, and from when on something is late.

In: the table. Out: `Operating`. Reported: a variable that is not set, a time that is none.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from regard.core.settings import USUAL_OPERATING, Operating
from regard.project.reading import Table

LATE_AFTER_MIN, LATE_AFTER_MAX = timedelta(seconds=1), timedelta(hours=1)


def read_operating(table: Table | None, environ: Mapping[str, str]) -> Operating:
    """Return how the house is operated; without the table as everybody does."""
    if table is None:
        return USUAL_OPERATING
    late_after = table.duration("late_after") or USUAL_OPERATING.late_after
    if not LATE_AFTER_MIN <= late_after <= LATE_AFTER_MAX:
        table.at("late_after").problem("is not between a second and an hour", "1 minute")
    variable = table.text("metrics_token_env")
    if variable and not environ.get(variable):
        told = f"the environment variable {variable} is not set"
        table.at("metrics_token_env").problem(told, "set it before you start Regard")
    found = Operating(
        is_metrics_open=table.choice("metrics", ("token", "open"), "token") == "open",
        metrics_token=environ.get(variable, "") if variable else "",
        late_after=late_after,
    )
    table.close()
    return found
