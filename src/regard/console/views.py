"""One record per page: exactly what its template shows and its JSON twin returns."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from msgspec import Struct

from regard.console.audience_views import MembershipItem
from regard.console.records import (
    Costs,
    Counted,
    Drawing,
    Level,
    Line,
    LiveRow,
    PromiseItem,
    Tone,
    Why,
)
from regard.core.event import Identifier
from regard.core.rows import MessageRow
from regard.needs import ToldNeed


class TodayView(Struct, frozen=True, kw_only=True):
    """Is engagement whole? `below` are the promises below their objectives."""

    now: datetime
    zone: str
    is_empty: bool
    is_whole: bool
    headline: str
    below: tuple[str, ...]
    window_days: int
    levels: tuple[Level, ...]
    costs: Costs
    outcomes: tuple[Counted, ...]
    messages: tuple[Counted, ...]
    silences: tuple[Counted, ...]
    touches: tuple[Counted, ...]
    persons_count: int
    open_case_count: int
    overdue_count: int
    troubles: tuple[PromiseItem, ...]
    mended: tuple[PromiseItem, ...]
    is_healthy: bool
    health: tuple[tuple[str, str], ...]


class NowView(Struct, frozen=True, kw_only=True):
    """What are customers doing? Rows newest first; the stream goes on after `last_offset`."""

    last_offset: int
    rows: tuple[LiveRow, ...]


class PersonItem(Struct, frozen=True, kw_only=True):
    """One hit of a search; `known_by` are identifiers, those that people use first."""

    person_id: str
    label: str
    known_by: tuple[str, ...]
    last_seen_at: datetime | None
    last_channel: str


class PeopleView(Struct, frozen=True, kw_only=True):
    """Who is this? `is_full` when the limit cut the list."""

    now: datetime
    zone: str
    text: str
    people: tuple[PersonItem, ...]
    is_full: bool


class TraitItem(Struct, frozen=True, kw_only=True):
    """One trait with where its value came from."""

    name: str
    value: Any
    source: str
    at: datetime
    trust: str


class ConsentItem(Struct, frozen=True, kw_only=True):
    """The word that stands about one purpose on one channel, with its proof.

    `despite` tells which grants it keeps from standing that other parts of the person had given.
    """

    purpose: str
    title: str
    channel: str
    is_granted: bool
    at: datetime
    source: str
    proof: tuple[tuple[str, str], ...]
    despite: tuple[str, ...] = ()


class EvidenceItem(Struct, frozen=True, kw_only=True):
    """That an identifier was seen together with another one, or said to be one with it (`act_id`).

    `is_active`: it links them; below a `confidence` of 1 by probability alone.
    """

    other: Identifier
    offset: int
    at: datetime
    source: str
    rule: str
    is_active: bool = True
    confidence: float = 1.0
    act_id: str = ""


class IdentifierItem(Struct, frozen=True, kw_only=True):
    """One identifier with the evidence that links it; `why` says why a shared one links nobody."""

    identifier: Identifier
    first_at: datetime
    is_shared: bool
    evidence: tuple[EvidenceItem, ...]
    why: str = ""
    is_unconfirmed: bool = False


class NextItem(Struct, frozen=True, kw_only=True):
    """What happens next with a person: a promise to keep, a hold or a wait that ends.

    `at` is None for a wait that only an event ends. `href` leads to more of its kind.
    """

    at: datetime | None
    title: str
    word: str
    detail: str
    tone: Tone
    is_overdue: bool = False
    href: str = ""


class PersonRun(Struct, frozen=True, kw_only=True):
    """One journey that the person walks or walked; `href` tells where, why and what next."""

    title: str
    word: str
    tone: Tone
    href: str
    is_over: bool


class TimelineRow(Struct, frozen=True, kw_only=True):
    """One entry of the person, in words, with its why."""

    offset: int
    at: datetime
    line: Line
    why: Why


class PersonView(Struct, frozen=True, kw_only=True):
    """One person: who they are, what happened, what they are owed, what they want now.

    `doing` is what their devices told last, as names and texts. Rows newest first. `place` is
    ``household`` or ``place`` where it is no person, but an identifier that several share.
    """

    person_id: str
    label: str
    place: str
    now: datetime
    zone: str
    is_frozen: bool
    is_erased: bool
    first_seen_at: datetime | None
    last_seen_at: datetime | None
    last_channel: str
    identifiers: tuple[IdentifierItem, ...]
    traits: tuple[TraitItem, ...]
    consents: tuple[ConsentItem, ...]
    suppressed: tuple[tuple[str, str], ...]
    coming: tuple[NextItem, ...]
    runs: tuple[PersonRun, ...]
    memberships: tuple[MembershipItem, ...]
    needs: tuple[ToldNeed, ...]
    doing: tuple[tuple[str, str], ...]
    limits: tuple[str, ...]
    drawing: Drawing | None
    span: str
    before: int
    rows: tuple[TimelineRow, ...]
    before_next: int


class PromisesView(Struct, frozen=True, kw_only=True):
    """What do we owe, what is late? `status` and `definition` are the filters in force."""

    now: datetime
    zone: str
    status: str
    definition: str
    definition_title: str
    levels: tuple[Level, ...]
    rows: tuple[PromiseItem, ...]
    is_full: bool


class MessageItem(Struct, frozen=True, kw_only=True):
    """One message in the list of the post room."""

    message_id: str
    person_id: str
    label: str
    title: str
    subject: str
    excerpt: str
    channel: str
    state: str
    tone: Tone
    at: datetime


class LetterView(Struct, frozen=True, kw_only=True):
    """The message that is open in the reading pane; contents are empty until handed over."""

    row: MessageRow
    title: str
    sender: str
    subject: str
    text: str
    has_html: bool
    headers: tuple[tuple[str, str], ...]
    handed_at: datetime | None
    tone: Tone
    why: Why
    variant: str = ""
    chosen_by: str = ""


class PostRoomView(Struct, frozen=True, kw_only=True):
    """What went out? The open letter is None when there is no message at all."""

    now: datetime
    zone: str
    state: str
    part: str
    messages: tuple[MessageItem, ...]
    letter: LetterView | None
    is_full: bool


class SourceItem(Struct, frozen=True, kw_only=True):
    """One source; its write key is masked."""

    source: str
    title: str
    channel: str
    trust: str
    key_masked: str
    accepted_count: int
    duplicate_count: int
    rejected_count: int
    last_at: datetime | None


class RejectedItem(Struct, frozen=True, kw_only=True):
    """An item that intake refused, pretty-printed when it is JSON."""

    at: datetime
    item: str


class RejectedGroup(Struct, frozen=True, kw_only=True):
    """Items of one source that were refused alike, newest first."""

    source: str
    source_title: str
    code: str
    message: str
    items: tuple[RejectedItem, ...]


class Snippet(Struct, frozen=True, kw_only=True):
    """How one kind of client is pointed at this Regard; ``WRITE_KEY`` stands for the key."""

    name: str
    code: str


class SourcesView(Struct, frozen=True, kw_only=True):
    """Which systems send, and what did we refuse? `selected` is a source id or empty."""

    now: datetime
    zone: str
    selected: str
    sources: tuple[SourceItem, ...]
    snippets: tuple[Snippet, ...]
    rejected: tuple[RejectedGroup, ...]
    is_full: bool


class CaseItem(Struct, frozen=True, kw_only=True):
    """One case: who needs what from which department, why and by when."""

    case_id: str
    person_id: str
    label: str
    department: str
    title: str
    because: str
    opened_at: datetime
    due_at: datetime | None
    state: str
    moved_at: datetime | None
    by: str
    note: str


class CasesView(Struct, frozen=True, kw_only=True):
    """What waits for a human, or (`is_done`) what somebody did?

    `departments` are (id, title, number of cases), the busiest first; of `department` alone the
    cases are shown, if one was asked for.
    """

    now: datetime
    zone: str
    is_done: bool
    department: str
    cases: tuple[CaseItem, ...]
    departments: tuple[tuple[str, str, int], ...]
    is_full: bool
