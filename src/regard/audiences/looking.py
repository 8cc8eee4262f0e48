"""Looking whether a person belongs to an audience now, and when to look next.

In: the person as known, the audience, the moment and why we look. Out: a change of membership
with what it triggers; or only an earlier moment; or nothing, which is the rule. A moment that is
armed too early costs one more look, so a later one is not worth a fact.
"""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from msgspec import Struct

from regard.core.facts import AudienceChanged, Derived, Noted
from regard.core.flows import Audience
from regard.core.ids import derived_id
from regard.core.person import Person
from regard.core.scope import Scope
from regard.core.signal import AUDIENCE_ENTERED, AUDIENCE_LEFT

TIMER = "audience:"

LATE_LOOKS_MAX = 64
"""Moments tried to find when somebody entered or left while nobody could look (an outage)."""

Why = Literal["event", "time", "identity", "history", "definition", "rights"]


class Look(Struct, frozen=True, kw_only=True):
    """When and why we look; `detail` is the name of the event."""

    now: datetime
    why: Why
    detail: str = ""

    @property
    def reason(self) -> str:
        return f"{self.why}:{self.detail}" if self.detail else self.why

    @property
    def triggers(self) -> bool:
        """What the person did, or time, may start something; what we only learn does not."""
        return self.why in ("event", "time", "identity")


def looked(person: Person, audience: Audience, look: Look) -> tuple[Derived, ...]:
    """Return what looking at one audience concludes; nearly always nothing."""
    state = person.audiences.get(audience.id)
    before = None if state is None else state.change
    now = look.now if before is None else max(look.now, before.since)
    is_member, wake_at = _membership(person, audience, now)
    if is_member is (before is not None and before.is_member):
        if wake_at is None or (look.why != "identity" and _is_armed(before, now, wake_at)):
            return ()
        return (
            _changed(
                person,
                audience,
                is_member=is_member,
                since=now if before is None else before.since,
                wake_at=wake_at,
                reason="" if before is None else before.reason,
                has_moved=False,
            ),
        )
    since = now
    if look.why == "time" and before is not None:
        since = _turned(person, audience, before, now, is_member=is_member)
    moved = _changed(
        person,
        audience,
        is_member=is_member,
        since=since,
        wake_at=wake_at,
        reason=look.reason,
        has_moved=True,
    )
    return (moved, _noted(moved)) if look.triggers else (moved,)


def left(person: Person, audience_id: str, look: Look) -> tuple[Derived, ...]:
    """Return the end of a membership in an audience that the program no longer has."""
    state = person.audiences.get(audience_id)
    if state is None or not (state.change.is_member or state.change.wake_at):
        return ()
    gone = AudienceChanged(
        member_id=_member_id(audience_id, person),
        audience=audience_id,
        is_member=False,
        since=max(look.now, state.change.since),
        definition="",
        reason="definition",
        has_moved=state.change.is_member,
    )
    return (gone,)


def _membership(person: Person, audience: Audience, now: datetime) -> tuple[bool, datetime | None]:
    """Return whether the person belongs now, and when time alone may change that."""
    if person.is_erased or person.is_frozen or person.is_department:
        return False, None
    scope = Scope(person=person, facts={}, now=now)
    return audience.members(scope), audience.horizon(scope)


def _is_armed(before: AudienceChanged | None, now: datetime, wake_at: datetime) -> bool:
    """Return whether we shall look by then anyway."""
    return before is not None and before.wake_at is not None and now < before.wake_at <= wake_at


def _turned(
    person: Person, audience: Audience, before: AudienceChanged, now: datetime, *, is_member: bool
) -> datetime:
    """Return when time turned it: the moment that was waited for, or one between it and now."""
    at = before.wake_at
    for _ in range(LATE_LOOKS_MAX):
        if at is None or not before.since <= at < now:
            return now
        was_member, later = _membership(person, audience, at)
        if was_member is is_member:
            return at
        at = later
    return now


def _changed(
    person: Person,
    audience: Audience,
    *,
    is_member: bool,
    since: datetime,
    wake_at: datetime | None,
    reason: str,
    has_moved: bool,
) -> AudienceChanged:
    return AudienceChanged(
        member_id=_member_id(audience.id, person),
        audience=audience.id,
        is_member=is_member,
        since=since,
        definition=audience.definition,
        wake_at=wake_at,
        reason=reason,
        has_moved=has_moved,
    )


def _member_id(audience_id: str, person: Person) -> str:
    """Name the timer after whom the person is now: no two persons ever share one."""
    return derived_id("audience", audience_id, person.id)


def _noted(moved: AudienceChanged) -> Noted:
    name = AUDIENCE_ENTERED if moved.is_member else AUDIENCE_LEFT
    since = moved.since.isoformat()
    return Noted(
        note_id=derived_id(name, moved.member_id, since),
        name=name,
        about=moved.audience,
        facts={"audience": moved.audience, "since": since},
    )
