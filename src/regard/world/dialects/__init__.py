"""How real SDKs put acts on the wire (INTAKE.md): one file per dialect, each with `build`.

A parcel, its write key and the moment it leaves go in; one or more requests come out. Pure: the
same parcel at the same moment gives the same bytes, which is what a retry sends.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from regard.world.dialects import browser, cloudevents, one_click, plain, posthog, rudder, segment
from regard.world.records import Dialect, Parcel, Request

Build = Callable[[Parcel, str, datetime], tuple[Request, ...]]
_BUILDS: dict[Dialect, Build] = {
    "browser": browser.build,
    "segment": segment.build,
    "rudder": rudder.build,
    "posthog": posthog.build,
    "cloudevents": cloudevents.build,
    "plain": plain.build,
    "one_click": one_click.build,
}


def build(parcel: Parcel, key: str, sent_at: datetime) -> tuple[Request, ...]:
    """Return the requests of a parcel that leaves at `sent_at`, true time; skew is added here."""
    return _BUILDS[parcel.dialect](parcel, key, sent_at)


__all__ = ["build"]
