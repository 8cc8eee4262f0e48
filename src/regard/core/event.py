"""Input facts: what came in from outside or from a clock, exactly as accepted.

An `Entry` is one line of the journal: its place, its moment, the identity it hangs on and one
body. Input bodies stand here, derived bodies (what the stages concluded) in `core.facts`.
Everything is frozen; nothing here has behaviour beyond naming.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from msgspec import Struct


class Identifier(Struct, frozen=True, array_like=True, gc=False):
    """A key that points at one person: kind (``email``) and normalised value."""

    kind: str
    value: str

    def __str__(self) -> str:
        return f"{self.kind}:{self.value}"


DEPARTMENT = "department"
"""Kind of the identifier that a department of the company bears: alerts hang on it, and nobody
outside may name it."""


class Event(Struct, frozen=True, kw_only=True, tag_field="kind", tag="event", omit_defaults=True):
    """A touch or a fact about a person, from any source, after intake.

    `identifiers` are ordered by the priority of their kinds, strongest first; the event hangs on
    the first. `facts` are the properties of a track, `traits` what it claims about the person.
    `at` is corrected for the sender's clock and never later than `received_at`.
    `trust` ranks the claims: 0 the customer said it, 1 verified, 2 observed, 3 inferred.
    `is_history`: it tells what was; people are known by it, nothing is promised or said for it.
    """

    message_id: str
    source: str
    type: Literal["track", "identify", "page", "screen", "group", "alias"]
    name: str
    channel: str
    at: datetime
    received_at: datetime
    identifiers: tuple[Identifier, ...]
    facts: dict[str, Any] = {}
    traits: dict[str, Any] = {}
    context: dict[str, Any] = {}
    trust: int = 2
    violations: tuple[str, ...] = ()
    is_history: bool = False


class TimerDue(
    Struct, frozen=True, kw_only=True, tag_field="kind", tag="timer", omit_defaults=True
):
    """A moment that a promise, a journey run or a held message waited for has come.

    `ref` names the waiting thing: ``promise:<id>``, ``run:<id>``, ``held:<decision id>``,
    ``audience:<member id>``, ``rhythm:<id>`` or ``need:<id>``.
    """

    ref: str
    due_at: datetime


class MessageClaimed(
    Struct, frozen=True, kw_only=True, tag_field="kind", tag="claimed", omit_defaults=True
):
    """A dispatcher is about to hand a message to a channel. Journaled before the hand-over.

    A claim without an outcome from a dead process is what makes an outcome `unknown`.
    """

    message_id: str
    channel: str
    attempt: int
    token: int


Outcome = Literal["sent", "refused", "try_again", "unknown", "withdrawn"]


class MessageOutcome(
    Struct, frozen=True, kw_only=True, tag_field="kind", tag="outcome", omit_defaults=True
):
    """What became of one attempt to hand a message over.

    ``sent`` the provider took it; ``refused`` permanently; ``try_again`` temporarily, next at
    `retry_at`; ``unknown`` nobody can tell; ``withdrawn`` the last check at the gate said no.
    `answer` is what a called webhook returned (a JSON object of bounded size). `gone` are addresses
    of the person that turned out to be dead while it was handed over to others of them.
    `is_answer`: the provider was asked later about an attempt whose outcome was unknown.
    """

    message_id: str
    channel: str
    outcome: Outcome
    attempt: int = 1
    reason: str = ""
    detail: str = ""
    provider_id: str = ""
    retry_at: datetime | None = None
    answer: dict[str, Any] = {}
    gone: tuple[str, ...] = ()
    is_answer: bool = False


class ProgramPublished(
    Struct, frozen=True, kw_only=True, tag_field="kind", tag="program", omit_defaults=True
):
    """A compiled project folder took over. `hash` names it; `by` who did it.

    `previous` is the hash of the program that decided before (empty: the first); `undoes` is set
    when an earlier version was brought back: the hash of the one that was withdrawn.
    """

    hash: str
    name: str
    by: str = ""
    previous: str = ""
    undoes: str = ""


RolloutKind = Literal["broadcast", "audience", "reread", "start"]
RolloutStatus = Literal["running", "paused", "cancelled", "finished"]


class RolloutChanged(
    Struct, frozen=True, kw_only=True, tag_field="kind", tag="rollout", omit_defaults=True
):
    """A paced walk over many people was started, paused, resumed, cancelled or has come to its end.

    It hangs on the house itself. ``broadcast`` offers engagement `subject`; ``audience`` looks
    whether people belong to audience `subject` (a new or changed definition); ``reread`` lets the
    parked runs of journey `subject` follow the published version; ``start`` begins journey
    `subject`. It reaches the members of `audience` (empty: everybody), at most `pace_per_s`
    of them a second (0: as fast as the loop takes them), and nobody after `expires_at`.
    `definition` is the file of the folder that it came from (empty: none).
    Every change repeats the whole: the latest one is the state.
    """

    rollout_id: str
    rollout: RolloutKind
    subject: str
    status: RolloutStatus
    started_at: datetime
    audience: str = ""
    definition: str = ""
    pace_per_s: float = 0.0
    expires_at: datetime | None = None
    facts: dict[str, Any] = {}
    program: str = ""
    by: str = ""
    reason: str = ""


class RolloutReached(
    Struct, frozen=True, kw_only=True, tag_field="kind", tag="reached", omit_defaults=True
):
    """A rollout has come to one person, on whose identity this hangs.

    Its journal key is made of the rollout and the person: whatever is paused, killed or started
    twice, a person is reached once. Fields as in `RolloutChanged`. `is_test`: a broadcast shown to
    somebody of its seed list before it starts.
    """

    rollout_id: str
    rollout: RolloutKind
    subject: str
    audience: str = ""
    definition: str = ""
    is_test: bool = False
    expires_at: datetime | None = None
    facts: dict[str, Any] = {}


IdentityVerb = Literal["link", "never", "split", "propose", "dismiss", "undo"]


class IdentityAct(
    Struct, frozen=True, kw_only=True, tag_field="kind", tag="identity_act", omit_defaults=True
):
    """Somebody, or a linker, said who is one person and who is not. It hangs on `left[0]`.

    ``link``: all of `left` and `right` are one person. ``never``: nobody of `left` is one with
    anybody of `right`. ``split``: the same, said where they are one: `left` leaves `person_id`, and
    each side stays one.
    ``propose``: a linker asks whether they are one, and nothing changes. ``dismiss`` answers a
    question (`answers`) with that. ``undo`` takes the act `undoes` back, and names whom it named.
    `by` says who, `why` in their words, `rule` how it is known (``human``, ``api``, or a linker's
    rule with its `reasons`). A `confidence` below 1 is probability alone: such a link gives no
    consent to the other part. `answers` is the review that it answers.
    """

    act_id: str
    act: IdentityVerb
    left: tuple[Identifier, ...]
    right: tuple[Identifier, ...] = ()
    by: str = ""
    why: str = ""
    rule: str = "human"
    confidence: float = 1.0
    reasons: dict[str, float] = {}
    person_id: str = ""
    undoes: str = ""
    answers: str = ""


class PersonRevised(
    Struct, frozen=True, kw_only=True, tag_field="kind", tag="revised", omit_defaults=True
):
    """Who a person is was revised: two turned out to be one, or some entries are another's.

    Journaled by the loop when it has mended the person, so that what was concluded from all that
    they did together (memberships) is looked at again. `person_id` is as it was then.
    """

    person_id: str


class AgentOffered(
    Struct, frozen=True, kw_only=True, tag_field="kind", tag="agent_offer", omit_defaults=True
):
    """A human of the house, or a system that acts for one, wants to offer `engagement`.

    It becomes a candidate like any other: the gate decides. `channels` (empty: those of the
    engagement) are where they want to say it; `by` says who.
    """

    offer_id: str
    engagement: str
    channels: tuple[str, ...] = ()
    facts: dict[str, Any] = {}
    by: str = ""


class PolicyTrained(
    Struct, frozen=True, kw_only=True, tag_field="kind", tag="policy", omit_defaults=True
):
    """Something was learned from outcomes; from here on decisions look at version `version`.

    It hangs on the house itself. `parameters` are all numbers of the policy (`learning.snapshot`),
    so that a replay decides by the same ones. `read_to` is the last offset that was learned from,
    `counts` are outcomes by engagement, `gates` say by engagement and level whether it tailors,
    and why or why not.
    """

    version: str
    parameters: bytes
    read_to: int
    counts: dict[str, int] = {}
    gates: dict[str, str] = {}
    by: str = ""


class Retained(
    Struct, frozen=True, kw_only=True, tag_field="kind", tag="retained", omit_defaults=True
):
    """Something was kept long enough and went, in one transaction with this. It hangs on the house.

    `count` rows of `what` (``content``: messages as they were said; ``rejected``: items that
    intake refused) from before a moment; `by` says who let them go.
    """

    what: str
    before: datetime
    count: int
    by: str = ""


RemarkAct = Literal["comment", "vote", "decide"]
Vote = Literal["", "agree", "disagree", "unsure"]


class ModelRemark(
    Struct, frozen=True, kw_only=True, tag_field="kind", tag="remark", omit_defaults=True
):
    """Somebody said something about the engagement model. It hangs on the house itself.

    `about` is the key of an element or flow (``channel:web.desktop``, ``flow:a>b``), or
    ``disconnect:`` and its id; `model` is the version that is meant. A ``vote`` says whether it is
    as drawn and replaces the earlier one of the same name; what is decided stands in `words`.
    `why` is the reason of a vote or a decision, `by` who says it.
    """

    remark_id: str
    act: RemarkAct
    model: Literal["as_is", "future"]
    about: str
    by: str
    vote: Vote = ""
    words: str = ""
    why: str = ""
