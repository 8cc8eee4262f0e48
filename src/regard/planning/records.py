"""What a replay takes and what a plan tells: records without behaviour.

`Life` and `Group` are what people lived, `Course` is what one program makes of it, `Plan` is the
difference of two programs over the same days. All moments are aware UTC.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

from msgspec import Struct

from regard.core.event import MessageOutcome, RolloutChanged
from regard.core.facts import Entry
from regard.core.person import Person
from regard.core.program import Program
from regard.core.rows import MessageRow
from regard.core.storage import Store
from regard.project.changes import Change
from regard.runtime.kernel import Kernel

KEPT = ("kept", "doubled")
"""Statuses of promises that came out as promised."""

BROKEN = ("missed", "late", "repaired", "broken")
"""Statuses of promises that did not, whatever was done about it."""


class Waiting(Struct, frozen=True, kw_only=True):
    """A moment that something of a person waits for; the others place its timer."""

    due_at: datetime
    identity: int
    at: datetime
    number: int


class Life(Struct, frozen=True, kw_only=True):
    """One person's part of the window: as they stood at its start, and what came in since.

    `outbox` are messages decided before and not yet handed over, `identity` is on what a rollout
    reaches them (None: it passes them by).
    """

    person: Person
    label: str
    identity: int | None
    timers: Mapping[str, Waiting]
    outbox: Sequence[MessageRow]
    inputs: Sequence[Entry]


class Group(Struct, frozen=True, kw_only=True):
    """People who cannot be lived alone: they merged, or share an identifier.

    `history` is everything that hangs on any of them before the window, by offset; `labels` are
    their names by person id.
    """

    history: Sequence[Entry]
    inputs: Sequence[Entry]
    labels: Mapping[str, str]


class Told(Struct, frozen=True, kw_only=True):
    """A message by what it says rather than by its id: the `number`-th of its kind, from 0.

    A call of a webhook is one as well; its engagement names journey and step.
    """

    ref: str
    engagement: str
    channel: str
    number: int


class Lived(Struct, frozen=True, kw_only=True):
    """Everything of a journal that a replay from `since` to `until` needs.

    `told` are the messages that the window decided itself, by their ids: answers to them are
    answers to what a replay says anew; `replies` is what webhooks answered. `person_count` is how
    many people are known at all.
    """

    since: datetime
    until: datetime
    lives: Sequence[Life]
    groups: Sequence[Group]
    told: Mapping[str, Told]
    replies: Mapping[Told | str, MessageOutcome]
    person_count: int

    @property
    def everyone(self) -> Sequence[Life | Group]:
        """Return all lives and groups, always in the same order."""
        return (*self.lives, *self.groups)


class Versions(Struct, frozen=True, kw_only=True):
    """Two programs with the names by which they were asked for."""

    old: Program
    new: Program
    old_name: str = "old"
    new_name: str = "new"


class Rehearsal(Struct, frozen=True, kw_only=True):
    """One program about to be lived: `rollouts` come first, `scratch` makes empty stores in memory.

    `program` is as `living.rehearsed` returns it.
    """

    lived: Lived
    kernel: Kernel
    program: Program
    rollouts: Sequence[RolloutChanged]
    scratch: Callable[[], Store]


class Said(Struct, frozen=True, kw_only=True):
    """One message that would go out; `ref` is the promise, run or rollout that offers it."""

    person_id: str
    label: str
    engagement: str
    channel: str
    at: datetime
    ref: str


class Owed(Struct, frozen=True, kw_only=True):
    """One promise as it stands at the end of the window."""

    person_id: str
    label: str
    definition: str
    about: str
    status: str
    due_at: datetime


class Course(Struct, frozen=True, kw_only=True):
    """What one program makes of one life or group.

    `quiet` counts what was not said by (engagement, verdict, reason), where a verdict is ``hold``,
    ``silence`` or ``withdrawn`` (at the hand-over). `promises` by id. `marks` name every definition
    and event that had a part in it (``journey:welcome``). Of `failed_count` inputs nothing could
    be decided.
    """

    said: tuple[Said, ...]
    quiet: Mapping[tuple[str, str, str], int]
    promises: Mapping[str, Owed]
    marks: frozenset[str]
    failed_count: int = 0


class Moved(Struct, frozen=True, kw_only=True):
    """The same message at another time or on another channel."""

    old: Said
    new: Said


class Turned(Struct, frozen=True, kw_only=True):
    """A promise that ends otherwise; an empty status means that it is not made."""

    person_id: str
    label: str
    definition: str
    about: str
    due_at: datetime
    old: str
    new: str

    @property
    def told(self) -> str:
        """Return how it ends, then and now."""
        return f"{self.old or 'not made'} → {self.new or 'not made'}"

    @property
    def is_better(self) -> bool:
        """Return whether it is newly kept."""
        return self.new in KEPT and self.old not in KEPT

    @property
    def is_worse(self) -> bool:
        """Return whether it is newly missed."""
        return self.new in BROKEN and self.old not in BROKEN


class PersonPlan(Struct, frozen=True, kw_only=True):
    """What a change does to one person."""

    person_id: str
    label: str
    gained: tuple[Said, ...] = ()
    lost: tuple[Said, ...] = ()
    moved: tuple[Moved, ...] = ()
    promises: tuple[Turned, ...] = ()

    @property
    def weight(self) -> int:
        """Return how much changes for the person."""
        return len(self.gained) + len(self.lost) + len(self.moved) + len(self.promises)


class Pair(Struct, frozen=True, array_like=True):
    """A count under the old program and under the new one."""

    old: int
    new: int

    @property
    def delta(self) -> int:
        """Return by how much the new count is larger."""
        return self.new - self.old


class DayCount(Struct, frozen=True, kw_only=True):
    """Messages of one engagement on one channel on one day (of the company's zone)."""

    engagement: str
    channel: str
    day: str
    count: Pair


class QuietCount(Struct, frozen=True, kw_only=True):
    """How often the gate or the arbiter did not let an engagement pass, and why."""

    verdict: str
    reason: str
    engagement: str
    count: Pair


class PromiseCount(Struct, frozen=True, kw_only=True):
    """Promises of one definition that stand in one status at the end of the window."""

    definition: str
    status: str
    count: Pair


class WayCount(Struct, frozen=True, kw_only=True):
    """Messages of one engagement on one channel, over all days."""

    engagement: str
    channel: str
    count: Pair


class Fate(Struct, frozen=True, kw_only=True):
    """What becomes of some of the people whom a change touches in flight."""

    what: str
    count: int


class InFlight(Struct, frozen=True, kw_only=True):
    """One edit, how much it touches of what is under way now, and what becomes of that.

    `people` are distinct persons, `count` counts what `of` names: each a ``run``, ``promise``,
    ``message`` or ``member``.
    """

    change: Change
    of: str
    count: int
    people: int
    fates: tuple[Fate, ...] = ()

    @property
    def told(self) -> str:
        """Return how much it touches in words: ``3 runs of 2 people``."""
        things = f"{self.count:,} {self.of}{'s' if self.count != 1 else ''}"
        return f"{things} of {self.people:,} {'people' if self.people != 1 else 'person'}"


class Plan(Struct, frozen=True, kw_only=True):
    """The difference that a change would have made to the days from `since` to `until`.

    `recipients` are distinct people who get anything. `people` are those for whom something is
    different, most first; `zone` is whose days `days` counts. Of the `lived_count` people with
    something to live, `shared_count` were lived once, because no edit concerns them.
    """

    old: str
    new: str
    since: datetime
    until: datetime
    zone: str
    person_count: int
    lived_count: int
    shared_count: int
    person_days: float
    edits: tuple[InFlight, ...]
    messages: Pair
    recipients: Pair
    days: tuple[DayCount, ...]
    quiet: tuple[QuietCount, ...]
    promises: tuple[PromiseCount, ...]
    people: tuple[PersonPlan, ...]
    failed_count: int = 0
