"""Derived facts: what the stages concluded from an entry. Journaled right with it.

They are the history of promises, journey runs, decisions, cases and identity. A view is a fold
over them, so a rebuild never decides again: what was decided stays decided, even after the code
that decided has changed.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from msgspec import Struct

from regard.core.event import (
    AgentOffered,
    Event,
    Identifier,
    IdentityAct,
    MessageClaimed,
    MessageOutcome,
    ModelRemark,
    PersonRevised,
    PolicyTrained,
    ProgramPublished,
    Retained,
    RolloutChanged,
    RolloutReached,
    TimerDue,
)
from regard.core.ids import STAMP_BITS

PromiseStatus = Literal[
    "expected", "missed", "kept", "late", "doubled", "repaired", "void", "broken"
]
OPEN_PROMISE = ("expected", "missed")
"""Statuses that still await an outcome; all others are outcomes. `missed` is being repaired."""


class PromiseChanged(
    Struct, frozen=True, kw_only=True, tag_field="kind", tag="promise", omit_defaults=True
):
    """A promise to one person was made or moved on.

    `promise_id` is the instance, `definition` the id in the project folder, `about` what it is
    about (a booking number). `wake_at` is when it must be looked at next (None: never).
    `facts` are the facts of the event that made it. `channels_tried` in order. `repair_ids` are
    those of `message_ids` that repair a miss: reaching the person by one of them is `repaired`.
    `reported_at` is when another system says that it kept it, heard after the outcome: evidence.
    """

    promise_id: str
    definition: str
    status: PromiseStatus
    about: str
    made_at: datetime
    act_at: datetime
    due_at: datetime
    reason: str
    wake_at: datetime | None = None
    is_offered: bool = False
    repair_step: int = 0
    channels_tried: tuple[str, ...] = ()
    message_ids: tuple[str, ...] = ()
    repair_ids: tuple[str, ...] = ()
    kept_by: str = ""
    kept_at: datetime | None = None
    reported_at: datetime | None = None
    facts: dict[str, Any] = {}


RunStatus = Literal["waiting", "offering", "finished", "exited"]
ENDED_RUN = ("finished", "exited")
"""Statuses of a run that is over; in all others it stands at its step."""


class RunChanged(
    Struct, frozen=True, kw_only=True, tag_field="kind", tag="run", omit_defaults=True
):
    """A journey run moved to `step` (a step id) or ended.

    ``waiting`` for `wake_at` or one of `awaits` (event names); ``offering`` until its candidate
    has an outcome. `facts` are the facts of the event that started it. `ahead` are the steps that
    followed when it stopped here: a deleted step means the first of them that survives. `path`
    are the steps it entered since its last change, `step` the last of them (empty: it did not
    move). `parked_at` is when it came to stand at its step, or ended. `call_id` is the call whose
    answer it waits for; `is_watching`: it waits for a condition that any entry may turn true.
    """

    run_id: str
    journey: str
    step: str
    status: RunStatus
    started_at: datetime
    reason: str
    wake_at: datetime | None = None
    awaits: tuple[str, ...] = ()
    ahead: tuple[str, ...] = ()
    path: tuple[str, ...] = ()
    parked_at: datetime | None = None
    call_id: str = ""
    is_watching: bool = False
    facts: dict[str, Any] = {}


CALL_PREFIX = "call_"
"""How the id of a call begins: a message to another system, which is no touch of the person."""

MessageClass = Literal["service", "marketing"]
Origin = Literal["promise", "journey", "broadcast", "need", "agent", "request"]


class Candidate(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """An engagement for a person now, asking to pass the gate.

    `ref` is the promise or run that offers it. `deadline_at`: holding it longer breaks a promise.
    `channels_excluded` were tried already. `made_at` keeps its age over holds; `held_id` is the
    id of the decision that first held it (empty: never held) and names the hold from then on.
    `call_id` is set when a journey asks a webhook instead of speaking to the person: the id that
    its message bears; `engagement` then names journey and step. `is_test`: shown to somebody of
    the house, whom neither eligibility nor waiting concerns.
    """

    engagement: str
    origin: Origin
    ref: str
    made_at: datetime
    facts: dict[str, Any] = {}
    deadline_at: datetime | None = None
    useful_until: datetime | None = None
    channels: tuple[str, ...] = ()
    channels_excluded: tuple[str, ...] = ()
    attempt: int = 0
    held_id: str = ""
    call_id: str = ""
    is_test: bool = False


class Refusal(Struct, frozen=True, array_like=True):
    """Why one channel (or ``*``: every one) was refused: reason code and next allowed moment."""

    channel: str
    reason: str
    next_allowed_at: datetime | None = None


class Decided(
    Struct, frozen=True, kw_only=True, tag_field="kind", tag="decision", omit_defaults=True
):
    """What the gate and the arbiter concluded about one candidate, sent or not.

    ``send`` puts message `decision_id` in the outbox; ``hold`` looks again at `wake_at`;
    ``silence`` ends the candidate. `reason` is one code of `docs/reasons.md`, `refusals` holds
    all that were met on the way, `factors` the parts of the score, `rivals` what else competed.
    `probability` is the chance that this verdict had (1: it was certain) under version `policy` of
    what was learned, which saw `features`; `arm` is the variant that it drew in `experiment`
    (``id@version``), which names the holdout where one was the reason.
    `department` is whose capacity a sent one takes. `is_answer`: it was the answer to a request, so
    it was handed over as it was decided and never enters the outbox.
    """

    decision_id: str
    candidate: Candidate
    verdict: Literal["send", "hold", "silence"]
    reason: str
    message_class: MessageClass
    purpose: str
    channel: str = ""
    address: str = ""
    score: float = 0.0
    factors: dict[str, float] = {}
    refusals: tuple[Refusal, ...] = ()
    rivals: tuple[str, ...] = ()
    wake_at: datetime | None = None
    probability: float = 1.0
    policy: str = ""
    features: tuple[float, ...] = ()
    arm: str = ""
    experiment: str = ""
    department: str = ""
    is_answer: bool = False


class Shown(Struct, frozen=True, array_like=True):
    """What an answer said: the content of the decision `decision_id`, as it was rendered."""

    decision_id: str
    subject: str
    text: str
    html: str


class PassedOver(Struct, frozen=True, array_like=True):
    """An engagement that was not offered on request: reason code and next allowed moment."""

    engagement: str
    reason: str
    next_allowed_at: datetime | None = None


class Answered(
    Struct, frozen=True, kw_only=True, tag_field="kind", tag="answered", omit_defaults=True
):
    """An input: somebody asked what to offer a person who is there, and this was the answer.

    Decided in the request, outside the loop, by the same gate; the answer was the hand-over.
    `decisions` are those of what was offered, of what silence outweighed, and of what was held for
    the person; `shown` is what was said, `passed_over` what the gate refused or was worth less.
    `reason` and `next_allowed_at` are told when nothing was offered.
    """

    request_id: str
    source: str
    channel: str
    placement: str = ""
    decisions: tuple[Decided, ...] = ()
    shown: tuple[Shown, ...] = ()
    passed_over: tuple[PassedOver, ...] = ()
    reason: str = ""
    next_allowed_at: datetime | None = None


class CaseOpened(
    Struct, frozen=True, kw_only=True, tag_field="kind", tag="case", omit_defaults=True
):
    """Work for a human: `department` should do `title` about `ref`, by `due_at`."""

    case_id: str
    department: str
    title: str
    ref: str
    reason: str
    due_at: datetime | None = None


class Noted(Struct, frozen=True, kw_only=True, tag_field="kind", tag="noted", omit_defaults=True):
    """Something Regard itself noticed about a person; it triggers like an event of that `name`.

    `about` is the definition it concerns (an audience, a promise, a rhythm); a trigger may ask
    for one of them: the indexes of the program know ``name`` and ``name|about``. `note_id` is
    stable: the same cause notes the same thing once.
    """

    note_id: str
    name: str
    about: str
    facts: dict[str, Any] = {}

    @property
    def keys(self) -> tuple[str, str]:
        """Return the keys of the program's indexes under which triggers wait for it."""
        return self.name, f"{self.name}|{self.about}"


class AudienceChanged(
    Struct, frozen=True, kw_only=True, tag_field="kind", tag="audience", omit_defaults=True
):
    """A person entered or left an audience, or is to be looked at again at `wake_at`.

    `member_id` names the membership's timer; `since` is when the person entered or left, `reason`
    why (``event:<name>``, ``time``, ``identity``, or what triggers nothing: ``history``,
    ``definition``, ``rights``); `definition` is the hash of the condition that was evaluated.
    `has_moved`: they entered or left by this very fact; else it only sets the moment.
    """

    member_id: str
    audience: str
    is_member: bool
    since: datetime
    definition: str
    wake_at: datetime | None = None
    reason: str = ""
    has_moved: bool = False


class RhythmArmed(
    Struct, frozen=True, kw_only=True, tag_field="kind", tag="rhythm", omit_defaults=True
):
    """When to look whether a person is late by their own rhythm, or that they were found late.

    `armed_id` names the timer, `last_at` is the event that they were last heard by. `wake_at`
    None: nothing is waited for until the next event. `is_told`: the silence since `last_at` was
    noted; it is not noted again.
    """

    armed_id: str
    rhythm: str
    last_at: datetime
    wake_at: datetime | None = None
    is_told: bool = False


class NeedEvidence(
    Struct, frozen=True, kw_only=True, tag_field="kind", tag="evidence", omit_defaults=True
):
    """Something was evidence for or against a need, with its `weight` in log-odds.

    `line` names the line of the need that it fits, `told` says what was found, in words of the
    project (an event, a phrase, a silence); `at` is when it happened.
    """

    need: str
    line: str
    weight: float
    at: datetime
    told: str


class NeedChanged(
    Struct, frozen=True, kw_only=True, tag_field="kind", tag="need", omit_defaults=True
):
    """A person began or ceased to feel a need, or is to be looked at again at `wake_at`.

    `need_id` names the timer. `spell` names the time from when it was felt until it is no more.
    `belief` is that of this moment, `met_at` when something met the need (all evidence up to then
    is over). `reason` is as in `AudienceChanged`, or ``met:<event>``. `has_moved`: felt or not by
    this very fact.
    """

    need_id: str
    need: str
    is_felt: bool
    since: datetime
    belief: float
    spell: str = ""
    wake_at: datetime | None = None
    met_at: datetime | None = None
    reason: str = ""
    has_moved: bool = False


class SilenceWatched(
    Struct, frozen=True, kw_only=True, tag_field="kind", tag="silence", omit_defaults=True
):
    """When to look whether a silence is evidence for a need; `wake_at` None: it is settled.

    `watch_id` names the timer, `line` the line of the need, `since` is the event that is followed.
    """

    watch_id: str
    need: str
    line: str
    since: datetime
    wake_at: datetime | None = None


class AnswerTaken(
    Struct, frozen=True, kw_only=True, tag_field="kind", tag="answer", omit_defaults=True
):
    """A person answered a question: what they said about a `trait` of theirs, or about a `need`.

    `message_id` is the message that asked, `source` who brought the answer, `at` when it was given.
    """

    message_id: str
    engagement: str
    answer: str
    source: str
    at: datetime
    trait: str = ""
    need: str = ""


class PersonsMerged(
    Struct, frozen=True, kw_only=True, tag_field="kind", tag="merge", omit_defaults=True
):
    """Evidence joined two persons; `loser` forwards to `winner` from now on."""

    winner: str
    loser: str
    left: Identifier
    right: Identifier
    rule: str


class IdentityShared(
    Struct, frozen=True, kw_only=True, tag_field="kind", tag="shared", omit_defaults=True
):
    """An identifier turned out to belong to more than one person and stopped linking them."""

    identifier: Identifier
    persons: tuple[str, ...]
    rule: str


class PersonSplit(
    Struct, frozen=True, kw_only=True, tag_field="kind", tag="person_split", omit_defaults=True
):
    """One person turned out to be several: `identifiers` left `person_id` and are `other` now.

    `rule` is that of the act that said so, or ``evidence`` when an event did.
    """

    person_id: str
    other: str
    identifiers: tuple[Identifier, ...]
    rule: str


class EvidenceRefused(
    Struct, frozen=True, kw_only=True, tag_field="kind", tag="evidence_refused", omit_defaults=True
):
    """Something says that two identifiers are one person, and something stronger that they are not.

    `rule` names what forbids it: ``never`` (the act `act_id`), ``two_persons``, ``too_many``.
    """

    left: Identifier
    right: Identifier
    rule: str
    act_id: str = ""


class LimitReached(
    Struct, frozen=True, kw_only=True, tag_field="kind", tag="limit", omit_defaults=True
):
    """A named limit was reached for this person; nothing is silent about it.

    `identifier` is where it was reached, if it is one of identifiers.
    """

    limit: str
    detail: str
    identifier: Identifier | None = None


class StepFailed(
    Struct, frozen=True, kw_only=True, tag_field="kind", tag="failed", omit_defaults=True
):
    """Deciding about an entry failed with a bug of ours; the entry is kept and set aside."""

    error: str
    traceback: str


Body = (
    Event
    | Answered
    | AgentOffered
    | TimerDue
    | MessageClaimed
    | MessageOutcome
    | ProgramPublished
    | RolloutChanged
    | RolloutReached
    | IdentityAct
    | PersonRevised
    | PolicyTrained
    | ModelRemark
    | Retained
    | PromiseChanged
    | RunChanged
    | AudienceChanged
    | RhythmArmed
    | NeedEvidence
    | NeedChanged
    | SilenceWatched
    | AnswerTaken
    | Noted
    | Decided
    | CaseOpened
    | PersonsMerged
    | PersonSplit
    | EvidenceRefused
    | IdentityShared
    | LimitReached
    | StepFailed
)
Derived = (
    PromiseChanged
    | RunChanged
    | AudienceChanged
    | RhythmArmed
    | NeedEvidence
    | NeedChanged
    | SilenceWatched
    | AnswerTaken
    | Noted
    | Decided
    | CaseOpened
    | PersonsMerged
    | PersonSplit
    | EvidenceRefused
    | IdentityShared
    | LimitReached
    | StepFailed
)


class Entry(Struct, frozen=True, kw_only=True):
    """One line of the journal.

    `offset` is its place (from 1). `identity` is what it hangs on (0: the house itself).
    `cause` is the offset of the input it was derived from, `part` its number (1 and up) among the
    facts of that cause; both are 0 for inputs. `at` is when it happened, `received_at` when we
    took note: the `now` of every decision about it.
    """

    offset: int
    identity: int
    at: datetime
    received_at: datetime
    body: Body
    cause: int = 0
    part: int = 0

    @property
    def stamp(self) -> int:
        """Return the logical order: an input, then the facts derived from it, then the next."""
        return ((self.cause or self.offset) << STAMP_BITS) | self.part
