"""Membership by timers is what looking at every microsecond would find."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from regard.core.facts import AudienceChanged
from regard.core.person import AudienceState, Person
from regard.core.program import Program
from regard.core.scope import Scope
from tests.audiences.shop import START, OnePerson, program_of

US = timedelta(microseconds=1)

CONDITIONS = {
    "frequent": "count_events('Order', '3 seconds') >= 2",
    "few": "count_events('Order', '2 seconds') between 1 and 2",
    "exactly": "count_events('Order', '3 seconds') = 2",
    "listed": "count_events('Order', '3 seconds') in (1, 3)",
    "summed": "count_events('Order', '2 seconds') + count_events('Visit', '3 seconds') >= 3",
    "turned": "3 > count_events('Visit', '2 seconds') and count_events('Order') > 0",
    "lapsing": "now() > last_event_at('Order') + interval '2 seconds'",
    "window": "now() between last_event_at('Order') + interval '1 second'"
    " and last_event_at('Order') + interval '2 seconds'",
    "apart": "now() - last_event_at('Order') >= interval '3 seconds'",
    "instant": "now() = last_event_at('Order') + interval '1 second'",
    "not_instant": "now() <> last_event_at('Order') + interval '1 second'",
    "either": "last_event_at('Visit') < now() - interval '2 seconds'"
    " or count_events('Order', '1 second') >= 2",
    "neither": "not (count_events('Order', '2 seconds') >= 1 or traits.tier = 'gold')",
    "gold": "traits.tier = 'gold' and count_events('Order', '3 seconds') >= 1",
    "unheard": "person.last_seen_at < now() - interval '2 seconds'",
    "first": "coalesce(last_event_at('Order'), now()) > now() - interval '1 second'",
    "double": "(now() - last_event_at('Order')) + (now() - last_event_at('Visit'))"
    " > interval '3 seconds'",
    "known": "(now() > last_event_at('Order') + interval '2 seconds') is not true",
    "calm": "count_events('Order') = 0",
    "allowed": "has_consent('offers') and not count_events('Visit', '2 seconds') >= 2",
    "asking": "in_audience('frequent') and not in_audience('gold')",
    "asking_late": "in_audience('lapsing')"
    " and now() > last_event_at('Visit') + interval '1 second'",
}  # fmt: skip

PROGRAM = program_of(**CONDITIONS)

acts = st.tuples(
    st.sampled_from(["Order", "Order", "Visit", "Consent Granted", "Consent Withdrawn"]),
    st.integers(0, 16),
    st.integers(-1, 1),
    st.sampled_from([0, 0, 0, 1, 3, 8]),
    st.sampled_from([None, None, "gold", "tin"]),
)


def holding(program: Program, person: Person, now: datetime) -> dict[str, bool]:
    """Return where a person belongs when every audience is simply looked at."""
    ranks = program.audiences_by_event.ranks
    found: dict[str, bool] = {}
    for name in sorted(program.audiences, key=lambda n: ranks[n]):
        states = {
            known: AudienceState(change=_change(known, now, is_member=is_member), stamp=1)
            for known, is_member in found.items()
        }
        scope = Scope(person=replace(person, audiences=states), facts={}, now=now)
        found[name] = program.audiences[name].members(scope)
    return found


def _change(audience: str, now: datetime, *, is_member: bool) -> AudienceChanged:
    return AudienceChanged(
        member_id="", audience=audience, is_member=is_member, since=now, definition=""
    )


def boundaries(ada: OnePerson) -> list[datetime]:
    """Return every moment near which time may turn one of the conditions."""
    seconds = [timedelta(seconds=s) for s in (1, 2, 3)]
    happened = {
        START + timedelta(microseconds=0),
        *(f for seen in ada.person.seen.values() for f in (seen.first_at, seen.last_at)),
    }
    moments = {START + timedelta(milliseconds=500 * half) for half in range(26)}
    for at in {*moments, *happened}:
        moments |= {at + wait for wait in seconds}
    return sorted({at + us * US for at in moments for us in (-1, 0, 1, 2)})


@settings(max_examples=30, deadline=None)
@given(st.lists(acts, max_size=10))
def test_timers_find_what_looking_at_every_boundary_finds(life: list[tuple]) -> None:
    ada = OnePerson(PROGRAM)
    acts_to_come = (
        (START + half * timedelta(milliseconds=500) + us * US, name, late, tier)
        for name, half, us, late, tier in life
        if half or us >= 0
    )
    coming = sorted(acts_to_come, key=lambda act: act[0])
    for moment in boundaries(ada):
        while coming and coming[0][0] <= moment:
            at, name, late, tier = coming.pop(0)
            ada.at(at)
            traits = {} if tier is None else {"tier": tier}
            facts = {"purpose": "offers"} if name.startswith("Consent") else {}
            ago = min(late * timedelta(milliseconds=500), at - START)
            ada.does(name, late=ago, traits=traits, facts=facts)
        ada.at(moment)
        if ada.person.seen:
            wanted = holding(PROGRAM, ada.person, moment)
            found = {name: name in ada.audiences for name in PROGRAM.audiences}
            assert found == wanted, moment - START


@settings(max_examples=25, deadline=None)
@given(st.lists(acts, min_size=1, max_size=8), st.integers(0, 25), st.integers(-1, 1))
def test_a_horizon_is_never_later_than_the_change(life: list[tuple], half: int, us: int) -> None:
    ada = OnePerson(PROGRAM)
    for name, at, tick, late, tier in sorted(life, key=lambda act: act[1:3]):
        ada.now = max(ada.now, START + at * timedelta(milliseconds=500) + tick * US)
        ada.does(name, late=late * timedelta(milliseconds=500), traits={"tier": tier or "tin"})
    now = max(ada.now, START + half * timedelta(milliseconds=500) + us * US)
    for audience in PROGRAM.audiences.values():
        scope = Scope(person=ada.person, facts={}, now=now)
        value, horizon = audience.members(scope), audience.horizon(scope)
        assert horizon is None or horizon > now
        for later in boundaries(ada):
            if now < later and (horizon is None or later < horizon):
                there = Scope(person=ada.person, facts={}, now=later)
                assert audience.members(there) is value, (audience.id, later - START)


def test_leaving_is_at_the_very_microsecond() -> None:
    ada = OnePerson(program_of(frequent="count_events('Order', '30 days') >= 2"))
    for day in (0, 10, 20):
        ada.at(START + timedelta(days=day))
        ada.does("Order")
    ada.at(START + timedelta(days=40))
    assert ada.audiences == {"frequent"}
    ada.at(START + timedelta(days=40) + US)
    assert ada.audiences == set()
    ada.at(START + timedelta(days=400))
    assert ada.moves("frequent") == [
        (True, timedelta(days=10)),
        (False, timedelta(days=40) + US),
    ]
    assert ada.timers == {}


def test_after_an_outage_the_moment_is_still_the_true_one() -> None:
    ada = OnePerson(program_of(frequent="count_events('Order', '30 days') >= 1"))
    ada.does("Order")
    (ref,) = ada.timers
    ada.now = START + timedelta(days=33)
    ada.at(ada.now)
    assert ref not in ada.timers
    assert ada.moves("frequent")[-1] == (False, timedelta(days=30) + US)


def test_a_busy_person_costs_no_fact_per_counted_event() -> None:
    ada = OnePerson(program_of(frequent="count_events('Order', '30 days') >= 2"))
    for day in range(200):
        ada.at(START + timedelta(days=day))
        ada.does("Order")
    assert ada.moves("frequent") == [(True, timedelta(days=1))]
    assert len(ada.facts) < 12


@pytest.mark.parametrize("order_count", [31, 32, 40])
def test_the_largest_count_that_is_remembered_is_exact(order_count: int) -> None:
    ada = OnePerson(program_of(most="count_events('Order', '1 day') >= 32"))
    for minute in range(order_count):
        ada.at(START + timedelta(minutes=minute))
        ada.does("Order")
    assert ada.audiences == ({"most"} if order_count >= 32 else set())
    ada.at(START + timedelta(days=9))
    if order_count >= 32:
        last = timedelta(days=1, minutes=order_count - 32) + US
        assert ada.moves("most")[-1] == (False, last)
