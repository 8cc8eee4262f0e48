"""What a story may expect: one check per kind, each telling in a sentence what was otherwise.

A check gets the house as it stands at the end, the start of the story and the expectation, and
returns "" when it holds. Checks read what people see: messages that left, the registers, the
timeline; never the inside of a stage.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from regard.core.errors import Refused
from regard.core.event import Event, Identifier, MessageOutcome
from regard.core.facts import (
    AudienceChanged,
    Decided,
    Entry,
    IdentityShared,
    NeedChanged,
    PersonsMerged,
    PromiseChanged,
)
from regard.core.person import Person
from regard.core.ports import Message
from regard.project import duration_of, moment_of
from regard.runtime.audit import audit
from regard.testing.house import VirtualHouse

Expectation = Mapping[str, Any]
Check = Callable[[VirtualHouse, datetime, Expectation], str]

TIMELINE_MAX = 2_000

SECOND = timedelta(seconds=1)


def person_id_of(house: VirtualHouse, name: str) -> str | None:
    """Return the person of ``ada`` (a user id) or ``kind:value``, None when nobody is known."""
    kind, _, value = name.partition(":")
    identifier = Identifier(kind, value) if value else Identifier("user_id", kind)
    with house.ledger.store.reading() as reading:
        return reading.people.find(identifier)


def _person(house: VirtualHouse, expected: Expectation) -> Person:
    name = str(expected["person"])
    person_id = person_id_of(house, name)
    with house.ledger.store.reading() as reading:
        person = reading.people.read(person_id) if person_id else None
    if person is None:
        raise Refused(f"nobody is known as {name}")
    return person


def _timeline(house: VirtualHouse, person: Person) -> Sequence[Entry]:
    with house.ledger.store.reading() as reading:
        found = reading.people.timeline(person.id, limit=TIMELINE_MAX)
    return sorted(found, key=lambda entry: entry.stamp)


def _sent(house: VirtualHouse, person: Person, expected: Expectation) -> list[tuple[datetime, str]]:
    """Return (moment, channel) of messages that were handed over, filtered as expected."""
    engagement = expected.get("message") or expected.get("no_message") or expected.get("engagement")
    decided = {
        e.body.decision_id: e.body
        for e in _timeline(house, person)
        if isinstance(e.body, Decided) and e.body.verdict == "send" and not e.body.candidate.call_id
    }
    return [
        (e.received_at, e.body.channel)
        for e in _timeline(house, person)
        if isinstance(e.body, MessageOutcome)
        and e.body.outcome == "sent"
        and e.body.message_id in decided
        and engagement in (None, decided[e.body.message_id].candidate.engagement)
        and expected.get("channel", e.body.channel) == e.body.channel
        and expected.get("arm", decided[e.body.message_id].arm) == decided[e.body.message_id].arm
    ]


def _check_message(house: VirtualHouse, start_at: datetime, expected: Expectation) -> str:
    sent = _sent(house, _person(house, expected), expected)
    arm = f" in the arm {expected['arm']}" if "arm" in expected else ""
    what = f"{expected['message']}{arm} on {expected.get('channel', 'any channel')}"
    if not sent:
        return f"{what} was never sent"
    if "at" not in expected:
        return ""
    wanted = _moment(start_at, expected["at"])
    within = duration_of(str(expected.get("within", "1 minute")))
    if any(timedelta(0) <= moment - wanted <= within for moment, _ in sent):
        return ""
    told = ", ".join(f"{moment - start_at} ({channel})" for moment, channel in sent)
    return f"{what} was to be sent {wanted - start_at} after the start, but was sent after {told}"


def _check_no_message(house: VirtualHouse, _: datetime, expected: Expectation) -> str:
    sent = _sent(house, _person(house, expected), expected)
    return f"{expected['no_message']} was sent {len(sent)} times" if sent else ""


def _check_messages(house: VirtualHouse, _: datetime, expected: Expectation) -> str:
    count = len(_sent(house, _person(house, expected), expected))
    wanted = int(expected["messages"])
    return "" if count == wanted else f"{count} messages were sent instead of {wanted}"


def _check_offered(house: VirtualHouse, _: datetime, expected: Expectation) -> str:
    """Count what was offered while somebody waited for the answer."""
    found = [
        e.body
        for e in _timeline(house, _person(house, expected))
        if isinstance(e.body, Decided)
        and e.body.is_answer
        and e.body.candidate.engagement == expected["offered"]
        and expected.get("channel", e.body.channel) == e.body.channel
        and expected.get("arm", e.body.arm) == e.body.arm
    ]
    wanted = int(expected.get("times", max(1, len(found))))
    told = f"{expected['offered']} was offered {len(found)} times"
    return "" if len(found) == wanted else f"{told} instead of {wanted}"


def _check_promise(house: VirtualHouse, _: datetime, expected: Expectation) -> str:
    found = [
        state.change
        for state in _person(house, expected).promises.values()
        if state.change.definition == expected["promise"]
        and expected.get("about", state.change.about) == state.change.about
    ]
    told = sorted({change.status for change in found})
    wanted = expected.get("outcome")
    if found and all(change.status == wanted for change in found):
        return ""
    return f"promise {expected['promise']} is {', '.join(told) or 'not made'} instead of {wanted}"


def _check_silence(house: VirtualHouse, _: datetime, expected: Expectation) -> str:
    reasons = [
        e.body.reason
        for e in _timeline(house, _person(house, expected))
        if isinstance(e.body, Decided)
        and e.body.verdict in ("silence", "hold")
        and e.body.candidate.engagement == expected["silence"]
    ]
    wanted = expected.get("reason")
    if wanted in reasons or (reasons and wanted is None):
        return ""
    told = ", ".join(reasons) or "nothing was silenced"
    return f"silence about {expected['silence']} for {wanted} expected, but {told}"


def _check_case(house: VirtualHouse, _: datetime, expected: Expectation) -> str:
    person = _person(house, expected)
    with house.ledger.store.reading() as reading:
        cases = [c for c in reading.registers.cases() if c.person_id == person.id]
    found = [c.department for c in cases]
    return "" if expected["case"] in found else f"no case for {expected['case']}, only {found}"


def _check_journey(house: VirtualHouse, _: datetime, expected: Expectation) -> str:
    name = expected["journey"]
    found = [s.change for s in _person(house, expected).runs.values() if s.change.journey == name]
    wanted = {key: expected[key] for key in ("status", "step", "reason") if key in expected}
    if expected.get("runs", len(found)) != len(found):
        return f"journey {name} was walked {len(found)} times instead of {expected['runs']}"
    if any(all(getattr(run, key) == wanted[key] for key in wanted) for run in found):
        return ""
    told = "; ".join(f"{run.status} at {run.step} ({run.reason})" for run in found)
    return "" if expected.get("runs") == 0 else f"journey {name} is {told or 'not walked'}"


def _check_called(house: VirtualHouse, _: datetime, expected: Expectation) -> str:
    channel, person = str(expected["called"]), _person(house, expected)
    mine = {
        e.body.decision_id
        for e in _timeline(house, person)
        if isinstance(e.body, Decided) and e.body.candidate.call_id
    }
    handed = house.channels[channel].messages if channel in house.channels else []
    calls = {m.message_id: m.facts for m in handed if m.is_call and m.message_id in mine}
    wanted = expected.get("times", max(1, len(calls)))
    if len(calls) != wanted:
        return f"{channel} was called {len(calls)} times instead of {wanted}"
    facts = expected.get("facts", {})
    is_told = any(facts.items() <= {**told}.items() for told in calls.values())
    return "" if is_told or not calls else f"{channel} was called with {[*calls.values()]}"


def _check_trait(house: VirtualHouse, _: datetime, expected: Expectation) -> str:
    value = _person(house, expected).trait(str(expected["trait"]))
    return "" if value == expected.get("equals") else f"{expected['trait']} is {value!r}"


def _check_audience(house: VirtualHouse, start_at: datetime, expected: Expectation) -> str:
    name = str(expected["audience"])
    state = _person(house, expected).audiences.get(name)
    is_member = state is not None and state.change.is_member
    if is_member != bool(expected.get("is_member", True)):
        return f"is {'' if is_member else 'not '}in {name}"
    if "since" not in expected:
        return ""
    if state is None:
        return f"was never in {name}"
    told, wanted = state.change.since - start_at, _moment(start_at, expected["since"])
    is_then = timedelta(0) <= state.change.since - wanted < SECOND
    return "" if is_then else f"{'entered' if is_member else 'left'} {name} after {told}"


def _check_need(house: VirtualHouse, start_at: datetime, expected: Expectation) -> str:
    name = str(expected["need"])
    state = _person(house, expected).needs.get(name)
    change = None if state is None else state.change
    is_felt = change is not None and change.is_felt
    if is_felt != bool(expected.get("is_felt", True)):
        return f"{'feels' if is_felt else 'does not feel'} {name}"
    if "since" not in expected:
        return ""
    if change is None:
        return f"never felt {name}"
    told, wanted = change.since - start_at, _moment(start_at, expected["since"])
    is_then = timedelta(0) <= change.since - wanted < SECOND
    return "" if is_then else f"{'felt' if is_felt else 'no more felt'} {name} after {told}"


def _check_timeline(house: VirtualHouse, _: datetime, expected: Expectation) -> str:
    told = [name for e in _timeline(house, _person(house, expected)) for name in _names(e)]
    place = 0
    for wanted in expected["timeline"]:
        if wanted not in told[place:]:
            return f"{wanted!r} is not in the timeline in this order: {', '.join(told)}"
        place = told.index(wanted, place) + 1
    return ""


def _names(entry: Entry) -> list[str]:
    body = entry.body
    if isinstance(body, Event):
        return [body.name]
    if isinstance(body, PromiseChanged):
        return [f"promise {body.status}"]
    if isinstance(body, MessageOutcome):
        return [f"message {body.outcome}"]
    if isinstance(body, NeedChanged) and body.has_moved:
        is_met = body.reason.startswith("met")
        return [
            f"{'wants' if body.is_felt else 'met' if is_met else 'no longer wants'} {body.need}"
        ]
    if isinstance(body, AudienceChanged) and body.has_moved:
        return [f"{'entered' if body.is_member else 'left'} {body.audience}"]
    if isinstance(body, PersonsMerged | IdentityShared):
        return ["persons merged" if isinstance(body, PersonsMerged) else "identifier shared"]
    return []


def _check_same(house: VirtualHouse, _: datetime, expected: Expectation) -> str:
    found = {name: person_id_of(house, str(name)) for name in expected["same_person"]}
    is_one = len(set(found.values())) == 1 and None not in found.values()
    return "" if is_one else f"not one person: {found}"


def _check_different(house: VirtualHouse, _: datetime, expected: Expectation) -> str:
    found = {name: person_id_of(house, str(name)) for name in expected["different_persons"]}
    are_many = len(set(found.values())) == len(found) and None not in found.values()
    return "" if are_many else f"not all different: {found}"


def _check_books(house: VirtualHouse, _start: datetime, _: Expectation) -> str:
    books = audit(house.ledger.store, house.clock.now())
    return "; ".join(books.findings)


def _moment(start_at: datetime, value: object) -> datetime:
    """Return a moment given in words from the start on, or as it is."""
    text = str(value)
    return moment_of(text) if text[:4].isdigit() else start_at + duration_of(text)


def _telling(check: Check) -> Check:
    """Turn what a check cannot find into what it tells."""

    def told(house: VirtualHouse, start_at: datetime, expected: Expectation) -> str:
        try:
            return check(house, start_at, expected)
        except Refused as error:
            return error.message
        except ValueError as error:  # a duration or moment that is none
            return str(error)

    return told


def message_texts(house: VirtualHouse) -> list[Message]:
    """Return every message that any channel of the house was handed, for a company's own tests."""
    return [message for channel in house.channels.values() for message in channel.messages]


CHECKS: Mapping[str, Check] = {
    "promise": _telling(_check_promise),
    "no_message": _telling(_check_no_message),
    "messages": _telling(_check_messages),
    "message": _telling(_check_message),
    "offered": _telling(_check_offered),
    "silence": _telling(_check_silence),
    "case": _telling(_check_case),
    "journey": _telling(_check_journey),
    "called": _telling(_check_called),
    "trait": _telling(_check_trait),
    "audience": _telling(_check_audience),
    "need": _telling(_check_need),
    "timeline": _telling(_check_timeline),
    "same_person": _check_same,
    "different_persons": _check_different,
    "books": _check_books,
}
"""Each kind of expectation by the key that names it."""
