"""The register of runs is a join, and a once-only journey is remembered for ever."""

from __future__ import annotations

from datetime import timedelta
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from regard.core.codec import encode_person
from regard.core.facts import Entry, RunChanged
from regard.core.person import Person
from regard.journeys import Journeys
from regard.journeys.register import ENDED_MAX
from tests.promises.house import START


def entry(offset: int, run_id: str, status: str, journey: str = "welcome") -> Entry:
    at = START + timedelta(seconds=offset)
    body = RunChanged(
        run_id=run_id,
        journey=journey,
        step="pause",
        status=status,  # type: ignore[arg-type]
        started_at=START,
        reason="wait",
    )
    return Entry(offset=offset, identity=1, at=at, received_at=at, body=body, cause=offset, part=1)


def fold(entries: list[Entry]) -> Person:
    person = Person(id="ada")
    for one in entries:
        person = Journeys().fold(person, one)
    return person


def assert_joins(entries: list[Entry], random: Random) -> Person:
    whole = fold(entries)
    shuffled = random.sample(entries, len(entries))
    cut = random.randint(0, len(entries))
    left, right = fold(shuffled[:cut]), fold(shuffled[cut:])
    for other in (fold(shuffled), Journeys().join(left, right), Journeys().join(right, left)):
        assert encode_person(other) == encode_person(whole)
    return whole


statuses = st.sampled_from(["waiting", "offering", "finished", "exited"])


@given(
    st.lists(st.tuples(st.sampled_from("abcdef"), statuses), max_size=30),
    st.randoms(use_true_random=False),
)
def test_any_order_and_any_split_give_the_same_runs(changes: list, random: Random) -> None:
    assert_joins(
        [entry(n, run_id, status) for n, (run_id, status) in enumerate(changes, 1)], random
    )


@settings(max_examples=25)
@given(st.randoms(use_true_random=False))
def test_newest_runs_stay_and_the_newest_of_every_journey(random: Random) -> None:
    entries = [entry(1, "active", "waiting"), entry(2, "w1", "finished", "once")]
    entries += [entry(3, "w2", "finished", "once")]
    entries += [entry(n, f"r{n}", "exited") for n in range(4, ENDED_MAX + 20)]
    person = assert_joins(entries, random)
    assert len(person.runs) == ENDED_MAX + 2
    assert {"active", "w2"} <= set(person.runs)
    assert "w1" not in person.runs


def test_person_without_runs_adds_nothing() -> None:
    person = fold([entry(1, "a", "waiting")])
    assert Journeys().join(person, Person(id="bruno")) is person
