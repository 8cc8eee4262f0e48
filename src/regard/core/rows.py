"""Rows of the views: what the console, the API and the dispatcher read.

All but `Rejected` and `Content` are folds of the journal and can be rebuilt from it.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final, Literal

from msgspec import Struct

from regard.core.event import Identifier, ModelRemark, ProgramPublished, RolloutChanged
from regard.core.facts import Decided, MessageClass, PromiseChanged, RunChanged
from regard.core.person import Person

MessageState = Literal[
    "queued", "claimed", "sent", "delivered", "refused", "dead", "unknown", "withdrawn", "bounced"
]

UNDER_WAY: Final[tuple[MessageState, ...]] = ("queued", "claimed")
"""States of a message that has no outcome yet."""

DEAD_REASONS: Final = frozenset(
    {
        "poisoned",
        "poisoned_adapter",
        "gave_up",
        "template_failed",
        "no_variant",
        "engagement_gone",
        "channel_gone",
        "sender_unready",
    }
)
"""Reasons of a refusal that lie with us and can be mended: such a message is a dead letter, kept
for ever, and may be replayed. All others are the recipient's or the provider's last word."""

REPLAYED: Final = "replayed"
"""Reason of the outcome by which somebody lets a dead or unknown message come again."""

DISCARDED: Final = "discarded"
"""Reason of the outcome by which somebody ends a dead letter."""


class PersonRow(Struct, frozen=True, kw_only=True):
    """One hit of a search for people."""

    person_id: str
    label: str
    identifiers: tuple[Identifier, ...]
    last_seen_at: datetime | None
    last_channel: str


class IdentifierRow(Struct, frozen=True, kw_only=True):
    """An identifier of a person, and whether it still links (a shared one does not).

    `rule` says why it does not (``two_persons``, ``too_many`` …). `is_unconfirmed`: probability
    alone joins it to the person, so consents that were given on it do not count.
    """

    identifier: Identifier
    identity: int
    first_at: datetime
    is_shared: bool
    rule: str = ""
    is_unconfirmed: bool = False


class Evidence(Struct, frozen=True, kw_only=True):
    """Two identifiers seen together, or said to be one: where in the journal, when, by whom.

    `rule` is ``same_event``, ``alias``, or that of the act `act_id` (``human``, ``api``, a
    linker's). `confidence` below 1 is probability alone. Inactive evidence links nobody: an end is
    shared, something stronger is against it, or it was undone.
    """

    left: Identifier
    right: Identifier
    offset: int
    at: datetime
    source: str
    rule: str
    confidence: float = 1.0
    is_active: bool = True
    act_id: str = ""


ReviewKind = Literal["shared", "limit", "refused", "proposed"]


class Review(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A question about identifiers that a human may answer, as the journal raised it.

    ``shared``: more than one person has `left`. ``limit``: there are too many; `rule` says of what.
    ``refused``: something says that `left` and `right` are one, and `rule` forbids it.
    ``proposed``: a linker thinks they are one, with `confidence` and `reasons`.
    """

    review_id: str
    kind: ReviewKind
    left: tuple[Identifier, ...]
    opened_at: datetime
    offset: int
    right: tuple[Identifier, ...] = ()
    rule: str = ""
    detail: str = ""
    act_id: str = ""
    confidence: float = 1.0
    reasons: dict[str, float] = {}


class ReviewRow(Struct, frozen=True, kw_only=True):
    """A question, the persons whom it names now (id, label), and the act that answered it."""

    review: Review
    persons: tuple[tuple[str, str], ...]
    answered_by: str = ""


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


class OutcomeCount(Struct, frozen=True, kw_only=True):
    """How many promises of a definition are at one status, counted where they left ``expected``.

    `since` begins the stretch of time that is counted. One that was kept and is taken back counts
    where that was noticed; any other correction where the first word was.
    """

    definition: str
    status: str
    since: datetime
    count: int


class MessageRow(Struct, frozen=True, kw_only=True):
    """One message of the outbox, from decided to its outcome; `identity` and `at` place it.

    `number` is the offset of its decision: of those that may go at one moment it goes first whose
    number is the lowest. `tries` are the attempts that really were one (not those handed back for
    want of a place), `crashes` how many of the last of them broke, `unknowns` after how many
    nobody could tell whether it was taken. `token` is that of the process that claimed it last.
    """

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
    number: int = 0
    tries: int = 0
    crashes: int = 0
    unknowns: int = 0
    token: int = 0


class DecisionKind(Struct, frozen=True, kw_only=True, order=True):
    """What decisions have in common; as a question, what is empty may be anything.

    `channel` is empty where the gate found none.
    """

    engagement: str = ""
    verdict: str = ""
    reason: str = ""
    channel: str = ""
    origin: str = ""


class DecisionRow(Struct, frozen=True, kw_only=True):
    """One decision: its offset, when it was made and about whom; `cause` is what was decided on."""

    number: int
    at: datetime
    person_id: str
    label: str
    decision: Decided
    cause: int


class DecisionCount(Struct, frozen=True, kw_only=True):
    """How many decisions of a kind were made on a UTC day, how many about something new.

    What was held before is not new when it is decided again.
    """

    day: str
    kind: DecisionKind
    count: int
    new_count: int


class Content(Struct, frozen=True, kw_only=True):
    """What a message said, as handed over. Kept beside the journal as proof.

    `variant` is the variant of the engagement (empty: the core) in `language` (BCP 47), `chosen_by`
    why it was that one, in words.
    """

    message_id: str
    channel: str
    address: str
    subject: str
    text: str
    html: str
    headers: dict[str, str]
    handed_at: datetime
    variant: str = ""
    language: str = ""
    chosen_by: str = ""


class Replay(Struct, frozen=True, kw_only=True):
    """What somebody asks about messages: those named, or all dead ones of an engagement.

    `words` say why (needed to discard); `is_forced`: they looked, and an attempt before did not
    arrive.
    """

    messages: tuple[str, ...] = ()
    engagement: str = ""
    words: str = ""
    is_forced: bool = False


class Mended(Struct, frozen=True, kw_only=True):
    """What came of it for one message; `reason` says why nothing did."""

    message_id: str
    is_done: bool
    reason: str = ""


CaseState = Literal["open", "taken", "done"]


class CaseRow(Struct, frozen=True, kw_only=True):
    """Work for a human: what, for whom, by when; `by` whom it was taken or done, when and how."""

    case_id: str
    person_id: str
    label: str
    department: str
    title: str
    reason: str
    ref: str
    opened_at: datetime
    due_at: datetime | None
    state: CaseState = "open"
    moved_at: datetime | None = None
    by: str = ""
    note: str = ""


class MemberRow(Struct, frozen=True, kw_only=True):
    """One member of an audience now, and since when."""

    person_id: str
    label: str
    since: datetime


class Rejected(Struct, frozen=True, kw_only=True):
    """An item that intake refused, kept as it came for the source debugger."""

    source: str
    at: datetime
    code: str
    message: str
    item: str
    number: int = 0


Dated = Literal["content", "rejected"]
"""What is kept beside the journal and has a moment by which it grows old."""


class Aged(Struct, frozen=True, kw_only=True):
    """How much of one kind is kept of a UTC day."""

    day: str
    count: int


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
    """A message that a dispatcher holds now: its row, the person, and its claim number.

    `refusal` is the reason code for which it must not go, known to the ledger and not from the
    person alone (its broadcast was cancelled, somebody else at that address has it already).
    At `back_at` it comes again: somebody else at that address may be getting it just now.
    """

    row: MessageRow
    person: Person
    token: int
    refusal: str = ""
    back_at: datetime | None = None


class RolloutRow(Struct, frozen=True, kw_only=True):
    """A rollout at its latest change."""

    change: RolloutChanged
    changed_at: datetime


class RolloutProgress(Struct, frozen=True, kw_only=True):
    """How far a rollout has come: people reached, and what became of them.

    `held` wait for their moment; `silences` by reason; `messages` by state (``queued``, ``sent``,
    …), those that were withdrawn or refused in `failures` by reason as well.
    """

    reached: int
    held: int
    silences: dict[str, int]
    messages: dict[str, int]
    failures: dict[str, int]


class Outlook(Struct, frozen=True, kw_only=True):
    """What would become of a broadcast now.

    `recipients` are reached; of them `sent` get a message (by channel in `channels`),
    `same_address` share the address of somebody who does, `held` wait (by reason in `holds`), the
    others stay in silence (by reason in `silences`). `unmoved` were offered it before.
    """

    recipients: int
    sent: int
    same_address: int
    held: int
    unmoved: int
    channels: dict[str, int]
    holds: dict[str, int]
    silences: dict[str, int]


class VersionRow(Struct, frozen=True, kw_only=True):
    """One publication of a program: its place in the journal, when, and what was published."""

    offset: int
    at: datetime
    published: ProgramPublished


class RemarkRow(Struct, frozen=True, kw_only=True):
    """One remark about the engagement model: its place in the journal, when, and what it says."""

    offset: int
    at: datetime
    remark: ModelRemark


class Timer(Struct, frozen=True, kw_only=True):
    """A moment that something waits for; `identity` and `at` place it like its cause.

    `number` is the offset of the entry that set it.
    """

    ref: str
    identity: int
    at: datetime
    due_at: datetime
    number: int = 0


class Accepted(Struct, frozen=True, kw_only=True):
    """What became of one draft that was appended: its offset, or that it was there before."""

    offset: int
    is_duplicate: bool


class Books(Struct, frozen=True, kw_only=True):
    """The result of an audit: counts by name and every finding that does not balance."""

    counts: dict[str, int]
    findings: tuple[str, ...]
