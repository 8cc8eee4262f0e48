"""Plain words for facts: any journal entry becomes one sentence that a marketer understands.

An `Entry` and the current `Program` (for titles) in, a `Line` out. Ids that the program no longer
knows are shown as they are; nothing fails. Pure: zone and titles are handed in.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from regard.console.identity_words import identity_line
from regard.console.moments import local
from regard.console.reasons import STATUS_TONES, channel_words, limit_words, reason_words
from regard.console.records import Line
from regard.core.clock import moment_of
from regard.core.event import (
    AgentOffered,
    Event,
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
from regard.core.facts import (
    Answered,
    AnswerTaken,
    AudienceChanged,
    CaseOpened,
    Decided,
    Entry,
    EvidenceRefused,
    IdentityShared,
    LimitReached,
    NeedChanged,
    NeedEvidence,
    Noted,
    PersonsMerged,
    PersonSplit,
    PromiseChanged,
    RhythmArmed,
    RunChanged,
    SilenceWatched,
    StepFailed,
)
from regard.core.program import Program
from regard.core.reaching import shown_facts
from regard.core.signal import PERSON_LATE

_FACTS_SHOWN = 3
_SEEN = ("name", "title", "path", "url")
_UNTOLD = ("message_id", "case_id")
"""An id of ours says nothing to people; the why of the entry links to its message or cases."""


_NOTED = ("offered", "queued", "held", "awaiting_delivery")
"""Reasons of an open promise that say what its decision or outcome says beside it."""


def is_told(entry: Entry) -> bool:
    """Tell whether people want to read of it.

    Not of timers, claims and holds held once more, nor of a promise that only notes a decision
    which stands right beside it, nor of looks at an audience or a need that moved nobody,
    nor of what was noted where the fact itself is told.
    """
    match entry.body:
        case AudienceChanged(has_moved=has_moved) | NeedChanged(has_moved=has_moved):
            return has_moved
        case Noted(name=name):
            return name == PERSON_LATE
        case RolloutReached(rollout=rollout):
            return rollout == "broadcast"
        case Decided(verdict="hold", candidate=candidate):
            return not candidate.held_id
        case PromiseChanged(status="expected" | "missed", reason=reason):
            return reason.partition(":")[0] not in _NOTED
        case RunChanged(status="offering") | TimerDue() | MessageClaimed() | RhythmArmed():
            return False
        case PersonRevised() | NeedEvidence() | SilenceWatched():
            return False
    return True


class Wording:
    """Turns entries into lines with the titles of one program."""

    def __init__(self, program: Program) -> None:
        self._program = program
        self._sources = {s.id: s.title for s in program.sources.values()}

    def engagement(self, engagement_id: str) -> str:
        """Return the title of an engagement, or its id when it is gone.

        A call of another system is named by its journey and step (``lounge_access/lounge``).
        """
        journey, slash, _ = engagement_id.partition("/")
        if slash:
            return f"the question of “{self.journey(journey)}”"
        found = self._program.engagements.get(engagement_id)
        return found.title if found else engagement_id

    def promise(self, definition: str) -> str:
        """Return the title of a promise definition, or its id when it is gone."""
        found = self._program.promises.get(definition)
        return found.title if found else definition

    def purpose(self, purpose_id: str) -> str:
        """Return the title of a purpose, or its id when it is gone."""
        found = self._program.purposes.get(purpose_id)
        return found.title if found else purpose_id

    def department(self, department_id: str) -> str:
        """Return the title of a department, or its id when it is gone."""
        found = self._program.departments.get(department_id)
        return found.title if found else department_id

    def journey(self, journey_id: str) -> str:
        """Return the title of a journey, or its id when it is gone."""
        found = self._program.journeys.get(journey_id)
        return found.title if found else journey_id

    def broadcast(self, broadcast_id: str) -> str:
        """Return the title of a broadcast, or its id when it is gone."""
        found = self._program.broadcasts.get(broadcast_id)
        return found.title if found else broadcast_id

    def audience(self, audience_id: str) -> str:
        """Return the title of an audience, or its id when it is gone."""
        found = self._program.audiences.get(audience_id)
        return found.title if found else audience_id

    def need(self, need_id: str) -> str:
        """Return the title of a need, or its id when it is gone."""
        found = self._program.needs.get(need_id)
        return found.title if found else need_id

    def source(self, source_id: str) -> str:
        """Return the title of a source, or its id when it is gone."""
        found = self._sources.get(source_id)
        return found or source_id

    def because(self, reason: str) -> str:
        """Return a reason in words, with the title of the journey that it names."""
        head, _, tail = reason.partition(":")
        if head == "journey":
            return f"the journey “{self.journey(tail)}” asks for it"
        return reason_words(reason)

    def line(self, entry: Entry, zone: str, *, engagement: str = "") -> Line:
        """Return the entry in words; `engagement` is what its message was about."""
        match entry.body:
            case Event() as event:
                return _event(event, zone, self.engagement(engagement) if engagement else "")
            case Decided() as decided:
                return self._decided(decided, zone)
            case PromiseChanged() as change:
                return self._promise(change, zone)
            case MessageOutcome() as outcome:
                return self._outcome(outcome, zone, engagement)
            case RunChanged() as change:
                return self._run(change, zone)
            case CaseOpened() as case:
                return self._case(case)
            case (
                IdentityAct()
                | PersonsMerged()
                | PersonSplit()
                | IdentityShared()
                | EvidenceRefused() as identity
            ):
                return identity_line(identity)
            case other:
                return self._house(other, zone)

    def _decided(self, decided: Decided, zone: str) -> Line:
        about = self.engagement(decided.candidate.engagement)
        by = channel_words(decided.channel)
        if decided.verdict == "send":
            return Line(
                text=f"Offered {about} on {by}, as asked"
                if decided.is_answer
                else f"Decided to send {about} by {by}",
                detail=", ".join(filter(None, (self._wanted(decided), _to(decided)))),
                sort="out",
                channel=decided.channel,
                tone="accent",
            )
        why = self._why(decided)
        if decided.verdict == "hold":
            until = f" until {local(decided.wake_at, zone)}" if decided.wake_at else ""
            text = f"{about} held{until}: {why}"
            return Line(text=text, sort="hold", channel=decided.channel, tone="quiet")
        text = f"Silent about {about}: {why}"
        return Line(text=text, sort="silence", channel=decided.channel, tone="quiet")

    def _wanted(self, decided: Decided) -> str:
        """Return which need brought it forth, if one did."""
        if decided.candidate.origin != "need":
            return ""
        return f"they want “{self.need(str(decided.candidate.facts.get('need')))}”"

    def _why(self, decided: Decided) -> str:
        words = reason_words(decided.reason)
        if decided.reason != "no_consent":
            return words
        channels = [r.channel for r in decided.refusals if r.reason == "no_consent"]
        by = " or ".join(channel_words(c) for c in channels if c != "*")
        return f"{words} for {self.purpose(decided.purpose)}" + (f" by {by}" if by else "")

    def _promise(self, change: PromiseChanged, zone: str) -> Line:
        title = self.promise(change.definition)
        if change.reported_at is not None and change.reason.startswith("reported:"):
            told = f"{title}: {reason_words(change.reason)}"
            at = f"at {local(change.reported_at, zone)}"
            return Line(text=told, detail=f"{change.about}, {at}", sort="promise", tone="quiet")
        words = {
            "missed": f"missed: {reason_words(change.reason)}",
            "kept": "kept",
            "late": "kept, but late",
            "doubled": "given twice",
            "repaired": "repaired",
            "void": f"no longer needed: {reason_words(change.reason)}",
            "broken": f"broken: {reason_words(change.reason)}",
        }.get(change.status)
        if words is None:
            words = _expected_words(change, local(change.due_at, zone))
        return Line(
            text=f"{title} {words}",
            detail=change.about,
            sort="promise",
            tone=STATUS_TONES.get(change.status, ""),
        )

    def _outcome(self, outcome: MessageOutcome, zone: str, engagement: str) -> Line:
        what = self.engagement(engagement) if engagement else "Message"
        by = channel_words(outcome.channel)
        again = f", again at {local(outcome.retry_at, zone)}" if outcome.retry_at else ""
        text, tone = {
            "sent": (f"{what} handed over by {by}", "good"),
            "refused": (f"{what} refused by {by}: {reason_words(outcome.reason)}", "bad"),
            "try_again": (f"{what} could not go out by {by} yet{again}", "warn"),
            "unknown": (f"Nobody can tell whether {what} went out by {by}", "warn"),
            "withdrawn": (f"{what} withdrawn: {reason_words(outcome.reason)}", "quiet"),
        }[outcome.outcome]
        return Line(
            text=text,
            detail=outcome.detail,
            sort="out",
            channel=outcome.channel,
            tone=tone,  # type: ignore[arg-type]
        )

    def _run(self, change: RunChanged, zone: str) -> Line:
        until = f" until {local(change.wake_at, zone)}" if change.wake_at else ""
        awaited = f" for {' or '.join(change.awaits)}" if change.awaits else ""
        if change.call_id:
            awaited = " for an answer"
        words = {
            "waiting": f"waits{awaited}{until}",
            "offering": "wants to speak",
            "finished": "reached its goal" if change.reason == "goal" else "came to its end",
            "exited": f"was left: {reason_words(change.reason)}",
        }[change.status]
        return Line(
            text=f"Journey “{self.journey(change.journey)}” {words}", sort="journey", tone="quiet"
        )

    def _late(self, noted: Noted, zone: str) -> Line:
        rhythm = self._program.rhythms.get(noted.about)
        last_at = moment_of(noted.facts.get("last_at"))
        since = f"silent since {local(last_at, zone)}, " if last_at else ""
        return Line(
            text=f"Late by their own rhythm: {rhythm.title if rhythm else noted.about}",
            detail=f"{since}usually every {noted.facts.get('typical_gap_days')} days",
            sort="silence",
            tone="warn",
        )

    def _learned(
        self, body: AudienceChanged | NeedChanged | AnswerTaken | Noted, zone: str
    ) -> Line:
        match body:
            case AudienceChanged():
                return self._audience(body)
            case NeedChanged():
                return self._need(body)
            case AnswerTaken(answer=answer, engagement=engagement):
                text = f"Answered “{answer.replace('_', ' ')}” to {self.engagement(engagement)}"
                return Line(text=text, sort="in", tone="accent")
            case Noted(name="Person Late"):
                return self._late(body, zone)
        return Line(text=type(body).__name__, sort="house", tone="quiet")

    def _audience(self, change: AudienceChanged) -> Line:
        moved = "Entered" if change.is_member else "Left"
        text = f"{moved} the audience “{self.audience(change.audience)}”"
        return Line(text=text, detail=reason_words(change.reason), sort="journey", tone="quiet")

    def _need(self, change: NeedChanged) -> Line:
        title = self.need(change.need)
        if change.is_felt:
            belief = f"believed by {change.belief:.0%}, {reason_words(change.reason)}"
            return Line(text=f"Wants now: {title}", detail=belief, sort="need", tone="accent")
        head, _, event = change.reason.partition(":")
        how = (
            f"met by “{event}”" if head == "met" and event else "met" if head == "met" else "faded"
        )
        return Line(text=f"No longer wanted: {title}", detail=how, sort="need", tone="quiet")

    def _case(self, case: CaseOpened) -> Line:
        return Line(
            text=f"Case for {self.department(case.department)}: {case.title}",
            detail=self.because(case.reason),
            sort="case",
            tone="warn",
        )

    def _house(self, body: object, zone: str) -> Line:
        match body:
            case AudienceChanged() | NeedChanged() | AnswerTaken() | Noted() as learned:
                return self._learned(learned, zone)
            case ProgramPublished(name=name, hash=digest, undoes=undoes):
                word = "brought back" if undoes else "published"
                return Line(text=f"Program {name} {word}", detail=digest[:12], sort="house")
            case PolicyTrained(version=version, counts=counts):
                told = f"from {sum(counts.values()):,} outcomes"
                return Line(text=f"Learned {told}", detail=version, sort="house")
            case RolloutChanged() | ModelRemark() | Retained() as said:
                return self._rollout(said) if isinstance(said, RolloutChanged) else _beside(said)
            case RolloutReached() | Answered() | AgentOffered() as came:
                return self._came(came)
            case LimitReached(limit=limit, detail=detail):
                text = f"Limit reached: {limit_words(limit)}"
                return Line(text=text, detail=detail, sort="house", tone="warn")
            case StepFailed(error=error):
                text = f"Deciding failed, entry set aside: {error}"
                return Line(text=text, sort="failed", tone="bad")
        return Line(text=type(body).__name__, sort="house", tone="quiet")

    def _came(self, body: RolloutReached | Answered | AgentOffered) -> Line:
        if isinstance(body, RolloutReached):
            word = "Test of the broadcast" if body.is_test else "Reached by the broadcast"
            text = f"{word} “{self.broadcast(body.definition or body.rollout_id)}”"
            return Line(text=text, sort="house", tone="quiet")
        if isinstance(body, AgentOffered):
            text = f"{body.by or 'An agent'} wants to offer {self.engagement(body.engagement)}"
            return Line(text=text, sort="house")
        sent = [d for d in body.decisions if d.verdict == "send"]
        about = ", ".join(self.engagement(d.candidate.engagement) for d in sent)
        place = f" for {body.placement}" if body.placement else ""
        told = f"offered {about}" if sent else f"silence: {reason_words(body.reason)}"
        text = f"Asked on {channel_words(body.channel)}{place}: {told}"
        return Line(text=text, sort="house", channel=body.channel, tone="quiet")

    def _rollout(self, change: RolloutChanged) -> Line:
        titles = {
            "broadcast": f"Broadcast “{self.broadcast(change.definition or change.subject)}”",
            "audience": f"Looking who belongs to “{self.audience(change.subject)}”",
            "reread": f"Reading “{self.journey(change.subject)}” again",
            "start": f"Start of “{self.journey(change.subject)}” by its schedule",
        }
        text = f"{titles[change.rollout]} is {change.status}"
        return Line(text=text, detail=change.by and f"by {change.by}", sort="house")


def _beside(said: ModelRemark | Retained) -> Line:
    if isinstance(said, ModelRemark):
        return _remark(said)
    told = f"{said.count:,} of {said.what} from before {said.before:%Y-%m-%d}"
    return Line(text=f"Kept long enough: {told}", detail=said.by and f"by {said.by}", sort="house")


def _remark(remark: ModelRemark) -> Line:
    did = {"comment": "comments on", "vote": f"votes {remark.vote} on", "decide": "decides on"}
    about = remark.about.removeprefix("disconnect:")
    detail = ": ".join(part for part in (remark.words, remark.why) if part)
    return Line(text=f"{remark.by} {did[remark.act]} {about}", detail=detail, sort="house")


def _to(decided: Decided) -> str:
    return f"to {decided.address}" if decided.address else ""


def _expected_words(change: PromiseChanged, due: str) -> str:
    if change.reason == "re_dated":
        return f"moved to {due}"
    if change.reason.startswith("not_"):
        return f"still open, due {due}: {reason_words(change.reason)}"
    return f"promised for {due}"


def _event(event: Event, zone: str, about: str) -> Line:
    is_out = event.context.get("direction") == "out"
    return Line(
        text=_event_words(event),
        detail="; ".join(event.violations) or about or facts_words(_fresh(event), zone),
        sort="out" if is_out else "in",
        channel=event.channel,
        tone="warn" if event.violations else "",
    )


def _event_words(event: Event) -> str:
    if event.type in ("page", "screen"):
        seen = event.facts.get("name") or event.facts.get("title") or event.facts.get("path")
        return f"Viewed {seen}" if seen else f"Viewed a {event.type}"
    if event.type == "identify":
        who = ", ".join(i.value for i in event.identifiers if i.kind != "anonymous_id")
        return f"Said who they are: {who}" if who else "Told about themselves"
    if event.type == "alias":
        return "Two identifiers tied: " + " and ".join(i.value for i in event.identifiers[:2])
    return event.name


def _fresh(event: Event) -> dict[str, Any]:
    """Return the facts that the sentence did not tell yet."""
    told = _SEEN if event.type in ("page", "screen") else _UNTOLD
    return {name: value for name, value in shown_facts(event.facts).items() if name not in told}


def facts_words(facts: Mapping[str, Any], zone: str) -> str:
    """Return the first few scalar facts as ``booking number SK1, total 120``."""
    scalars = [
        f"{key.replace('_', ' ')} {_fact_words(value, zone)}"
        for key, value in facts.items()
        if isinstance(value, str | int | float) and len(str(value)) <= 40
    ]
    return ", ".join(scalars[:_FACTS_SHOWN])


def _fact_words(value: str | int | float, zone: str) -> str:
    if isinstance(value, str) and "T" in value:
        moment = moment_of(value)
        return local(moment, zone) if moment else value
    return str(value)
