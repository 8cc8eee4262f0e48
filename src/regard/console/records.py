"""Records that several pages share: a line of words, a service level, a drawing, a why.

All are frozen and plain, so that a page's JSON twin is the same data that its HTML shows.
"""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from msgspec import Struct

Tone = Literal["", "quiet", "good", "warn", "bad", "mend", "accent"]
Sort = Literal[
    "in",
    "out",
    "silence",
    "hold",
    "promise",
    "journey",
    "identity",
    "case",
    "house",
    "failed",
    "need",
]
Shape = Literal["dot", "square", "hollow"]


class Line(Struct, frozen=True, kw_only=True):
    """One entry in words: the sentence, a dim detail, what sort it is and how it should feel."""

    text: str
    detail: str = ""
    sort: Sort
    channel: str = ""
    tone: Tone = ""


class Day(Struct, frozen=True, kw_only=True):
    """Outcomes of one UTC day, by status."""

    day: str
    counts: dict[str, int]


class Level(Struct, frozen=True, kw_only=True):
    """How one promise definition stands in its window.

    `share` is the good part of those that count (None: nothing ended), `allowed_count` how many of
    `ended_count` may fail under the objective, `spent_count` how many did. `budget_left` is the
    part of the error budget that is left (below 0: overspent), `burn_rate` how many times too fast
    it burned over the time in `burn_over`, `severity` what an alert would say. `days` oldest first.
    """

    definition: str
    title: str
    objective: float
    window_days: int
    counts: dict[str, int]
    ended_count: int
    share: float | None
    allowed_count: float
    spent_count: int
    state: Literal["idle", "whole", "spent"]
    days: tuple[Day, ...]
    budget_left: float = 1.0
    burn_rate: float = 0.0
    burn_over: str = ""
    severity: Literal["", "ticket", "page"] = ""


class Cost(Struct, frozen=True, kw_only=True):
    """What one promise cost in its window: `worth` each, for those in `counts`.

    `people` are the latest of `people_count` whom it failed: (person id, label).
    """

    definition: str
    title: str
    window_days: int
    worth: float
    counts: dict[str, int]
    cost: float
    people: tuple[tuple[str, str], ...]
    people_count: int


class Costs(Struct, frozen=True, kw_only=True):
    """What broken promises cost, in `currency` (empty: points), the dearest first."""

    currency: str
    total: float
    items: tuple[Cost, ...]


class Mark(Struct, frozen=True, kw_only=True):
    """One touch on a lane of a timeline."""

    offset: int
    at: datetime
    shape: Shape
    tone: str
    text: str


class Lane(Struct, frozen=True, kw_only=True):
    """All marks of one channel, oldest first."""

    name: str
    marks: tuple[Mark, ...]


class Bar(Struct, frozen=True, kw_only=True):
    """One promise from made to outcome; an open one reaches to its due moment."""

    offset: int
    title: str
    about: str
    from_at: datetime
    to_at: datetime
    due_at: datetime
    status: str
    tone: str
    is_open: bool


class Crossing(Struct, frozen=True, kw_only=True):
    """A change of identity, drawn across all lanes."""

    offset: int
    at: datetime
    text: str


class Drawing(Struct, frozen=True, kw_only=True):
    """Everything a timeline shows between two moments; `is_cut` when older entries exist."""

    from_at: datetime
    to_at: datetime
    now: datetime
    zone: str
    lanes: tuple[Lane, ...]
    bars: tuple[Bar, ...]
    crossings: tuple[Crossing, ...]
    is_cut: bool


class RefusedChannel(Struct, frozen=True, kw_only=True):
    """One refusal of the gate in words, and when the channel would be allowed again."""

    channel: str
    reason: str
    words: str
    next_allowed_at: datetime | None


class Why(Struct, frozen=True, kw_only=True):
    """Why an entry is as it is: named texts, the parts of a score, what the gate refused.

    `links` are (words, address) of the things that it speaks of.
    """

    links: tuple[tuple[str, str], ...] = ()
    pairs: tuple[tuple[str, str], ...] = ()
    factors: tuple[tuple[str, float], ...] = ()
    score: float | None = None
    refusals: tuple[RefusedChannel, ...] = ()
    rivals: tuple[str, ...] = ()


class LiveRow(Struct, frozen=True, kw_only=True):
    """One row of the live stream; `zone` is the person's own, `place` names it if not ours."""

    offset: int
    at: datetime
    person_id: str
    label: str
    zone: str
    place: str
    line: Line


class PromiseItem(Struct, frozen=True, kw_only=True):
    """One promise to one person, as lists show it."""

    promise_id: str
    definition: str
    title: str
    about: str
    person_id: str
    label: str
    status: str
    word: str
    tone: Tone
    reason: str
    made_at: datetime
    due_at: datetime
    changed_at: datetime
    is_open: bool
    is_overdue: bool


class Counted(Struct, frozen=True, kw_only=True):
    """A count by kind, with the kind in words."""

    key: str
    words: str
    count: int
    tone: Tone = ""
