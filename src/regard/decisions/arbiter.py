"""The arbiter: of everything that wants to speak now, what is said, held, or left in silence.

Candidates of one person in, one `Decided` for each out, the best first. What is owed (promises,
service messages) passes the gate and goes; of the rest only the best goes, and only if it is
worth more to both sides than silence (after Pega's arbitration, with the customer and silence
added; `weighing` has the score). What answers a request is weighed whatever its class: it is asked
for, not owed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime

from msgspec.structs import replace

from regard.core.event import Event
from regard.core.facts import Answered, Candidate, Decided, Entry
from regard.core.ids import STAMP_BITS, derived_id
from regard.core.offers import Engagement
from regard.core.person import Person
from regard.core.program import Program
from regard.core.scope import Scope
from regard.core.standing import AT_REST, Standing
from regard.decisions import calls, reasons
from regard.decisions.caps import counted_touches
from regard.decisions.experiments import drawn
from regard.decisions.gate import passage
from regard.decisions.records import Case, Passage
from regard.decisions.touches import with_decided
from regard.decisions.weighing import (
    PROBABILITY_MIN,
    Entrant,
    chances,
    entrant,
    factors_of,
    features_of,
    score_of,
)

_NEVER = datetime.max.replace(tzinfo=UTC)
_VERDICTS = {"send": 0, "hold": 1, "silence": 2}


def decide(
    person: Person,
    candidates: Sequence[Candidate],
    entry: Entry,
    program: Program,
    standing: Standing = AT_REST,
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
    for item in sorted(owed, key=_urgency):
        case = case_of(person, item, entry, program, standing)
        decision = _owed(case, passage(case), entry)
        decided.append(decision)
        if decision.verdict == "send" and len(candidates) > 1:
            person = with_decided(person, decision, entry.received_at, entry.stamp)
    if others:
        ranked = sorted(others, key=_urgency)
        cases = [case_of(person, item, entry, program, standing) for item in ranked]
        decided.extend(_competed(cases, entry))
    if len(decided) > 1:
        decided.sort(key=_rank)
        decided = _with_own_ids(decided)
    return decided


def _is_owed(candidate: Candidate, engagement: Engagement) -> bool:
    if candidate.origin == "request":
        return False
    is_service = engagement.message_class == "service"
    return candidate.origin == "promise" or is_service or candidate.is_test


def _urgency(item: tuple[Candidate, Engagement]) -> tuple[object, ...]:
    candidate, _ = item
    deadline = candidate.deadline_at or _NEVER
    return (deadline, candidate.made_at, candidate.engagement, candidate.ref, candidate.attempt)


def _rank(decided: Decided) -> tuple[object, ...]:
    candidate = decided.candidate
    return (_VERDICTS[decided.verdict], -decided.score, candidate.engagement, candidate.ref)


def case_of(
    person: Person,
    item: tuple[Candidate, Engagement],
    entry: Entry,
    program: Program,
    standing: Standing,
) -> Case:
    """Return what the gate is asked: a candidate with its engagement at the moment of an entry."""
    candidate, engagement = item
    body = entry.body
    event = body if type(body) is Event else None
    here = body.channel if type(body) is Answered else ""
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
            channel=event.channel if event else here,
        ),
        moments=counted_touches(person, entry.received_at),
        now=entry.received_at,
        here=here,
        standing=standing,
        own_taken=_own_taken(person, entry, program) if engagement.department else {},
    )


def _own_taken(person: Person, entry: Entry, program: Program) -> Counter[str]:
    """Count by department the work that this very entry gives it: `Standing` knows the others'."""
    cause = entry.stamp >> STAMP_BITS
    own = [t for t in person.touches.values() if t.stamp >> STAMP_BITS == cause]
    engagements = [program.engagements.get(touch.engagement) for touch in own]
    return Counter(found.department for found in engagements if found is not None)


def _owed(case: Case, found: Passage, entry: Entry) -> Decided:
    if found.reason or found.way is None:
        return _decided(case, found, entry, found.reason)
    factors = factors_of(case, found.way.channel.id, case.engagement.propensity)
    return _decided(case, found, entry, reasons.OWED, factors=factors)


def _competed(cases: Sequence[Case], entry: Entry) -> list[Decided]:
    """Let everything that passes the gate compete, with itself and with silence."""
    decided: list[Decided] = []
    entrants: list[Entrant] = []
    features: tuple[float, ...] | None = None
    for place, case in enumerate(cases):
        found = passage(case)
        if found.reason or found.way is None:
            decided.append(_decided(case, found, entry, found.reason))
            continue
        if features is None:
            features = features_of(case)
        entrants.append(entrant(case, found, place, entry.stamp, features=features))
    if not entrants:
        return decided
    silence = cases[0].program.silence_value
    entrants.sort(key=lambda one: (-one.score, one.place))
    shares = chances(entrants, silence) if cases[0].standing.policy is not None else None
    names = sorted([one.case.candidate.engagement for one in entrants])
    for rank, one in enumerate(entrants):
        own = names.index(one.case.candidate.engagement)
        rivals = (*names[:own], *names[own + 1 :])
        reason = reasons.BEST_VALUE if rank == 0 else reasons.OUTVALUED
        if one.score <= silence:
            reason = reasons.SILENCE_WORTH_MORE
        decision = _decided(one.case, one.found, entry, reason, factors=one.factors, rivals=rivals)
        decided.append(decision if shares is None else _learned(decision, one, shares[rank]))
    return decided


def _learned(decision: Decided, one: Entrant, share: float) -> Decided:
    """Write down by what was learned, and how probable the verdict was under it."""
    policy = one.case.standing.policy
    chance = share if decision.verdict == "send" else 1.0 - share
    return replace(
        decision,
        probability=max(chance, PROBABILITY_MIN),
        policy=policy.version if policy is not None else "",
        features=one.features,
    )


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
    experiment, arm = drawn(case, reason, is_sent=is_sent)
    # Who asked for it here and now is told when to ask again; nothing waits for them.
    is_held = not is_sent and found.wake_at is not None and candidate.origin != "request"
    return Decided(
        decision_id=decision_id,
        candidate=candidate,
        verdict="send" if is_sent else "hold" if is_held else "silence",
        reason=reason,
        message_class=engagement.message_class,
        purpose=engagement.purpose,
        channel=channel,
        address=found.way.address if is_sent and found.way is not None else "",
        score=score_of(factors) if factors else 0.0,
        factors=factors or {},
        refusals=found.refusals,
        rivals=rivals,
        wake_at=found.wake_at if is_held else None,
        department=engagement.department if is_sent and not candidate.is_test else "",
        is_answer=is_sent and bool(case.here),
        experiment=experiment,
        arm=arm,
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
