"""Merged and parted people, imports and rebuilds: the members are always those of whom it holds."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import example, given, settings
from hypothesis import strategies as st

from regard.core.event import PersonRevised
from tests.audiences.shop import START, Shop, program_of
from tests.audiences.test_leaving_in_time import holding

CALLERS = {"callers": "count_events('Call', '30 days') >= 2"}
FREQUENT = {"frequent": "count_events('Order', '30 days') >= 2"}
CALM = {"calm": "now() > last_event_at('Order') + interval '7 days'"}
EMAIL = {"email": "ada@example.com"}


def test_two_devices_that_turn_out_to_be_hers_make_her_a_member() -> None:
    shop = Shop(program_of(**FREQUENT))
    shop.does("Order", anonymous_id="laptop")
    shop.after(days=1)
    shop.does("Order", anonymous_id="phone")
    assert shop.members("frequent") == {}
    shop.after(days=1)
    shop.does("Logged In", anonymous_id="laptop", user_id="ada", traits=EMAIL)
    shop.does("Logged In", anonymous_id="phone", user_id="ada")
    assert shop.members("frequent") == {"ada@example.com": START + timedelta(days=2)}
    shop.after(days=28)
    assert list(shop.members("frequent")) == ["ada@example.com"]
    shop.after(microseconds=1)
    assert shop.members("frequent") == {}
    assert shop.changed_views() == []


def test_what_one_of_them_did_ends_what_held_of_the_other() -> None:
    shop = Shop(program_of(**CALM))
    shop.does("Order", user_id="ada", traits=EMAIL)
    shop.after(days=8)
    assert list(shop.members("calm")) == ["ada@example.com"]
    shop.does("Order", anonymous_id="phone")
    shop.does("Logged In", anonymous_id="phone", user_id="ada")
    assert shop.members("calm") == {}
    shop.after(days=7, microseconds=1)
    assert list(shop.members("calm")) == ["ada@example.com"]
    assert shop.changed_views() == []


def test_a_phone_that_is_shared_takes_its_calls_away() -> None:
    shop = Shop(program_of(**CALLERS))
    ada = {"user_id": "ada", "traits": EMAIL | {"phone": "+436641234567"}}
    shop.does("Signed Up", **ada)
    for _ in range(2):
        shop.does("Call", properties={"phone": "+436641234567"})
        shop.after(hours=1)
    assert list(shop.members("callers")) == ["ada@example.com"]
    shop.does("Signed Up", user_id="bruno", traits={"phone": "+436641234567"})
    assert "ada@example.com" not in shop.members("callers")
    assert shop.changed_views() == []
    shop.after(days=31)
    assert shop.members("callers") == {}
    assert shop.changed_views() == []


def test_nobody_is_told_of_mending_where_nobody_asks() -> None:
    shop = Shop(program_of())
    shop.does("Order", anonymous_id="laptop")
    shop.does("Logged In", anonymous_id="laptop", user_id="ada")
    shop.does("Logged In", anonymous_id="phone")
    shop.does("Logged In", anonymous_id="phone", user_id="ada")
    assert not [body for body in shop.bodies() if isinstance(body, PersonRevised)]


acts = st.tuples(
    st.sampled_from(["Order", "Order", "Call", "Visit", "Logged In"]),
    st.sampled_from(["ada", "bruno", "", ""]),
    st.sampled_from(["laptop", "phone", "kiosk", ""]),
    st.sampled_from(["", "", "+436641234567", "+436647654321"]),
    st.sampled_from([0, 1, 60 * 24, 60 * 24 * 7, 60 * 24 * 15]),
)
EVERYBODY = program_of(
    **CALLERS,
    **FREQUENT,
    **CALM,
    both="in_audience('frequent') and in_audience('callers')",
    quiet="count_events('Call') = 0",
    named="traits.user_id is not null",
)


NUMBER = "+436641234567"
LATER_LOGIN = [  # what a rebuild learned from events that were still to come
    ("Order", "ada", "phone", "", 0),
    ("Order", "bruno", "laptop", NUMBER, 0),
    ("Order", "", "phone", NUMBER, 0),
    ("Order", "ada", "laptop", "", 1),
    ("Order", "ada", "laptop", NUMBER, 0),
    ("Order", "ada", "phone", "", 0),
]


@settings(max_examples=25, deadline=None)
@example(LATER_LOGIN)
@given(st.lists(acts, min_size=2, max_size=12))
def test_whoever_is_one_with_whom_the_members_are_right(life: list[tuple]) -> None:
    shop = Shop(EVERYBODY)
    for name, user, device, phone, minutes in life:
        shop.after(minutes=minutes)
        if not (user or device or phone):
            continue
        who = {"user_id": user} if user else {}
        who |= {"anonymous_id": device} if device else {}
        shop.does(name, **who, properties={"phone": phone} if phone else {})
        check(shop)
    shop.after(days=16)
    check(shop)
    assert shop.changed_views() == []
    check(shop)


def check(shop: Shop) -> None:
    """Everybody is in what holds of them, and the register shows just that."""
    with shop.ledger.store.reading() as reading:
        for row in reading.people.search("", limit=50):
            person = reading.people.read(row.person_id)
            assert person is not None
            found = {name for name, s in person.audiences.items() if s.change.is_member}
            held = holding(shop.current, person, shop.clock.now())
            assert found == {name for name, is_member in held.items() if is_member}
            for name in shop.current.audiences:
                ids = {member.person_id for member in reading.audiences.members(name)}
                assert (person.id in ids) == (name in found), name
