"""A company's folder, compiled: immutable definitions that the pure rooms read.

`project` makes a `Program`; everybody else only reads it. Expressions and templates arrive as
compiled callables, so that no pure room parses text. Definitions are indexed by what triggers
them: the cost of an event does not grow with the number of promises and journeys.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from typing import Any, Literal, Protocol

from regard.core.backoff import FIRST_S
from regard.core.clock import EPOCH
from regard.core.facts import MessageClass
from regard.core.person import Person
from regard.core.signal import JOURNEY_CALLED


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """What an expression may see: the person, the facts at hand, the event's name and channel."""

    person: Person
    facts: Mapping[str, Any]
    now: datetime
    event_name: str = ""
    channel: str = ""


class Expression(Protocol):
    """A typed SQL expression compiled to a closure; conditions return True or False.

    `text` is the source as written. Missing values are SQL NULL: a condition over them is False.
    """

    @property
    def text(self) -> str: ...

    def __call__(self, scope: Scope) -> Any: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Rendered:
    """A message as the recipient sees it. `html` is empty on text-only channels."""

    subject: str
    text: str
    html: str


class Variant(Protocol):
    """A compiled template for one channel family and language (``*``: any)."""

    @property
    def channel(self) -> str: ...

    @property
    def language(self) -> str: ...

    def render(self, data: Mapping[str, Any]) -> Rendered:
        """Render with `data` (person, facts, company, links); raise `Refused` when it cannot."""
        ...


Trust = Literal[0, 1, 2, 3]
Permission = Literal["receipts", "rights", "journeys", "identity"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """One system that sends events, known by its write key.

    `may` lists the reserved kinds of events that it is trusted with: receipts of our messages,
    changes of people's rights, starting journeys, saying who is one person. `limit_per_s` is how
    many events it may send (0: no limit).
    """

    id: str
    key: str
    title: str
    channel: str
    trust: Trust = 2
    may: frozenset[Permission] = frozenset()
    limit_per_s: float = 0.0


Linking = Literal["every", "first", "new", "never"]
"""Which evidence links an identifier to a stronger one: every sight of the two together; only the
first sight with a stronger one; only if the stronger one is new with it; none."""

Validator = Literal["none", "luhn", "uuid", "digits"]


@dataclass(frozen=True, slots=True, kw_only=True)
class IdentifierKind:
    """A kind of identifier: how strong it is and how it is recognised in an event.

    `priority` 1 is strongest. `is_exclusive`: one value per person, two never merge by
    themselves. `paths` are dotted places in an event (``traits.email``). `is_device`: held by
    whoever used it last, so a second known person starts a new session. One person has at most
    `count_max` values (first seen within any `count_window`, if there is one). A value that is seen
    with more values of a stronger kind than `persons_max` persons have is shared. `linking` says
    which evidence links it. A value that `pattern` does not match as a whole, or that the
    `validator` refuses, is no identifier, nor is one of `blocked_values` or `blocked_patterns`.
    """

    kind: str
    priority: int
    normalise: Literal["none", "email", "phone", "lower", "upper"] = "none"
    paths: tuple[str, ...] = ()
    is_exclusive: bool = False
    is_device: bool = False
    count_max: int = 10
    count_window: timedelta | None = None
    persons_max: int = 1
    linking: Linking = "every"
    pattern: re.Pattern[str] | None = None
    validator: Validator = "none"
    blocked_values: frozenset[str] = frozenset()
    blocked_patterns: tuple[re.Pattern[str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class IdentityRules:
    """All kinds, strongest first, and the values that are never an identifier."""

    kinds: tuple[IdentifierKind, ...]
    blocked_values: frozenset[str]
    blocked_patterns: tuple[re.Pattern[str], ...]
    phone_region: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EventPlan:
    """The tracking plan of one event: its schema, and what happens when an event breaks it.

    `violations` returns messages, empty when the properties are valid.
    """

    name: str
    description: str
    mode: Literal["allow", "flag", "block"]
    violations: Callable[[Mapping[str, Any]], tuple[str, ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Purpose:
    """What consent is given for."""

    id: str
    title: str
    needs_consent: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class QuietHours:
    """No touch on disturbing channels from `start` to `end`, in the person's local time."""

    start: time
    end: time
    message_classes: tuple[MessageClass, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Cap:
    """At most `count` touches in any rolling `window`; empty filters match every touch.

    Every touch counts; the cap refuses only the classes in `message_classes`.
    """

    id: str
    count: int
    window: timedelta
    message_classes: tuple[MessageClass, ...] = ("marketing",)
    channels: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Channel:
    """An exact means of touch, the adapter that serves it and that adapter's settings.

    `reaches_by` is the trait that holds the address (``email``, ``phone``). `disturbs` makes
    quiet hours apply. `pace_per_s` 0 is no limit. `retry_first_s` is the wait after a failure.
    """

    id: str
    adapter: str
    settings: Mapping[str, Any]
    reaches_by: str
    disturbs: bool
    pace_per_s: float = 0.0
    retry_first_s: float = FIRST_S


@dataclass(frozen=True, slots=True, kw_only=True)
class Department:
    """Who does the work of cases; open hours in the company's zone (empty: always).

    `addresses` are its traits that channels reach by (``email``): alerts can be sent there.
    """

    id: str
    title: str
    opens: time | None = None
    closes: time | None = None
    weekdays: tuple[int, ...] = (0, 1, 2, 3, 4, 5, 6)
    addresses: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Engagement:
    """Something worth offering: a need it answers, its values, its channels and variants.

    Values are on one scale for all engagements (0: none). `propensity` is the prior chance that
    it is taken up. `channels` in order of preference; variants by channel and language.
    """

    id: str
    title: str
    need: str
    purpose: str
    message_class: MessageClass
    value_customer: float
    value_company: float
    propensity: float
    channels: tuple[str, ...]
    variants: tuple[Variant, ...]
    eligibility: Expression | None = None
    applicability: Expression | None = None
    suitability: Expression | None = None
    useful_for: timedelta | None = None
    useful_until: Expression | None = None
    department: str = ""
    if_unknown: Literal["resend", "ask"] = "resend"


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
    """One step after a miss: offer an engagement on the next best channel, or open a case."""

    engagement: str = ""
    department: str = ""
    title: str = ""
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
    within `wait_for` go to `on_timeout`. Empty `goto` means the next step in the file.
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
    latest claims of `traits`, words of consent for `purposes`, other audiences that it `asks` for.
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
    asks: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class AudienceIndex:
    """Audiences by what may change them. `ranks`: who is asked for comes before who asks.

    `at_birth` may hold of somebody who did nothing yet; `askers` are those that ask for one.
    """

    by_event: Mapping[str, tuple[Audience, ...]] = field(default_factory=dict)
    by_trait: Mapping[str, tuple[Audience, ...]] = field(default_factory=dict)
    by_purpose: Mapping[str, tuple[Audience, ...]] = field(default_factory=dict)
    by_any_event: tuple[Audience, ...] = ()
    at_birth: tuple[Audience, ...] = ()
    askers: Mapping[str, tuple[Audience, ...]] = field(default_factory=dict)
    ranks: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Broadcast:
    """A one-off: engagement `engagement`, once, to the members of `audience` of whom `to` holds.

    Without an audience it goes to everybody. It reaches at most `pace_per_s` people a second (0:
    no limit) and nobody `expires_after` its start. `seeds` name whom it may be shown to before:
    user ids, or ``kind:value``. `facts` are what its texts see.
    """

    id: str
    title: str
    engagement: str
    audience: str = ""
    to: Expression | None = None
    pace_per_s: float = 0.0
    expires_after: timedelta | None = None
    seeds: tuple[str, ...] = ()
    facts: Mapping[str, Any] = field(default_factory=dict)


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Company:
    """Who speaks: names, zone and languages of the brand; `currency` (ISO 4217) may be empty."""

    id: str
    name: str
    zone: str
    languages: tuple[str, ...]
    address: str = ""
    website: str = ""
    currency: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """One checked project folder. `hash` is over every file that went into it."""

    hash: str
    company: Company
    sources: Mapping[str, Source]
    identity: IdentityRules
    purposes: Mapping[str, Purpose]
    events: Mapping[str, EventPlan]
    channels: Mapping[str, Channel]
    departments: Mapping[str, Department]
    engagements: Mapping[str, Engagement]
    promises: Mapping[str, PromiseDefinition]
    journeys: Mapping[str, Journey]
    audiences: Mapping[str, Audience] = field(default_factory=dict)
    rhythms: Mapping[str, Rhythm] = field(default_factory=dict)
    broadcasts: Mapping[str, Broadcast] = field(default_factory=dict)
    publishing_pace_per_s: float = 50.0
    quiet_hours: tuple[QuietHours, ...]
    caps: tuple[Cap, ...]
    silence_value: float
    fatigue_per_touch: float
    promises_by_event: Mapping[str, Sequence[PromiseTrigger]] = field(default_factory=dict)
    journeys_by_event: Mapping[str, Sequence[JourneyTrigger]] = field(default_factory=dict)
    rhythms_by_event: Mapping[str, Sequence[Rhythm]] = field(default_factory=dict)
    audiences_by_event: AudienceIndex = field(default_factory=AudienceIndex)


@dataclass(frozen=True, slots=True, kw_only=True)
class PromiseTrigger:
    """That an event makes, keeps or voids promises of one definition."""

    role: Literal["made", "kept", "void"]
    trigger: Trigger
    definition: PromiseDefinition


@dataclass(frozen=True, slots=True, kw_only=True)
class JourneyTrigger:
    """That an event starts, wakes, exits or crowns runs of one journey."""

    role: Literal["start", "await", "exit", "goal"]
    trigger: Trigger
    journey: Journey


def promises_index(
    definitions: Mapping[str, PromiseDefinition],
) -> dict[str, tuple[PromiseTrigger, ...]]:
    """Index promise definitions by the events that concern them: keep and void before make."""
    index: dict[str, list[PromiseTrigger]] = {}
    for definition in definitions.values():
        roles = [("kept", t) for t in definition.kept_by]
        roles += [("void", t) for t in definition.void_when]
        roles.append(("made", definition.made_by))
        for role, trigger in roles:
            found = PromiseTrigger(role=role, trigger=trigger, definition=definition)  # type: ignore[arg-type]
            index.setdefault(trigger.event, []).append(found)
    return {name: tuple(found) for name, found in index.items()}


def journeys_index(journeys: Mapping[str, Journey]) -> dict[str, tuple[JourneyTrigger, ...]]:
    """Index journeys by the events that concern them: goal, exit, then await, then start.

    Every journey also starts when it is called by its name.
    """
    index: dict[str, list[JourneyTrigger]] = {}
    for journey in journeys.values():
        awaited = [t for step in journey.steps for t in step.events]
        roles = [("goal", t) for t in journey.goals]
        roles += [("exit", t) for t in journey.exit_when]
        roles += [("await", t) for t in awaited]
        roles.append(("start", journey.start))
        called = Trigger(event=f"{JOURNEY_CALLED}|{journey.id}")
        if journey.start.event != called.event:
            roles.append(("start", called))
        for role, trigger in roles:
            found = JourneyTrigger(role=role, trigger=trigger, journey=journey)  # type: ignore[arg-type]
            index.setdefault(trigger.event, []).append(found)
    return {name: tuple(found) for name, found in index.items()}


def rhythms_index(rhythms: Mapping[str, Rhythm]) -> dict[str, tuple[Rhythm, ...]]:
    """Index rhythms by the event that they are made of."""
    index: dict[str, list[Rhythm]] = {}
    for rhythm in rhythms.values():
        index.setdefault(rhythm.event, []).append(rhythm)
    return {name: tuple(found) for name, found in index.items()}


def audiences_index(audiences: Mapping[str, Audience]) -> AudienceIndex:
    """Index audiences by what may change them."""
    nobody = Scope(person=Person(id=""), facts={}, now=EPOCH)
    ranks: dict[str, int] = {}
    entered: set[str] = set()
    known = audiences.values()
    for audience in known:
        _rank(audience, audiences, ranks, entered)
    return AudienceIndex(
        by_event=_by((name, a) for a in known for name in a.events),
        by_trait=_by((name, a) for a in known for name in a.traits),
        by_purpose=_by((name, a) for a in known for name in a.purposes),
        by_any_event=tuple(a for a in known if a.any_event),
        at_birth=tuple(a for a in known if a.members(nobody) or a.horizon(nobody) is not None),
        askers=_by((name, a) for a in known for name in a.asks),
        ranks=ranks,
    )


def _by(pairs: Iterable[tuple[str, Audience]]) -> dict[str, tuple[Audience, ...]]:
    index: dict[str, list[Audience]] = {}
    for name, audience in pairs:
        index.setdefault(name, []).append(audience)
    return {name: tuple(found) for name, found in index.items()}


def _rank(
    audience: Audience, audiences: Mapping[str, Audience], ranks: dict[str, int], entered: set[str]
) -> None:
    """Number what an audience asks for, then itself; a circle was refused before."""
    if audience.id in entered:
        return
    entered.add(audience.id)
    for asked in sorted(audience.asks & audiences.keys()):
        _rank(audiences[asked], audiences, ranks, entered)
    ranks[audience.id] = len(ranks)
