"""What in an event is evidence of a need: the event itself, or words in its text.

An event, or what Regard noted, in; pieces of evidence with their needs out, found by index. Refused
without a word: what a machine did (a scanner that opens mail), and what has faded by now.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from math import exp2

from regard.core.clock import to_us
from regard.core.event import Event
from regard.core.facts import NeedEvidence, Noted
from regard.core.needs import EvidenceLine, Need, NeedIndex
from regard.core.person import Person
from regard.core.phrases import phrase_at, words_of
from regard.core.scope import Scope
from regard.core.signal import Signal, signal_of

LEAST_LEFT = 0.01
"""Log-odds below which evidence is not worth a fact: it moves no belief by half a per cent."""

Found = tuple[Need, NeedEvidence]


def found_in(person: Person, body: Event | Noted, index: NeedIndex, now: datetime) -> list[Found]:
    """Return the evidence that an event, or what Regard noted, is; nearly always none."""
    is_talking = False
    listed: Sequence[tuple[Need, EvidenceLine]]
    if isinstance(body, Event):
        listed = index.by_event.get(body.name, ())
        if index.talking is None or body.name in index.talking:
            is_talking = not index.texts.isdisjoint(body.facts)
    else:
        listed = [pair for name in body.keys for pair in index.by_event.get(name, ())]
    if not listed and not is_talking:
        return []
    signal = signal_of(body, now)
    if signal.facts.get("is_machine") is True:
        return []
    found: list[Found] = []
    if listed:
        scope = scope_of(person, signal, now)
        for need, line in listed:
            trigger = line.trigger
            if trigger is not None and (trigger.when is None or trigger.when(scope) is True):
                found.append((need, _piece(need, line, signal.at, line.told)))
    if is_talking:
        found.extend(_said(signal, index))
    now_us = to_us(now)
    return [pair for pair in found if _is_fresh(*pair, now_us)]


def scope_of(person: Person, signal: Signal, now: datetime) -> Scope:
    """Return what a condition about a signal sees."""
    return Scope(
        person=person,
        facts=signal.facts,
        now=now,
        event_name=signal.name,
        channel=signal.channel,
    )


def met_us(person: Person, need: Need, now: datetime) -> int:
    """Return the last moment, in microseconds, at which something met the need; 0: never.

    Asked of what was seen, so that evidence which arrives late is over when it comes.
    """
    latest = 0
    for trigger in need.met_by:
        seen = person.seen.get(trigger.event)
        if seen is None:
            continue
        scope = Scope(person=person, facts=seen.facts, now=now, event_name=trigger.event)
        if trigger.when is None or trigger.when(scope) is True:
            latest = max(latest, seen.recent_us[0])
    return latest


def _said(signal: Signal, index: NeedIndex) -> Iterator[Found]:
    """Yield one piece for each line that has a phrase in one of the texts."""
    lines: set[str] = set()
    for key in sorted(index.texts.intersection(signal.facts)):
        text = signal.facts.get(key)
        if type(text) is not str:
            continue
        words = words_of(text)
        for place, word in enumerate(words):
            for phrase in index.by_word.get(word, ()):
                line = phrase.line
                if (
                    line.id not in lines
                    and key in line.keys
                    and (not line.events or signal.name in line.events)
                    and phrase_at(words, place, phrase.words)
                ):
                    lines.add(line.id)
                    told = f"“{' '.join(phrase.words)}” in {signal.name}"
                    yield phrase.need, _piece(phrase.need, line, signal.at, told)


def _piece(need: Need, line: EvidenceLine, at: datetime, told: str) -> NeedEvidence:
    return NeedEvidence(need=need.id, line=line.id, weight=line.weight, at=at, told=told)


def _is_fresh(need: Need, piece: NeedEvidence, now_us: int) -> bool:
    age = timedelta(microseconds=max(0, now_us - to_us(piece.at)))
    return abs(piece.weight) * exp2(-age / need.curve.half_life) >= LEAST_LEFT
