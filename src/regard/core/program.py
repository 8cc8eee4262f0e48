"""A company's folder, compiled: immutable definitions that the pure rooms read.

`project` makes a `Program`; everybody else only reads it. Expressions and templates arrive as
compiled callables, so that no pure room parses text. Definitions are indexed by what triggers
them: the cost of an event does not grow with the number of promises and journeys.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from regard.core.clock import EPOCH
from regard.core.flows import Audience, AudienceIndex, Journey, PromiseDefinition, Rhythm, Trigger
from regard.core.needs import Need, NeedIndex
from regard.core.offers import Broadcast, Engagement
from regard.core.person import Person
from regard.core.rules import (
    AS_THEY_ARE,
    Arbitration,
    Cap,
    Holdout,
    IdentityRules,
    Learning,
    Purpose,
    QuietHours,
)
from regard.core.scope import Scope
from regard.core.settings import (
    KEEP_ALL,
    USUAL_OPERATING,
    Channel,
    Company,
    Department,
    EventPlan,
    InboundMail,
    Lake,
    Operating,
    Retention,
    Source,
)
from regard.core.signal import JOURNEY_CALLED


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """One checked project folder. `hash` is over every file that went into it.

    `tracking_purpose` is the purpose under which opens and clicks are looked at (empty: never).
    """

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
    needs: Mapping[str, Need] = field(default_factory=dict)
    publishing_pace_per_s: float = 50.0
    quiet_hours: tuple[QuietHours, ...]
    caps: tuple[Cap, ...]
    silence_value: float
    fatigue_per_touch: float
    arbitration: Arbitration = AS_THEY_ARE
    tracking_purpose: str = ""
    inbound_mail: InboundMail | None = None
    lake: Lake | None = None
    operating: Operating = USUAL_OPERATING
    retention: Retention = KEEP_ALL
    holdouts: tuple[Holdout, ...] = ()
    learning: Learning | None = None
    promises_by_event: Mapping[str, Sequence[PromiseTrigger]] = field(default_factory=dict)
    journeys_by_event: Mapping[str, Sequence[JourneyTrigger]] = field(default_factory=dict)
    rhythms_by_event: Mapping[str, Sequence[Rhythm]] = field(default_factory=dict)
    audiences_by_event: AudienceIndex = field(default_factory=AudienceIndex)
    needs_by_event: NeedIndex = field(default_factory=NeedIndex)
    asked_by_channel: Mapping[str, Sequence[Engagement]] = field(default_factory=dict)


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


def asked_index(engagements: Mapping[str, Engagement]) -> dict[str, tuple[Engagement, ...]]:
    """Index the engagements that are offered on request by the channels they may be asked on."""
    index: dict[str, list[Engagement]] = {}
    for engagement in engagements.values():
        if engagement.offer_when == "asked":
            for channel in engagement.channels:
                index.setdefault(channel, []).append(engagement)
    return {channel: tuple(found) for channel, found in index.items()}


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
        by_need=_by((name, a) for a in known for name in a.needs),
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
