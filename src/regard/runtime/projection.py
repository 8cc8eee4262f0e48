"""Facts to register rows: what the registers show is a fold of the journal, written here once.

The loop projects what it just derived, a rebuild projects the whole journal; both go through
`Projector`, so they cannot differ.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Any

from regard.core.event import (
    DEPARTMENT,
    Event,
    IdentityAct,
    MessageOutcome,
    ModelRemark,
    ProgramPublished,
    RolloutChanged,
    RolloutReached,
    TimerDue,
)
from regard.core.facts import (
    Answered,
    AudienceChanged,
    Body,
    CaseOpened,
    Decided,
    Entry,
    EvidenceRefused,
    IdentityShared,
    LimitReached,
    NeedChanged,
    PersonsMerged,
    PersonSplit,
    PromiseChanged,
    RhythmArmed,
    RunChanged,
    SilenceWatched,
    StepFailed,
)
from regard.core.rows import CaseState, Review
from regard.core.signal import CASE_DONE, CASE_REOPENED, CASE_TAKEN
from regard.core.storage import CaseMove, Projection
from regard.identity import answer_of, review_of
from regard.runtime.capacity import TALLY, taken_by, tally_key

RECEIPTS = {
    "Email Delivered": "delivered",
    "Message Delivered": "delivered",
    "Email Bounced": "bounced",
    "Message Bounced": "bounced",
}
"""Events (named as in Segment's e-mail specification) that move a message which was handed over."""

CASE_STATES: Mapping[str, CaseState] = {
    CASE_TAKEN: "taken",
    CASE_DONE: "done",
    CASE_REOPENED: "open",
}
"""Events that move a case, and the state in which it is then."""

CASE_TEXT_MAX = 500
"""Characters that are kept of who moved a case, and of their note."""

IDENTITY_WORDS = {
    PersonsMerged: "merged",
    PersonSplit: "split",
    IdentityShared: "shared",
    EvidenceRefused: "refused",
}
"""What identity concluded, as tallies call it."""


Armed = tuple[str, datetime | None]


def timer_of(body: Body) -> Armed | None:
    """Return the timer that a fact sets, or clears (None as its moment); None: it has none."""
    found = _TIMERS.get(type(body))
    return None if found is None else found(body)


def _held(decided: Decided) -> Armed:
    held_id = decided.candidate.held_id or decided.decision_id
    return f"held:{held_id}", decided.wake_at if decided.verdict == "hold" else None


_TIMERS: Mapping[type, Callable[[Any], Armed]] = {
    TimerDue: lambda timer: (timer.ref, None),
    PromiseChanged: lambda change: (f"promise:{change.promise_id}", change.wake_at),
    RunChanged: lambda change: (f"run:{change.run_id}", change.wake_at),
    AudienceChanged: lambda change: (f"audience:{change.member_id}", change.wake_at),
    RhythmArmed: lambda change: (f"rhythm:{change.armed_id}", change.wake_at),
    NeedChanged: lambda change: (f"need:{change.need_id}", change.wake_at),
    SilenceWatched: lambda change: (f"need:{change.watch_id}", change.wake_at),
    Decided: _held,
}


class Projector:
    """Collects what a run of entries changes in the registers."""

    def __init__(self) -> None:
        self._timers: list[tuple[str, int, datetime, datetime | None, int]] = []
        self._promises: list[tuple[int, datetime, PromiseChanged]] = []
        self._runs: list[tuple[int, datetime, datetime, RunChanged]] = []
        self._messages: list[tuple[int, int, datetime, datetime, Decided]] = []
        self._outcomes: list[tuple[datetime, MessageOutcome]] = []
        self._receipts: list[tuple[datetime, str, str]] = []
        self._cases: list[tuple[int, datetime, CaseOpened]] = []
        self._case_moves: list[CaseMove] = []
        self._rollouts: list[tuple[datetime, RolloutChanged]] = []
        self._versions: list[tuple[int, datetime, ProgramPublished]] = []
        self._tallies: Counter[tuple[int, str, str]] = Counter()
        self._reviews: list[Review] = []
        self._answers: list[tuple[str, str, int]] = []
        self._remarks: list[tuple[int, datetime, ModelRemark]] = []
        self._decisions: list[tuple[int, int, datetime, Decided]] = []
        self._by_type: dict[type, Callable[[Entry, Any], None]] = {
            Event: self._event,
            MessageOutcome: self._outcome,
            ProgramPublished: self._published,
            RolloutChanged: self._rollout,
            RolloutReached: self._reached,
            PromiseChanged: self._promise,
            RunChanged: self._run,
            Decided: self._decided,
            Answered: self._answered,
            CaseOpened: self._case,
            PersonsMerged: self._identity,
            PersonSplit: self._identity,
            IdentityShared: self._identity,
            EvidenceRefused: self._identity,
            IdentityAct: self._act,
            ModelRemark: self._remark,
            LimitReached: self._limit,
            StepFailed: self._failed,
            AudienceChanged: self._audience,
            NeedChanged: self._need,
        }

    def add(self, entry: Entry) -> None:
        """Take one entry, input or derived."""
        body = entry.body
        timer = timer_of(body)
        if timer is not None:
            self._timers.append((timer[0], entry.identity, entry.at, timer[1], entry.offset))
        handle = self._by_type.get(type(body))
        if handle is not None:
            handle(entry, body)

    def done(self) -> Projection:
        """Return everything taken so far as one change."""
        return Projection(
            timers=tuple(self._timers),
            promises=tuple(self._promises),
            runs=tuple(self._runs),
            messages=tuple(self._messages),
            outcomes=tuple(self._outcomes),
            receipts=tuple(self._receipts),
            cases=tuple(self._cases),
            case_moves=tuple(self._case_moves),
            rollouts=tuple(self._rollouts),
            versions=tuple(self._versions),
            reviews=tuple(self._reviews),
            answers=tuple(self._answers),
            remarks=tuple(self._remarks),
            decisions=tuple(self._decisions),
            tallies=tuple(
                (date.fromordinal(day).isoformat(), name, key, count)
                for (day, name, key), count in sorted(self._tallies.items())
            ),
        )

    def _count(self, entry: Entry, name: str, key: str) -> None:
        self._tallies[entry.received_at.toordinal(), name, key] += 1

    def _event(self, entry: Entry, event: Event) -> None:
        day, name, facts = entry.received_at.toordinal(), event.name, event.facts
        self._tallies[day, "event", name] += 1
        if event.identifiers[0].kind != DEPARTMENT and "is_machine" not in facts:
            self._tallies[day, "touch", event.channel] += 1
        if name in RECEIPTS and isinstance(message_id := facts.get("message_id"), str):
            self._receipts.append((entry.received_at, message_id, RECEIPTS[name]))
        elif name in CASE_STATES:
            self._case_move(entry, name, facts)

    def _case_move(self, entry: Entry, name: str, facts: Mapping[str, Any]) -> None:
        case_id, *said = (facts.get(key) for key in ("case_id", "by", "note"))
        if isinstance(case_id, str):
            by, note = (text[:CASE_TEXT_MAX] if isinstance(text, str) else "" for text in said)
            self._case_moves.append((entry.received_at, case_id, CASE_STATES[name], by, note))

    def _outcome(self, entry: Entry, outcome: MessageOutcome) -> None:
        self._outcomes.append((entry.received_at, outcome))
        self._count(entry, "message", outcome.outcome)
        if outcome.reason:
            self._count(entry, f"message_{outcome.outcome}", outcome.reason)

    def _published(self, entry: Entry, published: ProgramPublished) -> None:
        self._versions.append((entry.offset, entry.received_at, published))

    def _rollout(self, entry: Entry, change: RolloutChanged) -> None:
        self._rollouts.append((entry.received_at, change))
        self._count(entry, "rollout", change.status)

    def _reached(self, entry: Entry, reached: RolloutReached) -> None:
        if not reached.is_test:
            self._count(entry, f"rollout:{reached.rollout_id}", "reached")

    def _of_broadcast(self, entry: Entry, decided: Decided) -> None:
        """Count what became of a person that a broadcast reached; a hold ends as it is decided."""
        candidate = decided.candidate
        name = f"rollout:{candidate.ref}"
        if decided.verdict == "silence":
            self._count(entry, name, f"silence:{decided.reason}")
        is_held, was_held = decided.verdict == "hold", bool(candidate.held_id)
        if is_held and not was_held:
            self._count(entry, name, "held")
        elif was_held and not is_held:
            self._tallies[entry.received_at.toordinal(), name, "held"] -= 1

    def _promise(self, entry: Entry, change: PromiseChanged) -> None:
        self._promises.append((entry.identity, entry.received_at, change))
        if change.reported_at is not None and change.reason.startswith("reported:"):
            return  # evidence for an outcome that was counted before
        self._count(entry, "promise", change.status)
        self._count(entry, f"promise:{change.definition}", change.status)

    def _run(self, entry: Entry, change: RunChanged) -> None:
        self._runs.append((entry.identity, entry.at, entry.received_at, change))
        self._count(entry, "run", change.status)

    def _decided(self, entry: Entry, decided: Decided) -> None:
        self._count(entry, "decision", decided.verdict)
        if not decided.candidate.call_id and not decided.candidate.is_test:
            self._decisions.append((entry.offset, entry.identity, entry.received_at, decided))
        self._take(entry, decided)
        if decided.verdict == "send" and decided.is_answer:
            self._count(entry, "answer", decided.channel)
        elif decided.verdict == "send":
            place = (entry.offset, entry.identity, entry.at, entry.received_at)
            self._messages.append((*place, decided))
        else:
            self._count(entry, decided.verdict, decided.reason)
        if decided.candidate.origin == "broadcast" and not decided.candidate.is_test:
            self._of_broadcast(entry, decided)

    def _case(self, entry: Entry, case: CaseOpened) -> None:
        self._cases.append((entry.identity, entry.received_at, case))
        self._count(entry, "case", case.department)
        self._take(entry, case)

    def _take(self, entry: Entry, body: Body) -> None:
        """Count work that a department is given, moment by moment: its capacity rolls."""
        department = taken_by(body)
        if department:
            self._count(entry, f"{TALLY}{department}", tally_key(entry.received_at))

    def _answered(self, entry: Entry, answered: Answered) -> None:
        """Count why a request was answered with silence."""
        self._count(entry, "request", "silence" if answered.reason else "offer")
        if answered.reason and not answered.decisions:
            self._count(entry, "silence", answered.reason)

    def _identity(self, entry: Entry, fact: Body) -> None:
        self._count(entry, "identity", IDENTITY_WORDS[type(fact)])
        self._ask(entry)

    def _act(self, entry: Entry, act: IdentityAct) -> None:
        """Count what somebody said; an answer comes behind what this batch may have asked."""
        self._count(entry, "identity_act", act.act)
        self._ask(entry)
        answer = answer_of(act, entry.offset)
        if answer is not None:
            self._answers.append(answer)

    def _remark(self, entry: Entry, remark: ModelRemark) -> None:
        self._remarks.append((entry.offset, entry.received_at, remark))

    def _ask(self, entry: Entry) -> None:
        review = review_of(entry)
        if review is not None:
            self._reviews.append(review)

    def _audience(self, entry: Entry, change: AudienceChanged) -> None:
        if change.has_moved:
            moved = "entered" if change.is_member else "left"
            self._count(entry, f"audience:{change.audience}", moved)

    def _need(self, entry: Entry, change: NeedChanged) -> None:
        if change.has_moved:
            is_met = change.reason.partition(":")[0] == "met"
            moved = "felt" if change.is_felt else "met" if is_met else "faded"
            self._count(entry, f"need:{change.need}", moved)

    def _limit(self, entry: Entry, fact: LimitReached) -> None:
        self._count(entry, "limit", fact.limit)
        self._ask(entry)

    def _failed(self, entry: Entry, _: StepFailed) -> None:
        self._count(entry, "failed", "step")
