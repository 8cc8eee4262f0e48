"""What must hold whatever happens, judged from the journal and from what truly left the house.

In: hand-overs with everything that was known of the person when their message was claimed, and
at the end the whole journal. Out: findings in words. Deliberately a second, simpler telling of
the rules: it calls neither the gate nor any stage, so that both would have to be wrong alike.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

import phonenumbers
from phonenumbers.timezone import time_zones_for_number

from regard.core.clock import moment_of
from regard.core.event import Event, MessageClaimed, MessageOutcome
from regard.core.facts import Decided, Entry, LimitReached, PromiseChanged, RunChanged
from regard.core.person import Person
from regard.core.ports import Message
from regard.core.program import Program
from regard.core.scope import Scope

OPEN = ("expected", "missed")
CORRECTED = {
    *(("kept", "doubled"), ("late", "doubled"), ("repaired", "doubled")),
    *(("kept", "missed"), ("late", "missed"), ("repaired", "missed")),
    *(("broken", "kept"), ("broken", "late"), ("broken", "repaired")),
}
"""Outcomes that later news corrects: it came twice, it bounced, or it came after we gave up."""

UNKNOWN_ZONE = "Etc/Unknown"
"""What phonenumbers answers for a number that it cannot place."""

PREFERENCES = ("time_zone", "quiet_from", "quiet_to", "preferred_channel")


class Known:
    """All that was known of a person at a moment, looked through once.

    `entries` the oldest first. `sends` are decisions to send by message id, `claims` pairs of
    message id and attempt, `outcomes` by message id, `events` with their entries.
    """

    __slots__ = ("claims", "entries", "events", "outcomes", "sends")

    def __init__(self, entries: Sequence[Entry]) -> None:
        self.entries = entries
        self.sends: dict[str, Decided] = {}
        self.claims: set[tuple[str, int]] = set()
        self.events: list[tuple[Entry, Event]] = []
        self.outcomes: dict[str, list[MessageOutcome]] = {}
        for entry in entries:
            body = entry.body
            kind = type(body)
            if kind is Event:
                self.events.append((entry, body))  # type: ignore[arg-type]
            elif isinstance(body, Decided):
                if body.verdict == "send":
                    self.sends.setdefault(body.decision_id, body)
            elif isinstance(body, MessageClaimed):
                self.claims.add((body.message_id, body.attempt))
            elif isinstance(body, MessageOutcome):
                self.outcomes.setdefault(body.message_id, []).append(body)


@dataclass(frozen=True, slots=True, kw_only=True)
class HandOver:
    """One attempt to hand a message over, why, and whether it truly reached the customer.

    `decided` is the decision behind it (None: the person's journal knows of none). `key` names the
    attempt by why it is made, so that it stays the same when other customers are left out.
    """

    at: datetime
    message: Message
    decided: Decided | None
    is_accepted: bool
    key: str = ""

    def __str__(self) -> str:
        message = self.message
        what = f"{message.message_id} ({message.engagement} on {message.channel})"
        return f"message {what} at {self.at:%m-%d %H:%M:%S}"


def faults_at_hand_over(
    hand_over: HandOver, known: Known, touches: Sequence[HandOver], program: Program
) -> list[str]:
    """Return every rule that this hand-over breaks.

    `known` is of the person when the message was claimed, `touches` are the hand-overs before
    that truly reached this person.
    """
    decided = hand_over.decided
    if decided is None:
        return [f"{hand_over}: never decided for this person"]
    told = [_unclaimed(hand_over, known), _frozen(known)]
    if hand_over.message.is_call:  # no touch: it asks another system, and says nothing to anybody
        return [f"{hand_over}: {fault}" for fault in told if fault]
    told += [
        _consent(hand_over, known, decided, program),
        _quiet(hand_over, known, program),
        _past_use(hand_over, decided, program),
        _cap(hand_over, known, touches, program),
        _twice(hand_over, known, decided, touches),
    ]
    return [f"{hand_over}: {fault}" for fault in told if fault]


def faults_at_the_end(
    entries: Sequence[Entry],
    hand_overs: Sequence[HandOver],
    acknowledged: Mapping[bytes, int],
    now: datetime,
) -> list[str]:
    """Return everything in the whole journal that must not be, as it stands at `now`."""
    return [
        *_lost(entries, acknowledged),
        *_promises(entries, now),
        *_waiting(entries, now),
        *_unrecorded(entries, hand_overs),
    ]


def faults_of_broadcasts(hand_overs: Sequence[HandOver]) -> list[str]:
    """Return every person, and every address, that a broadcast reached by more than one message."""
    reached: dict[tuple[str, str], set[str]] = {}
    for hand_over in hand_overs:
        candidate = hand_over.decided.candidate if hand_over.decided else None
        if candidate is None or candidate.origin != "broadcast" or candidate.is_test:
            continue
        if hand_over.is_accepted:
            message = hand_over.message
            for who in (message.person_id, f"{message.channel} {message.address}"):
                reached.setdefault((candidate.ref, who), set()).add(message.message_id)
    return [
        f"broadcast {ref}: {who} got {len(messages)} messages"
        for (ref, who), messages in reached.items()
        if len(messages) > 1
    ]


def _unclaimed(hand_over: HandOver, known: Known) -> str:
    message = hand_over.message
    is_claimed = (message.message_id, message.attempt) in known.claims
    return "" if is_claimed else f"no claim of attempt {message.attempt} in the journal before"


def _frozen(known: Known) -> str:
    """Nobody is spoken to who is frozen or erased."""
    if any(event.name == "Person Erased" for _, event in known.events):
        return "the person was erased"
    words = (
        (event.at, entry.stamp, event.name == "Person Frozen")
        for entry, event in known.events
        if event.name in ("Person Frozen", "Person Unfrozen")
    )
    return "the person is frozen" if max(words, default=(False,))[-1] else ""


def _consent(hand_over: HandOver, known: Known, decided: Decided, program: Program) -> str:
    """The latest word about purpose or channel stands; at one moment the one that withdraws."""
    message, purpose = hand_over.message, decided.purpose
    is_asked = program.purposes[purpose].needs_consent or message.message_class == "marketing"
    latest: tuple[datetime, bool] | None = None
    for _, event in known.events:
        if event.name not in ("Consent Granted", "Consent Withdrawn", "Unsubscribed"):
            continue
        is_granted = event.name == "Consent Granted"
        said_of = event.facts.get("purpose", "" if is_granted else "*")
        channel = event.facts.get("channel", "email" if event.name == "Unsubscribed" else "*")
        is_about = said_of == purpose or (said_of == "*" and is_asked)
        if is_about and channel in ("*", message.channel):
            latest = max(latest or (event.at, not is_granted), (event.at, not is_granted))
    if latest is None:
        return "no consent" if program.purposes[purpose].needs_consent else ""
    return "consent was withdrawn" if latest[1] else ""


def _quiet(hand_over: HandOver, known: Known, program: Program) -> str:
    message = hand_over.message
    if not program.channels[message.channel].disturbs:
        return ""
    windows = [
        (quiet.start, quiet.end)
        for quiet in program.quiet_hours
        if message.message_class in quiet.message_classes
    ]
    own = _trait(known, "quiet_from"), _trait(known, "quiet_to")
    if all(own):
        windows.append((time.fromisoformat(own[0]), time.fromisoformat(own[1])))
    for zone in _zones(known, program) if windows else ():
        wall = hand_over.at.astimezone(ZoneInfo(zone)).time()
        for start, end in windows:
            is_inside = start <= wall < end if start < end else wall >= start or wall < end
            if is_inside:
                return f"quiet hours, {wall} in {zone}"
    return ""


def _zones(known: Known, program: Program) -> Sequence[str]:
    own, phone = _trait(known, "time_zone"), _trait(known, "phone")
    if own:
        return (own,)
    possible = _zones_of_phone(phone, program.identity.phone_region) if phone else ()
    return possible or (program.company.zone,)


@lru_cache(maxsize=10_000)
def _zones_of_phone(phone: str, region: str) -> tuple[str, ...]:
    found = time_zones_for_number(phonenumbers.parse(phone, region))
    return tuple(zone for zone in found if zone != UNKNOWN_ZONE)


def _trait(known: Known, name: str) -> Any:
    """The most trusted claim wins, of those the latest."""
    best: tuple[tuple[int, datetime, int], Any] | None = None
    for entry, event in known.events:
        value = event.traits.get(name)
        if event.name == "Preference Set" and name in PREFERENCES:
            value = event.facts.get(name, value)
        value = next((i.value for i in event.identifiers if i.kind == name), value)
        if value is None:
            continue
        weight = (-event.trust, event.at, entry.stamp)
        if best is None or weight > best[0]:
            best = (weight, value)
    return best[1] if best else None


def _past_use(hand_over: HandOver, decided: Decided, program: Program) -> str:
    engagement = program.engagements[decided.candidate.engagement]
    candidate = decided.candidate
    ends = [candidate.useful_until] if candidate.useful_until else []
    if engagement.useful_for is not None:
        ends.append(candidate.made_at + engagement.useful_for)
    if engagement.useful_until is not None:
        person = Person(id=hand_over.message.person_id)
        scope = Scope(person=person, facts=candidate.facts, now=hand_over.at)
        end = moment_of(engagement.useful_until(scope))
        ends += [end] if end is not None else []
    return "past its use" if any(end <= hand_over.at for end in ends) else ""


def _cap(hand_over: HandOver, known: Known, touches: Sequence[HandOver], program: Program) -> str:
    """No rolling window may hold more touches than the cap says, whoever made them."""
    for cap in program.caps:
        if hand_over.message.message_class not in cap.message_classes:
            continue
        since = hand_over.at - cap.window
        own = {
            touch.message.message_id: touch
            for touch in touches
            if touch.at > since
            and touch.message.message_id != hand_over.message.message_id
            and (not cap.channels or touch.message.channel in cap.channels)
            and not _is_bounced(known, touch.message.message_id)
        }
        calls = [e for _, e in known.events if e.name == "Call Made" and e.at > since]
        if len(own) + len(calls) >= cap.count:
            return f"cap {cap.id} was reached by {', '.join(map(str, own.values()))}"
    return ""


def _is_bounced(known: Known, message_id: str) -> bool:
    return any(
        event.name in ("Email Bounced", "Message Bounced")
        and event.facts.get("message_id") == message_id
        for _, event in known.events
    )


def _twice(hand_over: HandOver, known: Known, decided: Decided, touches: Sequence[HandOver]) -> str:
    """What reached the person goes again only if nobody could tell that it had, or it bounced."""
    for touch in touches:
        message_id, before = touch.message.message_id, touch.decided
        is_same = message_id == hand_over.message.message_id or (
            before is not None
            and before.candidate.ref == decided.candidate.ref
            and before.candidate.engagement == decided.candidate.engagement
            and before.channel == decided.channel
        )
        if not is_same or _is_bounced(known, message_id):
            continue
        told = [outcome.outcome for outcome in known.outcomes.get(message_id, ())]
        if "sent" in told or "unknown" not in told:
            return f"{touch} said so before"
        if any(
            event.name in ("Email Delivered", "Message Delivered")
            and event.facts.get("message_id") == message_id
            for _, event in known.events
        ):
            return f"{touch} said so before, and its receipt was here"
    return ""


def _lost(entries: Sequence[Entry], acknowledged: Mapping[bytes, int]) -> Iterator[str]:
    events = [(e.body.source, e.body.message_id) for e in entries if isinstance(e.body, Event)]
    for name, count in Counter(events).items():
        if count > 1:
            yield f"event {name}: {count} times in the journal"
    for number, entry in enumerate(entries, 1):
        if entry.offset != number:
            yield f"journal: offset {entry.offset} stands at place {number}"
    for offset in acknowledged.values():
        if offset > len(entries) or not isinstance(entries[offset - 1].body, Event):
            yield f"event at {offset}: acknowledged, but not in the journal"


def _promises(entries: Sequence[Entry], now: datetime) -> Iterator[str]:
    """Every promise has one outcome, or is open and will be looked at."""
    sent_at = {e.body.decision_id: e.received_at for e in entries if isinstance(e.body, Decided)}
    last: dict[str, PromiseChanged] = {}
    for entry in entries:
        change = entry.body
        if not isinstance(change, PromiseChanged):
            continue
        before = last.get(change.promise_id)
        if before is not None and before.status not in OPEN and before.status != change.status:
            step = (before.status, change.status)
            if step not in CORRECTED:
                yield f"promise {change.promise_id}: ended as {step[0]}, then as {step[1]}"
        last[change.promise_id] = change
        by = change.kept_by.removeprefix("message:")
        if change.kept_at is not None and by in sent_at and change.kept_at < sent_at[by]:
            yield f"promise {change.promise_id}: kept before its message was decided"
    for promise_id, change in last.items():
        if change.status in OPEN and (change.wake_at is None or change.wake_at <= now):
            yield f"promise {promise_id}: still {change.status}, nobody looks at it"
        if change.status not in OPEN and change.wake_at is not None:
            yield f"promise {promise_id}: {change.status} with a timer"


def _waiting(entries: Sequence[Entry], now: datetime) -> Iterator[str]:
    """Nothing waits for a moment that has passed, or for nothing at all."""
    runs: dict[str, RunChanged] = {}
    held: dict[str, Decided] = {}
    for entry in entries:
        body = entry.body
        if isinstance(body, RunChanged):
            runs[body.run_id] = body
        elif isinstance(body, Decided):
            held[body.candidate.held_id or body.decision_id] = body
        elif isinstance(body, LimitReached) and body.limit == "facts_per_input":
            yield f"limit at {entry.cause}: {body.detail}"
    for run_id, run in runs.items():
        is_active = run.status in ("waiting", "offering")
        is_stuck = run.wake_at <= now if run.wake_at is not None else not run.awaits
        if is_active and is_stuck:
            yield f"run {run_id} of {run.journey}: {run.status} at {run.step}, nobody looks at it"
    for held_id, decided in held.items():
        if decided.verdict == "hold" and (decided.wake_at is None or decided.wake_at <= now):
            yield f"hold {held_id}: was to end {decided.wake_at}"


def _unrecorded(entries: Sequence[Entry], hand_overs: Sequence[HandOver]) -> Iterator[str]:
    """Each hand-over has its outcome: sent, refused, to be tried again, or nobody can tell."""
    told = {
        (e.body.message_id, e.body.attempt) for e in entries if isinstance(e.body, MessageOutcome)
    }
    for hand_over in hand_overs:
        message = hand_over.message
        if (message.message_id, message.attempt) not in told:
            yield f"{hand_over}: attempt {message.attempt} has no outcome"
