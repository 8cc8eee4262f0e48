"""What happens over time: promises, journeys, audiences and rhythms, and what triggers them.

Conditions arrive as compiled callables, so that no pure room parses text.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from typing import Literal

from regard.core.scope import Expression, Scope


@dataclass(frozen=True, slots=True, kw_only=True)
class Trigger:
    """An event by name, with an optional condition over its facts.

    `about` finds which promise or run it concerns (None: every open one of that definition).
    What Regard notes itself (`facts.Noted`) triggers alike; `event` is then ``name`` or
    ``name|definition`` (``Audience Entered|gold_members``).
    """

    event: str
    when: Expression | None = None
    about: Expression | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Repair:
    """One step after a miss: offer an engagement on the next best channel, or open a case.

    A case is due `within` so long after it was opened (None: it has no date).
    """

    engagement: str = ""
    department: str = ""
    title: str = ""
    within: timedelta | None = None
    wait: timedelta = timedelta(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class PromiseDefinition:
    """A touch that the customer may expect.

    `act_at` is when Regard offers `engagement` itself (None: another system keeps it and Regard
    only watches); it is missed `grace` after `due_at`. `kept_by_receipt` is the state its message
    must reach (``sent`` or ``delivered``).

    Its service level: `objective` (part of 1) of those that count in `window` must end in one of
    the statuses `good`. Department `alert` (empty: nobody) is told when the error budget burns too
    fast and at least `failed_min` failed. `worth` is what one that fails costs, in the company's
    currency.
    """

    id: str
    title: str
    made_by: Trigger
    about: Expression
    act_at: Expression
    due_at: Expression
    grace: timedelta
    engagement: str
    kept_by: tuple[Trigger, ...]
    kept_by_receipt: Literal["sent", "delivered"]
    void_when: tuple[Trigger, ...]
    repairs: tuple[Repair, ...]
    objective: float = 0.999
    window: timedelta = timedelta(days=28)
    good: frozenset[str] = frozenset({"kept"})
    alert: str = ""
    failed_min: int = 3
    worth: float = 0.0


StepKind = Literal[
    "wait", "wait_until", "branch", "split", "offer", "promise", "call", "case", "exit"
]


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalTime:
    """A time of day in the person's zone (else the company's), on `weekdays` (0: Monday)."""

    at: time
    weekdays: tuple[int, ...] = (0, 1, 2, 3, 4, 5, 6)


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One step of a journey; only the fields of its `kind` are set.

    ``wait``: `wait_for`, until `until` (an expression that gives a moment) or until the next
    `local_time`. ``wait_until``: one of `events` or `condition` turns true, or after `wait_for` go
    to `on_timeout`; `horizon` is the earliest later moment at which time alone may turn the
    condition true (None: never). ``branch``: first true arm wins. ``split``: `shares` (parts of 1,
    in order) by a stable hash of the person. ``promise`` makes promise `promise`. ``call`` asks the
    webhook channel `channel`; its answer is in the run's facts under the step's id; without one
    within `wait_for` go to `on_timeout`. ``case`` opens work that is due after `wait_for` (None: it
    has no date). Empty `goto` means the next step in the file.
    """

    id: str
    kind: StepKind
    wait_for: timedelta | None = None
    until: Expression | None = None
    local_time: LocalTime | None = None
    events: tuple[Trigger, ...] = ()
    condition: Expression | None = None
    horizon: Callable[[Scope], datetime | None] | None = field(default=None, compare=False)
    on_timeout: str = ""
    arms: tuple[tuple[Expression, str], ...] = ()
    otherwise: str = ""
    shares: tuple[tuple[float, str], ...] = ()
    engagement: str = ""
    promise: str = ""
    channel: str = ""
    department: str = ""
    title: str = ""
    goto: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """When a journey starts by the calendar: a cron line in `zone`, for members of `audience`."""

    cron: str
    zone: str
    audience: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Journey:
    """Steps over time. `reentry` says whether a person may run it again.

    `reentry_after`: with ``after_end``, so long after the end of the run before. It starts on
    `start` (an event, or what Regard notes, as entering an audience), by `schedule`, or by a call
    of the API. `goals` end it as reached, `exit_when` as left.
    """

    id: str
    title: str
    start: Trigger
    steps: tuple[Step, ...]
    schedule: Schedule | None = None
    goals: tuple[Trigger, ...] = ()
    exit_when: tuple[Trigger, ...] = ()
    reentry: Literal["never", "after_end", "always"] = "after_end"
    reentry_after: timedelta = timedelta(0)

    def position(self, step_id: str) -> int:
        """Return the index of a step id, -1 when the step is gone."""
        return next((i for i, step in enumerate(self.steps) if step.id == step_id), -1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Audience:
    """People of whom a condition holds just now; they enter and leave at the right second.

    `horizon` gives the earliest moment after now at which time alone may change the condition
    (None: never). What else may: its `events` by name (`any_event`: every one of the person), the
    latest claims of `traits`, words of consent for `purposes`, beliefs in `needs`, other audiences
    that it `asks` for.
    `definition` is a hash of the condition: a changed one is evaluated anew for everybody.
    """

    id: str
    title: str
    members: Expression
    horizon: Callable[[Scope], datetime | None]
    definition: str
    events: frozenset[str] = frozenset()
    any_event: bool = False
    traits: frozenset[str] = frozenset()
    purposes: frozenset[str] = frozenset()
    needs: frozenset[str] = frozenset()
    asks: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class AudienceIndex:
    """Audiences by what may change them. `ranks`: who is asked for comes before who asks.

    `at_birth` may hold of somebody who did nothing yet; `askers` are those that ask for one.
    """

    by_event: Mapping[str, tuple[Audience, ...]] = field(default_factory=dict)
    by_trait: Mapping[str, tuple[Audience, ...]] = field(default_factory=dict)
    by_purpose: Mapping[str, tuple[Audience, ...]] = field(default_factory=dict)
    by_need: Mapping[str, tuple[Audience, ...]] = field(default_factory=dict)
    by_any_event: tuple[Audience, ...] = ()
    at_birth: tuple[Audience, ...] = ()
    askers: Mapping[str, tuple[Audience, ...]] = field(default_factory=dict)
    ranks: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rhythm:
    """How often a person does something by their own habit, and when their silence is news.

    The typical gap is the median of the gaps between their moments of `event`; moments closer
    than `one_visit` count as one, and `count_min` of them make a rhythm. Late is who is silent for
    `late_after` times that gap; a silence longer than `at_most` is not waited for. `when` is asked
    at that moment and sees the facts of the last event.
    """

    id: str
    title: str
    event: str
    when: Expression | None = None
    count_min: int = 3
    late_after: float = 2.0
    at_most: timedelta = timedelta(days=365)
    one_visit: timedelta = timedelta(hours=1)
