"""The rules that pass by waiting: quiet hours, rolling caps, a department that is closed.

A case and a way to speak in; whether it may happen now out, and if not, why and exactly when.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from regard.core.offers import Engagement
from regard.core.person import Person
from regard.core.program import Program
from regard.core.settings import Channel
from regard.decisions.capacity import open_at, room_at
from regard.decisions.caps import capped_until
from regard.decisions.quiet import free_at, windows_of
from regard.decisions.reasons import CAP_REACHED, NO_CAPACITY, QUIET_HOURS
from regard.decisions.records import Case
from regard.decisions.zones import zone_named, zones_of

ROUNDS_MAX = 20
"""Quiet hours and opening hours are asked in turn until both agree; if they have not after so many
days, they never will."""

HELD_FOR_MAX = timedelta(days=30)
"""Age at which a candidate without an end of its own is too old to be held any longer."""

NEW_FOR = timedelta(minutes=10)
"""How long a person counts as new: SDKs send who somebody is and what they did in any order."""

ADDRESS_LOOKS_S = (2, 10, 60, 300)
"""Seconds between looks for an address of a new person; then there is none."""


def address_awaited(case: Case) -> datetime | None:
    """Return when to look again for an address that is on its way, None: it is not expected."""
    first_seen_at, attempt = case.person.first_seen_at, case.candidate.attempt
    is_new = first_seen_at is not None and case.now - first_seen_at < NEW_FOR
    if not is_new or attempt >= len(ADDRESS_LOOKS_S):
        return None
    return case.now + timedelta(seconds=ADDRESS_LOOKS_S[attempt])


def quiet_until(
    person: Person, engagement: Engagement, program: Program, channel: Channel, now: datetime
) -> datetime | None:
    """Return the first moment from `now` on outside the quiet hours of a channel that disturbs."""
    if not channel.disturbs:
        return now
    windows = windows_of(person, program, engagement.message_class)
    return free_at(windows, zones_of(person, program), now) if windows else now


def wait_of(case: Case, channel: Channel) -> tuple[str, datetime | None]:
    """Return the first rule that says not now, and when all allow it (None: never).

    The reason is empty and the moment is now when nothing stands in the way.
    """
    quiet = _undisturbed(case, channel, case.now)
    message_class = case.engagement.message_class
    capped = capped_until(case.program.caps, case.moments, message_class, channel.id, case.now)
    served = _served_from(case, case.now)
    if quiet == capped == served == case.now:
        return "", case.now
    reason = NO_CAPACITY
    if quiet != case.now:
        reason = QUIET_HOURS
    elif capped != case.now:
        reason = CAP_REACHED
    return reason, _settled(case, channel, capped)


def _settled(case: Case, channel: Channel, capped: datetime | None) -> datetime | None:
    """Return the first moment that all three rules allow. Caps only open; the others come back."""
    moment = capped
    for _ in range(ROUNDS_MAX):
        if moment is None:
            return None
        before = moment
        moment = _undisturbed(case, channel, moment)
        moment = None if moment is None else _served_from(case, moment)
        if moment == before:
            return moment
    return None


def _undisturbed(case: Case, channel: Channel, moment: datetime) -> datetime | None:
    """Return when the channel disturbs nobody; who waits for the answer there is awake."""
    if channel.id == case.here:
        return moment
    return quiet_until(case.person, case.engagement, case.program, channel, moment)


def _served_from(case: Case, moment: datetime) -> datetime | None:
    """Return when the department that must act on it is open and has room."""
    department = case.program.departments.get(case.engagement.department)
    if department is None:
        return moment
    own = [case.now] * case.own_taken.get(department.id, 0)
    taken = [*case.standing.taken.get(department.id, ()), *own]
    # A moment at which there is room may find it closed, and when it opens it may be full again.
    for _ in range(ROUNDS_MAX):
        before = moment
        free = room_at(department, taken, moment)
        opened = None if free is None else open_at(department, _zone_of(case.program), free)
        if opened is None or opened == before:
            return opened
        moment = opened
    return None


def _zone_of(program: Program) -> ZoneInfo:
    return zone_named(program.company.zone) or ZoneInfo("UTC")
