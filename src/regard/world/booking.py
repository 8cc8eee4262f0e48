"""How a customer books, on the web, at the desk or by phone, and what becomes of the booking.

Each way in knows other things: the web shop the account and the device, the desk and the agent
only what they were told. Called by `day`.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from random import Random

from regard.world.diary import Diary
from regard.world.flights import Fate, moved
from regard.world.records import Booking


def book(diary: Diary, chance: Random, booking: Booking, fate: Fate) -> None:
    """Book on the web, at the desk or by phone; then perhaps cancel, move or check in early."""
    customer = diary.customer
    way = chance.choices(("web", "desk", "phone"), customer.temper.books_by)[0]
    departs = f"{booking.departure_at:%a %H:%M}"
    note = f"{customer.name} books {booking.number} to {booking.to} ({way}), departs {departs}"
    if way == "web":
        confirmed = diary.act(
            booking.booked_at,
            "Booking Confirmed",
            booking.facts,
            user=customer.user,
            anonymous=customer.laptop,
            traits=diary.traits,
        )
        diary.send("website", "segment", [confirmed], note)
    elif way == "desk":
        facts = booking.facts | diary.contacts
        confirmed = diary.act(booking.booked_at, "Booking Confirmed", facts)
        diary.send("desk", "cloudevents", [confirmed], note)
    else:
        _book_by_phone(diary, booking, note)
    _reconsider(diary, chance, booking, fate)


def _book_by_phone(diary: Diary, booking: Booking, note: str) -> None:
    facts = diary.contacts
    called_at = booking.booked_at - timedelta(minutes=6)
    call = diary.act(called_at, "Call Received", facts | {"reason": "booking"})
    confirmed = diary.act(booking.booked_at, "Booking Confirmed", booking.facts | facts)
    diary.send("call_centre", "plain", [call, confirmed], note)


def _reconsider(diary: Diary, chance: Random, booking: Booking, fate: Fate) -> None:
    name, user = diary.customer.name, diary.customer.user
    reminder_at = booking.departure_at - timedelta(hours=24)
    at = reminder_at - timedelta(minutes=chance.uniform(3, 20))
    about = {"booking_number": booking.number}
    if fate == "cancelled":
        cancelled = diary.act(at, "Booking Cancelled", about, user=user)
        diary.send("website", "segment", [cancelled], f"{name} cancels {booking.number}")
    elif fate == "moved":
        changed = diary.act(at, "Booking Changed", about, user=user)
        confirmed = diary.act(at, "Booking Confirmed", moved(booking).facts, user=user)
        note = f"{name} moves {booking.number} by two hours"
        diary.send("website", "segment", [changed, confirmed], note)
    elif fate == "early":
        seat = about | {"seat": f"{chance.randint(1, 30)}C"}
        done = diary.act(at, "Check-in Completed", seat)
        note = f"{name} checks in at the desk, before any reminder"
        diary.send("desk", "cloudevents", [done], note)


def hand_over(diary: Diary, booking: Booking, at: datetime) -> None:
    """Tell, days late, of a booking that was made before the world began."""
    confirmed = diary.act(
        booking.booked_at,
        "Booking Confirmed",
        booking.facts,
        user=diary.customer.user,
        traits=diary.traits,
    )
    diary.send("website", "segment", [confirmed], send_at=at)
