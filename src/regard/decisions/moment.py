"""What to offer somebody who is there now and about whom another system asks.

A request and the person as known in; an `Answered`, the input that will be journaled, out. The
same gate and arbiter as everywhere: what may be asked for on that channel competes with what is
held for the person and with silence. Pure: the same arguments give the same answer. Nothing waits
for a request: what must wait is told when it may be asked for again.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from msgspec.structs import replace

from regard.core.facts import Answered, Candidate, Decided, Entry, PassedOver
from regard.core.ids import STAMP_BITS, derived_id
from regard.core.offers import Engagement
from regard.core.person import Person
from regard.core.program import Program
from regard.core.standing import Standing
from regard.decisions import arbiter, reasons
from regard.decisions.touches import with_decided

COUNT_MAX = 10
"""Offers in one answer: a page has that many places, and each costs a turn of the gate."""

CONSIDERED_MAX = 100
"""Engagements that one request weighs, in the order of their ids; at some 20 µs each."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What is asked: something for `placement` on `channel`, at most `count` offers.

    `request_id` is the asker's own (`source`), the same for a repeat. `about` is the identity that
    it names: the same id about somebody else is another request. `facts` tell the moment; the
    offers see them. `only` names the engagements to weigh (empty: all that may be asked for there,
    and what is held).
    """

    request_id: str
    source: str
    channel: str
    about: int = 0
    placement: str = ""
    count: int = 1
    facts: Mapping[str, Any] = field(default_factory=dict)
    only: frozenset[str] = frozenset()


def answer(
    person: Person, request: Request, program: Program, standing: Standing, now: datetime
) -> Answered:
    """Return what to say to the person, without the contents."""
    here = replace(person, last_channel=request.channel, last_seen_at=now)
    decided = _decided(here, request, program, standing, now)
    sent = [d for d in decided if d.verdict == "send"]
    silent = [d for d in decided if d.verdict != "send" and not d.candidate.held_id]
    outweighed = next((d for d in silent if d.reason == reasons.SILENCE_WORTH_MORE), None)
    kept = sent if sent or outweighed is None else [outweighed]
    waits = [at for d in decided if d not in sent and (at := next_allowed_at(d)) is not None]
    told = outweighed or next(iter(silent or decided), None)
    return Answered(
        request_id=request.request_id,
        source=request.source,
        channel=request.channel,
        placement=request.placement,
        decisions=tuple(kept),
        passed_over=tuple(
            PassedOver(d.candidate.engagement, d.reason, next_allowed_at(d))
            for d in silent
            if d not in kept
        ),
        reason="" if sent else told.reason if told else reasons.NOTHING_TO_OFFER,
        next_allowed_at=None if sent else min(waits, default=None),
    )


def ref_of(request: Request) -> str:
    """Return the id of a request: what its offers name as their reference."""
    return derived_id("request", request.source, request.request_id, str(request.about))


def next_allowed_at(decided: Decided) -> datetime | None:
    """Return when it may be asked for again, as far as the gate can tell."""
    moments = [r.next_allowed_at for r in decided.refusals if r.next_allowed_at is not None]
    return min(moments, default=None)


def _decided(
    person: Person, request: Request, program: Program, standing: Standing, now: datetime
) -> list[Decided]:
    """Choose one offer after the other, each on the person as the one before leaves them."""
    left = [*_held(person, request, program), *_asked(request, program, now)]
    decided: list[Decided] = []
    sent: list[Decided] = []
    while left and len(sent) < request.count:
        entry = _entry(request, now, len(sent))
        decided = arbiter.decide(person, left, entry, program, standing)
        best = decided[0]
        if best.verdict != "send":
            break
        sent.append(best)
        person = with_decided(person, best, now, entry.stamp)
        left = [c for c in left if c is not best.candidate]
    # What is owed and did not find a place stays held, as it was.
    return sent + [d for d in decided if d.verdict != "send"]


def _entry(request: Request, now: datetime, turn: int) -> Entry:
    """Return the entry that deciding sees: who asks where. Its place makes the ids of decisions."""
    place = int(ref_of(request), 16)
    body = Answered(request_id=request.request_id, source=request.source, channel=request.channel)
    return Entry(
        offset=place >> STAMP_BITS, identity=0, at=now, received_at=now, body=body, part=turn
    )


def _asked(request: Request, program: Program, now: datetime) -> Iterable[Candidate]:
    ref = ref_of(request)
    found = [
        engagement
        for engagement in program.asked_by_channel.get(request.channel, ())
        if _is_for(engagement, request)
    ]
    return (
        Candidate(
            engagement=engagement.id,
            origin="request",
            ref=ref,
            made_at=now,
            facts=dict(request.facts),
            channels=(request.channel,),
        )
        for engagement in found[:CONSIDERED_MAX]
    )


def _is_for(engagement: Engagement, request: Request) -> bool:
    if request.only:
        return engagement.id in request.only
    placements = engagement.placements
    return not placements or not request.placement or request.placement in placements


def _held(person: Person, request: Request, program: Program) -> Iterable[Candidate]:
    """Yield what waits for the person and may go on this channel instead."""
    if request.only:
        return
    for hold in person.held.values():
        candidate = hold.candidate
        engagement = program.engagements.get(candidate.engagement)
        if engagement is None or request.channel not in engagement.channels:
            continue
        if request.channel in candidate.channels_excluded:
            continue
        if candidate.channels and request.channel not in candidate.channels:
            continue
        yield replace(candidate, attempt=candidate.attempt + 1, channels=(request.channel,))
