"""The register of promises is a join: any order, any split, the same person to the byte."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from regard.core.codec import encode_person
from regard.core.facts import Entry, PromiseChanged
from regard.core.person import Person
from regard.promises import Promises
from regard.promises.register import ENDED_MAX
from tests.promises.house import START

STATUSES = ("expected", "missed", "kept", "late", "doubled", "repaired", "void", "broken")


def entry(offset: int, promise_id: str, status: str) -> Entry:
    at = START + timedelta(seconds=offset)
    body = PromiseChanged(
        promise_id=promise_id,
        definition="check_in_reminder",
        status=status,  # type: ignore[arg-type]
        about=promise_id,
        made_at=START,
        act_at=at,
        due_at=at,
        reason="made",
    )
    return Entry(
        offset=offset, identity=1, at=at, received_at=at, body=body, cause=offset, part=offset % 7
    )


def fold(entries: list[Entry]) -> Person:
    person = Person(id="ada")
    for one in entries:
        person = Promises().fold(person, one)
    return person


changes = st.lists(st.tuples(st.sampled_from("abcdef"), st.sampled_from(STATUSES)), max_size=30)


@given(changes, st.randoms(use_true_random=False))
def test_any_order_and_any_split_give_the_same_promises(changes: list, random: object) -> None:
    entries = [entry(n, promise_id, status) for n, (promise_id, status) in enumerate(changes, 1)]
    whole = encode_person(fold(entries))
    random.shuffle(entries)  # type: ignore[attr-defined]
    cut = random.randint(0, len(entries))  # type: ignore[attr-defined]
    left, right = fold(entries[:cut]), fold(entries[cut:])
    assert encode_person(fold(entries)) == whole
    assert encode_person(Promises().join(left, right)) == whole
    assert encode_person(Promises().join(right, left)) == whole


@settings(max_examples=25)
@given(st.permutations(range(1, ENDED_MAX + 30)), st.integers(0, ENDED_MAX + 29))
def test_newest_ended_promises_stay_whatever_the_order(order: list[int], cut: int) -> None:
    entries = [entry(n, f"p{n}", "kept") for n in order]
    joined = Promises().join(fold(entries[:cut]), fold(entries[cut:]))
    assert encode_person(joined) == encode_person(fold(entries))
    assert set(joined.promises) == {f"p{n}" for n in range(30, ENDED_MAX + 30)}


def test_open_promises_are_never_dropped() -> None:
    entries = [entry(1, "old", "expected"), entry(2, "late", "missed")]
    entries += [entry(n, f"p{n}", "kept") for n in range(3, ENDED_MAX + 20)]
    person = fold(entries)
    assert {"old", "late"} <= set(person.promises)
    assert len(person.promises) == ENDED_MAX + 2


def test_entry_of_another_kind_leaves_the_person_as_it_is() -> None:
    person = fold([entry(1, "a", "kept")])
    other = Person(id="bruno")
    assert Promises().join(person, other) is person
