"""Why an entry is as it is: the evidence behind one line of a timeline.

An `Entry` and the current titles in, a `Why` out: what an event carried, what the gate refused and
when it would allow again, the parts of a score, what a promise went through. Pure.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from regard.console.records import RefusedChannel, Why
from regard.console.wording import Wording, channel_words, reason_words
from regard.core.event import Event, Identifier, MessageOutcome
from regard.core.facts import (
    Body,
    CaseOpened,
    Decided,
    Entry,
    IdentityShared,
    PersonsMerged,
    PromiseChanged,
    Refusal,
    RunChanged,
    StepFailed,
)

Pairs = Iterable[tuple[str, str]]


def why(entry: Entry, wording: Wording) -> Why:
    """Return the evidence of one entry; kinds without any give an empty one."""
    if isinstance(entry.body, Decided):
        return decision_why(entry.body, wording)
    return Why(pairs=tuple((name, text) for name, text in _pairs(entry.body) if text))


def decision_why(decided: Decided, wording: Wording) -> Why:
    """Return why the gate and the arbiter concluded so."""
    candidate = decided.candidate
    pairs = [
        ("Reason", reason_words(decided.reason)),
        ("Asked by", f"{candidate.origin} {candidate.ref.rpartition(':')[2]}"),
        ("Class", decided.message_class),
        ("Purpose", wording.purpose(decided.purpose)),
        ("Already tried", ", ".join(channel_words(c) for c in candidate.channels_excluded)),
    ]
    return Why(
        pairs=tuple(pair for pair in pairs if pair[1]),
        factors=tuple(decided.factors.items()),
        score=decided.score if decided.factors else None,
        refusals=tuple(_refused(refusal) for refusal in decided.refusals),
        rivals=tuple(wording.engagement(rival) for rival in decided.rivals),
    )


def shown(value: Any) -> str:
    """Return a value as text: strings as they are, everything else as compact JSON."""
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()


def flat(facts: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    """Return facts as (name, text) pairs."""
    return tuple((name.replace("_", " "), shown(value)) for name, value in facts.items())


def _pairs(body: Body) -> Pairs:
    match body:
        case Event():
            yield from _event_pairs(body)
        case PromiseChanged():
            yield from _promise_pairs(body)
        case MessageOutcome():
            yield from _outcome_pairs(body)
        case PersonsMerged():
            yield from _merge_pairs(body)
        case IdentityShared(identifier=identifier, persons=persons, rule=rule):
            yield from (("Identifier", str(identifier)), ("Persons", ", ".join(persons)))
            yield "Rule", rule
        case RunChanged(step=step, reason=reason):
            yield from (("Step", step), ("Reason", reason_words(reason)))
        case CaseOpened(reason=reason, ref=ref):
            yield from (("Reason", reason_words(reason)), ("About", ref))
        case StepFailed(traceback=traceback):
            yield "Traceback", traceback


def _refused(refusal: Refusal) -> RefusedChannel:
    return RefusedChannel(
        channel=refusal.channel,
        reason=refusal.reason,
        words=reason_words(refusal.reason),
        next_allowed_at=refusal.next_allowed_at,
    )


def _names(identifiers: Iterable[Identifier]) -> str:
    return ", ".join(str(identifier) for identifier in identifiers)


def _event_pairs(event: Event) -> Pairs:
    yield "Source", event.source
    yield "Identifiers", _names(event.identifiers)
    yield "Breaks the plan", "; ".join(event.violations)
    yield from flat(event.facts)
    yield from (("says " + name, text) for name, text in flat(event.traits))
    yield "Message id", event.message_id


def _promise_pairs(change: PromiseChanged) -> Pairs:
    yield "About", change.about
    yield "Reason", reason_words(change.reason)
    yield "Channels tried", ", ".join(channel_words(c) for c in change.channels_tried)
    yield "Repair step", str(change.repair_step) if change.repair_step else ""
    yield "Kept by", change.kept_by
    yield "Messages", ", ".join(change.message_ids)
    yield from flat(change.facts)


def _outcome_pairs(outcome: MessageOutcome) -> Pairs:
    yield "Reason", reason_words(outcome.reason)
    yield "Attempt", str(outcome.attempt)
    yield "Provider said", outcome.detail
    yield "Provider id", outcome.provider_id
    yield "Message", outcome.message_id


def _merge_pairs(merged: PersonsMerged) -> Pairs:
    yield "Seen together", f"{merged.left} and {merged.right}"
    yield "Rule", merged.rule
    yield "Stays", merged.winner
    yield "Forwards", merged.loser
