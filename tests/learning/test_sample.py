"""What learning keeps: the newest occasions as a table, and sums that asking does not change."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import numpy as np

from regard.learning.occasions import Occasion, Option
from regard.learning.sample import Sample
from regard.learning.scheme import person_key
from regard.learning.sums import OFFERED, SILENT, Sums

BEGAN = datetime(2026, 3, 2, tzinfo=UTC)
SIZE = 2


def occasion(turn: int, names: Sequence[str], chosen: int = 0) -> Occasion:
    return Occasion(
        at=BEGAN + timedelta(hours=turn),
        person_id=f"p{turn}",
        seed=str(turn),
        features=(1.0, turn / 256, 7.0, 9.0),
        options=tuple(
            Option(
                engagement=name,
                decision_id=f"{turn}-{name}",
                gain=4.0 + place,
                cost=0.1,
                worth=4.0,
                chance=0.5,
                took=place == chosen,
            )
            for place, name in enumerate(names)
        ),
        chosen=chosen,
        probability=0.5,
        silence=0.25,
        policy="x",
    )


def test_a_table_has_what_was_offered_and_what_came_of_it() -> None:
    sample = Sample(SIZE)
    sample.add(occasion(0, ["miles", "lounge"], chosen=1))
    assert len(sample.table(["miles"]).rows) == 0, "the lounge competed, too"
    sample.add(occasion(1, ["meal"], chosen=-1))
    table = sample.table(["lounge", "meal", "miles", "never"])
    assert table.there.tolist() == [[True, False, True, False], [False, True, False, False]]
    assert table.gain.tolist() == [[5.0, 0.0, 4.0, 0.0], [0.0, 4.0, 0.0, 0.0]]
    assert table.took.tolist() == [[1.0, 0.0, 0.0, 0.0], [0.0, 0.0, 0.0, 0.0]]
    assert table.chosen.tolist() == [0, 4], "what was sent; the number of names: silence"
    assert table.persons.tolist() == [person_key("p0"), person_key("p1")]
    assert table.types.tolist() == [7, 7]
    assert table.silence.tolist() == [0.25, 0.25]


def test_only_the_newest_stay_however_often_one_looks() -> None:
    looked_at, left_alone = Sample(SIZE, count_max=10), Sample(SIZE, count_max=10)
    for turn in range(1_500):
        names = ["miles", "lounge"] if turn % 3 else ["miles", f"offer{turn // 100}"]
        for sample in (looked_at, left_alone):
            sample.add(occasion(turn, names))
        if turn % 7 == 0:
            looked_at.table(["miles"])
    names = ["miles", "lounge", "offer14"]
    one, other = looked_at.table(names), left_alone.table(names)
    assert one.rows[:, 1].tolist() == [turn / 256 for turn in range(1_490, 1_500)]
    for name in ("rows", "there", "gain", "took", "chosen", "persons"):
        assert np.array_equal(getattr(one, name), getattr(other, name)), name


def test_sums_are_the_same_to_the_bit_however_often_they_are_read() -> None:
    looked_at, left_alone = (Sums(SIZE, timedelta(days=3)) for _ in range(2))
    for turn in range(200):
        at = BEGAN + timedelta(hours=turn)
        features = (1.0, turn % 7 / 256, float(turn % 2), float(turn % 5))
        arm = OFFERED if turn % 3 else SILENT
        # What the other engagement hears makes time pass for this one, too.
        name = "miles" if turn < 100 or turn % 50 == 0 else "lounge"
        for sums in (looked_at, left_alone):
            sums.add(features, at, [(name, arm, turn % 4 == 0)])
        looked_at.whole("miles", OFFERED)
        looked_at.persons("miles")
    for name in ("miles", "lounge"):
        one, other = looked_at.whole(name, OFFERED), left_alone.whole(name, OFFERED)
        assert np.array_equal(one.products, other.products)
        assert np.array_equal(one.successes, other.successes)
        assert np.array_equal(looked_at.persons(name)[2], left_alone.persons(name)[2])
    assert 0 < looked_at.whole("miles", OFFERED).count < 40, "what is long ago fades"
