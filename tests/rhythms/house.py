"""One person's life under rhythms: the real kernel and stages, timers, virtual time."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from regard.core.event import Event, Identifier, PersonRevised, TimerDue
from regard.core.facts import Body, Entry, Noted, RhythmArmed
from regard.core.flows import Rhythm
from regard.core.person import Person
from regard.core.program import Program, rhythms_index
from regard.core.scope import Scope
from regard.profiles import Profiles
from regard.promises import Promises
from regard.rhythms import Rhythms
from regard.runtime.kernel import Kernel
from regard.runtime.projection import timer_of
from tests.promises.house import PlainGate
from tests.promises.house import program as bare_program

START = datetime(2026, 3, 2, 9, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


class Says:
    """A condition: what it says of a scope."""

    text = "…"

    def __init__(self, says: Callable[[Scope], Any]) -> None:
        self._says = says

    def __call__(self, scope: Scope) -> Any:
        return self._says(scope)


def rhythm(**changes: Any) -> Rhythm:
    settings: dict[str, Any] = {"id": "orders", "title": "Orders", "event": "Order Completed"}
    return Rhythm(**settings | changes)


def program(*rhythms: Rhythm) -> Program:
    found = {one.id: one for one in rhythms}
    settings = {name: getattr(bare_program(), name) for name in Program.__dataclass_fields__}
    return Program(**settings | {"rhythms": found, "rhythms_by_event": rhythms_index(found)})


class Life:
    """A person, their journal and their timers; time moves only when told."""

    def __init__(self, program: Program, person_id: str = "ada", identity: int = 7) -> None:
        self.program = program
        self.kernel = Kernel((Profiles(), Promises()), PlainGate(), learning=(Rhythms(),))
        self.person = Person(id=person_id)
        self.identity = identity
        self.now = START
        self.journal: list[Entry] = []
        self.timers: dict[str, datetime] = {}

    def order(self, days: float, *, is_history: bool = False, **facts: Any) -> list[Body]:
        """Let an order of that day arrive, now or then, whichever is later."""
        at = START + days * DAY
        if at > self.now:
            self.wait(at)
        event = Event(
            message_id=f"m{len(self.journal)}",
            source="shop",
            type="track",
            name="Order Completed",
            channel="web.desktop",
            at=at,
            received_at=self.now,
            identifiers=(Identifier("user_id", self.person.id),),
            facts=facts,
            is_history=is_history,
        )
        return self.put(event, at)

    def put(self, body: Body, at: datetime | None = None) -> list[Body]:
        offset = len(self.journal) + 1
        entry = Entry(
            offset=offset,
            identity=self.identity,
            at=at or self.now,
            received_at=self.now,
            body=body,
        )
        step = self.kernel.step(self.person, entry, self.program, offset + 1)
        self.person = step.person
        self.journal.extend((entry, *step.facts))
        for fact in (entry, *step.facts):
            self._set_timer(fact.body)
        return [fact.body for fact in step.facts]

    def wait(self, moment: datetime) -> None:
        """Let time run to `moment`, timers firing when they are due."""
        while due := [(at, ref) for ref, at in self.timers.items() if at <= moment]:
            at, ref = min(due)
            self.now = max(self.now, at)
            self.put(TimerDue(ref=ref, due_at=at))
        self.now = max(self.now, moment)

    def wait_days(self, days: float) -> None:
        self.wait(START + days * DAY)

    def merge(self, other: Life) -> None:
        """Become one with somebody else, as the loop does it."""
        self.person = self.kernel.join(self.person, other.person)
        self.timers |= other.timers
        self.journal += other.journal
        self.put(PersonRevised(person_id=self.person.id))

    @property
    def late(self) -> list[tuple[float, Mapping[str, Any]]]:
        """Return (day, facts) of every silence that was told."""
        return [
            ((e.received_at - START) / DAY, e.body.facts)
            for e in self.journal
            if isinstance(e.body, Noted)
        ]

    @property
    def late_days(self) -> list[float]:
        return [day for day, _ in self.late]

    @property
    def armed(self) -> list[RhythmArmed]:
        return [e.body for e in self.journal if isinstance(e.body, RhythmArmed)]

    def _set_timer(self, body: Body) -> None:
        timer = timer_of(body)
        if timer is not None:
            self.timers.pop(timer[0], None)
            if timer[1] is not None:
                self.timers[timer[0]] = timer[1]


def lived(orders: Sequence[float], until: float, *rhythms: Rhythm) -> Life:
    """Return a life with orders on some days, up to a day."""
    life = Life(program(*(rhythms or (rhythm(),))))
    for day in orders:
        life.order(day)
    life.wait_days(until)
    return life
