"""The timetable: which customer sits on which flight, for any day, without remembering.

A booking belongs to the day on which it was made. Its number and times follow from customer and
day alone, so the day of travel finds what the day of booking said.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Literal

from msgspec.structs import replace

from regard.world.dice import dice
from regard.world.records import Booking, Customer

_PLACES = ("Lisbon", "Rome", "Athens", "Oslo", "Istanbul", "Nice", "Dublin", "Krakow")
_DAY = timedelta(days=1)
Fate = Literal["kept", "early", "moved", "cancelled"]


def booking_of(customer: Customer, seed: int, day_at: datetime) -> Booking | None:
    """Return what `customer` books on the day that begins at `day_at`, if anything.

    It departs 24.4 to 30 hours after it was booked: on the following day, and late enough that
    a check-in reminder may be expected.
    """
    chance = dice(seed, "booking", customer.number, day_at.date())
    if chance.random() >= customer.temper.books:
        return None
    booked_at = day_at + timedelta(hours=chance.uniform(0.3, 9))
    return _booking(customer, day_at, booked_at, timedelta(hours=chance.uniform(24.4, 30)), seed)


def booked_before(customer: Customer, seed: int, day_at: datetime) -> Booking | None:
    """Return a booking made days before the world began, for a flight on its first day."""
    chance = dice(seed, "booked before", customer.number, day_at.date())
    if chance.random() >= 0.4:
        return None
    departure_at = day_at + timedelta(hours=chance.uniform(4, 20))
    booked_at = day_at - timedelta(days=chance.uniform(2, 20))
    return _booking(customer, day_at - _DAY, booked_at, departure_at - booked_at, seed)


def fate_of(customer: Customer, seed: int, booking: Booking) -> Fate:
    """Return what becomes of a booking before its check-in opens."""
    throw = dice(seed, "fate", booking.number).random()
    if throw < customer.temper.cancels:
        return "cancelled"
    if throw < customer.temper.cancels + customer.temper.changes:
        return "moved"
    return "early" if throw > 0.9 else "kept"


def flight_of(customer: Customer, seed: int, day_at: datetime) -> Booking | None:
    """Return the flight of a customer on the day after `day_at`, as it was booked and moved."""
    booking = booking_of(customer, seed, day_at)
    fate = fate_of(customer, seed, booking) if booking else "cancelled"
    if booking is None or fate == "cancelled":
        return None
    return moved(booking) if fate == "moved" else booking


def moved(booking: Booking) -> Booking:
    """Return the booking on a flight two hours later."""
    return replace(booking, departure_at=booking.departure_at + timedelta(hours=2))


def _booking(
    customer: Customer, day_at: datetime, booked_at: datetime, ahead: timedelta, seed: int
) -> Booking:
    chance = dice(seed, "flight", customer.number, day_at.date())
    place = chance.randrange(len(_PLACES))
    departure_at = (booked_at + ahead).replace(second=0, microsecond=0)
    return Booking(
        number=f"SK{day_at.toordinal() % 1_000:03d}{customer.number:04d}",
        flight_number=f"SK{200 + place}",
        to=_PLACES[place],
        booked_at=booked_at,
        departure_at=departure_at,
    )
