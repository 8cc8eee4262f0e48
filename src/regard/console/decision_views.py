"""One record per page about decisions: the stream, one of them, all silence, why she gets none."""

from __future__ import annotations

from datetime import datetime

from msgspec import Struct

from regard.console.identity_views import Weight
from regard.console.records import Counted, RefusedChannel, Tone
from regard.learning.reports import Comparison

Choice = tuple[str, str]
"""A value to choose from, and what it is called."""


class DecisionItem(Struct, frozen=True, kw_only=True):
    """One decision in a list; `word` is its verdict, `reason` a code, `because` its words."""

    number: int
    at: datetime
    person_id: str
    label: str
    engagement: str
    title: str
    verdict: str
    word: str
    tone: Tone
    reason: str
    because: str
    channel: str
    origin: str
    asked_by: str
    score: float | None
    wake_at: datetime | None


class Sieve(Struct, frozen=True, kw_only=True):
    """What the stream is narrowed to; empty: anything."""

    engagement: str = ""
    verdict: str = ""
    reason: str = ""
    channel: str = ""
    origin: str = ""
    person: str = ""


class DecisionsView(Struct, frozen=True, kw_only=True):
    """Why this, why silence? Decisions, the newest first, and by what they can be narrowed.

    `before` asks for the next page (0: there is none). `person_label` names whom it is about.
    """

    now: datetime
    zone: str
    is_empty: bool
    asked: Sieve
    person_label: str
    choices: dict[str, tuple[Choice, ...]]
    items: tuple[DecisionItem, ...]
    before: int
    query: str


class DecisionView(Struct, frozen=True, kw_only=True):
    """One decision: all that was weighed, who else wanted to speak, and what the gate said.

    `steps` add up to `item.score`; `parts` are what the context was made of. `zone` is the
    person's. `certainty` says how probable the verdict was and by which policy.
    """

    now: datetime
    zone: str
    item: DecisionItem
    pairs: tuple[tuple[str, str], ...]
    links: tuple[tuple[str, str], ...]
    steps: tuple[Weight, ...]
    silence: float | None
    parts: tuple[tuple[str, float], ...]
    refusals: tuple[RefusedChannel, ...]
    rivals: tuple[DecisionItem, ...]
    rivals_unseen: tuple[str, ...]
    certainty: tuple[tuple[str, str], ...]
    features: tuple[tuple[str, str], ...]


class ObstacleItem(Struct, frozen=True, kw_only=True):
    """One rule that stands in the way now; `until` None: time alone does not lift it."""

    reason: str
    words: str
    channel: str
    detail: str
    since: datetime | None
    until: datetime | None


class WhyView(Struct, frozen=True, kw_only=True):
    """Why did she not get it? The last decision about it, and what would be decided now.

    `zone` is the person's. Nothing is written for the answer; it is as if somebody offered the
    engagement now with `facts`. `person_id` empty: nobody is named yet, choose of `people`.
    """

    now: datetime
    zone: str
    engagement: str
    title: str
    engagements: tuple[Choice, ...]
    person_id: str
    label: str
    named: str
    people: tuple[Choice, ...]
    last: DecisionItem | None = None
    last_why: tuple[RefusedChannel, ...] = ()
    answer: str = ""
    would: DecisionItem | None = None
    next_at: datetime | None = None
    steps: tuple[Weight, ...] = ()
    silence: float | None = None
    obstacles: tuple[ObstacleItem, ...] = ()
    free: tuple[str, ...] = ()
    facts: str = ""


class Estimated(Struct, frozen=True, kw_only=True):
    """A mean with its 95 % interval."""

    value: float
    low: float
    high: float


class Gained(Struct, frozen=True, kw_only=True):
    """What was earned by occasion as it was, and as it would have been by two estimators."""

    logged: Estimated
    snips: Estimated
    doubly_robust: Estimated


class Judged(Struct, frozen=True, kw_only=True):
    """What another policy would have earned on the log, or the `refusal` to tell."""

    name: str
    occasions: int
    effective_sample: float
    positives: int
    refusal: str = ""
    rate: Gained | None = None
    value: Gained | None = None


class TakenUp(Struct, frozen=True, kw_only=True):
    """Of what was sent on a UTC day: how many had time to be taken up, and how many were."""

    day: str
    over: int
    taken: int


class Found(Struct, frozen=True, kw_only=True):
    """What was counted from the journal so far: up to offset `read_to` of `last`.

    `taken` by engagement (of those whose success is said). `problem` says why counting stopped.
    """

    read_to: int
    last: int
    is_counting: bool
    taken: dict[str, tuple[TakenUp, ...]] = {}
    comparisons: tuple[Comparison, ...] = ()
    judged: tuple[Judged, ...] = ()
    is_judging: bool = False
    problem: str = ""


class Forgone(Struct, frozen=True, kw_only=True):
    """Silences of one reason, and what the offers would have been worth as they are written."""

    reason: str
    words: str
    count: int
    value: float


class MixItem(Struct, frozen=True, kw_only=True):
    """One engagement in the mix of what went out; `share` is its part of all."""

    engagement: str
    title: str
    count: int
    share: float


class CapacityItem(Struct, frozen=True, kw_only=True):
    """How busy a department is: work taken in its window now, and when it can take more."""

    department: str
    title: str
    is_open: bool
    opens_at: datetime | None
    taken: int
    capacity: int | None
    window: str
    free_at: datetime | None


class PolicyItem(Struct, frozen=True, kw_only=True):
    """The policy in force: what taught it, and whether it tailors, and why or why not."""

    version: str
    at: datetime | None
    by: str
    counts: tuple[Counted, ...]
    gates: tuple[tuple[str, str, str, bool], ...]


class SilenceView(Struct, frozen=True, kw_only=True):
    """Silence at large in the latest `window_days`: why, what it cost, what went instead."""

    now: datetime
    zone: str
    window_days: int
    is_empty: bool
    verdicts: tuple[Counted, ...]
    new_count: int
    forgone: tuple[Forgone, ...]
    mix: tuple[MixItem, ...]
    capacity: tuple[CapacityItem, ...]
    learns: bool
    policy: PolicyItem | None
    found: Found
