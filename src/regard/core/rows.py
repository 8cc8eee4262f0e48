"""Rows of the views: what the console, the API and the dispatcher read.

All but `Rejected` and `Content` are folds of the journal and can be rebuilt from it.
"""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from msgspec import Struct

from regard.core.event import Identifier
from regard.core.facts import Decided, MessageClass, PromiseChanged, RunChanged
from regard.core.person import Person

MessageState = Literal[
    "queued", "claimed", "sent", "delivered", "refused", "unknown", "withdrawn", "bounced"
]


class PersonRow(Struct, frozen=True, kw_only=True):
    """One hit of a search for people."""

    person_id: str
    label: str
    identifiers: tuple[Identifier, ...]
    last_seen_at: datetime | None
    last_channel: str


class IdentifierRow(Struct, frozen=True, kw_only=True):
    """An identifier of a person, and whether it still links (a shared one does not)."""

    identifier: Identifier
    identity: int
    first_at: datetime
    is_shared: bool


class Evidence(Struct, frozen=True, kw_only=True):
    """Two identifiers seen together: by which event (journal offset), when, under which rule."""

    left: Identifier
    right: Identifier
    offset: int
    at: datetime
    source: str
    rule: str


class PromiseRow(Struct, frozen=True, kw_only=True):
    """One promise to one person, at its latest change."""

    person_id: str
    label: str
    change: PromiseChanged
    changed_at: datetime


class RunRow(Struct, frozen=True, kw_only=True):
    """One journey run of one person, at its latest change.

    `since` is when it came to its step (or ended), `changed_at` its latest change. `identity` and
    `at` place it, for an input about it.
    """

    run_id: str
    identity: int
    at: datetime
    person_id: str
    label: str
    change: RunChanged
    since: datetime
    changed_at: datetime


PassageKind = Literal["started", "to", "ended", "waited"]


class Passage(Struct, frozen=True, kw_only=True):
    """How often something happened at one step of a flow (``journey:<id>``, ``promise:<id>``).

    ``to`` counts who went from `step` to step `key` (`step` empty: came in there); ``ended`` who
    ended at it by reason `key`; ``waited`` who stood there, `key` being the order of magnitude
    and `seconds` their time together; ``started`` who came in on UTC day `key` (`step` empty).
    """

    flow: str
    step: str
    what: PassageKind
    key: str
    count: int
    seconds: int = 0


class MessageRow(Struct, frozen=True, kw_only=True):
    """One message of the outbox, from decided to its outcome; `identity` and `at` place it."""

    message_id: str
    identity: int
    at: datetime
    person_id: str
    label: str
    engagement: str
    channel: str
    address: str
    message_class: MessageClass
    purpose: str
    state: MessageState
    attempt: int
    reason: str
    decided_at: datetime
    state_at: datetime
    not_before: datetime
    decision: Decided


class Content(Struct, frozen=True, kw_only=True):
    """What a message said, as handed over. Kept beside the journal as proof."""

    message_id: str
    channel: str
    address: str
    subject: str
    text: str
    html: str
    headers: dict[str, str]
    handed_at: datetime


class CaseRow(Struct, frozen=True, kw_only=True):
    """Work that waits for a human."""

    case_id: str
    person_id: str
    label: str
    department: str
    title: str
    reason: str
    ref: str
    opened_at: datetime
    due_at: datetime | None


class Rejected(Struct, frozen=True, kw_only=True):
    """An item that intake refused, kept as it came for the source debugger."""

    source: str
    at: datetime
    code: str
    message: str
    item: str
    number: int = 0


class SourceRow(Struct, frozen=True, kw_only=True):
    """How much a source sent: events accepted, duplicates dropped, items rejected."""

    source: str
    accepted_count: int
    duplicate_count: int
    rejected_count: int
    last_at: datetime | None


class Tally(Struct, frozen=True, kw_only=True):
    """A count per UTC day: ``name`` is what is counted (``silence``), ``key`` its kind."""

    day: str
    name: str
    key: str
    count: int


class Claimed(Struct, frozen=True, kw_only=True):
    """A message that a dispatcher holds now: its row, the person, and its claim number."""

    row: MessageRow
    person: Person
    token: int


class Timer(Struct, frozen=True, kw_only=True):
    """A moment that something waits for; `identity` and `at` place it like its cause."""

    ref: str
    identity: int
    at: datetime
    due_at: datetime


class Accepted(Struct, frozen=True, kw_only=True):
    """What became of one draft that was appended: its offset, or that it was there before."""

    offset: int
    is_duplicate: bool


class Books(Struct, frozen=True, kw_only=True):
    """The result of an audit: counts by name and every finding that does not balance."""

    counts: dict[str, int]
    findings: tuple[str, ...]
