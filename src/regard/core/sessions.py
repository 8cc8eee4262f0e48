"""Sessions: how long a person has been here without a pause, from the half hours they were seen in.

A moment of a person and a time in, the session that is going on out. A session is one id of the
device's, or signs no further apart than half an hour (the pause that web analytics has used since
Catledge and Pitkow, 1995, measured 25.5 minutes). Expressions and pages share this rule.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from msgspec import Struct

from regard.core.clock import from_us, to_us
from regard.core.person import Moment

GAP = timedelta(minutes=30)
GAP_US = GAP // timedelta(microseconds=1)

HERE_FOR = timedelta(minutes=10)
"""How long after their last touch a person counts as still there."""


class Session(Struct, frozen=True, kw_only=True):
    """A session: its id (empty: the device gave none), its first and its latest sign."""

    id: str
    first_at: datetime
    last_at: datetime


def session_of(moment: Moment | None, now: datetime) -> Session | None:
    """Return the session that goes on at `now`; None when nothing was heard for `GAP`."""
    if moment is None or not moment.stretches:
        return None
    newest = max(moment.stretches, key=lambda stretch: (stretch.last_us, stretch.session))
    if to_us(now) - newest.last_us > GAP_US:
        return None
    first_us = newest.first_us
    for stretch in moment.stretches:
        if stretch.session != newest.session:
            continue
        # Half hours of one id belong together; without an id, those without a pause between.
        if newest.session or first_us - stretch.last_us <= GAP_US:
            first_us = min(first_us, stretch.first_us)
    return Session(id=newest.session, first_at=from_us(first_us), last_at=from_us(newest.last_us))
