"""What the pages of broadcasts and versions say, as records: the JSON twins are these."""

from __future__ import annotations

from datetime import datetime

from msgspec import Struct

from regard.core.rows import Outlook


class BroadcastItem(Struct, frozen=True, kw_only=True):
    """One broadcast of the folder, or that was started: what, to whom, and how far it has come.

    `status` is empty before its start. `bars` are (words, count, tone); `silences` and `failures`
    are (words, count). `acts` are what can be done to it now.
    """

    broadcast_id: str
    title: str
    engagement: str
    audience: str
    condition: str
    pace_per_s: float
    seeds: tuple[str, ...]
    status: str
    tone: str
    started_at: datetime | None
    expires_at: datetime | None
    by: str
    reason: str
    reached: int
    sent: int
    bars: tuple[tuple[str, int, str], ...]
    silences: tuple[tuple[str, int], ...]
    failures: tuple[tuple[str, int], ...]
    acts: tuple[str, ...]


class WalkItem(Struct, frozen=True, kw_only=True):
    """A rollout that an edit, an audience or a schedule started."""

    rollout_id: str
    title: str
    status: str
    tone: str
    started_at: datetime
    reached: int
    reason: str


class BroadcastsView(Struct, frozen=True, kw_only=True):
    """What are we telling many at once?"""

    now: datetime
    zone: str
    broadcasts: tuple[BroadcastItem, ...]
    walks: tuple[WalkItem, ...]
    is_moving: bool


class PreviewView(Struct, frozen=True, kw_only=True):
    """What would a broadcast come to if it went now?"""

    now: datetime
    zone: str
    broadcast: BroadcastItem
    outlook: Outlook
    holds: tuple[tuple[str, int], ...]
    silences: tuple[tuple[str, int], ...]


class VersionItem(Struct, frozen=True, kw_only=True):
    """One publication: when, by whom, what changed against the one before, and who feels it.

    `changes` are in words; `rollouts` are those that it started. `is_kept`: its folder can come
    back.
    """

    hash: str
    name: str
    at: datetime
    by: str
    undoes: str
    is_in_force: bool
    is_kept: bool
    changes: tuple[str, ...]
    rollouts: tuple[WalkItem, ...]


class VersionsView(Struct, frozen=True, kw_only=True):
    """Which version decides, and what was before? `back_to` is what an undo brings back."""

    now: datetime
    zone: str
    versions: tuple[VersionItem, ...]
    back_to: str
