"""The cast as a store sees it: identifiers, entries, nodes, persons and facts, made in one line."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

from regard.core.event import Event, Identifier, MessageOutcome, ModelRemark
from regard.core.facts import (
    AudienceChanged,
    Body,
    Candidate,
    CaseOpened,
    Decided,
    Entry,
    PromiseChanged,
    RunChanged,
)
from regard.core.graph import Cluster, Edge, GraphChange, Login, Node
from regard.core.ids import identity_of, message_key
from regard.core.person import AudienceState, Claim, Person
from regard.core.ports import Reading
from regard.core.rows import Content, MessageRow, Rejected
from regard.core.storage import Projection, Store

START = datetime(2026, 3, 2, 9, tzinfo=UTC)

ADA = Identifier("user_id", "ada")
ADA_EMAIL = Identifier("email", "ada@example.com")
BRUNO = Identifier("user_id", "bruno")
CHEN = Identifier("user_id", "chen")
LAPTOP = Identifier("anonymous_id", "laptop-1")
PHONE = Identifier("phone", "+436641234567")


def moment(minutes: float) -> datetime:
    """Return the moment so many minutes after the start."""
    return START + timedelta(minutes=minutes)


def identity(identifier: Identifier) -> int:
    return identity_of(identifier.kind, identifier.value)


def event(message_id: str = "m1", *identifiers: Identifier, minutes: float = 0) -> Event:
    return Event(
        message_id=message_id,
        source="website",
        type="track",
        name="Product Viewed",
        channel="web.desktop",
        at=moment(minutes),
        received_at=moment(minutes),
        identifiers=identifiers or (ADA,),
        facts={"sku": "lamp", "price": 12.5},
    )


def entry(
    offset: int,
    *identifiers: Identifier,
    minutes: float = 0,
    body: Body | None = None,
    cause: int = 0,
    part: int = 0,
) -> Entry:
    return Entry(
        offset=offset,
        identity=identity(identifiers[0]) if identifiers else identity(ADA),
        at=moment(minutes),
        received_at=moment(minutes),
        body=body or event(f"m{offset}", *identifiers, minutes=minutes),
        cause=cause,
        part=part,
    )


def key(number: int) -> bytes:
    return message_key("website", f"m{number}")


def node(
    identifier: Identifier,
    person_id: str,
    *,
    minutes: float = 0,
    offset: int = 1,
    shared: str = "",
) -> Node:
    return Node(
        identity=identity(identifier),
        identifier=identifier,
        person_id=person_id,
        first_at=moment(minutes),
        offset=offset,
        shared=shared,
    )


def edge(one: Identifier, two: Identifier, *, minutes: float = 0, offset: int = 1) -> Edge:
    left, right = sorted((identity(one), identity(two)))
    return Edge(
        left=left,
        right=right,
        at=moment(minutes),
        offset=offset,
        source="website",
        rule="same_event",
    )


def cluster(person_id: str, *, node_count: int = 1) -> Cluster:
    return Cluster(person_id=person_id, anchor=(0, 0, person_id), node_count=node_count)


def login(device: Identifier, anchor: Identifier, minutes: float) -> Login:
    return Login(identity(device), moment(minutes), identity(anchor))


def person(
    person_id: str,
    name: str = "",
    *,
    minutes: float | None = None,
    audiences: Mapping[str, float] | None = None,
) -> Person:
    """Return a person who is in `audiences` since so many minutes (below -5: not any more)."""
    claims = {"name": Claim(name, START, "website", 2, 1024)} if name else {}
    return Person(
        id=person_id,
        claims=claims,
        last_seen_at=None if minutes is None else moment(minutes),
        last_channel="web.desktop",
        audiences={name: membership(name, since) for name, since in (audiences or {}).items()},
        stamp=1024,
    )


def membership(audience: str, since: float) -> AudienceState:
    change = AudienceChanged(
        member_id=audience,
        audience=audience,
        is_member=since >= -5,
        since=moment(since),
        definition="d1",
    )
    return AudienceState(change=change, stamp=2048)


def promise(promise_id: str, status: str = "expected", *, due: float = 60, **changes: Any) -> Any:
    values = {
        "promise_id": promise_id,
        "definition": "check_in_reminder",
        "status": status,
        "about": "SK1",
        "made_at": START,
        "act_at": moment(due),
        "due_at": moment(due),
        "reason": "made",
    }
    return PromiseChanged(**values | changes)


def run(run_id: str, step: str = "pause", *path: str, **changes: Any) -> RunChanged:
    """Return a run that came to `step` by `path` (nothing: it stays where it was)."""
    values = {
        "run_id": run_id,
        "journey": "welcome",
        "step": step,
        "status": "waiting",
        "started_at": START,
        "reason": "wait",
        "path": path,
    }
    return RunChanged(**values | changes)


def decided(message_id: str, **changes: Any) -> Decided:
    candidate = Candidate(engagement="check_in", origin="promise", ref="promise:1", made_at=START)
    values = {
        "decision_id": message_id,
        "candidate": candidate,
        "verdict": "send",
        "reason": "best",
        "message_class": "service",
        "purpose": "travel",
        "channel": "email",
        "address": "ada@example.com",
    }
    return Decided(**values | changes)


def outcome(message_id: str, what: Any = "sent", **changes: Any) -> MessageOutcome:
    return MessageOutcome(message_id=message_id, channel="email", outcome=what, **changes)


def case(case_id: str) -> CaseOpened:
    return CaseOpened(
        case_id=case_id,
        department="call_centre",
        title="Call about check-in",
        ref="promise:1",
        reason="missed",
        due_at=moment(240),
    )


def remark(about: str, words: str = "") -> ModelRemark:
    return ModelRemark(
        remark_id=words, act="comment", model="as_is", about=about, by="Ada", words=words
    )


def content(message_id: str, text: str = "Check-in is open.") -> Content:
    return Content(
        message_id=message_id,
        channel="email",
        address="ada@example.com",
        subject="Check-in",
        text=text,
        html="",
        headers={"List-Unsubscribe": "<https://skylark.example/u>"},
        handed_at=START,
    )


def rejected(number: int, source: str = "website") -> Rejected:
    return Rejected(
        source=source, at=START, code="too_large", message="Over 32 kB.", item=f"item {number}"
    )


def append(store: Store, *entries: Entry, keys: int = 0) -> None:
    """Append entries in one transaction; the first `keys` of them under their own key."""
    with store.writing() as writing:
        writing.journal.append(entries, [key(e.offset) for e in entries[:keys]])


def save_graph(store: Store, **change: Any) -> None:
    with store.writing() as writing:
        writing.graph.save(GraphChange(**change))


def save_people(store: Store, *persons: Person, gone: tuple[str, ...] = ()) -> None:
    with store.writing() as writing:
        writing.states.save(persons, gone)


def project(store: Store, **change: Any) -> None:
    with store.writing() as writing:
        writing.registers.project(Projection(**change))


def queue(store: Store, *message_ids: str, minutes: float = 0, holder: Identifier = ADA) -> None:
    """Put messages in the outbox, decided in this order."""
    at = moment(minutes)
    rows = tuple(
        (number, identity(holder), at, at, decided(m)) for number, m in enumerate(message_ids, 1)
    )
    project(store, messages=rows)


def claim(store: Store, *message_ids: str, minutes: float = 1) -> int:
    """Claim messages and return the token under which they were."""
    with store.writing() as writing:
        writing.registers.claim(message_ids, writing.token, moment(minutes))
        return writing.token


def message(store: Store, message_id: str) -> MessageRow:
    with read(store) as reading:
        return reading.registers.messages(message_id=message_id)[0][0]


@contextmanager
def read(store: Store) -> Iterator[Reading]:
    with store.reading() as reading:
        yield reading
