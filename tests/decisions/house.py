"""A small company, its people and moments, for the tests of the gate.

Vienna, on Monday 2 March 2026. E-mail is silent, SMS and calls disturb. Everything is built from
`core` records, so that each test says only what it is about.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time, timedelta
from typing import Any

import msgspec

from regard.core.event import Event, Identifier, MessageOutcome, TimerDue
from regard.core.facts import Candidate, Decided, Entry, PromiseChanged, RunChanged
from regard.core.offers import Engagement, Rendered
from regard.core.person import Claim, Consent, Person, PromiseState, RunState
from regard.core.program import Program
from regard.core.rows import Claimed, MessageRow
from regard.core.rules import Cap, IdentityRules, Purpose, QuietHours
from regard.core.scope import Scope
from regard.core.settings import Channel, Company, Department
from regard.decisions import Decisions

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
NIGHT = QuietHours(start=time(21), end=time(8), message_classes=("marketing", "service"))
WEEK_CAP = Cap(id="week", count=3, window=timedelta(days=7))
GATE = Decisions()


@dataclass(frozen=True)
class Plain:
    """An expression made of a Python function."""

    rule: Callable[[Scope], Any]
    text: str = "plain"

    def __call__(self, scope: Scope) -> Any:
        return self.rule(scope)


@dataclass(frozen=True)
class Words:
    """A variant that says its name."""

    channel: str
    language: str = "*"

    def render(self, data: Mapping[str, Any]) -> Rendered:
        return Rendered(subject="", text=self.channel, html="")


def engagement(id_: str, **changes: Any) -> Engagement:
    """Return a service message about travel by e-mail, then SMS, unless changed."""
    plain = Engagement(
        id=id_,
        title=id_,
        need="travel",
        purpose="travel",
        message_class="service",
        value_customer=6,
        value_company=2,
        propensity=0.5,
        channels=("email", "sms"),
        variants=(Words("email"), Words("*")),
    )
    return replace(plain, **changes)


def offer(id_: str, **changes: Any) -> Engagement:
    """Return a marketing message about offers."""
    return engagement(id_, **{"purpose": "offers", "message_class": "marketing", **changes})


def program(*engagements: Engagement, **changes: Any) -> Program:
    """Return the company's rules around `engagements`; no quiet hours and no caps unless said."""
    found = engagements or (engagement("check_in"), offer("miles"))
    plain = Program(
        hash="h",
        company=Company(id="sky", name="Skylark", zone="Europe/Vienna", languages=("en",)),
        sources={},
        identity=IdentityRules(
            kinds=(), blocked_values=frozenset(), blocked_patterns=(), phone_region="AT"
        ),
        purposes={
            "travel": Purpose(id="travel", title="Travel", needs_consent=False),
            "offers": Purpose(id="offers", title="Offers", needs_consent=True),
        },
        events={},
        channels={
            "email": _channel("email", "email", disturbs=False),
            "sms": _channel("sms", "phone", disturbs=True),
            "phone.call": _channel("phone.call", "phone", disturbs=True),
        },
        departments={"desk": Department(id="desk", title="Desk", opens=time(8), closes=time(20))},
        engagements={e.id: e for e in found},
        promises={},
        journeys={},
        quiet_hours=(),
        caps=(),
        silence_value=0.5,
        fatigue_per_touch=0.2,
    )
    return replace(plain, **changes)


def _channel(id_: str, reaches_by: str, *, disturbs: bool) -> Channel:
    return Channel(
        id=id_, adapter="post_room", settings={}, reaches_by=reaches_by, disturbs=disturbs
    )


def claim(value: Any) -> Claim:
    return Claim(value, NOON, "website", 0, 1)


def ada(consents: Mapping[str, Consent] | None = None, **traits: Any) -> Person:
    """Return Ada of Vienna, who wants offers; a trait of None is one we do not know."""
    known = {"email": "ada@example.com", "phone": "+436641234567", **traits}
    return Person(
        id="p_ada",
        claims={name: claim(value) for name, value in known.items() if value is not None},
        consents=dict({"offers|*": said(True)} if consents is None else consents),
    )


def said(is_granted: bool, at: datetime = NOON, event: str = "") -> Consent:
    return Consent(is_granted, at, "website", {"event": event} if event else {}, 1)


def candidate(id_: str = "check_in", **changes: Any) -> Candidate:
    plain = Candidate(engagement=id_, origin="journey", ref="run-1", made_at=NOON)
    return msgspec.structs.replace(plain, **changes)


def promised(id_: str = "check_in", **changes: Any) -> Candidate:
    return candidate(id_, **{"origin": "promise", "ref": "pr-1", **changes})


def with_promise(person: Person, status: str = "expected", ref: str = "pr-1") -> Person:
    change = PromiseChanged(
        promise_id=ref,
        definition="reminder",
        status=status,  # type: ignore[arg-type]
        about="SK1",
        made_at=NOON,
        act_at=NOON,
        due_at=NOON,
        reason="made",
    )
    state = PromiseState(change=change, stamp=1)
    return msgspec.structs.replace(person, promises={**person.promises, ref: state})


def with_run(person: Person, status: str, ref: str = "run-1") -> Person:
    change = RunChanged(
        run_id=ref,
        journey="welcome",
        step="s",
        status=status,  # type: ignore[arg-type]
        started_at=NOON,
        reason="",
    )
    return msgspec.structs.replace(person, runs={ref: RunState(change=change, stamp=1)})


def entry(body: Any, at: datetime = NOON, offset: int = 1, part: int = 0) -> Entry:
    """Return a journal line; with a part it is derived from the input at `offset`."""
    return Entry(
        offset=offset + part,
        identity=1,
        at=at,
        received_at=at,
        body=body,
        cause=offset if part else 0,
        part=part,
    )


def timer(at: datetime, offset: int = 1, ref: str = "run:x") -> Entry:
    return entry(TimerDue(ref=ref, due_at=at), at, offset)


def event(name: str, at: datetime = NOON, **changes: Any) -> Event:
    plain = Event(
        message_id=f"{name}-{at.isoformat()}",
        source="desk",
        type="track",
        name=name,
        channel="phone.call",
        at=at,
        received_at=at,
        identifiers=(Identifier("email", "ada@example.com"),),
    )
    return msgspec.structs.replace(plain, **changes)


def outcome(decided: Decided, kind: str, reason: str = "", **changes: Any) -> MessageOutcome:
    return MessageOutcome(
        message_id=decided.decision_id,
        channel=decided.channel,
        outcome=kind,  # type: ignore[arg-type]
        reason=reason,
        **changes,
    )


def decide(
    person: Person,
    rules: Program,
    *candidates: Candidate,
    at: datetime = NOON,
    offset: int = 1,
) -> list[Decided]:
    """Return what the gate says to `candidates` at a moment."""
    found = GATE.decide(person, candidates or (candidate(),), timer(at, offset), rules)
    assert all(isinstance(decided, Decided) for decided in found)
    return list(found)  # type: ignore[arg-type]


def decide_one(
    person: Person, rules: Program, wish: Candidate, at: datetime = NOON, offset: int = 1
) -> Decided:
    (decided,) = decide(person, rules, wish, at=at, offset=offset)
    return decided


def fold(person: Person, *entries: Entry) -> Person:
    for found in entries:
        person = GATE.fold(person, found)
    return person


def sent(person: Person, decided: Decided, at: datetime = NOON, offset: int = 1) -> Person:
    """Return the person after a decision to send was journaled and the message handed over."""
    assert decided.verdict == "send", decided
    return fold(
        person,
        entry(decided, at, offset, part=1),
        entry(outcome(decided, "sent"), at, offset + 10),
    )


def refusals(decided: Decided) -> Sequence[tuple[str, str]]:
    return [(refusal.channel, refusal.reason) for refusal in decided.refusals]


def claimed(person: Person, decided: Decided, at: datetime = NOON) -> Claimed:
    """Return a decided message as a dispatcher holds it."""
    row = MessageRow(
        message_id=decided.decision_id,
        identity=1,
        at=at,
        person_id=person.id,
        label="Ada",
        engagement=decided.candidate.engagement,
        channel=decided.channel,
        address=decided.address,
        message_class=decided.message_class,
        purpose=decided.purpose,
        state="claimed",
        attempt=1,
        reason="",
        decided_at=at,
        state_at=at,
        not_before=at,
        decision=decided,
    )
    return Claimed(row=row, person=person, token=1)
