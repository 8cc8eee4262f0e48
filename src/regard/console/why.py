"""Why an entry is as it is: the evidence behind one line of a timeline.

An `Entry` and the current titles in, a `Why` out: what an event carried, what the gate refused and
when it would allow again, the parts of a score, what a promise went through. Pure.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Any
from urllib.parse import quote

import msgspec
from msgspec import structs

from regard.console.identity_words import identity_pairs
from regard.console.moments import local, utc
from regard.console.reasons import channel_words, reason_words, rule_words
from regard.console.records import RefusedChannel, Why
from regard.console.wording import Wording
from regard.core.clock import moment_of
from regard.core.event import Event, Identifier, IdentityAct, MessageOutcome
from regard.core.facts import (
    Answered,
    AnswerTaken,
    Body,
    CaseOpened,
    Decided,
    Entry,
    EvidenceRefused,
    IdentityShared,
    NeedChanged,
    PersonsMerged,
    PersonSplit,
    PromiseChanged,
    Refusal,
    RunChanged,
    StepFailed,
)
from regard.core.person import Person
from regard.core.reaching import shown_facts

Pairs = Iterable[tuple[str, str]]

SEEN = Event | PersonsMerged | IdentityShared | EvidenceRefused
"""What happened out there, at a moment of its own, and was heard of later or at once."""

TOLD_APART = timedelta(minutes=1)
"""Lag from happening to hearing from which both moments are told."""

MOMENT = "d MMM y HH:mm"

ORIGINS: Mapping[str, str] = {
    "promise": "a promise",
    "journey": "a journey",
    "broadcast": "a broadcast",
    "need": "a need",
    "agent": "an agent",
    "request": "a request",
}


def why(
    entry: Entry, wording: Wording, titles: Mapping[str, str], zone: str, trace: str = ""
) -> Why:
    """Return the evidence of one entry.

    `titles` name the promises and runs that may ask; `zone` is the person's; `trace` is the id of
    the distributed trace that the entry belongs to.
    """
    body = entry.body
    if isinstance(body, Decided):
        found = in_trace(decision_why(body, wording, titles), trace)
        own = ("The decision", f"/decisions/{entry.offset}")
        return structs.replace(found, links=(own, *found.links))
    told = (*_pairs(body, wording, zone), *_moments(entry, zone), ("Trace", trace))
    pairs = tuple((name, text) for name, text in told if text)
    return Why(pairs=pairs, links=tuple(_links(body)))


def _moments(entry: Entry, zone: str) -> Pairs:
    """Yield when it happened and when we heard of it, where a reader would tell the two apart.

    A merge happened when both were seen together; we hear of that when the event comes.
    """
    if isinstance(entry.body, SEEN) and abs(entry.received_at - entry.at) >= TOLD_APART:
        yield "Happened", local(entry.at, zone, MOMENT)
        yield "Heard", local(entry.received_at, zone, MOMENT)


def refused(refusals: Iterable[Refusal]) -> tuple[RefusedChannel, ...]:
    """Return what the gate said, channel by channel."""
    return tuple(
        RefusedChannel(
            channel=one.channel,
            reason=one.reason,
            words=reason_words(one.reason),
            next_allowed_at=one.next_allowed_at,
        )
        for one in refusals
    )


def in_trace(found: Why, trace: str) -> Why:
    """Return a why that names the trace, if there is one."""
    return structs.replace(found, pairs=(*found.pairs, ("Trace", trace))) if trace else found


def decision_why(decided: Decided, wording: Wording, titles: Mapping[str, str]) -> Why:
    """Return why the gate and the arbiter concluded so."""
    candidate = decided.candidate
    asker = ORIGINS.get(candidate.origin, candidate.origin)
    title = titles.get(candidate.ref, "")
    pairs = [
        ("Reason", reason_words(decided.reason)),
        ("Asked by", f"{asker}: {title}" if title else asker),
        ("Class", decided.message_class),
        ("Purpose", wording.purpose(decided.purpose)),
        ("Already tried", ", ".join(channel_words(c) for c in candidate.channels_excluded)),
    ]
    return Why(
        links=tuple(_links(decided)),
        pairs=tuple(pair for pair in pairs if pair[1]),
        factors=tuple(decided.factors.items()),
        score=decided.score if decided.factors else None,
        refusals=refused(decided.refusals),
        rivals=tuple(wording.engagement(rival) for rival in decided.rivals),
    )


def titles_of(person: Person, wording: Wording) -> dict[str, str]:
    """Return the titles of a person's promises, journey runs and felt needs by their ids."""
    promises = {key: wording.promise(s.change.definition) for key, s in person.promises.items()}
    runs = {key: wording.journey(state.change.journey) for key, state in person.runs.items()}
    spells = {
        state.change.spell: wording.need(state.change.need)
        for state in person.needs.values()
        if state.change is not None and state.change.spell
    }
    return promises | runs | spells


def message_of(body: Body) -> str:
    """Return the id of the one message that a body is about, or nothing."""
    match body:
        case MessageOutcome(message_id=message_id):
            return message_id
        case Decided(verdict="send", is_answer=False, decision_id=decision_id):
            return decision_id
        case Event(facts={"message_id": str(message_id)}):
            return message_id
    return ""


def shown(value: Any) -> str:
    """Return a value as text: lists and dicts by their parts, numbers and truths as JSON."""
    if isinstance(value, str):
        return value
    if isinstance(value, Mapping):
        return ", ".join(f"{name} {shown(part)}" for name, part in value.items())
    if isinstance(value, list | tuple):
        return ", ".join(shown(part) for part in value)
    return msgspec.json.encode(value).decode()


def _links(body: Body) -> Iterable[tuple[str, str]]:
    if isinstance(body, PromiseChanged):
        many = len(body.message_ids) > 1
        for number, message_id in enumerate(body.message_ids, 1):
            yield f"Message {number}" if many else "The message", f"/post-room/{message_id}"
        yield "This promise to everybody", f"/promises?definition={quote(body.definition)}"
    elif isinstance(body, RunChanged):
        yield "Where, why and what next", f"/journeys/{quote(body.journey)}/{quote(body.run_id)}"
    elif isinstance(body, CaseOpened) or (isinstance(body, Event) and "case_id" in body.facts):
        yield "All cases", "/cases"
    elif isinstance(body, PersonsMerged) and body.rule == "same_event":
        aim = f"/people/{body.winner}/identity?apart={body.loser}#split"
        yield "Take apart what came together here", aim
    elif isinstance(body, IdentityAct):
        yield "This act, and its way back", f"/identity/{quote(body.act_id, safe='')}"
    elif isinstance(body, EvidenceRefused) and body.act_id:
        yield "What forbids it", f"/identity/{quote(body.act_id, safe='')}"
    elif message_id := message_of(body):
        yield "The message", f"/post-room/{quote(message_id, safe='')}"
    elif isinstance(body, Event) and body.source:
        yield "Its source", f"/sources/{quote(body.source, safe='')}"


def flat(facts: Mapping[str, Any], zone: str) -> tuple[tuple[str, str], ...]:
    """Return facts as (name, text) pairs; moments are told in `zone`."""
    return tuple((name.replace("_", " "), _told(value, zone)) for name, value in facts.items())


def _told(value: Any, zone: str) -> str:
    moment = moment_of(value) if isinstance(value, str) and "T" in value else None
    return f"{local(moment, zone)} ({utc(moment)})" if moment else shown(value)


def _pairs(body: Body, wording: Wording, zone: str) -> Pairs:
    match body:
        case Event():
            yield "Source", wording.source(body.source)
            yield from _event_pairs(body, zone)
        case PromiseChanged():
            yield from _promise_pairs(body, zone)
        case MessageOutcome():
            yield from _outcome_pairs(body)
        case PersonsMerged():
            yield from _merge_pairs(body)
        case IdentityShared(identifier=identifier, persons=persons, rule=rule):
            yield from (("Identifier", str(identifier)), ("Persons", ", ".join(persons)))
            yield "Rule", rule_words(rule)
        case IdentityAct() | PersonSplit() | EvidenceRefused():
            yield from identity_pairs(body)
        case RunChanged(step=step, reason=reason):
            yield from (("Step", step), ("Reason", reason_words(reason)))
        case CaseOpened(reason=reason):
            yield "Reason", wording.because(reason)
        case NeedChanged(belief=belief, reason=reason):
            yield from (("Belief", f"{belief:.0%}"), ("Reason", reason_words(reason)))
        case AnswerTaken() | Answered():
            yield from _answer_pairs(body, wording)
        case StepFailed(traceback=traceback):
            yield "Traceback", traceback


def _answer_pairs(body: AnswerTaken | Answered, wording: Wording) -> Pairs:
    """Yield what a person answered us, or we answered who asked about them."""
    if isinstance(body, AnswerTaken):
        yield "Question", wording.engagement(body.engagement)
        yield "Source", wording.source(body.source)
        return
    yield from (("Source", wording.source(body.source)), ("Request", body.request_id))
    for one in body.passed_over:
        yield f"Not {wording.engagement(one.engagement)}", reason_words(one.reason)


def _names(identifiers: Iterable[Identifier]) -> str:
    return ", ".join(str(identifier) for identifier in identifiers)


def _event_pairs(event: Event, zone: str) -> Pairs:
    yield "Identifiers", _names(event.identifiers)
    yield "Breaks the plan", "; ".join(event.violations)
    yield from flat(shown_facts(event.facts), zone)
    yield from (("says " + name, text) for name, text in flat(event.traits, zone))
    yield "Id at the source", event.message_id


def _promise_pairs(change: PromiseChanged, zone: str) -> Pairs:
    yield "About", change.about
    yield "Reason", reason_words(change.reason)
    yield "Channels tried", ", ".join(channel_words(c) for c in change.channels_tried)
    yield "Repair step", str(change.repair_step) if change.repair_step else ""
    yield "Kept by", reason_words(change.kept_by) if change.kept_by else ""
    yield from flat(change.facts, zone)


def _outcome_pairs(outcome: MessageOutcome) -> Pairs:
    yield "Reason", reason_words(outcome.reason)
    yield "Attempt", str(outcome.attempt)
    yield "Provider said", outcome.detail
    yield "Provider id", outcome.provider_id


def _merge_pairs(merged: PersonsMerged) -> Pairs:
    yield "Seen together", f"{merged.left} and {merged.right}"
    yield "Rule", rule_words(merged.rule)
    yield "Stays", merged.winner
    yield "Forwards", merged.loser
