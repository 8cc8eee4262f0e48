"""The journal: no gaps, no duplicates, everything read back as it was written."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from regard.core.errors import Broken
from regard.core.event import MessageClaimed, ProgramPublished, TimerDue
from regard.core.facts import IdentityShared, PersonsMerged, StepFailed
from regard.core.storage import Store
from tests.store.cast import (
    ADA,
    ADA_EMAIL,
    BRUNO,
    LAPTOP,
    START,
    append,
    case,
    decided,
    entry,
    event,
    identity,
    key,
    outcome,
    promise,
    read,
)


def test_empty_journal_knows_nothing(store: Store) -> None:
    with store.writing() as writing:
        assert writing.journal.last() == 0
        assert writing.journal.known([key(1)]) == {}
        assert writing.journal.inputs(0, 10) == []
        assert writing.journal.of_identities([identity(ADA)], 2**62) == []
        writing.journal.append((), ())
    with read(store) as reading:
        assert (reading.tail.last(), reading.tail.after(0)) == (0, [])


def test_entries_come_back_as_they_were(store: Store) -> None:
    bodies = [
        event("m1", ADA, LAPTOP),
        TimerDue(ref="run:1", due_at=START),
        MessageClaimed(message_id="m", channel="email", attempt=1, token=3),
        outcome("m", "try_again", retry_at=START),
        ProgramPublished(hash="abc", name="airline"),
        promise("1", facts={"total": 12.5, "bags": [1, None, {"kg": 23}]}),
        decided("m"),
        case("1"),
        PersonsMerged(winner="p_a", loser="p_b", left=ADA, right=LAPTOP, rule="same_event"),
        IdentityShared(identifier=LAPTOP, persons=("p_a", "p_b"), rule="two_people"),
        StepFailed(error="Boom", traceback="…"),
    ]
    entries = [entry(n, ADA, body=body) for n, body in enumerate(bodies, 1)]
    append(store, *entries)
    with read(store) as reading:
        assert [found for found, _, _ in reading.tail.after(0)] == entries


def test_moments_keep_their_microseconds(store: Store) -> None:
    early = datetime(1969, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC)
    late = datetime(2999, 1, 1, microsecond=1, tzinfo=UTC)
    body = event("m1", minutes=0)
    append(store, entry(1, body=body), entry(2, body=promise("1", made_at=early, due_at=late)))
    with store.writing() as writing:
        change = writing.journal.of_identities([identity(ADA)], 2**62)[1].body
    assert (change.made_at, change.due_at) == (early, late)


def test_keys_are_known_for_ever_with_their_offsets(store: Store) -> None:
    append(store, entry(1), entry(2), entry(3), keys=2)
    with store.writing() as writing:
        assert writing.journal.known([key(2), key(3), key(1)]) == {key(1): 1, key(2): 2}


def test_known_key_is_refused_and_nothing_is_written(store: Store) -> None:
    append(store, entry(1), keys=1)
    with pytest.raises(Broken), store.writing() as writing:
        writing.journal.append([entry(2), entry(3)], [key(2), key(1)])
    with store.writing() as writing:
        assert writing.journal.last() == 1
        assert writing.journal.known([key(1), key(2)]) == {key(1): 1}
    append(store, entry(2), keys=1)


def test_same_key_twice_in_one_batch_is_refused(store: Store) -> None:
    with pytest.raises(Broken), store.writing() as writing:
        writing.journal.append([entry(1), entry(2)], [key(1), key(1)])
    with read(store) as reading:
        assert reading.tail.last() == 0


@pytest.mark.parametrize("offsets", [(3,), (1,), (0,), (2, 4), (2, 2), (2, 3, 5)])
def test_gaps_and_repeats_are_refused(store: Store, offsets: tuple[int, ...]) -> None:
    append(store, entry(1))
    with pytest.raises(Broken), store.writing() as writing:
        writing.journal.append([entry(offset) for offset in offsets], ())
    with read(store) as reading:
        assert reading.tail.last() == 1


def test_more_keys_than_entries_are_refused(store: Store) -> None:
    with pytest.raises(Broken), store.writing() as writing:
        writing.journal.append([entry(1)], [key(1), key(2)])


def test_inputs_skip_what_was_derived(store: Store) -> None:
    derived = entry(2, body=promise("1"), cause=1, part=1)
    append(store, entry(1), derived, entry(3), entry(4))
    with store.writing() as writing:
        journal = writing.journal
        assert [e.offset for e in journal.inputs(0, 10)] == [1, 3, 4]
        assert [e.offset for e in journal.inputs(1, 1)] == [3]
        assert [e.offset for e in journal.inputs(4, 10)] == []


def test_entries_of_identities_come_in_stamp_order(store: Store) -> None:
    append(
        store,
        entry(1, ADA),
        entry(2, LAPTOP),
        entry(3, BRUNO),
        entry(4, ADA, body=promise("2"), cause=1, part=2),
        entry(5, ADA, body=promise("1"), cause=1, part=1),
        entry(6, LAPTOP, body=promise("3"), cause=2, part=1),
    )
    with store.writing() as writing:
        both = [identity(LAPTOP), identity(ADA), identity(ADA)]
        found = writing.journal.of_identities(both, 2**62)
        assert [e.offset for e in found] == [1, 5, 4, 2, 6]
        below = writing.journal.of_identities(both, entry(2).stamp)
        assert [e.offset for e in below] == [1, 5, 4]
        assert writing.journal.of_identities([identity(ADA_EMAIL)], 2**62) == []


def test_writer_sees_what_it_appended(store: Store) -> None:
    with store.writing() as writing:
        writing.journal.append([entry(1)], [key(1)])
        assert writing.journal.last() == 1
        assert writing.journal.known([key(1)]) == {key(1): 1}
        writing.journal.append([entry(2, body=promise("1"), cause=1, part=1)], ())
        assert [e.offset for e in writing.journal.inputs(0, 10)] == [1]


def test_tail_pages_oldest_first(store: Store) -> None:
    append(store, *[entry(n) for n in range(1, 6)])
    with read(store) as reading:
        assert reading.tail.last() == 5
        assert [e.offset for e, _, _ in reading.tail.after(1, 3)] == [2, 3, 4]
        assert [e.offset for e, _, _ in reading.tail.after(5, 3)] == []
