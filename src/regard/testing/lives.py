"""Lives for any company's folder: what its customers may do, drawn from its own definitions.

In: a `Script` (the program and its tracking plan), a seed, how many people and days. Out: items
for the simulator, and what the world answers to messages. People say who they are, promises are
made, kept, voided and forgotten, journeys start and go on, consent comes and goes, broadcasts are
led; facts follow the schemas and what expressions compare them with. `regard simulate` lives them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from random import Random
from typing import Any

from regard.core.flows import Trigger
from regard.core.person import Person
from regard.core.program import Program
from regard.core.scope import Scope
from regard.core.signal import OWN_NAMES
from regard.intake.reserved import RESERVED
from regard.project import parse_yaml
from regard.testing.leading import HOUSE
from regard.testing.oracle import HandOver
from regard.testing.plan import Answers, Item
from regard.testing.values import Schema, facts_of

START = datetime(2026, 3, 2, 6, tzinfo=UTC)
"""Four weeks from here contain the European change to daylight saving time."""

RUSHES = 20
"""Moments of a month at which most things begin: people do things when others do."""

TRIES = 4
"""How often facts are drawn anew until they are what a trigger asks for."""

NUMBERS = ("+43664100", "+44770090", "+3461234", "+1212555")
ZONES = ("Europe/Vienna", "America/New_York", "Asia/Tokyo", "Pacific/Auckland")

_FACT = re.compile(r"facts\.(\w+)")
_COMPARED = re.compile(r"facts\.(\w+)\s*(?:=|<>|!=|in|not\s+in)\s*('[^']*'|\([^)]*\))", re.I)
_QUOTED = re.compile(r"'([^']*)'")


@dataclass(frozen=True, slots=True, kw_only=True)
class Episode:
    """Something that may happen to a customer: an event, and those that may follow it."""

    begins: Trigger
    follow: tuple[Trigger, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Script:
    """What the customers of a company may do.

    `wanted` says by event which facts expressions ask for and what they compare them with.
    """

    program: Program
    schemas: Mapping[str, Schema]
    wanted: Mapping[str, Mapping[str, Sequence[str]]]
    episodes: Sequence[Episode]


def opened(program: Program) -> Program:
    """Return the program with sources that may report anything: the world has only one voice."""
    rights = frozenset(RESERVED.values())
    sources = {key: replace(source, may=rights) for key, source in program.sources.items()}
    return replace(program, sources=sources)


def read_schemas(folder: Path) -> dict[str, Schema]:
    """Return the JSON Schemas of the properties of the events that a folder describes."""
    schemas: dict[str, Schema] = {}
    for path in sorted((folder / "events").glob("*.yaml")):
        data = parse_yaml(path.read_text(encoding="utf-8"), path.name)[0].data
        if isinstance(data, Mapping) and isinstance(data.get("properties", {}), Mapping):
            schemas[str(data.get("name", path.stem))] = data.get("properties", {})
    return schemas


def script_of(program: Program, schemas: Mapping[str, Schema]) -> Script:
    """Return what may happen in a company: its promises, journeys, and all other events."""
    episodes = [
        Episode(begins=promise.made_by, follow=(*promise.kept_by, *promise.void_when))
        for promise in program.promises.values()
    ]
    for journey in program.journeys.values():
        awaited = tuple(trigger for step in journey.steps for trigger in step.events)
        follow = (*awaited, *journey.goals, *journey.exit_when)
        episodes.append(Episode(begins=journey.start, follow=follow))
    episodes += _wishes(program)
    told = {t.event for episode in episodes for t in (episode.begins, *episode.follow)}
    others = sorted({*program.events, *_watched(program)} - told - {*RESERVED})
    episodes += [Episode(begins=Trigger(event=name)) for name in others]
    return Script(
        program=program,
        schemas=schemas,
        wanted=_with_phrases(_wanted(program, episodes), program, schemas),
        episodes=[episode for episode in episodes if _is_outside(episode.begins)],
    )


def lives(script: Script, seed: int, people: int, days: float) -> list[Item]:
    """Return what `people` do in `days`, in the order in which it is sent."""
    dice = Random(f"month {seed}")  # noqa: S311 - play, not secrets
    month = _Month(
        script=script,
        seed=seed,
        people=people,
        days=days,
        rushes=tuple(START + timedelta(days=dice.uniform(0, days)) for _ in range(RUSHES)),
    )
    items = [item for number in range(people) for item in _Life(month, number).lived()]
    items += _led(script.program, dice, days)
    return sorted(items, key=lambda item: (item.at, str(item.data["id"])))


def answers(script: Script) -> Answers:
    """Return what the world answers to messages of this company."""
    return partial(_answered, script)


def _is_outside(trigger: Trigger) -> bool:
    """Return whether the world can send this event: Regard does not note it itself."""
    return bool(trigger.event) and "|" not in trigger.event and trigger.event not in OWN_NAMES


def _watched(program: Program) -> Iterator[str]:
    """Yield events that audiences and rhythms look at."""
    for audience in program.audiences.values():
        yield from audience.events
    yield from (rhythm.event for rhythm in program.rhythms.values())


def _wanted(program: Program, episodes: Iterable[Episode]) -> dict[str, dict[str, tuple[str, ...]]]:
    """Return which facts of which event are asked for, and what they are compared with."""
    texts: dict[str, list[str]] = {}
    for episode in episodes:
        for trigger in (episode.begins, *episode.follow):
            asked = [e.text for e in (trigger.when, trigger.about) if e is not None]
            texts.setdefault(trigger.event, []).extend(asked)
    for promise in program.promises.values():
        asked = [e.text for e in (promise.about, promise.act_at, promise.due_at)]
        texts.setdefault(promise.made_by.event, []).extend(asked)
    for journey in program.journeys.values():
        for step in journey.steps:
            asked = [e.text for e in (step.until, *(when for when, _ in step.arms)) if e]
            texts.setdefault(journey.start.event, []).extend(asked)
    return {name: _named(asked) for name, asked in texts.items()}


def _wishes(program: Program) -> Iterator[Episode]:
    """Yield what may lead to a need, with what may speak against it or meet it."""
    for need in program.needs.values():
        signs = [line.trigger for line in need.lines if line.trigger is not None]
        for line in need.lines:
            signs += [Trigger(event=line.silence.after)] if line.silence else []
            signs += [Trigger(event=name) for name in sorted(line.events)]
        if signs:
            yield Episode(begins=signs[0], follow=(*signs[1:], *need.met_by))


def _with_phrases(
    wanted: dict[str, dict[str, tuple[str, ...]]], program: Program, schemas: Mapping[str, Schema]
) -> dict[str, dict[str, tuple[str, ...]]]:
    """Return what is asked for, with the phrases that are looked for in texts of described events.

    Beside them stands a text that holds none: people also write of other things.
    """
    found = {name: dict(facts) for name, facts in wanted.items()}
    for line in (line for need in program.needs.values() for line in need.lines if line.phrases):
        phrases = tuple(f"please, {' '.join(words)}!" for words in line.phrases)
        for name in line.events or schemas:
            for key in line.keys:
                if key in schemas.get(name, {}).get("properties", {}):
                    known = found.setdefault(name, {}).get(key, ("Nice weather.",))
                    found[name][key] = (*known, *phrases)
    return found


def _named(texts: Sequence[str]) -> dict[str, tuple[str, ...]]:
    found: dict[str, dict[str, None]] = {}
    for text in texts:
        for name in _FACT.findall(text):
            found.setdefault(name, {})
        for name, compared in _COMPARED.findall(text):
            found[name].update(dict.fromkeys(_QUOTED.findall(compared)))
    return {name: tuple(values) for name, values in found.items()}


def _led(program: Program, dice: Random, days: float) -> Iterator[Item]:
    """Yield what somebody does to the broadcasts of a company."""
    for name in program.broadcasts:
        at = START + timedelta(days=dice.uniform(days / 4, days))
        then = dice.choice(((), ("pause", "resume"), ("cancel",)))
        for number, act in enumerate(("start", *then)):
            yield Item(at=at, source=HOUSE, data=_act(name, number, act), who=name)
            at += timedelta(minutes=dice.expovariate(1 / 30))


def _act(name: str, number: int, act: str) -> dict[str, Any]:
    return {"id": f"{name}-{number}", "broadcast": name, "act": act}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Month:
    """What the customers of one seed have in common."""

    script: Script
    seed: int
    people: int
    days: float
    rushes: Sequence[datetime]


class _Life:
    """One customer's month: who they are, and a few episodes."""

    def __init__(self, month: _Month, number: int) -> None:
        seed = month.seed
        self.month = month
        self.script = month.script
        self.dice = Random(f"{seed}:{number}")  # noqa: S311 - play, not secrets
        self.name = f"{seed}-{number}"
        self.user = f"user-{self.name}"
        self.laptop = f"laptop-{self.name}"
        self.borrowed = f"laptop-{seed}-{(number + 1) % month.people}"
        self.traits = _traits(month.script.program, self.name, number, self.dice)
        self._count = 0
        self._things = 0

    def lived(self) -> Iterator[Item]:
        """Yield all items of this customer."""
        dice = self.dice
        if dice.random() < 0.8:
            yield from self._introduced(self._some_time())
        if dice.random() < 0.5:
            yield from self._spoken_of_consent(self._some_time())
        for _ in range(dice.choice((1, 1, 2)) if self.script.episodes else 0):
            yield from self._episode(dice.choice(self.script.episodes), self._some_time())
        if dice.random() < 0.05:
            at = self._some_time()
            yield from self._item(at, event="Person Frozen", user_id=self.user)
            at += timedelta(hours=dice.uniform(1, 100))
            yield from self._item(at, event="Person Unfrozen", user_id=self.user)

    def _introduced(self, at: datetime) -> Iterator[Item]:
        told = {k: v for k, v in self.traits.items() if self.dice.random() < 0.7}
        if self.dice.random() < 0.15:
            told["time_zone"] = self.dice.choice(ZONES)
        yield from self._item(at, identify=told, user_id=self.user, anonymous_id=self._device())

    def _spoken_of_consent(self, at: datetime) -> Iterator[Item]:
        dice, program = self.dice, self.script.program
        asked = [purpose.id for purpose in program.purposes.values() if purpose.needs_consent]
        for purpose in asked or ["*"]:
            name = dice.choice(("Consent Granted",) * 5 + ("Consent Withdrawn", "Unsubscribed"))
            channel = dice.choice(("*", "*", *program.channels))
            facts = {"purpose": purpose, "channel": channel}
            yield from self._item(at, event=name, properties=facts, user_id=self.user)
            at += timedelta(hours=dice.expovariate(1 / 90))
        if dice.random() < 0.2:
            wish = dice.choice(
                ({"quiet_from": "12:00", "quiet_to": "15:30"}, {"time_zone": dice.choice(ZONES)})
            )
            yield from self._item(at, event="Preference Set", properties=wish, user_id=self.user)

    def _episode(self, episode: Episode, at: datetime) -> Iterator[Item]:
        """Let something begin, and some of what may follow, about the same thing."""
        dice = self.dice
        self._things += dice.random() < 0.8
        thing = f"{self.name}-{self._things}"
        yield from self._event(episode.begins, at, thing)
        follow = [trigger for trigger in episode.follow if _is_outside(trigger)]
        for trigger in dice.sample(follow, min(len(follow), dice.choice((0, 1, 1, 2)))):
            at += timedelta(hours=dice.expovariate(1 / 30))
            yield from self._event(trigger, at, thing)

    def _event(self, trigger: Trigger, at: datetime, thing: str) -> Iterator[Item]:
        script, name = self.script, trigger.event
        schema, wanted = script.schemas.get(name, {}), script.wanted.get(name, {})
        for _ in range(TRIES):
            facts = facts_of(schema, wanted, at, self.dice)
            facts |= {key: f"{key}-{thing}" for key in facts if _is_about(key, schema, wanted)}
            scope = Scope(person=Person(id=""), facts=facts, now=at, event_name=name)
            if trigger.when is None or trigger.when(scope):
                break
        plan = script.program.events.get(name)
        if plan is not None and plan.mode == "block" and plan.violations(facts):
            return
        yield from self._item(at, event=name, properties=facts, **self._who())

    def _who(self) -> dict[str, Any]:
        """Name oneself in one of the ways in which customers are known."""
        traits = self.traits
        ways: list[dict[str, Any]] = [
            {"user_id": self.user},
            {"user_id": self.user},
            {"user_id": self.user, "anonymous_id": self._device()},
            {"anonymous_id": self._device()},
        ]
        if "email" in traits:
            ways.append({"anonymous_id": self._device(), "traits": {"email": traits["email"]}})
        return self.dice.choice(ways)

    def _device(self) -> str:
        return self.borrowed if self.dice.random() < 0.12 else self.laptop

    def _some_time(self) -> datetime:
        if self.dice.random() < 0.2:
            return START + timedelta(days=self.dice.uniform(0, self.month.days))
        return self.dice.choice(self.month.rushes) + timedelta(
            seconds=self.dice.expovariate(1 / 20)
        )

    def _item(self, at: datetime, **data: Any) -> Iterator[Item]:
        """Yield one item: mostly at once, at times hours late, and now and then twice."""
        self._count += 1
        dice = self.dice
        data |= {"id": f"{self.name}-{self._count}", "at": at.isoformat()}
        source = dice.choice(sorted(s.id for s in self.script.program.sources.values()))
        sent_at = at
        if dice.random() < 0.08:
            sent_at += timedelta(hours=dice.expovariate(1 / 8))
        yield Item(at=sent_at, source=source, data=data, who=self.user)
        if dice.random() < 0.07:
            again_at = sent_at + timedelta(minutes=dice.expovariate(1 / 200))
            yield Item(at=again_at, source=source, data=data, who=self.user)


def _traits(program: Program, name: str, number: int, dice: Random) -> dict[str, Any]:
    """Return where somebody is reached and how they are known; families share a phone."""
    family = number // 4
    own = number if dice.random() < 0.7 else family
    known: dict[str, Any] = {"name": f"Person {number}", "email": f"person{name}@example.com"}
    known["phone"] = f"{NUMBERS[family % len(NUMBERS)]}{own:04d}"
    for channel in program.channels.values():
        known.setdefault(channel.reaches_by, f"{channel.reaches_by}-{name}")
    return known


def _is_about(key: str, schema: Schema, wanted: Mapping[str, Sequence[str]]) -> bool:
    """Return whether a fact names a thing: a text that is nothing else."""
    own = schema.get("properties", {}).get(key, {"type": "string"})
    is_plain = own.get("type") == "string" and not {"enum", "format", "const", "pattern"} & {*own}
    return is_plain and not wanted.get(key) and not key.endswith("_at")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Reply:
    """What comes back of one hand-over, to be told of `kind`, the identifier that it reached."""

    script: Script
    hand_over: HandOver
    kind: str
    dice: Random

    def receipts(self) -> Iterator[Item]:
        """Yield what the provider says: late, twice, out of order."""
        message = self.hand_over.message
        word = "Email" if message.channel == "email" else "Message"
        name = f"{word} Bounced" if self.dice.random() < 0.06 else f"{word} Delivered"
        facts = {"message_id": message.message_id, "address": message.address}
        for number in range(self.dice.choice((1, 1, 1, 2))):
            yield self._told(f"{name} {number}", name, facts, self.dice.expovariate(1 / 40))

    def second_thought(self) -> Iterator[Item]:
        """Yield what makes a waiting message unwanted: a "no", or what ends its promise."""
        name, facts = self.dice.choice(self._thoughts())
        minutes = self.dice.expovariate(1 / self.dice.choice((0.3, 3)))
        yield self._told(f"thought {name}", name, facts, minutes)
        if name == "Person Frozen":
            minutes += self.dice.expovariate(1 / 900)
            yield self._told("thought over", "Person Unfrozen", {}, minutes)

    def _thoughts(self) -> Sequence[tuple[str, dict[str, Any]]]:
        message, decided = self.hand_over.message, self.hand_over.decided
        purpose = decided.purpose if decided else "*"
        ends = [
            (trigger.event, dict(message.facts))
            for promise in self.script.program.promises.values()
            if promise.engagement == message.engagement
            for trigger in (*promise.kept_by, *promise.void_when)
            if _is_outside(trigger)
        ]
        return (
            *ends,
            ("Person Frozen", {}),
            ("Preference Set", {"quiet_from": "00:01", "quiet_to": "23:40"}),
            ("Unsubscribed", {"purpose": "*", "channel": "*"}),
            ("Consent Withdrawn", {"purpose": purpose, "channel": message.channel}),
        )

    def _told(self, number: str, name: str, facts: dict[str, Any], minutes: float) -> Item:
        message = self.hand_over.message
        at = self.hand_over.at + timedelta(minutes=minutes)
        data = {
            "id": f"{number} {self.hand_over.key}",
            "event": name,
            "at": at.isoformat(),
            "properties": facts,
            "identifiers": {self.kind: message.address},
        }
        source = min(source.id for source in self.script.program.sources.values())
        return Item(at=at, source=source, data=data, who=message.address)


def _answered(script: Script, hand_over: HandOver, seed: int) -> Sequence[Item]:
    """Return receipts and second thoughts, most of them while a message still waits."""
    kind = script.program.channels[hand_over.message.channel].reaches_by
    if all(known.kind != kind for known in script.program.identity.kinds):
        return ()
    dice = Random(f"{seed}:{hand_over.key}")  # noqa: S311 - play, not secrets
    reply = _Reply(script=script, hand_over=hand_over, kind=kind, dice=dice)
    found: list[Item] = []
    if hand_over.is_accepted and dice.random() < 0.7:
        found += reply.receipts()
    if dice.random() < (0.1 if hand_over.is_accepted else 0.7):
        found += reply.second_thought()
    return found
