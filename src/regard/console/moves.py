"""The way of one run so far: what happened to it, why, and what the gate said on the way.

Entries of the person in, the moves of one run out, oldest first. Pure: who the person was at each
move is folded anew from the entries, so that a choice is explained by the facts of its moment.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from regard.console.choices import choices
from regard.console.flow_views import Move
from regard.console.moments import local, told_at
from regard.console.reasons import reason_words
from regard.console.records import Line
from regard.console.why import why
from regard.console.wording import Wording, is_told
from regard.core.event import Event, MessageOutcome, RolloutReached, TimerDue
from regard.core.facts import CaseOpened, Decided, Entry, Noted, RunChanged, StepFailed
from regard.core.person import Person
from regard.core.program import Program
from regard.drawing import END, Flow, Trail

Fold = Callable[[Person, Entry], Person]

REACHED = {
    "reread": "a new version of the journey was published",
    "start": "the journey was started for them",
}


def about_run(entries: Sequence[Entry], run_id: str) -> list[Entry]:
    """Return the entries about a run in the order in which they count."""
    sent = {
        e.body.decision_id
        for e in entries
        if isinstance(e.body, Decided) and e.body.candidate.ref == run_id
    }
    found = [entry for entry in entries if _is_about(entry, run_id, sent)]
    return sorted(found, key=lambda entry: entry.stamp)


def _is_about(entry: Entry, run_id: str, sent: set[str]) -> bool:
    match entry.body:
        case RunChanged(run_id=own):
            return own == run_id
        case Decided(candidate=candidate):
            return candidate.ref == run_id
        case CaseOpened(ref=ref):
            return ref == run_id
        case MessageOutcome(message_id=message_id):
            return message_id in sent
    return False


class Teller:
    """Tells the moves of one person's runs in one journey."""

    def __init__(self, program: Program, journey: str, flow: Flow, zone: str) -> None:
        self._program = program
        self._journey = program.journeys.get(journey)
        self._flow = flow
        self._zone = zone
        self._wording = Wording(program)

    def moves(
        self, entries: Sequence[Entry], run_id: str, born: Person | None, fold: Fold
    ) -> tuple[Move, ...]:
        """Return the moves of a run; `born` is the person before all `entries` (None: unknown)."""
        own = about_run(entries, run_id)
        persons = _persons_before(entries, own, born, fold)
        by_offset = {entry.offset: entry for entry in entries}
        engagements = {
            e.body.decision_id: e.body.candidate.engagement
            for e in own
            if isinstance(e.body, Decided)
        }
        return tuple(
            Move(
                offset=entry.offset,
                at=told_at(entry),
                line=self.line(entry, engagements),
                because=self._because(entry, by_offset, entries, run_id),
                choices=choices(
                    entry, self._journey, self._flow, persons.get(entry.offset), self._program
                ),
                why=why(entry, self._wording, {run_id: self._flow.title}, self._zone),
            )
            for entry in own
            if isinstance(entry.body, RunChanged) or is_told(entry)
        )

    def line(self, entry: Entry, engagements: Mapping[str, str]) -> Line:
        """Return one entry in words; of a run where it came to, and until when it stays."""
        body = entry.body
        if isinstance(body, RunChanged) and body.journey == self._flow.id.partition(":")[2]:
            return Line(text=self.standing(body), sort="journey", tone="quiet")
        about = engagements.get(body.message_id, "") if isinstance(body, MessageOutcome) else ""
        return self._wording.line(entry, self._zone, engagement=about)

    def standing(self, change: RunChanged) -> str:
        """Return where a run stands in a sentence."""
        step = change.step
        match change.status:
            case "finished":
                ends = {
                    "exit": f"Came to its exit “{step}”",
                    "goal": f"Reached its goal at “{step}”",
                }
                return ends.get(change.reason, f"Came to its end behind “{step}”")
            case "exited":
                return f"Left at “{step}”: {reason_words(change.reason)}"
            case "offering":
                return f"Asks the gate to offer {self._told(step)}"
        told = "for an answer" if change.call_id else _lower(self._told(step))
        if change.wake_at is None:
            return f"Waits {told}"
        word = ", " if told.startswith("until") else ", until "
        return f"Waits {told}{word}{local(change.wake_at, self._zone)}"

    def _told(self, step: str) -> str:
        """Return what a step does in words, its id when it was deleted since."""
        return next((s.title for s in self._flow.stations if s.id == step), f"at {step}")

    def _because(
        self, entry: Entry, by_offset: Mapping[int, Entry], entries: Sequence[Entry], run_id: str
    ) -> str:
        """Return what made a run move: what was concluded just before it, else the input."""
        if not isinstance(entry.body, RunChanged):
            return ""
        beside = [e for e in entries if e.cause == entry.cause and e.part < entry.part and e.part]
        for other in sorted(beside, key=lambda e: -e.part):
            match other.body:
                case Decided(candidate=candidate) as decided if candidate.ref == run_id:
                    if decided.verdict == "send":
                        return "it was decided to send what it offered"
                    return f"the gate chose silence: {reason_words(decided.reason)}"
                case Noted(keys=keys):
                    return keys[1].replace("|", ": ")
        cause = by_offset.get(entry.cause)
        return "" if cause is None else self._input(cause)

    def _input(self, cause: Entry) -> str:
        match cause.body:
            case Event(name=name):
                return f"“{name}” came"
            case TimerDue():
                return "its time was over"
            case MessageOutcome(answer=answer):
                return "the answer came" if answer else "its message came to an end"
            case RolloutReached(rollout=rollout):
                return REACHED.get(rollout, "")
        return ""


def _lower(text: str) -> str:
    return text[:1].lower() + text[1:]


def trail_of(entries: Sequence[Entry], run_id: str, *, is_whole: bool) -> Trail:
    """Return the way of a run through its flow; without its beginning unless `is_whole`."""
    ways: set[tuple[str, str]] = set()
    here = "" if is_whole else None
    station = ""
    for entry in about_run(entries, run_id):
        change = entry.body
        if not isinstance(change, RunChanged):
            continue
        for step in change.path:
            if here is not None:
                ways.add((here, step))
            here = step
        station = change.step
        if change.status == "finished" and change.reason == "end":
            ways.add((change.step, END))
            station = END
    return Trail(ways=frozenset(ways), station=station)


def _persons_before(
    entries: Sequence[Entry], own: Sequence[Entry], born: Person | None, fold: Fold
) -> dict[int, Person]:
    """Return by offset who the person was just before each change of the run."""
    if born is None:
        return {}
    wanted = {entry.offset for entry in own if isinstance(entry.body, RunChanged)}
    failed = {entry.cause for entry in entries if isinstance(entry.body, StepFailed)}
    person, found = born, {}
    for entry in sorted(entries, key=lambda entry: entry.stamp):
        if entry.offset in wanted:
            found[entry.offset] = person
        if entry.offset not in failed:
            person = fold(person, entry)
    return found
