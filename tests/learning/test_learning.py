"""Learning in a living house: from journal to journal, and the same whatever happens between."""

from __future__ import annotations

from datetime import timedelta

import pytest

from regard.core.errors import Refused
from regard.core.event import PolicyTrained
from regard.runtime.rebuild import verify
from regard.runtime.teaching import Teacher, records
from regard.store import MemoryStore
from regard.testing.house import VirtualHouse
from tests.learning.shop import FILES, HOUR, decided, live, program, shop, visit

OFF = {"policies.yaml": "silence: {value: 0.5, fatigue_per_touch: 0}"}


def learn(house: VirtualHouse, teacher: Teacher | None = None) -> PolicyTrained | None:
    """Let the house learn now, as `regard learn` does."""
    teacher = teacher or Teacher(house.ledger.store, house.ledger.program)
    trained = house.ledger.policies.trained
    draft, _ = teacher.teach(house.clock.now(), "ada", trained.version if trained else "")
    if draft is None:
        return None
    house.ledger.append([draft], house.clock.now())
    house.settle()
    assert isinstance(draft.body, PolicyTrained)
    return draft.body


@pytest.fixture(scope="module")
def lived() -> VirtualHouse:
    house = shop()
    live(house, days=3, people=6)
    return house


def test_decisions_say_what_they_saw_and_how_probable_they_were(lived: VirtualHouse) -> None:
    found = decided(lived)
    assert len(found) == 2 * 3 * 6
    for one in found:
        assert one.policy.endswith("-prior") or one.policy.count("-") == 1
        assert len(one.features) == len(found[0].features)
        assert 0 < one.probability <= 1
    assert {one.verdict for one in found} == {"send", "silence"}


def test_what_was_learned_is_journaled_and_decides_from_then_on(lived: VirtualHouse) -> None:
    before = lived.ledger.standing.policy
    assert before is not None
    trained = learn(lived)
    assert trained is not None
    assert trained.counts == {"lounge": 18, "miles": 18}
    assert trained.by == "ada"
    after = lived.ledger.standing.policy
    assert after is not None
    assert after.version == trained.version != before.version
    found = visit(lived, "u1")
    assert {one.policy for one in found} == {trained.version}
    assert learn(lived) is None, "nothing has come to its end since"


def test_a_process_that_starts_and_a_rebuild_know_what_was_learned(lived: VirtualHouse) -> None:
    learn(lived)
    trained = lived.ledger.policies.trained
    again = shop(store=lived.ledger.store)
    again.ledger.advance()
    assert again.ledger.policies.trained == trained
    rules = program().identity
    changed = verify(lived.ledger.store, lived.ledger.kernel, rules, lambda _done, _total: None)
    assert not changed
    rebuilt = shop(store=lived.ledger.store)
    rebuilt.ledger.advance()
    assert rebuilt.ledger.policies.trained == trained


@pytest.mark.slow
def test_reading_on_learns_the_same_as_reading_anew() -> None:
    house = shop()
    teacher = Teacher(house.ledger.store, house.ledger.program)
    for _ in range(3):
        live(house, days=1)
        teacher.teach(house.clock.now(), "")
    grown, _ = teacher.teach(house.clock.now(), "")
    anew, _ = Teacher(house.ledger.store, house.ledger.program).teach(house.clock.now(), "")
    assert grown is not None
    assert anew is not None
    assert grown.body == anew.body


def test_outcomes_count_only_when_their_time_is_over() -> None:
    house = shop()
    visit(house, "u1", tier="gold")
    assert learn(house) is None
    house.run_until(house.clock.now() + 2 * HOUR)
    trained = learn(house)
    assert trained is not None
    assert trained.counts == {"lounge": 1, "miles": 1}


def test_a_project_that_does_not_learn_decides_without_chance() -> None:
    house = shop(OFF)
    found = visit(house, "u1")
    assert all(not one.policy and not one.features and one.probability == 1 for one in found)
    assert house.ledger.standing.policy is None
    with pytest.raises(Refused, match="does not learn"):
        learn(house)


def test_another_scheme_begins_anew() -> None:
    store = MemoryStore()
    house = shop(store=store)
    live(house, days=1)
    assert learn(house) is not None
    fewer = FILES["policies.yaml"].replace("  traits: {traits.miles: 10000}\n", "")
    other = shop({"policies.yaml": fewer}, store)
    other.ledger.advance()
    policy = other.ledger.standing.policy
    assert policy is not None
    assert policy.version.endswith("-prior")
    assert not list(Teacher(store, other.ledger.program).teach(other.clock.now(), "")[1].counts)


def test_records_are_the_whole_journal_in_order(lived: VirtualHouse) -> None:
    offsets = [entry.offset for entry, _ in records(lived.ledger.store)]
    assert offsets == list(range(1, len(offsets) + 1))
    assert [e.offset for e, _ in records(lived.ledger.store, 10)] == offsets[10:]


@pytest.mark.slow
def test_who_takes_what_up_is_learned() -> None:
    """Gold customers like the lounge and others the miles; by then the house offers just that."""
    house = shop()
    teacher = Teacher(house.ledger.store, house.ledger.program)
    for _ in range(5):
        live(house, days=8)
        learn(house, teacher)
    trained = house.ledger.policies.trained
    assert trained is not None
    assert trained.gates["*|type"].startswith("open: gain ")
    sent = [
        one.candidate.engagement
        for number in range(20)
        for one in visit(house, f"u{number}")
        if one.verdict == "send"
    ]
    liked = ["lounge" if number % 2 else "miles" for number in range(20)]
    assert sum(a == b for a, b in zip(sent, liked, strict=True)) >= 17
    house.run_until(house.clock.now() + timedelta(days=1))
