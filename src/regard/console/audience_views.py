"""One record per page about audiences: their list, the members of one, where a person belongs."""

from __future__ import annotations

from datetime import datetime

from msgspec import Struct


class AudienceItem(Struct, frozen=True, kw_only=True):
    """One audience in the list; entered and left are of today (UTC)."""

    audience: str
    title: str
    condition: str
    member_count: int
    entered_count: int
    left_count: int


class AudiencesView(Struct, frozen=True, kw_only=True):
    """Who belongs where now? Audiences of the program, by title.

    `known_since` is when this house published its first program (None: it has not).
    """

    now: datetime
    zone: str
    audiences: tuple[AudienceItem, ...]
    known_since: datetime | None = None


class MemberItem(Struct, frozen=True, kw_only=True):
    """One member and since when."""

    person_id: str
    label: str
    since: datetime


class AudienceView(Struct, frozen=True, kw_only=True):
    """One audience with its members, those who entered last first. `used_by` names who asks."""

    now: datetime
    zone: str
    item: AudienceItem
    used_by: tuple[tuple[str, str], ...]
    members: tuple[MemberItem, ...]
    is_full: bool


class MembershipItem(Struct, frozen=True, kw_only=True):
    """An audience that a person is in: since when and why; when it is looked at again."""

    audience: str
    title: str
    since: datetime
    reason: str
    wake_at: datetime | None
