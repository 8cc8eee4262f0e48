"""A small house for one person: the real kernel and stages, a plain gate, timers, virtual time.

Shared by the tests of promises and journeys. The gate answers with the first channel that is open
and not excluded; `closed` channels and `silenced` engagements are what a test changes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from regard.core.event import Event, Identifier, MessageOutcome, TimerDue
from regard.core.facts import (
    Body,
    Candidate,
    CaseOpened,
    Decided,
    Derived,
    Entry,
    LimitReached,
    PromiseChanged,
    RunChanged,
)
from regard.core.flows import Journey, PromiseDefinition, Repair, Trigger
from regard.core.ids import derived_id
from regard.core.offers import Engagement
from regard.core.person import Person
from regard.core.program import Program, journeys_index, promises_index
from regard.core.rows import Claimed
from regard.core.rules import IdentityRules
from regard.core.scope import Scope
from regard.core.settings import Channel, Company
from regard.core.standing import AT_REST, Standing
from regard.decisions import calls
from regard.journeys import Journeys
from regard.profiles import Profiles
from regard.promises import Promises
from regard.runtime.kernel import Kernel

LOUNGE = Channel(
    id="lounge", adapter="webhook", settings={}, reaches_by="loyalty_number", disturbs=False
)

START = datetime(2026, 3, 2, 9, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Says:
    """An expression: its text, and what it says of a scope."""

    text: str
    says: Callable[[Scope], Any]

    def __call__(self, scope: Scope) -> Any:
        return self.says(scope)


def fact(name: str) -> Says:
    return Says(f"facts.{name}", lambda scope: scope.facts.get(name))


def before(name: str, lead: timedelta) -> Says:
    """A moment `lead` before the one that a fact holds."""

    def says(scope: Scope) -> datetime | None:
        value = scope.facts.get(name)
        return datetime.fromisoformat(value) - lead if isinstance(value, str) else None

    return Says(f"facts.{name} - {lead}", says)


def check_in_reminder(**changes: Any) -> PromiseDefinition:
    """The promise that tests are about: a reminder 24 hours before departure."""
    about = fact("booking_number")
    settings: dict[str, Any] = {
        "id": "check_in_reminder",
        "title": "Check-in reminder",
        "made_by": Trigger(event="Booking Confirmed"),
        "about": about,
        "act_at": before("departure_at", DAY),
        "due_at": before("departure_at", DAY),
        "grace": 15 * MINUTE,
        "engagement": "check_in",
        "kept_by": (Trigger(event="Check-in Completed", about=about),),
        "kept_by_receipt": "sent",
        "void_when": (Trigger(event="Booking Cancelled", about=about),),
        "repairs": (
            Repair(engagement="check_in"),
            Repair(department="call_centre", title="Call the passenger"),
        ),
    }
    return PromiseDefinition(**{**settings, **changes})


def engagement(name: str, channels: tuple[str, ...] = ("email", "sms", "push.web")) -> Engagement:
    return Engagement(
        id=name,
        title=name,
        need="travel",
        purpose="travel",
        message_class="service",
        value_customer=1.0,
        value_company=1.0,
        propensity=0.5,
        channels=channels,
        variants=(),
    )


def program(
    promises: Sequence[PromiseDefinition] = (), journeys: Sequence[Journey] = ()
) -> Program:
    by_id = {definition.id: definition for definition in promises}
    walks = {journey.id: journey for journey in journeys}
    offers = ("check_in", "welcome", "mileage_offer", "thanks")
    return Program(
        hash="test",
        company=Company(id="skylark", name="Skylark Air", zone="Europe/Vienna", languages=("en",)),
        sources={},
        identity=IdentityRules(
            kinds=(), blocked_values=frozenset(), blocked_patterns=(), phone_region="AT"
        ),
        purposes={},
        events={},
        channels={"lounge": LOUNGE},
        departments={},
        engagements={name: engagement(name) for name in offers},
        promises=by_id,
        journeys=walks,
        quiet_hours=(),
        caps=(),
        silence_value=0.5,
        fatigue_per_touch=0.2,
        promises_by_event=promises_index(by_id),
        journeys_by_event=journeys_index(walks),
    )


@dataclass
class PlainGate:
    """An arbiter without opinions: the first open channel, else silence."""

    closed: set[str] = field(default_factory=set)
    silenced: dict[str, str] = field(default_factory=dict)
    held: dict[str, datetime] = field(default_factory=dict)

    def decide(
        self,
        person: Person,
        candidates: Sequence[Candidate],
        entry: Entry,
        program: Program,
        standing: Standing = AT_REST,
    ) -> Sequence[Derived]:
        return [
            calls.decided(person, candidate, program)
            if candidate.call_id
            else self.answer(candidate, entry, program)
            for candidate in candidates
        ]

    def recheck(self, claimed: Claimed, program: Program, now: datetime) -> str:
        return ""

    def answer(self, candidate: Candidate, entry: Entry, program: Program) -> Decided:
        channels = program.engagements[candidate.engagement].channels
        is_open = [
            c for c in channels if c not in self.closed and c not in candidate.channels_excluded
        ]
        verdict, reason, wake_at = "send", "sent", None
        if candidate.engagement in self.silenced:
            verdict, reason = "silence", self.silenced[candidate.engagement]
        elif candidate.engagement in self.held:
            verdict, reason = "hold", "quiet_hours"
            wake_at = self.held[candidate.engagement]
        elif not is_open:
            verdict, reason = "silence", "unreachable"
        is_sent = verdict == "send"
        number = f"{candidate.attempt}/{entry.stamp}"
        return Decided(
            decision_id=derived_id(candidate.ref, candidate.engagement, number),
            candidate=candidate,
            verdict=verdict,  # type: ignore[arg-type]
            reason=reason,
            message_class="service",
            purpose="travel",
            channel=is_open[0] if is_sent else "",
            address="ada@example.com" if is_sent else "",
            wake_at=wake_at,
        )


class House:
    """One person, one program, one gate; time moves only when told."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self.gate = PlainGate()
        self.kernel = Kernel((Profiles(), Promises(), Journeys()), self.gate)
        self.person = Person(id="ada")
        self.now = START
        self.journal: list[Entry] = []
        self.timers: dict[str, datetime] = {}

    def event(self, name: str, *, at: datetime | None = None, **facts: Any) -> list[Body]:
        """Let an event of Ada's arrive now; `at` says that it happened earlier."""
        return self.put(
            Event(
                message_id=f"m{len(self.journal)}",
                source="website",
                type="track",
                name=name,
                channel="web.desktop",
                at=at or self.now,
                received_at=self.now,
                identifiers=(Identifier("user_id", "ada"),),
                facts=facts,
            ),
            at=at,
        )

    def outcome(self, message_id: str, outcome: str, reason: str = "", **more: Any) -> list[Body]:
        """Let the hand-over of a message end."""
        channel = next(d.channel for d in self.sent if d.decision_id == message_id)
        return self.put(
            MessageOutcome(
                message_id=message_id,
                channel=channel,
                outcome=outcome,  # type: ignore[arg-type]
                reason=reason,
                **more,
            )
        )

    def put(self, body: Body, *, at: datetime | None = None) -> list[Body]:
        """Journal an input and all that follows; return what followed."""
        offset = len(self.journal) + 1
        entry = Entry(offset=offset, identity=7, at=at or self.now, received_at=self.now, body=body)
        step = self.kernel.step(self.person, entry, self.program, offset + 1)
        self.person = step.person
        self.journal.extend((entry, *step.facts))
        for fact in step.facts:
            self._set_timer(fact.body)
        return [fact.body for fact in step.facts]

    def wait(self, moment: datetime) -> None:
        """Let time run to `moment`, timers firing when they are due."""
        while due := [(at, ref) for ref, at in self.timers.items() if at <= moment]:
            at, ref = min(due)
            del self.timers[ref]
            self.now = max(self.now, at)
            self.put(TimerDue(ref=ref, due_at=at))
        self.now = moment

    def _set_timer(self, body: Body) -> None:
        if isinstance(body, PromiseChanged):
            ref = f"promise:{body.promise_id}"
        elif isinstance(body, RunChanged):
            ref = f"run:{body.run_id}"
        else:
            return
        self.timers.pop(ref, None)
        if body.wake_at is not None:
            self.timers[ref] = body.wake_at

    def facts_of(self, kind: type[Body]) -> list[Any]:  # type: ignore[valid-type]
        return [entry.body for entry in self.journal if type(entry.body) is kind]

    @property
    def sent(self) -> list[Decided]:
        return [d for d in self.facts_of(Decided) if d.verdict == "send"]

    @property
    def cases(self) -> list[CaseOpened]:
        return self.facts_of(CaseOpened)

    @property
    def limits(self) -> list[LimitReached]:
        return self.facts_of(LimitReached)

    @property
    def promise(self) -> PromiseChanged:
        """The one promise there is."""
        (state,) = self.person.promises.values()
        return state.change

    @property
    def run(self) -> RunChanged:
        """The one run there is."""
        (state,) = self.person.runs.values()
        return state.change

    def statuses(self) -> list[str]:
        """Every status that promises went through, repeats left out."""
        found = [change.status for change in self.facts_of(PromiseChanged)]
        return [s for i, s in enumerate(found) if i == 0 or found[i - 1] != s]


def facts_at(departure: datetime, number: str = "SK1") -> Mapping[str, Any]:
    return {"booking_number": number, "departure_at": departure.isoformat()}
