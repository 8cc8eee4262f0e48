"""A shop with audiences, and two ways to live in it: one person, or a whole house with a store."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from regard.assembly import build_ledger
from regard.audiences import Audiences
from regard.core.event import Event, Identifier, PersonRevised, RolloutReached, TimerDue
from regard.core.facts import AudienceChanged, Body, Candidate, Derived, Entry, Noted
from regard.core.person import Person
from regard.core.program import Program
from regard.core.rows import Accepted, Claimed
from regard.profiles import Profiles
from regard.project import load_text
from regard.runtime.kernel import Kernel
from regard.runtime.projection import timer_of
from regard.runtime.rebuild import verify
from regard.store import MemoryStore
from regard.testing.clock import VirtualClock
from regard.testing.house import VirtualHouse

START = datetime(2026, 3, 2, 9, tzinfo=UTC)

SHOP = {
    "regard.toml": """
id = "shop"
name = "Lamp shop"
[channels.email]
[sources.website]
key = "shop-website"
channel = "web.desktop"
may = ["rights"]
[sources.crm]
key = "shop-crm-key"
""",
    "consent.yaml": "purposes:\n  offers: {}\n",
    "identity.yaml": """
kinds:
  user_id: {paths: [userId], exclusive: true, count_max: 1}
  email: {paths: [traits.email], normalise: email}
  phone: {paths: [traits.phone, properties.phone], normalise: phone}
  anonymous_id: {paths: [anonymousId], device: true, count_max: 100}
phone_region: AT
""",
}


def program_of(journeys: Mapping[str, str] | None = None, **members: str) -> Program:
    """Return the shop with an audience for each of `members` (its condition)."""
    files = {
        f"audiences/{name}.yaml": f'id: {name}\nmembers: "{condition}"\n'
        for name, condition in members.items()
    }
    return load_text({**SHOP, **files, **(journeys or {})}, {})


class Silent:
    """A gate that is never asked."""

    def decide(
        self, person: Person, candidates: Sequence[Candidate], entry: Entry, program: Program
    ) -> Sequence[Derived]:
        raise AssertionError("nobody speaks here")

    def recheck(self, claimed: Claimed, program: Program, now: datetime) -> str:
        raise AssertionError("nothing is sent here")


class OnePerson:
    """Ada alone: her events, her timers, and what was concluded."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self.person = Person(id="p_ada")
        self.now = START
        self.timers: dict[str, datetime] = {}
        self.facts: list[Entry] = []
        self._kernel = Kernel([Profiles()], Silent(), learning=[Audiences()])
        self._offset = 0

    def at(self, moment: datetime) -> None:
        """Let time pass, every timer at its own moment."""
        while due := sorted((at, ref) for ref, at in self.timers.items() if at <= moment):
            at, ref = due[0]
            self.now = max(self.now, at)
            self.take(TimerDue(ref=ref, due_at=at))
        self.now = moment

    def does(self, name: str, *, late: timedelta = timedelta(0), **changes: Any) -> None:
        """Take an event that happened `late` ago."""
        event = Event(
            message_id=f"m{self._offset}",
            source="website",
            type="track",
            name=name,
            channel="web.desktop",
            at=self.now - late,
            received_at=self.now,
            identifiers=(Identifier("user_id", "ada"),),
            **changes,
        )
        self.take(event)

    def take(self, body: Body) -> list[Body]:
        """Step one input now; return what was concluded from it."""
        self._offset += 1
        entry = Entry(offset=self._offset, identity=1, at=self.now, received_at=self.now, body=body)
        step = self._kernel.step(self.person, entry, self.program, self._offset + 1)
        self.person = step.person
        self._offset += len(step.facts)
        self.facts += step.facts
        for one in (entry, *step.facts):
            timer = timer_of(one.body)
            if timer is not None:
                self.timers.pop(timer[0], None)
                if timer[1] is not None:
                    self.timers[timer[0]] = timer[1]
        return [fact.body for fact in step.facts]

    def reach(self, audience: str) -> list[Body]:
        """Let a rollout come by because of a new definition."""
        reached = RolloutReached(rollout_id="r1", rollout="audience", subject=audience)
        return self.take(reached)

    def revise(self) -> list[Body]:
        return self.take(PersonRevised(person_id=self.person.id))

    @property
    def audiences(self) -> set[str]:
        """Return where she is in."""
        states = self.person.audiences.items()
        return {name for name, state in states if state.change.is_member}

    def moves(self, audience: str) -> list[tuple[bool, timedelta]]:
        """Return how she came and went, by the time since the start."""
        changes = [f.body for f in self.facts if isinstance(f.body, AudienceChanged)]
        return [
            (change.is_member, change.since - START)
            for change in changes
            if change.audience == audience and change.has_moved
        ]

    def noted(self) -> list[str]:
        """Return what was noted about her, by its longer name."""
        return [f.body.keys[1] for f in self.facts if isinstance(f.body, Noted)]


class Shop(VirtualHouse):
    """A whole house with the shop's program over a store in memory."""

    def __init__(self, program: Program) -> None:
        self.current = program
        self._count = 0
        ledger = build_ledger(MemoryStore(), lambda: self.current)
        super().__init__(ledger, program, VirtualClock(START))

    def does(self, name: str, *, source: str = "website", **who: Any) -> None:
        """Take an event of somebody, told by the keys of the plain dialect."""
        self._count += 1
        taken = self.take(source, {"id": f"e{self._count}", "event": name, **who})
        assert isinstance(taken, Accepted), taken

    def after(self, **time: float) -> None:
        self.run_until(self.clock.now() + timedelta(**time))

    def members(self, audience: str) -> dict[str, datetime]:
        """Return since when each member is in, by label."""
        with self.ledger.store.reading() as reading:
            return {row.label: row.since for row in reading.audiences.members(audience)}

    def changed_views(self) -> Sequence[str]:
        """Return the views that a rebuild from the journal alone makes different."""
        ledger = self.ledger
        rules = self.current.identity
        return verify(ledger.store, ledger.kernel, rules, lambda _done, _all: None)

    def bodies(self) -> list[Body]:
        with self.ledger.store.reading() as reading:
            return [entry.body for entry, _, _ in reading.tail.after(0, 10_000)]
