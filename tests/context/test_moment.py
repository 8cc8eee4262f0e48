"""What devices tell of the moment: sessions, devices, places and pages, in any order."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from regard.context import Context
from regard.context.joining import STRETCHES_MAX
from regard.core.codec import decode_person, encode_person
from regard.core.event import Event, Identifier
from regard.core.facts import Entry
from regard.core.person import Person
from regard.core.sessions import session_of

START = datetime(2026, 3, 2, 9, tzinfo=UTC)

IPHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like "
    "Gecko) Version/17.5 Mobile/15E148 Safari/604.1"
)
WINDOWS = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/126.0.0.0 Safari/537.36"
)
PAGE = {"page": {"path": "/change", "title": "Change your flight"}}


def entry(number: int, minute: float, context: dict[str, Any], **changes: Any) -> Entry:
    at = START + timedelta(minutes=minute)
    event = Event(
        message_id=f"m{number}",
        source="website",
        type=changes.pop("type", "track"),
        name=changes.pop("name", "Viewed"),
        channel=changes.pop("channel", "web.desktop"),
        at=at,
        received_at=at,
        identifiers=(Identifier("user_id", "ada"),),
        context=context,
        **changes,
    )
    return Entry(offset=number, identity=1, at=at, received_at=at, body=event)


def folded(*entries: Entry) -> Person:
    person = Person(id="p_ada")
    for one in entries:
        person = Context().fold(person, one)
    return person


def test_a_browser_tells_its_device_page_and_place() -> None:
    location = {"city": "Wien", "country": "AT", "latitude": 48.2, "longitude": 16.4}
    context = PAGE | {"userAgent": IPHONE, "locale": "de-AT", "location": location}
    moment = folded(entry(1, 0, context, channel="web.phone")).moment
    assert moment is not None
    device, place, looking = moment.device, moment.place, moment.looking
    assert device is not None
    assert (device.kind, device.system, device.model) == ("phone", "iOS", "iPhone")
    assert (device.browser, device.locale) == ("Mobile Safari", "de-AT")
    assert place is not None
    assert (place.country, place.city, place.latitude, place.longitude) == (
        "AT",
        "Wien",
        48.2,
        16.4,
    )
    assert looking is not None
    assert (looking.page, looking.title) == ("/change", "Change your flight")


def test_an_app_tells_what_it_runs_on_and_its_screen() -> None:
    context = {
        "device": {"type": "android", "model": "Pixel 9"},
        "os": {"name": "Android", "version": "16"},
        "network": {"cellular": True, "wifi": False},
        "app": {"name": "Skylark"},
    }
    moment = folded(
        entry(1, 0, context, type="screen", name="Booking", channel="app.phone", facts={})
    ).moment
    assert moment is not None
    assert moment.device is not None
    assert (moment.device.kind, moment.device.system) == ("phone", "Android")
    assert (moment.device.model, moment.device.network) == ("Pixel 9", "cellular")
    assert moment.looking is not None
    assert (moment.looking.page, moment.looking.app) == ("Booking", "Skylark")


def test_an_address_is_not_looked_up_and_servers_tell_nothing() -> None:
    person = Person(id="p_ada")
    for context in (
        {},
        {"ip": "203.0.113.7", "library": {"name": "x"}},
        {"direction": "out"} | PAGE,
    ):
        assert Context().fold(person, entry(1, 0, context)) is person


def test_strange_values_are_left_out() -> None:
    location = {"city": 5, "country": None, "latitude": 480, "longitude": True}
    context = {"location": location, "device": "phone", "userAgent": 7, "page": [1]}
    moment = folded(entry(1, 0, context, channel="store.pos")).moment
    assert moment is not None
    assert (moment.device, moment.place, moment.looking) == (None, None, None)


def test_of_each_part_the_latest_wins_however_late_it_comes() -> None:
    wien, graz = ({"location": {"city": city}} for city in ("Wien", "Graz"))
    desk = entry(2, 5, PAGE | {"userAgent": WINDOWS})
    person = folded(desk, entry(1, 0, wien | {"userAgent": IPHONE}), entry(3, 3, graz))
    moment = person.moment
    assert moment is not None
    assert moment.place is not None
    assert moment.device is not None
    assert (moment.place.city, moment.device.system) == ("Graz", "Windows")


def test_half_an_hour_without_a_sign_ends_a_session() -> None:
    person = folded(*(entry(n, minute, PAGE) for n, minute in enumerate((0, 25, 50, 90, 115))))
    now = START + timedelta(minutes=120)
    session = session_of(person.moment, now)
    assert session is not None
    assert session.first_at == START + timedelta(minutes=90)
    assert session.last_at == START + timedelta(minutes=115)
    assert session_of(person.moment, START + timedelta(minutes=146)) is None


def test_a_late_sign_makes_one_session_of_two() -> None:
    signs = [entry(1, 0, PAGE), entry(3, 50, PAGE), entry(2, 25, PAGE)]
    session = session_of(folded(*signs).moment, START + timedelta(minutes=51))
    assert session is not None
    assert session.first_at == START


def test_what_the_device_calls_one_session_is_one() -> None:
    signs = [entry(n, m, PAGE | {"sessionId": s}) for n, m, s in ((1, 0, "a"), (2, 1, "b"))]
    later = entry(3, 100, PAGE | {"sessionId": "b"})
    session = session_of(folded(*signs, later).moment, START + timedelta(minutes=101))
    assert session is not None
    assert (session.id, session.first_at) == ("b", START + timedelta(minutes=1))


contexts = st.sampled_from(
    [
        PAGE,
        {"page": {"path": "/"}, "sessionId": "s1"},
        {"userAgent": IPHONE, "location": {"city": "Wien"}},
        {"userAgent": WINDOWS, "location": {"country": "AT", "city": "Graz"}},
        {"library": {"name": "server"}},
    ]
)
signs = st.lists(st.tuples(st.floats(0, 3_000), contexts), max_size=60)


@given(signs, st.data())
@settings(max_examples=60)
def test_any_order_and_any_halves_come_to_the_same(
    found: list[tuple[float, dict[str, Any]]], data: st.DataObject
) -> None:
    told = [entry(n, minute, context) for n, (minute, context) in enumerate(found, start=1)]
    whole = encode_person(folded(*told))
    assert encode_person(folded(*data.draw(st.permutations(told)))) == whole
    cut = data.draw(st.integers(0, len(told)))
    left, right = folded(*told[:cut]), folded(*told[cut:])
    assert encode_person(Context().join(left, right)) == whole
    assert encode_person(Context().join(right, left)) == whole
    assert decode_person(whole) == folded(*told)
    moment = folded(*told).moment
    assert moment is None or len(moment.stretches) <= STRETCHES_MAX


@given(st.lists(st.floats(0, 300), min_size=1, max_size=25))
def test_a_session_of_few_signs_is_as_if_all_were_kept(minutes: list[float]) -> None:
    told = [entry(n, minute, PAGE) for n, minute in enumerate(minutes, start=1)]
    now = START + timedelta(minutes=max(minutes))
    session = session_of(folded(*told).moment, now)
    moments = sorted((one.at for one in told), reverse=True)
    first = moments[0]
    for at in moments[1:]:
        if first - at > timedelta(minutes=30):
            break
        first = at
    assert session is not None
    assert session.first_at == first
