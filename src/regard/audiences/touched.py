"""Which audiences an entry can change for a person: found by index, never by a scan of all.

In: the person with the entry folded. Out: audiences to look at. A claim or a word of consent that
bears the stamp of the entry is news; one that did not win changes nothing.
"""

from __future__ import annotations

from collections.abc import Iterable

from regard.core.event import Event
from regard.core.facts import Entry
from regard.core.flows import Audience, AudienceIndex
from regard.core.person import Person
from regard.core.program import Program

CROWDED = frozenset({"traits", "event_names", "consents"})
"""Limits of a profile: where one was reached, any event may have pushed something else out."""


def touched(person: Person, event: Event, entry: Entry, program: Program) -> Iterable[Audience]:
    """Return the audiences that an event of the person may change; some may come twice."""
    index = program.audiences_by_event
    if person.limits and not CROWDED.isdisjoint(person.limits):
        return concerned(person, program)
    found = list(index.by_event.get(event.name, ()))
    found += index.by_any_event
    if index.by_trait:
        found += _by_news(person, index, entry.stamp)
    if index.by_purpose:
        found += _by_words(person, event, index, entry.stamp)
    if index.at_birth and _is_first(person):
        found += index.at_birth
    return found


def concerned(person: Person, program: Program) -> list[Audience]:
    """Return every audience that may hold of the person, or did."""
    index, known = program.audiences_by_event, program.audiences
    found = [known[name] for name in person.audiences if name in known]
    found += index.at_birth
    found += index.by_any_event
    for name in person.seen:
        found += index.by_event.get(name, ())
    for trait in person.claims:
        found += index.by_trait.get(trait, ())
    for key in person.consents:
        found += index.by_purpose.get(key.partition("|")[0], ())
    for need in person.needs:
        found += index.by_need.get(need, ())
    return found


def _by_words(person: Person, event: Event, index: AudienceIndex, stamp: int) -> Iterable[Audience]:
    """Return the audiences that ask for a consent that an event may have moved.

    Where several spoke, a word about everything moves all, and so does evidence that tells that
    they were one earlier than was known.
    """
    pools = [person.consents, *person.spoken.values()] if person.spoken else [person.consents]
    purposes = {k.partition("|")[0] for pool in pools for k, w in pool.items() if w.stamp == stamp}
    joints = person.joints
    if joints and (
        "*" in purposes or (len(event.identifiers) > 1 and event.at <= joints[-1].since)
    ):
        return [audience for found in index.by_purpose.values() for audience in found]
    return [audience for name in purposes for audience in index.by_purpose.get(name, ())]


def _by_news(person: Person, index: AudienceIndex, stamp: int) -> list[Audience]:
    """Look from the smaller side: the traits that are asked for, or those that the person has."""
    claims = person.claims
    found: list[Audience] = []
    for trait in index.by_trait if len(index.by_trait) <= len(claims) else claims:
        claim = claims.get(trait)
        if claim is not None and claim.stamp == stamp:
            found += index.by_trait.get(trait, ())
    return found


def _is_first(person: Person) -> bool:
    """Return whether the person did one thing only, so that nobody has looked before."""
    return len(person.seen) <= 1 and all(seen.count == 1 for seen in person.seen.values())
