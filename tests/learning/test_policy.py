"""The policy in force: what it looks at, what it draws, and that both are the same for ever."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from regard.core.contests import drawn
from regard.core.errors import Refused
from regard.core.person import Claim, Person, Touch
from regard.core.scope import Scope
from regard.learning import (
    Scheme,
    Snapshot,
    decode_snapshot,
    encode_snapshot,
    policy_of,
    scheme_of,
)
from regard.learning.fitting import Fit
from regard.learning.policy import untaught
from regard.learning.scheme import FIXED, person_key, type_key
from regard.learning.snapshot import Belief, Taught
from tests.learning.shop import program

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


def person(**traits: object) -> Person:
    claims = {name: Claim(value, NOON, "website", 0, 1) for name, value in traits.items()}
    return Person(id="p_ada", claims=claims, last_channel="web.desktop", last_seen_at=NOON)


def features(who: Person, now: datetime = NOON, scheme: Scheme | None = None) -> list[float]:
    scheme = scheme or scheme_of(program())
    assert scheme is not None
    return list(scheme.features(Scope(person=who, facts={}, now=now), {}))


def test_features_are_few_scaled_and_end_with_keys() -> None:
    found = features(person(tier="gold", miles=5_000))
    assert len(found) == FIXED + 1 + 2
    assert found[0] == 1.0
    assert found[1] == 1.0, "the family of web.desktop"
    assert found[FIXED] == 0.5, "5,000 of 10,000 miles"
    assert found[-2:] == [type_key("gold"), person_key("p_ada")]
    assert all(-1 <= value <= 1 and (value * 256).is_integer() for value in found[:-2])


def test_hour_is_that_of_the_person() -> None:
    vienna, tokyo = person(), person(time_zone="Asia/Tokyo")
    assert features(vienna)[8:10] != features(tokyo)[8:10]
    assert features(tokyo)[8:10] == features(vienna, NOON + timedelta(hours=8))[8:10]
    assert features(person(time_zone="Nowhere/City"))[8:10] == features(vienna)[8:10]


def test_recency_fades_and_touches_count() -> None:
    who = person()
    assert features(who)[10] == 1.0
    assert 0 < features(who, NOON + timedelta(days=3))[10] < 1
    assert features(who, NOON + timedelta(days=60))[10] == 0
    touch = Touch(
        engagement="miles", channel="email", message_class="marketing", purpose="offers",
        ref="", address="", at=NOON, state="sent", state_at=NOON, stamp=1, sent_at=NOON,
    )  # fmt: skip
    touched = Person(id="p_ada", touches={"m1": touch}, last_seen_at=NOON)
    assert features(touched)[11] == pytest.approx(1 / 7, abs=1 / 256)
    assert features(touched, NOON + timedelta(days=8))[11] == 0


@settings(max_examples=40)
@given(st.one_of(st.none(), st.text(), st.floats(), st.booleans(), st.lists(st.integers())))
def test_strange_traits_are_numbers_all_the_same(value: object) -> None:
    found = features(person(miles=value, tier=value, time_zone=value))
    assert all(-1 <= one <= 1 for one in found[:-2])


def test_before_anything_is_learned_chances_are_drawn_around_what_is_written() -> None:
    policy = policy_of(program())
    assert policy is not None
    assert policy.version.endswith("-prior")
    found = policy.chance("miles", features(person()))
    assert found is not None
    assert found[0] == pytest.approx(0.3)
    assert found[1] > 0.1, "little is known"
    assert policy.chance("unknown", features(person())) is None


@settings(max_examples=40)
@given(st.lists(st.sampled_from([0.0, 0.0, 0.5, -1.0, 0.25]), min_size=5, max_size=5))
def test_what_is_believed_of_a_row_is_its_product_with_mean_and_covariance(
    values: list[float],
) -> None:
    rng = np.random.default_rng(3)
    root = rng.normal(size=(FIXED + 1, FIXED + 1))
    covariance, mean = root @ root.T, rng.normal(size=FIXED + 1)
    fit = Fit(mean=mean, covariance=covariance, noise=0.2)
    scheme, taught = learned(core=fit.belief())
    policy = policy_of(program(), "v", Snapshot(scheme=scheme, taught=(taught,)))
    assert policy is not None
    row = np.array([1.0, *[0.0] * (FIXED - 5), *values])
    found = policy.chance("miles", [*row.tolist(), 0.0, 0.0])
    assert found == pytest.approx((row @ mean, float(row @ covariance @ row) ** 0.5))


def certain(chance: float, size: int) -> Belief:
    covariance = tuple(0.0 for _ in range(size * (size + 1) // 2))
    return Belief(mean=(chance, *[0.0] * (size - 1)), covariance=covariance)


def learned(**changes: object) -> tuple[Scheme, Taught]:
    scheme = scheme_of(program())
    assert scheme is not None
    known = {"engagement": "miles", "core": certain(0.2, scheme.size)}
    return scheme, Taught(**{**known, **changes})  # type: ignore[arg-type]


def chance_of(scheme: Scheme, taught: Taught, who: Person) -> float:
    snapshot = Snapshot(scheme=scheme, taught=(taught,))
    version, data = encode_snapshot(snapshot)
    policy = policy_of(program(), version, decode_snapshot(data))
    assert policy is not None
    assert policy.version == version
    found = policy.chance("miles", features(who))
    assert found is not None
    return drawn(*found, "seed")


def test_type_and_person_stand_before_the_core_where_they_are_known() -> None:
    scheme, _ = learned()
    gold, basic = person(tier="gold"), person(tier="basic")
    scheme, taught = learned(
        types={type_key("gold"): certain(0.6, scheme.size)},
        persons={person_key("p_ada"): (0.1, 0.0)},
    )
    assert chance_of(scheme, taught, gold) == pytest.approx(0.7)
    assert chance_of(scheme, taught, basic) == pytest.approx(0.3)


def test_what_comes_without_the_offer_is_taken_off() -> None:
    scheme, _ = learned()
    scheme, taught = learned(silent=certain(0.15, scheme.size))
    assert chance_of(scheme, taught, person()) == pytest.approx(0.05)
    scheme, taught = learned(silent=certain(0.5, scheme.size))
    assert chance_of(scheme, taught, person()) == 0.0, "it is worth nothing"


def test_numbers_of_another_scheme_do_not_mix() -> None:
    scheme, taught = learned()
    other = Snapshot(scheme=replace_scheme(scheme), taught=(taught,))
    policy = policy_of(program(), "v", other)
    assert policy is not None
    assert policy.version.endswith("-prior")
    assert policy.chance("miles", [1.0, 2.0]) is None


def replace_scheme(scheme: Scheme) -> Scheme:
    return Scheme(zone="UTC", customer_type=scheme.customer_type, traits=scheme.traits)


def test_a_program_that_does_not_learn_has_no_policy() -> None:
    assert policy_of(replace(program(), learning=None)) is None


def test_bytes_that_are_no_snapshot_are_refused() -> None:
    with pytest.raises(Refused):
        decode_snapshot(b"nothing")


def test_untaught_knows_as_much_as_twenty_outcomes() -> None:
    scheme = scheme_of(program())
    assert scheme is not None
    taught = untaught(program().engagements["miles"], scheme)
    assert taught.core.mean[0] == 0.3
    assert taught.core.covariance[0] == pytest.approx(0.21 / 20)
