"""The borders of the house: what a store, a channel, a stage and the running loop must offer.

Each Protocol has five verbs or fewer and at least two implementations. Stores are synchronous
(one writer); channels are asynchronous. Pure rooms implement `Stage` and see none of the others.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import datetime, timedelta
from typing import Protocol, runtime_checkable

from msgspec import Struct

from regard.core.event import (
    Identifier,
    MessageOutcome,
    PolicyTrained,
    ProgramPublished,
    RolloutChanged,
)
from regard.core.facts import Body, Candidate, Derived, Entry
from regard.core.graph import Cluster, Edge, Login, Node, Ruling
from regard.core.person import Person
from regard.core.program import Program
from regard.core.reaching import Device
from regard.core.rows import (
    Accepted,
    Aged,
    CaseRow,
    Claimed,
    Content,
    Dated,
    DecisionCount,
    DecisionKind,
    DecisionRow,
    Evidence,
    IdentifierRow,
    MemberRow,
    Mended,
    MessageRow,
    OutcomeCount,
    Outlook,
    Passage,
    PersonRow,
    PromiseRow,
    Rejected,
    RemarkRow,
    Replay,
    ReviewRow,
    RolloutProgress,
    RolloutRow,
    RunRow,
    SourceRow,
    Tally,
    Timer,
    VersionRow,
)
from regard.core.settings import Channel
from regard.core.standing import AT_REST, Standing


class Stage(Protocol):
    """A pure room of the loop. Deciding reads no clock: `entry.received_at` is now."""

    def fold(self, person: Person, entry: Entry) -> Person:
        """Return the person with this room's part moved on by one entry (any order, once each)."""
        ...

    def join(self, winner: Person, loser: Person) -> Person:
        """Return `winner` with this room's part of `loser` joined in; commutative in content."""
        ...

    def react(
        self, person: Person, entry: Entry, program: Program
    ) -> Sequence[Derived | Candidate]:
        """Return what follows from an entry that was just folded into `person`."""
        ...


class Arbiter(Protocol):
    """The one gate: every outward act passes here, sent or not."""

    def decide(
        self,
        person: Person,
        candidates: Sequence[Candidate],
        entry: Entry,
        program: Program,
        standing: Standing = AT_REST,
    ) -> Sequence[Derived]:
        """Return one `Decided` for every candidate, the best first."""
        ...

    def recheck(self, claimed: Claimed, program: Program, now: datetime) -> str:
        """Return the reason code of a hard rule that now forbids the message, or ``""``."""
        ...


class Draft(Struct, frozen=True, kw_only=True):
    """An input that asks for a place in the journal.

    `key` is remembered for ever: a second draft with it is a duplicate. An event's identity is
    its first identifier; other bodies say what they hang on.
    """

    key: bytes
    identity: int
    at: datetime
    received_at: datetime
    body: Body


class Intake(Protocol):
    """Where accepted inputs go. Returns only when they are durable."""

    async def append(self, drafts: Sequence[Draft]) -> Sequence[Accepted]:
        """Append drafts in order; raise `Unavailable` when the queue is full or disk is."""
        ...

    async def reject(self, items: Sequence[Rejected]) -> None:
        """Keep refused items for the source debugger."""
        ...


class Answering(Protocol):
    """The running loop, as doors see it that decide while somebody waits for the answer."""

    @property
    def standing(self) -> Standing:
        """What holds for everybody now; may be read on any thread."""
        ...

    async def answer(self, drafts: Sequence[Draft]) -> Sequence[Accepted] | None:
        """Journal what a request was answered; None: decide again, others were faster.

        `drafts` are an `Answered` and what comes with it. Durable when it returns.
        """
        ...

    async def step(self, draft: Draft) -> Accepted:
        """Journal an input and step it; what it led to is in the journal when it returns."""
        ...


class Message(Struct, frozen=True, kw_only=True):
    """A rendered message on its way to one address. `message_id` is the idempotency key.

    `headers` are extra headers (List-Unsubscribe and its kin); `engagement` and `facts` serve
    machine channels (webhooks). `is_call`: it asks another system and its answer is wanted; it
    says nothing to the person. `variant`, `language` and `chosen_by` as in `rows.Content`.
    `devices` are the push subscriptions of the person, the newest first; `token` signs what a
    device tells about the message; it was decided at `decided_at` and is of no use after
    `useful_until`. `traceparent` (W3C) names this hand-over in the trace of what led to it.
    """

    message_id: str
    channel: str
    address: str
    recipient_name: str
    subject: str
    text: str
    html: str
    headers: Mapping[str, str]
    engagement: str
    message_class: str
    person_id: str
    facts: Mapping[str, object]
    attempt: int
    is_call: bool = False
    variant: str = ""
    language: str = ""
    chosen_by: str = ""
    devices: tuple[Device, ...] = ()
    token: str = ""
    decided_at: datetime | None = None
    useful_until: datetime | None = None
    traceparent: str = ""


class Heard(Struct, frozen=True, kw_only=True):
    """What one request of a provider says to us, and what it is answered.

    `once` names the word of consent (``purpose|channel``) about which a customer is answered once:
    when they had said it before, by another event, the answer is `silence`.
    """

    drafts: tuple[Draft, ...] = ()
    answer: str = ""
    silence: str = ""
    media_type: str = "application/json"
    once: str = ""


class ChannelAdapter(Protocol):
    """The outward half of a channel. Opened once, used by many senders at once."""

    async def open(self) -> None: ...

    async def send(self, message: Message) -> MessageOutcome:
        """Hand over one message. Never raises for what the provider says: that is an outcome."""
        ...

    async def close(self) -> None: ...


@runtime_checkable
class Asking(Protocol):
    """What an adapter offers as well whose provider can be asked what became of a message."""

    async def ask(self, message: Message, since: datetime) -> MessageOutcome | None:
        """Return what the provider knows of an attempt whose outcome is unknown `since` a moment.

        ``sent`` when it has the message, ``try_again`` when it surely never took it, None when it
        cannot tell (yet). Never raises for what the provider says.
        """
        ...


@runtime_checkable
class Traceable(Protocol):
    """What an adapter says as well that passes `Message.traceparent` on."""

    carries_trace: bool


class AdapterFactory(Protocol):
    """Makes the adapter that a channel's settings ask for; raises `Refused` on bad settings."""

    def __call__(self, channel: Channel, program: Program) -> ChannelAdapter: ...


class GraphReader(Protocol):
    """Reads identifiers, evidence, what was said about them, and clusters."""

    def nodes(self, identities: Sequence[int]) -> Mapping[int, Node]: ...

    def edges(
        self, identities: Sequence[int] = (), pairs: Sequence[tuple[int, int]] = ()
    ) -> Sequence[Edge]:
        """Return every edge that touches one of `identities`, and those that join `pairs`."""
        ...

    def rulings(self, identities: Sequence[int]) -> Sequence[Ruling]:
        """Return what was said about any of `identities`, by offset."""
        ...

    def clusters(
        self, person_ids: Sequence[str], *, with_members: bool = True
    ) -> Mapping[str, tuple[Cluster, Sequence[Node]]]:
        """Return clusters with their member nodes (none when not asked for: the hot path)."""
        ...

    def logins(self, devices: Sequence[int]) -> Sequence[Login]:
        """Return the logins on shared devices, by device and time."""
        ...

    def devices_of(self, anchors: Sequence[int]) -> Sequence[int]:
        """Return the devices on which some identities logged in while they were shared."""
        ...

    def winner(self, person_id: str) -> str:
        """Return to whom an id leads that nobody bears any more, or the id itself."""
        ...


class Identities(Protocol):
    """Reads the evidence about who is who, what was said about it, and what waits for a human."""

    @property
    def graph(self) -> GraphReader: ...

    def reviews(self, kind: str = "", limit: int = 200) -> Sequence[ReviewRow]:
        """Return questions that nobody has answered, of one kind or all, the newest first."""
        ...

    def review(self, review_id: str) -> ReviewRow | None:
        """Return one question, answered or not."""
        ...

    def act(self, act_id: str) -> Ruling | None: ...

    def acts(self, person_id: str) -> Sequence[tuple[Ruling, bool]]:
        """Return what was said about a person's identifiers, newest first, and if it stands."""
        ...


class People(Protocol):
    """Reads single persons. Every read is of one consistent moment."""

    def find(self, identifier: Identifier) -> str | None:
        """Return the person id behind an identifier, following merges."""
        ...

    def read(self, person_id: str) -> Person | None:
        """Return the person, None: nobody (a merged id forwards to its winner)."""
        ...

    def search(self, text: str, limit: int = 50) -> Sequence[PersonRow]:
        """Return people whose label or an identifier contains `text`; newest first if empty."""
        ...

    def identifiers(self, person_id: str) -> tuple[Sequence[IdentifierRow], Sequence[Evidence]]:
        """Return the identifiers of a person and the evidence that links them."""
        ...

    def timeline(self, person_id: str, before: int = 0, limit: int = 200) -> Sequence[Entry]:
        """Return entries of the person, newest first, below offset `before` (0: from the end)."""
        ...


class Registers(Protocol):
    """Reads the registers of the house. Lists are newest first unless said."""

    def promises(
        self,
        status: str = "",
        definition: str = "",
        limit: int = 200,
        *,
        newest_first: bool = False,
    ) -> Sequence[PromiseRow]:
        """Return promises (of one status, definition), the earliest due or last changed first."""
        ...

    def messages(
        self, message_id: str = "", state: str = "", limit: int = 200
    ) -> Sequence[tuple[MessageRow, Content | None]]:
        """Return messages with what they said, when they were handed over."""
        ...

    def cases(
        self, case_id: str = "", limit: int = 200, *, is_done: bool = False
    ) -> Sequence[CaseRow]:
        """Return cases that wait, first due first; those done, latest first; or the one named."""
        ...

    def sources(
        self, source: str = "", limit: int = 200
    ) -> tuple[Sequence[SourceRow], Sequence[Rejected]]:
        """Return counts per source, and rejected items (of one source)."""
        ...

    def tallies(self, since_day: str = "", names: Sequence[str] = ()) -> Sequence[Tally]:
        """Return counts from a day on, by day, name and key: of some names, or all (empty)."""
        ...


class Runs(Protocol):
    """Reads where people stand in journeys, and what passed the steps of journeys and promises."""

    def run(self, run_id: str) -> RunRow | None: ...

    def standing(
        self, journey: str, step: str = "", *, after: RunRow | None = None, limit: int = 200
    ) -> Sequence[RunRow]:
        """Return runs that stand in a journey now: by step, then the longest standing first.

        `step` asks for one step; `after` for the page behind a row.
        """
        ...

    def latest(self, journey: str, limit: int = 200) -> Sequence[RunRow]:
        """Return runs of a journey, ended ones too, those that changed last first."""
        ...

    def passages(self, flow: str = "") -> Sequence[Passage]:
        """Return the counts of one flow (``journey:<id>``, ``promise:<id>``), or of all."""
        ...

    def outcomes(self, since: datetime, span: timedelta | None = None) -> Sequence[OutcomeCount]:
        """Return how many promises came to which status from `since` on, in whole 5 minutes.

        In stretches of `span` (a multiple of them) that begin at the epoch; None: in one. By
        definition, stretch and status; what counts to nothing is left out.
        """
        ...


class Rollouts(Protocol):
    """Reads paced walks over many people, and the versions of the program."""

    def latest(self, rollout_id: str = "", limit: int = 200) -> Sequence[RolloutRow]:
        """Return rollouts, those that started last first; or the one that is named."""
        ...

    def progress(self, row: RolloutRow) -> RolloutProgress:
        """Return how far a rollout has come."""
        ...

    def walk(self, after: str, limit: int) -> Sequence[str]:
        """Return the ids of persons above one (empty: from the first), in the order of ids."""
        ...

    def versions(self, limit: int = 200) -> Sequence[VersionRow]:
        """Return what was published, the newest first."""
        ...

    def program(self, program_hash: str) -> bytes | None:
        """Return the folder of a published program (`regard.project.archive`), if it was kept."""
        ...


class Audiences(Protocol):
    """Reads who is in which audience now."""

    def counts(self) -> Mapping[str, int]:
        """Return how many members each audience has; one without members is not named."""
        ...

    def members(self, audience: str, after: str = "", limit: int = 200) -> Sequence[MemberRow]:
        """Return members in the order of their person ids, above one (empty: from the first)."""
        ...

    def latest(self, audience: str, limit: int = 200) -> Sequence[MemberRow]:
        """Return members, those who entered last first."""
        ...


class Remarks(Protocol):
    """Reads what people said about the engagement model."""

    def latest(self, about: str = "", limit: int = 200) -> Sequence[RemarkRow]:
        """Return remarks, the newest first: of all, or about one key."""
        ...


class Decisions(Protocol):
    """Reads what was decided, sent or not. Calls of other systems and tests are left out."""

    def one(self, number: int) -> DecisionRow | None:
        """Return the decision at an offset, any that there is."""
        ...

    def latest(
        self, wanted: DecisionKind, before: int = 0, limit: int = 100
    ) -> Sequence[DecisionRow]:
        """Return decisions of a kind below an offset (0: from the end), the newest first."""
        ...

    def about(
        self, person_id: str, engagement: str = "", before: int = 0, limit: int = 100
    ) -> Sequence[DecisionRow]:
        """Return decisions about one person, of one engagement or all, the newest first."""
        ...

    def counts(self, since_day: str = "", engagement: str = "") -> Sequence[DecisionCount]:
        """Return how many were made, of one engagement or all, by day and then by kind."""
        ...

    def totals(self, since_day: str = "") -> Sequence[DecisionCount]:
        """Return how many were made from a day on, by kind; all under that day."""
        ...

    def sent(self, since_day: str = "") -> Sequence[tuple[str, str, int]]:
        """Return (day, engagement, how many were sent) from a day on, by day and engagement."""
        ...


LOOP = "loop"
"""The reader that steps inputs: name of how far the loop has come."""


class Tail(Protocol):
    """Follows the journal as it grows."""

    def last(self) -> int:
        """Return the highest offset."""
        ...

    def after(self, offset: int, limit: int = 500) -> Sequence[tuple[Entry, str, str]]:
        """Return (entry, person id, label) above `offset`, oldest first."""
        ...

    def stepped(self, reader: str) -> int:
        """Return the offset up to which a reader has come; of the `LOOP`, below what waits."""
        ...

    def waiting(self, limit: int) -> int:
        """Return how many inputs wait to be stepped, whoever is to step them; at most `limit`."""
        ...

    def due(self, now: datetime, limit: int) -> Sequence[Timer]:
        """Return timers that are due at `now`, earliest first."""
        ...

    def named(self, places: Sequence[tuple[int, datetime]]) -> Sequence[tuple[str, str]]:
        """Return (person id, label) of places (identity, moment); empty texts: nobody there."""
        ...


class Shelf(Protocol):
    """Reads how old is what is kept beside the journal."""

    def aged(self, kind: Dated, before: datetime) -> Sequence[Aged]:
        """Return how much of a kind is kept of each UTC day, of what is older than a moment."""
        ...


class Reading(Protocol):
    """A read-only session on the store."""

    @property
    def people(self) -> People: ...

    @property
    def registers(self) -> Registers: ...

    @property
    def runs(self) -> Runs: ...

    @property
    def rollouts(self) -> Rollouts: ...

    @property
    def audiences(self) -> Audiences: ...

    @property
    def identities(self) -> Identities: ...

    @property
    def remarks(self) -> Remarks: ...

    @property
    def decisions(self) -> Decisions: ...

    @property
    def shelf(self) -> Shelf: ...

    @property
    def tail(self) -> Tail: ...

    def count_persons(self) -> int:
        """Return how many persons are known now, anonymous ones included."""
        ...


class Steward(Protocol):
    """Acts on the house as a whole: broadcasts, and the program in force. `by` says who acts.

    Each raises `Refused` when it makes no sense, and returns when the act is durable.
    """

    async def broadcast(self, broadcast_id: str, act: str, by: str) -> RolloutChanged:
        """Start, pause, resume or cancel a broadcast."""
        ...

    async def test(self, broadcast_id: str, by: str) -> Sequence[str]:
        """Send a broadcast to its seed list, marked as a test; return who is not known."""
        ...

    async def preview(self, broadcast_id: str) -> Outlook:
        """Return what a broadcast would come to if it went now."""
        ...

    async def publish(self, archive: bytes, by: str) -> ProgramPublished:
        """Let a folder (`regard.project.archive`) take over; nothing happens if it is in force."""
        ...

    async def undo(self, by: str) -> ProgramPublished:
        """Bring back the version before the one in force."""
        ...


class Postmaster(Protocol):
    """Mends what could not be handed over. `by` says who acts."""

    async def replay(self, wanted: Replay, by: str) -> Sequence[Mended]:
        """Let dead or unknown messages come again, through the last check, under the same id.

        Providers are asked first. One that may have arrived is left alone unless it is forced.
        """
        ...

    async def discard(self, wanted: Replay, by: str) -> Sequence[Mended]:
        """End dead letters for good; they stay in the journal."""
        ...


class Student(Protocol):
    """Learns from what became of decisions, when told to."""

    async def learn(self, by: str) -> PolicyTrained | None:
        """Learn now and journal what was learned; None: nothing new. `by` says who told it.

        Raise `Refused` when the project does not learn.
        """
        ...


class Library(Protocol):
    """Opens read-only sessions; safe to call from any thread."""

    def reading(self) -> AbstractContextManager[Reading]: ...

    def close(self) -> None:
        """Close every idle session; nothing is read from then on."""
        ...
