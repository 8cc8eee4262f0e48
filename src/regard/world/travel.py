"""The day of travel: check-in, gates, trouble, boarding and bags, as operations report them.

Operations know bookings, baggage tracing knows reports, the courier knows nothing else: every
system speaks with the one number it has, and Regard must know whom it means.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from random import Random

from regard.world.diary import Diary
from regard.world.records import Booking

GATE_CHANGES = 0.25
DISRUPTIONS = 0.08
LOST_BAGS = 0.08


def travel(diary: Diary, chance: Random, booking: Booking) -> None:
    """Write what happens to a booking on its day of departure."""
    if chance.random() < 0.6:
        _check_in(diary, chance, booking)
    if chance.random() < DISRUPTIONS:
        _disrupt(diary, chance, booking)
        return
    if chance.random() < GATE_CHANGES:
        _change_gate(diary, chance, booking)
    _board(diary, chance, booking)
    if chance.random() < LOST_BAGS:
        _lose_bag(diary, chance, booking)


def _check_in(diary: Diary, chance: Random, booking: Booking) -> None:
    customer = diary.customer
    at = booking.departure_at - timedelta(hours=chance.uniform(2, 4))
    facts = {"booking_number": booking.number, "seat": f"{chance.randint(1, 30)}A"}
    if customer.handset:
        done = diary.act(at, "Check-in Completed", facts, user=customer.user)
        diary.in_app([done])
    else:
        done = diary.act(at, "Check-in Completed", facts, anonymous=customer.laptop)
        diary.on_web([done])


def _change_gate(diary: Diary, chance: Random, booking: Booking) -> None:
    at = booking.departure_at - timedelta(minutes=chance.uniform(45, 120))
    facts = booking.facts | {
        "gate": f"B{chance.randint(1, 30)}",
        "gate_before": f"A{chance.randint(1, 12)}",
        "changed_at": at.isoformat(),
    }
    changed = diary.act(at, "Gate Changed", facts)
    note = f"{booking.flight_number}: gate {facts['gate']} for {diary.customer.name}"
    diary.send("operations", "cloudevents", [changed], note)


def _disrupt(diary: Diary, chance: Random, booking: Booking) -> None:
    at = booking.departure_at - timedelta(hours=chance.uniform(1, 3))
    kind = chance.choice(("delayed", "cancelled"))
    facts = booking.facts | {"kind": kind, "announced_at": at.isoformat()}
    bad_news = diary.act(at, "Flight Disrupted", facts)
    note = f"{booking.flight_number} is {kind}: {diary.customer.name} is stuck"
    diary.send("operations", "cloudevents", [bad_news], note, is_notable=True)
    if chance.random() < 0.5:
        _complain(diary, at + timedelta(minutes=chance.uniform(5, 60)), booking)


def _complain(diary: Diary, at: datetime, booking: Booking) -> None:
    """Tell the world about it, with the booking number on the photograph of the board."""
    facts = {
        "social_handle": diary.customer.social_handle,
        "text": f"{booking.flight_number} again. Whom do I talk to?",
        "is_complaint": True,
        "booking_number": booking.number,
    }
    post = diary.act(at, "Social Post Seen", facts)
    diary.send("social", "plain", [post], f"{diary.customer.name} complains in public")


def _board(diary: Diary, chance: Random, booking: Booking) -> None:
    at = booking.departure_at - timedelta(minutes=chance.uniform(15, 35))
    facts = {
        "booking_number": booking.number,
        "flight_number": booking.flight_number,
        "miles": chance.randint(300, 1_500),
    }
    boarded = diary.act(at, "Boarded", facts)
    note = f"{diary.customer.name} boards {booking.flight_number}"
    diary.send("operations", "cloudevents", [boarded], note)


def _lose_bag(diary: Diary, chance: Random, booking: Booking) -> None:
    """Report a bag, find most of them, deliver some: each told by another company's system."""
    name = diary.customer.name
    report = f"VIE{booking.number[2:]}"
    lost_at = booking.departure_at + timedelta(hours=chance.uniform(2, 3))
    facts = {
        "bag_report": report,
        "booking_number": booking.number,
        "reported_at": lost_at.isoformat(),
        "description": chance.choice(("a green suitcase", "a black bag", "a cello")),
    }
    lost = diary.act(lost_at, "Bag Missing Reported", facts)
    note = f"{name} misses {facts['description']} ({report})"
    diary.send("desk", "cloudevents", [lost], note, is_notable=True)
    if chance.random() < 0.8:
        found_at = lost_at + timedelta(hours=chance.uniform(2, 6))
        about = {"bag_report": report}
        where = about | {"found_at": found_at.isoformat(), "place": "Munich"}
        found = diary.act(found_at, "Bag Found", where)
        diary.send("baggage", "plain", [found], f"{name}'s bag {report} is found")
        if chance.random() < 0.5:
            brought_at = found_at + timedelta(hours=chance.uniform(1, 4))
            brought = diary.act(brought_at, "Bag Delivered", about)
            diary.send("courier", "plain", [brought], f"{name}'s bag {report} is delivered")
