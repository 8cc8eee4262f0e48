"""Needs are a join: facts in any order, in any two halves, come to the same bytes."""

from __future__ import annotations

from datetime import datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from regard.core.belief import Curve, believed, fades_at
from regard.core.codec import decode_person, encode_person
from regard.core.facts import Entry, NeedChanged, NeedEvidence, SilenceWatched
from regard.core.person import Person, Weighed
from regard.needs import Needs
from regard.needs.register import EVIDENCE_MAX
from tests.needs.house import START, Airline, said

moments = st.integers(0, 5_000).map(lambda minutes: START + timedelta(minutes=minutes))
needs = st.sampled_from(["rebook", "lounge"])
lines = st.sampled_from(["answer", *"abcdefghijklmnop"])
evidence = st.builds(
    NeedEvidence,
    need=needs,
    line=lines,
    weight=st.sampled_from([3.0, 1.5, -3.0]),
    at=moments,
    told=st.just("said so"),
)
changes = st.builds(
    NeedChanged,
    need_id=st.just("n1"),
    need=needs,
    is_felt=st.booleans(),
    since=moments,
    belief=st.just(0.5),
    met_at=st.none() | moments,
)
silences = st.builds(SilenceWatched, watch_id=st.just("w1"), need=needs, line=lines, since=moments)
facts = st.lists(st.one_of(evidence, evidence, evidence, changes, silences), max_size=120)


def entries(found: list[NeedEvidence | NeedChanged | SilenceWatched]) -> list[Entry]:
    return [
        Entry(offset=n, identity=1, at=START, received_at=START, body=body, cause=n, part=64)
        for n, body in enumerate(found, start=1)
    ]


def folded(found: list[Entry]) -> Person:
    person = Person(id="p_ada")
    for entry in found:
        person = Needs().fold(person, entry)
    return person


@given(facts, st.data())
@settings(max_examples=60)
def test_any_order_and_any_halves_come_to_the_same(
    found: list[NeedEvidence | NeedChanged | SilenceWatched], data: st.DataObject
) -> None:
    told = entries(found)
    whole = encode_person(folded(told))
    assert encode_person(folded(data.draw(st.permutations(told)))) == whole
    cut = data.draw(st.sets(st.sampled_from(told)) if told else st.just(set()))
    left = folded([entry for entry in told if entry in cut])
    right = folded([entry for entry in told if entry not in cut])
    for one, two in ((left, right), (right, left)):
        assert encode_person(Needs().join(one, two)) == whole
    assert decode_person(whole) == folded(told)
    assert all(len(state.evidence) <= EVIDENCE_MAX for state in folded(told).needs.values())


pieces = st.builds(
    Weighed,
    st.integers(0, 10**13),
    st.floats(-5, 5).filter(lambda weight: abs(weight) > 0.001),
    st.just("a"),
    st.just("said so"),
    st.integers(0, 10**9),
)


@given(
    st.lists(pieces, max_size=10),
    st.floats(0.001, 0.5),
    st.integers(1, 10_000).map(lambda minutes: timedelta(minutes=minutes)),
    st.floats(0.55, 0.95),
)
def test_belief_fades_at_the_first_microsecond_below(
    found: list[Weighed], prior: float, half_life: timedelta, level: float
) -> None:
    curve = Curve(prior=prior, half_life=half_life)
    at = fades_at(found, curve, level)
    newest = max((piece.at_us for piece in found), default=0)
    now = datetime.fromisoformat("1970-01-01T00:00:00+00:00") + timedelta(microseconds=newest)
    if at is None:
        assert believed(found, curve, now) < level
        return
    assert believed(found, curve, at) < level
    before = at - timedelta(milliseconds=1)
    assert before < now or believed(found, curve, before) >= level * (1 - 1e-9)


def test_two_who_turn_out_to_be_one_feel_it_together_and_apart_again_not() -> None:
    house = Airline()
    house.does("Flight Disrupted", user_id="", anonymous_id="laptop")
    house.does("Message Received", user_id="", anonymous_id="phone", **said("rebook"))
    assert house.noted() == []
    house.does("Signed In", anonymous_id="laptop")
    house.does("Signed In", anonymous_id="phone")
    assert house.noted() == ["Need Felt|rebook"]
    assert [name for name, _ in house.moves()] == ["felt"]
    assert house.changed_views() == []
    house.after(days=1)
    assert house.noted() == ["Need Felt|rebook", "Need Faded|rebook"]
    assert house.changed_views() == []


def test_what_met_the_need_of_one_ends_the_evidence_of_the_other() -> None:
    house = Airline()
    house.does("Flight Disrupted", user_id="", anonymous_id="laptop")
    house.does("Message Received", user_id="", anonymous_id="laptop", **said("rebook"))
    house.after(minutes=1)
    house.does("Rebooked", user_id="", anonymous_id="phone")
    house.does("Signed In", anonymous_id="laptop")
    assert house.need().is_felt  # type: ignore[union-attr]
    house.does("Signed In", anonymous_id="phone")
    assert not house.need().is_felt  # type: ignore[union-attr]
    assert house.changed_views() == []
