"""The crank: it turns until nothing follows, stops what never ends, and tells the same twice."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import pytest
from msgspec.structs import replace

from regard.assembly import build_kernel
from regard.core.errors import Broken
from regard.core.event import Event, Identifier
from regard.core.facts import Candidate, CaseOpened, Decided, Derived, Entry, LimitReached
from regard.core.person import Person
from regard.core.program import Program
from regard.core.rows import Claimed
from regard.core.standing import AT_REST, Standing
from regard.runtime.kernel import FIRST_PART, PARTS_MAX, Kernel
from tests.runtime.shop import NOW, Shop

Reaction = Callable[[Entry], Sequence[Derived | Candidate]]


@dataclass
class Room:
    """A stage that reacts as it is told and remembers in which order it folded."""

    reaction: Reaction
    folded: list[Entry] = field(default_factory=list)

    def fold(self, person: Person, entry: Entry) -> Person:
        self.folded.append(entry)
        return person

    def join(self, winner: Person, loser: Person) -> Person:
        return winner

    def react(
        self, person: Person, entry: Entry, program: Program
    ) -> Sequence[Derived | Candidate]:
        return self.reaction(entry)


class SilentGate:
    """An arbiter that answers every candidate with silence."""

    def __init__(self) -> None:
        self.asked: list[Sequence[Candidate]] = []

    def decide(
        self,
        person: Person,
        candidates: Sequence[Candidate],
        entry: Entry,
        program: Program,
        standing: Standing = AT_REST,
    ) -> Sequence[Derived]:
        self.asked.append(list(candidates))
        return [decided(candidate) for candidate in candidates]

    def recheck(self, claimed: Claimed, program: Program, now: object) -> str:
        return ""


def decided(candidate: Candidate) -> Decided:
    return Decided(
        decision_id=candidate.ref,
        candidate=candidate,
        verdict="silence",
        reason="no_consent",
        message_class="service",
        purpose="orders",
    )


def case(number: int) -> CaseOpened:
    return CaseOpened(case_id=f"{number}", department="", title="", ref="", reason="")


def wish(ref: str) -> Candidate:
    return Candidate(engagement="receipt", origin="promise", ref=ref, made_at=NOW)


def entry(name: str = "Order Placed") -> Entry:
    event = Event(
        message_id="1",
        source="shop",
        type="track",
        name=name,
        channel="web.desktop",
        at=NOW,
        received_at=NOW,
        identifiers=(Identifier("user_id", "ada"),),
    )
    return Entry(offset=7, identity=1, at=NOW, received_at=NOW, body=event)


def test_facts_follow_facts_until_nothing_follows(shop: Shop) -> None:
    """Each is folded before anybody reacts to it, and stands behind its cause."""

    def three_in_a_row(found: Entry) -> Sequence[Derived | Candidate]:
        number = 0 if isinstance(found.body, Event) else int(found.body.case_id)  # type: ignore[union-attr]
        return [case(number + 1)] if number < 3 else []

    room = Room(three_in_a_row)
    step = Kernel([room], SilentGate()).step(Person(id="ada"), entry(), shop.program, 8)
    assert [fact.body for fact in step.facts] == [case(1), case(2), case(3)]
    assert [fact.offset for fact in step.facts] == [8, 9, 10]
    assert [(fact.cause, fact.part) for fact in step.facts] == [
        (7, FIRST_PART + number) for number in range(3)
    ]
    assert room.folded == [entry(), *step.facts]


def test_candidates_wait_until_all_rooms_have_settled(shop: Shop) -> None:
    """Then the gate sees them together, and rooms hear of what it decided."""

    def speaks(found: Entry) -> Sequence[Derived | Candidate]:
        if isinstance(found.body, Event):
            return [wish("first"), case(1)]
        return [wish("second")] if isinstance(found.body, CaseOpened) else []

    gate, room = SilentGate(), Room(speaks)
    step = Kernel([room], gate).step(Person(id="ada"), entry(), shop.program, 8)
    assert gate.asked == [[wish("first"), wish("second")]]
    kinds = [type(fact.body) for fact in step.facts]
    assert kinds == [CaseOpened, Decided, Decided]
    assert room.folded[-1] == step.facts[-1]


def test_what_is_learned_stands_before_anybody_acts_on_the_entry(shop: Shop) -> None:
    """Then the acting rooms see the entry, what they concluded, and what was learned."""
    seen: list[tuple[str, int]] = []
    acting = Room(lambda _: [])

    def acts(found: Entry) -> Sequence[Derived | Candidate]:
        seen.append((type(found.body).__name__, len(acting.folded)))
        return [wish("late")] if isinstance(found.body, LimitReached) else []

    acting.reaction = acts
    learned = LimitReached(limit="learned", detail="")
    learning = Room(lambda e: [learned] if isinstance(e.body, Event) else [])
    kernel = Kernel([acting], SilentGate(), learning=[learning])
    step = kernel.step(Person(id="ada"), entry(), shop.program, 8)
    assert [type(fact.body) for fact in step.facts] == [LimitReached, Decided]
    assert seen == [("Event", 2), ("LimitReached", 2), ("Decided", 3)]


def test_history_teaches_those_who_learn_and_nobody_else(shop: Shop) -> None:
    learning, acting = Room(lambda _: [case(1)]), Room(lambda _: [case(2), wish("never")])
    kernel = Kernel([acting], SilentGate(), learning=[learning])
    past = entry()
    assert isinstance(past.body, Event)
    told = replace(past, body=replace(past.body, is_history=True))
    step = kernel.step(Person(id="ada"), told, shop.program, 8)
    assert [fact.body for fact in step.facts] == [case(1)]
    assert acting.folded == [told, *step.facts]


def test_who_learns_may_not_speak(shop: Shop) -> None:
    kernel = Kernel([], SilentGate(), learning=[Room(lambda _: [wish("never")])])
    with pytest.raises(Broken, match="may only conclude"):
        kernel.step(Person(id="ada"), entry(), shop.program, 8)


def test_what_never_ends_is_stopped_and_told(shop: Shop) -> None:
    room = Room(lambda _entry: [case(1), wish("again")])
    step = Kernel([room], SilentGate()).step(Person(id="ada"), entry(), shop.program, 8)
    *facts, last = step.facts
    assert len(facts) == PARTS_MAX
    assert isinstance(last.body, LimitReached)
    assert last.body.limit == "facts_per_input"
    assert "entry 7" in last.body.detail
    assert last.part == FIRST_PART + PARTS_MAX
    assert [fact.offset for fact in step.facts] == list(range(8, 8 + PARTS_MAX + 1))


def test_what_a_stopped_input_wanted_to_say_is_not_said(shop: Shop) -> None:
    gate = SilentGate()
    room = Room(lambda _entry: [wish("never"), case(1)])
    Kernel([room], gate).step(Person(id="ada"), entry(), shop.program, 8)
    assert gate.asked == []


def test_the_same_entries_give_the_same_facts(shop: Shop) -> None:
    def lived() -> tuple[Person, list[Entry]]:
        kernel, person, facts = build_kernel(), Person(id="ada"), []
        for number, token in enumerate(("lamp", "lamp", "bulb")):
            draft = shop.draft({"id": f"{number}", "event": "Order Placed", "user_id": "ada"})
            body = draft.body
            assert isinstance(body, Event)
            body.facts["token"] = token
            found = Entry(offset=number + 1, identity=1, at=NOW, received_at=NOW, body=body)
            step = kernel.step(person, found, shop.program, 10 * (number + 1))
            person, facts = step.person, [*facts, *step.facts]
        return person, facts

    assert lived() == lived()
    assert lived()[1]
