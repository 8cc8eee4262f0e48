"""One record per page about the engagement model: overview, one thing, chain, lived, a day."""

from __future__ import annotations

from datetime import datetime

from msgspec import Struct

from regard.core.lived import Finding, LateKnowledge, LivedMoment, Passing, Sight


class Link(Struct, frozen=True, kw_only=True):
    """Something of the model that has a page: its key, its title, where it is."""

    key: str
    title: str
    href: str


class OpinionItem(Struct, frozen=True, kw_only=True):
    """What people think of one thing, in numbers; `decided` is the last decision in words."""

    agree: int = 0
    disagree: int = 0
    unsure: int = 0
    comment_count: int = 0
    is_disputed: bool = False
    decided: str = ""


class DisconnectItem(Struct, frozen=True, kw_only=True):
    """One disconnect in the list. Costs are (low, high) a year; `by` is (link, fate) or nothing."""

    number: int
    about: str
    href: str
    trouble: str
    title: str
    path: tuple[Link, ...]
    needs: tuple[str, ...]
    customers: tuple[str, ...]
    opportunity: tuple[float, float]
    running: tuple[float, float]
    cost: str
    is_removed: bool
    by: tuple[tuple[Link, str], ...]
    opinion: OpinionItem


class MoveItem(Struct, frozen=True, kw_only=True):
    """Changes that belong together, in the order in which to make them, and why."""

    number: int
    title: str
    changes: tuple[tuple[Link, str, str], ...]
    removes: tuple[Link, ...]
    brings: tuple[str, ...]
    cost: str
    why: str


class ElementItem(Struct, frozen=True, kw_only=True):
    """One element or flow: a row of the drawing's twin. `links` are (words, titles)."""

    about: str
    href: str
    kind: str
    title: str
    fate: str
    words: str
    links: tuple[tuple[str, str], ...]
    marks: tuple[int, ...]
    opinion: OpinionItem


class RemarkItem(Struct, frozen=True, kw_only=True):
    """Something that somebody said, about what."""

    offset: int
    at: datetime
    by: str
    act: str
    vote: str
    words: str
    why: str
    about: Link


class ModelView(Struct, frozen=True, kw_only=True):
    """How are we built against how they live? `drawing` is SVG; empty: there is no model."""

    now: datetime
    zone: str
    which: str
    title: str
    has_future: bool
    problems: tuple[str, ...]
    drawing: str
    disconnects: tuple[DisconnectItem, ...]
    fresh: tuple[str, ...]
    total: str
    moves: tuple[MoveItem, ...]
    elements: tuple[ElementItem, ...]
    disputes: tuple[RemarkItem, ...]
    decisions: tuple[RemarkItem, ...]


class AboutView(Struct, frozen=True, kw_only=True):
    """One element, flow or disconnect: what is declared of it, what it suffers, who thinks what.

    `other` leads to the same thing in the other version.
    """

    now: datetime
    zone: str
    which: str
    about: str
    kind: str
    title: str
    other: str
    facts: tuple[tuple[str, str], ...]
    links: tuple[tuple[str, tuple[Link, ...]], ...]
    fate: str
    fate_words: str
    disconnects: tuple[DisconnectItem, ...]
    opinion: OpinionItem
    votes: tuple[RemarkItem, ...]
    comments: tuple[RemarkItem, ...]
    decisions: tuple[RemarkItem, ...]


class SpotItem(Struct, frozen=True, kw_only=True):
    """A component of the value chain: its stage, how near to a need, and what it needs."""

    name: str
    is_anchor: bool
    stage: str
    evolution: float
    visibility: float
    needs: tuple[str, ...]


class MapView(Struct, frozen=True, kw_only=True):
    """What do customer needs rest on? `drawing` is SVG; empty: no value chain is written down."""

    now: datetime
    zone: str
    which: str
    title: str
    has_future: bool
    drawing: str
    warnings: tuple[str, ...]
    spots: tuple[SpotItem, ...]


class LivedView(Struct, frozen=True, kw_only=True):
    """What did customers live, against what is declared? `measured_at` None: not measured yet.

    `missing` says what has to be installed before anything can be measured. `names` are labels of
    the example persons by id.
    """

    now: datetime
    zone: str
    missing: str
    drawing: str
    measured_at: datetime | None = None
    days: int = 0
    is_cut: bool = False
    since: datetime | None = None
    until: datetime | None = None
    touch_count: int = 0
    person_count: int = 0
    late: tuple[LateKnowledge, ...] = ()
    unseen: tuple[Sight, ...] = ()
    undeclared: tuple[Sight, ...] = ()
    seen: tuple[Sight, ...] = ()
    handovers: tuple[Passing, ...] = ()
    repeats: tuple[Passing, ...] = ()
    findings: tuple[Finding, ...] = ()
    names: dict[str, str] = {}


class DayView(Struct, frozen=True, kw_only=True):
    """A day with a customer who consented to `purpose`; `problem` says why there is none."""

    now: datetime
    zone: str
    purpose: str
    purposes: tuple[tuple[str, str], ...]
    title: str
    day_zone: str
    problem: str
    moments: tuple[LivedMoment, ...]
