"""What the loop says about itself, in words: the health record of the engine, for Today."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from regard.console.why import shown

NAMES = {"behind_s": "behind", "queued": "waiting to be written"}


def health_words(health: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    """Return what the loop says of itself as (name, text), with units where a name ends in one.

    What lags comes first, with what to do.
    """
    lags = [
        (lag.get("name") or lag["what"], f"{lag['says']} {lag['do']}")
        for lag in health.get("lags", ())
    ]
    told = [
        (NAMES.get(name, name.removesuffix("_s").replace("_", " ")), _health_text(name, value))
        for name, value in health.items()
        if name != "lags"
    ]
    return (*lags, *told)


def _health_text(name: str, value: Any) -> str:
    return f"{value:g} s" if name.endswith("_s") and not isinstance(value, str) else shown(value)
