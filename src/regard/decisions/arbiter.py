"""The arbiter: of everything that wants to speak now, what is said, held, or left in silence.

Candidates of one person in, one `Decided` for each out, the best first. What is owed (promises,
service messages) passes the gate and goes; of the rest only the best goes, and only if it is
worth more to both sides than silence. Score: propensity x context x (value to the customer +
value to the company) - fatigue (after Pega's arbitration, with the customer and silence added).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from msgspec.structs import replace

from regard.core.event import Event
from regard.core.facts import Candidate, Decided, Entry
from regard.core.ids import derived_id
from regard.core.offers import Engagement
from regard.core.person import Person
from regard.core.program import Program
from regard.core.scope import Scope
from regard.core.standing import AT_REST, Standing
from regard.decisions import calls, reasons
from regard.decisions.caps import counted_touches, fatigue_count
from regard.decisions.gate import passage
from regard.decisions.records import Case, Passage
from regard.decisions.touches import with_decided

CONTEXT_THERE = 1.2
"""Context weight of the channel on which the person is right now: they are there to answer."""

CONTEXT_NEUTRAL = 1.0

THERE_FOR = timedelta(minutes=10)
"""How long after their last touch a person counts as still there."""

_NEVER = datetime.max.replace(tzinfo=UTC)
_VERDICTS = {"send": 0, "hold": 1, "silence": 2}


def decide(
    person: Person,
    candidates: Sequence[Candidate],
    entry: Entry,
    program: Program,
    standing: Standing = AT_REST,  # noqa: ARG001 - what is learned and taken weighs soon
) -> list[Decided]:
    """Return one decision per candidate, what is sent first and by score. Deterministic."""
    owed: list[tuple[Candidate, Engagement]] = []
    others: list[tuple[Candidate, Engagement]] = []
    decided: list[Decided] = []
    for candidate in candidates:
        engagement = program.engagements.get(candidate.engagement)
        if candidate.call_id:
            decided.append(calls.decided(person, candidate, program))
        elif engagement is None:
            decided.append(_without_engagement(candidate, entry))
        elif _is_owed(candidate, engagement):
            owed.append((candidate, engagement))
        else:
            others.append((candidate, engagement))
    for candidate, engagement in sorted(owed, key=_urgency):
        case = _case(person, candidate, engagement, entry, program)
        decision = _owed(case, passage(case), entry)
        decided.append(decision)
        if decision.verdict == "send" and len(candidates) > 1:
            person = with_decided(person, decision, entry.received_at, entry.stamp)
    if others:
        decided.extend(_competed(person, sorted(others, key=_urgency), entry, program))
    if len(decided) > 1:
        decided.sort(key=_rank)
        decided = _with_own_ids(decided)
    return decided


def _is_owed(candidate: Candidate, engagement: Engagement) -> bool:
    is_service = engagement.message_class == "service"
    return candidate.origin == "promise" or is_service or candidate.is_test


def _urgency(item: tuple[Candidate, Engagement]) -> tuple[object, ...]:
    candidate, _ = item
    deadline = candidate.deadline_at or _NEVER
    return (deadline, candidate.made_at, candidate.engagement, candidate.ref, candidate.attempt)


def _rank(decided: Decided) -> tuple[object, ...]:
    candidate = decided.candidate
    return (_VERDICTS[decided.verdict], -decided.score, candidate.engagement, candidate.ref)


def _case(
    person: Person, candidate: Candidate, engagement: Engagement, entry: Entry, program: Program
) -> Case:
    event = entry.body if type(entry.body) is Event else None
    return Case(
        person=person,
        candidate=candidate,
        engagement=engagement,
        program=program,
        scope=Scope(
            person=person,
            facts=candidate.facts,
            now=entry.received_at,
            event_name=event.name if event else "",
            channel=event.channel if event else "",
        ),
        moments=counted_touches(person, entry.received_at),
        now=entry.received_at,
    )


def _owed(case: Case, found: Passage, entry: Entry) -> Decided:
    if found.reason or found.way is None:
        return _decided(case, found, entry, found.reason)
    return _decided(case, found, entry, reasons.OWED, factors=_factors(case, found.way.channel.id))


def _competed(
    person: Person,
    items: Sequence[tuple[Candidate, Engagement]],
    entry: Entry,
    program: Program,
) -> list[Decided]:
    """Let everything that passes the gate compete, with itself and with silence."""
    decided: list[Decided] = []
    ranked: list[tuple[float, int, Case, Passage, dict[str, float]]] = []
    for place, (candidate, engagement) in enumerate(items):
        case = _case(person, candidate, engagement, entry, program)
        found = passage(case)
        if found.reason or found.way is None:
            decided.append(_decided(case, found, entry, found.reason))
            continue
        factors = _factors(case, found.way.channel.id)
        ranked.append((-_score(factors), place, case, found, factors))
    ranked.sort(key=lambda item: item[:2])
    for rank, (minus_score, place, case, found, factors) in enumerate(ranked):
        rivals = tuple(sorted(r[2].candidate.engagement for r in ranked if r[1] != place))
        reason = reasons.BEST_VALUE if rank == 0 else reasons.OUTVALUED
        if -minus_score <= program.silence_value:
            reason = reasons.SILENCE_WORTH_MORE
        decided.append(_decided(case, found, entry, reason, factors=factors, rivals=rivals))
    return decided


def _factors(case: Case, channel: str) -> dict[str, float]:
    person, engagement = case.person, case.engagement
    is_there = (
        channel == person.last_channel
        and person.last_seen_at is not None
        and case.now - person.last_seen_at <= THERE_FOR
    )
    return {
        "propensity": engagement.propensity,
        "context": CONTEXT_THERE if is_there else CONTEXT_NEUTRAL,
        "value_customer": engagement.value_customer,
        "value_company": engagement.value_company,
        "fatigue": case.program.fatigue_per_touch * fatigue_count(case.moments, case.now),
        "silence": case.program.silence_value,
    }


def _score(factors: dict[str, float]) -> float:
    value = factors["value_customer"] + factors["value_company"]
    return factors["propensity"] * factors["context"] * value - factors["fatigue"]


def _decided(
    case: Case,
    found: Passage,
    entry: Entry,
    reason: str,
    *,
    factors: dict[str, float] | None = None,
    rivals: tuple[str, ...] = (),
) -> Decided:
    """Write down what became of one candidate."""
    candidate, engagement = case.candidate, case.engagement
    is_sent = reason in (reasons.OWED, reasons.BEST_VALUE)
    channel = found.way.channel.id if found.way is not None else ""
    decision_id = _decision_id(candidate, channel, entry)
    is_held = not is_sent and found.wake_at is not None
    return Decided(
        decision_id=decision_id,
        candidate=candidate,
        verdict="send" if is_sent else "hold" if is_held else "silence",
        reason=reason,
        message_class=engagement.message_class,
        purpose=engagement.purpose,
        channel=channel,
        address=found.way.address if is_sent and found.way is not None else "",
        score=_score(factors) if factors else 0.0,
        factors=factors or {},
        refusals=found.refusals,
        rivals=rivals,
        wake_at=found.wake_at if is_held else None,
    )


def _without_engagement(candidate: Candidate, entry: Entry) -> Decided:
    return Decided(
        decision_id=_decision_id(candidate, "", entry),
        candidate=candidate,
        verdict="silence",
        reason=reasons.ENGAGEMENT_GONE,
        message_class="service",
        purpose="",
    )


def _decision_id(candidate: Candidate, channel: str, entry: Entry) -> str:
    """Return the id of a decision, which is the id of its message and its idempotency key."""
    return derived_id(
        candidate.ref, candidate.engagement, channel, str(candidate.attempt), str(entry.stamp)
    )


def _with_own_ids(decided: Sequence[Decided]) -> list[Decided]:
    """Give equal candidates of one moment ids of their own; at most one of them is sent."""
    taken: dict[str, int] = {}
    result: list[Decided] = []
    for decision in decided:
        count = taken.get(decision.decision_id, 0)
        taken[decision.decision_id] = count + 1
        own_id = derived_id(decision.decision_id, str(count)) if count else decision.decision_id
        result.append(replace(decision, decision_id=own_id) if count else decision)
    return result
