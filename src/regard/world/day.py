"""A customer's day, as far as it does not depend on what Regard says: a pure plan.

In come the people, a seed and the moment a day begins; out come parcels in the order in which
they are sent. What customers do because of a message stands in `answers`, what goes wrong on
the way in `flaws`. Called by `living` and by whoever wants to see the plan.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from random import Random

from regard.world.booking import book, hand_over
from regard.world.diary import Diary
from regard.world.dice import dice
from regard.world.flaws import with_flaws
from regard.world.flights import booked_before, booking_of, fate_of, flight_of
from regard.world.records import Customer, Parcel
from regard.world.travel import travel

_OFFERS = ("Rome from 69 euros", "Lisbon from 89 euros", "5,000 miles", "Oslo from 79 euros")
_PAGES = ("Home", "Flights", "Ideas", "Miles", "Baggage", "Lisbon in spring", "Help")


def plan_day(
    people: Sequence[Customer], seed: int, day_at: datetime, *, is_first: bool
) -> list[Parcel]:
    """Return all parcels of the day that begins at `day_at`, the earliest first."""
    parcels: list[Parcel] = []
    for customer in people:
        diary = Diary(customer, f"w{seed}-{day_at:%y%m%d%H%M%S}-{customer.number}")
        _live_through(diary, people, seed, day_at, is_first=is_first)
        parcels += diary.parcels
    flawed = with_flaws(parcels, dice(seed, "flaws", day_at))
    return sorted(flawed, key=lambda parcel: (parcel.send_at, parcel.acts[0].message_id))


def _live_through(
    diary: Diary, people: Sequence[Customer], seed: int, day_at: datetime, *, is_first: bool
) -> None:
    customer = diary.customer
    chance = dice(seed, "day", customer.number, day_at)
    if is_first:
        _become_known(diary, chance, day_at)
        _long_lost_bag(diary, chance, day_at)
    _wander(diary, chance, day_at)
    _borrow(diary, chance, people, day_at)
    _grumble(diary, chance, day_at)
    if is_first:
        flight = booked_before(customer, seed, day_at)
    else:
        flight = flight_of(customer, seed, day_at - timedelta(days=1))
    if flight and is_first:
        hand_over(diary, flight, day_at + timedelta(minutes=chance.uniform(0, 10)))
    if flight:
        travel(diary, chance, flight)
    booking = booking_of(customer, seed, day_at)
    if booking:
        book(diary, chance, booking, fate_of(customer, seed, booking))


def _become_known(diary: Diary, chance: Random, day_at: datetime) -> None:
    """Most have an account, some open one today; both looked around as nobody first."""
    customer = diary.customer
    at = day_at + timedelta(minutes=chance.uniform(2, 300))
    has_account = chance.random() < 0.7
    if not has_account and chance.random() < 0.5:
        return
    login = diary.act(
        at,
        "identify",
        kind="identify",
        user=customer.user,
        anonymous=customer.laptop,
        traits=diary.traits,
        context=diary.browser_context,
    )
    page = diary.act(at - timedelta(minutes=3), "Home", kind="page", anonymous=customer.laptop)
    diary.on_web([page, login], f"{customer.name} logs in")
    if not has_account:
        joined = diary.act(at + timedelta(seconds=20), "Signed Up", user=customer.user)
        diary.send("website", "segment", [joined], f"{customer.name} opens an account")
    if customer.wants_offers:
        _allow_offers(diary, at + timedelta(seconds=40))
    if customer.handset:
        _open_app(diary, at + timedelta(minutes=chance.uniform(5, 120)))


def _allow_offers(diary: Diary, at: datetime) -> None:
    proof = {"purpose": "offers", "wording": "Yes, send me offers", "wording_version": "3"}
    granted = diary.act(at, "Consent Granted", proof, user=diary.customer.user)
    diary.send("website", "segment", [granted], f"{diary.customer.name} wants to hear of offers")


def _open_app(diary: Diary, at: datetime) -> None:
    """The first start of the app: a screen as nobody, then the login on the same device."""
    customer = diary.customer
    context = diary.handset_context
    screen = diary.act(at, "Start", kind="screen", anonymous=customer.handset, context=context)
    login = diary.act(
        at + timedelta(seconds=30),
        "identify",
        kind="identify",
        user=customer.user,
        anonymous=customer.handset,
        traits=diary.traits | {"push_token": customer.push_token},
        context=context,
    )
    diary.in_app([screen, login])


def _wander(diary: Diary, chance: Random, day_at: datetime) -> None:
    """Look around, on the web or in the app; some stop at an offer."""
    customer = diary.customer
    for _ in range(chance.randint(1, customer.temper.visits)):
        at = day_at + timedelta(hours=chance.uniform(0.1, 23))
        is_app = bool(customer.handset) and chance.random() < 0.4
        device = customer.handset if is_app else customer.laptop
        context = diary.handset_context if is_app else diary.browser_context
        acts = []
        for _ in range(chance.randint(2, 5)):
            at += timedelta(seconds=chance.uniform(15, 180))
            acts.append(
                diary.act(
                    at,
                    chance.choice(_PAGES),
                    kind="screen" if is_app else "page",
                    anonymous=device,
                    context=context,
                )
            )
        if chance.random() < 0.25:
            offer = {"offer": chance.choice(_OFFERS)}
            acts.append(
                diary.act(at + timedelta(seconds=20), "Offer Viewed", offer, anonymous=device)
            )
        (diary.in_app if is_app else diary.on_web)(acts)


def _borrow(diary: Diary, chance: Random, people: Sequence[Customer], day_at: datetime) -> None:
    """Log in on somebody else's laptop, now and then: Bruno always borrows Ada's."""
    customer = diary.customer
    if customer.number != 1 and chance.random() >= 0.03:
        return
    owner = people[customer.number - 1]
    login = diary.act(
        day_at + timedelta(hours=chance.uniform(6, 8)),
        "identify",
        kind="identify",
        user=customer.user,
        anonymous=owner.laptop,
        traits=diary.traits,
        context=diary.browser_context,
    )
    diary.on_web([login], f"{customer.name} logs in on {owner.name}'s laptop")


def _grumble(diary: Diary, chance: Random, day_at: datetime) -> None:
    """Call, or complain in public, without any flight at hand."""
    customer = diary.customer
    if customer.phone and chance.random() < customer.temper.calls:
        at = day_at + timedelta(hours=chance.uniform(1, 14))
        facts = {"reason": "other", "phone": customer.phone, "duration_s": chance.randint(60, 900)}
        call = diary.act(at, "Call Received", facts)
        diary.send("call_centre", "plain", [call], f"{customer.name} calls")
    if chance.random() < customer.temper.complains:
        at = day_at + timedelta(hours=chance.uniform(1, 22))
        facts = {
            "social_handle": customer.social_handle,
            "text": "Nobody answers. Again.",
            "is_complaint": True,
        }
        post = diary.act(at, "Social Post Seen", facts)
        note = f"{customer.name} complains in public"
        diary.send("social", "plain", [post], note, is_notable=True)


def _long_lost_bag(diary: Diary, chance: Random, day_at: datetime) -> None:
    """A few bags were found two days ago; their couriers come today, or do not."""
    if chance.random() >= 0.03:
        return
    customer = diary.customer
    report = f"VIE000{customer.number:04d}"
    found_at = day_at - timedelta(hours=chance.uniform(40, 46))
    facts = {"bag_report": report, "found_at": found_at.isoformat(), "place": "Frankfurt"}
    found = diary.act(day_at + timedelta(minutes=1), "Bag Found", facts | diary.contacts)
    diary.send("baggage", "plain", [found])
    if chance.random() < 0.75:
        at = day_at + timedelta(hours=chance.uniform(0.5, 1.5))
        brought = diary.act(at, "Bag Delivered", {"bag_report": report})
        diary.send("courier", "plain", [brought], f"{customer.name}'s bag {report} is delivered")
