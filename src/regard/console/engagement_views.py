"""One record per page about engagements: the list, and one with all that became of it."""

from __future__ import annotations

from datetime import datetime

from msgspec import Struct

from regard.console.decision_views import CapacityItem, DecisionItem, Found, TakenUp
from regard.console.records import Counted
from regard.learning.reports import Comparison


class EngagementItem(Struct, frozen=True, kw_only=True):
    """One engagement with what became of it in the window.

    `offered_count` are offers that came to the gate, each once however often it was held;
    `sent_count`, `silent_count` how they ended. `taken` counts what was sent long enough ago to be
    taken up (None: no success is said). `days` are sent by day, oldest first.
    """

    engagement: str
    title: str
    is_gone: bool
    need: str
    message_class: str
    purpose: str
    value_customer: float
    value_company: float
    propensity: float
    channels: tuple[str, ...]
    offered_count: int
    sent_count: int
    silent_count: int
    held_count: int
    taken: TakenUp | None
    days: tuple[tuple[str, int], ...]
    silences: tuple[Counted, ...]


class EngagementsView(Struct, frozen=True, kw_only=True):
    """What do we offer? Engagements by title; counts are of `window_days`."""

    now: datetime
    zone: str
    window_days: int
    items: tuple[EngagementItem, ...]
    found: Found


class VariantItem(Struct, frozen=True, kw_only=True):
    """One template: of which variant, on which channels, in which language, for whom."""

    variant: str
    channel: str
    language: str
    meant_for: str
    share: float | None
    query: str


class LearnedItem(Struct, frozen=True, kw_only=True):
    """What was learned about an engagement: the chance that it is taken up, at real moments.

    `low` to `high` hold the middle 90 % of `moments` latest decisions; all None without any.
    """

    version: str
    at: datetime | None
    count: int
    middle: float | None
    low: float | None
    high: float | None
    moments: int
    types: int
    persons: int
    gates: tuple[tuple[str, str, str, bool], ...]


class EngagementView(Struct, frozen=True, kw_only=True):
    """One engagement: its texts, who brings it forth, what became of it, what it is worth."""

    now: datetime
    zone: str
    window_days: int
    item: EngagementItem
    conditions: tuple[tuple[str, str], ...]
    success: str
    variants: tuple[VariantItem, ...]
    sources: tuple[tuple[str, str, str], ...]
    channels: tuple[Counted, ...]
    capacity: CapacityItem | None
    learned: LearnedItem | None
    comparisons: tuple[Comparison, ...]
    latest: tuple[DecisionItem, ...]
    found: Found
