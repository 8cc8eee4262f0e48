"""What customers do because a message reached them; and what the mail provider reports of it.

A letter, the customer it reached and the present moment go in; parcels come out. Who checks in
when reminded, who rebooks, who buys miles and who has enough of it follows from the customer's
temper and the letter's id, so the same letter is always answered the same way.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from random import Random

from regard.world.diary import Diary
from regard.world.dice import dice
from regard.world.records import Customer, Letter, Parcel

_BOOKING = re.compile(r"\bSK\d{5,}\b")
_REPORT = re.compile(r"\bVIE\d+\b")
_MARKETING = ("mileage_offer", "second_look", "first_trip")
Answer = Callable[[Diary, Random, Letter, datetime], None]


def answer(letter: Letter, customer: Customer, seed: int, now: datetime) -> list[Parcel]:
    """Return what follows from a letter that `customer` got at `now`, the earliest first."""
    chance = dice(seed, "letter", letter.message_id)
    diary = Diary(customer, f"w{seed}-{letter.message_id}")
    has_arrived = letter.channel != "email" or _mailbox(diary, chance, letter, now)
    if has_arrived:
        _ANSWERS.get(letter.engagement, _read)(diary, chance, letter, now)
        if letter.engagement in _MARKETING and chance.random() < customer.temper.unsubscribes:
            _unsubscribe(diary, letter, now + timedelta(minutes=chance.uniform(1, 90)))
    return sorted(diary.parcels, key=lambda parcel: parcel.send_at)


def is_bounced(letter: Letter, customer: Customer) -> bool:
    """Return True when the mailbox behind a letter is gone."""
    return letter.channel == "email" and customer.has_dead_mailbox


def booking_in(letter: Letter) -> str:
    """Return the booking number that a letter mentions, or ``""``."""
    found = _BOOKING.search(f"{letter.subject} {letter.text}")
    return found.group() if found else ""


def _mailbox(diary: Diary, chance: Random, letter: Letter, now: datetime) -> bool:
    """Report, as a mail provider does, what became of a mail; return whether it is there."""
    about = {"message_id": letter.message_id, "address": letter.address}
    soon = now + timedelta(seconds=chance.uniform(1, 20))
    if is_bounced(letter, diary.customer):
        facts = about | {"permanent": True, "reason": "mailbox does not exist"}
        bounced = diary.act(soon, "Email Bounced", facts)
        note = f"the mail to {letter.address} bounces"
        diary.send("mail", "plain", [bounced], note, is_notable=True)
        return False
    receipts = [diary.act(soon, "Email Delivered", about)]
    if chance.random() < 0.6:
        opened_at = now + timedelta(minutes=chance.uniform(1, 60))
        receipts.append(diary.act(opened_at, "Email Opened", about))
    diary.send("mail", "plain", receipts)
    return True


def _read(diary: Diary, chance: Random, letter: Letter, now: datetime) -> None:
    """Nothing follows: it was good to know."""


def _check_in(diary: Diary, chance: Random, letter: Letter, now: datetime) -> None:
    customer, number = diary.customer, booking_in(letter)
    if not number or chance.random() >= customer.temper.heeds_reminder:
        return
    at = now + timedelta(minutes=chance.uniform(3, 120))
    facts = {"booking_number": number, "seat": f"{chance.randint(1, 30)}F"}
    note = f"{customer.name} checks in {number} after our {letter.channel}"
    if customer.handset:
        diary.in_app([diary.act(at, "Check-in Completed", facts, user=customer.user)], note)
    else:
        done = diary.act(at, "Check-in Completed", facts, anonymous=customer.laptop)
        diary.on_web([done], note)


def _choose(diary: Diary, chance: Random, letter: Letter, now: datetime) -> None:
    """Two of three rebook themselves; the others are too upset, or call."""
    customer, number = diary.customer, booking_in(letter)
    if not number:
        return
    throw = chance.random()
    at = now + timedelta(minutes=chance.uniform(4, 90))
    if throw < 0.65:
        rebooked = diary.act(at, "Rebooked", {"booking_number": number}, user=customer.user)
        note = f"{customer.name} chose another flight"
        diary.send("website", "segment", [rebooked], note, is_notable=True)
    elif throw < 0.85:
        facts = {"reason": "disruption", "booking_number": number}
        diary.send("call_centre", "plain", [diary.act(at, "Call Received", facts)])


def _follow_bag(diary: Diary, chance: Random, letter: Letter, now: datetime) -> None:
    found = _REPORT.search(f"{letter.subject} {letter.text}")
    if found and chance.random() < 0.3:
        at = now + timedelta(hours=chance.uniform(1, 4))
        facts = {"reason": "bag", "bag_report": found.group()}
        diary.send("call_centre", "plain", [diary.act(at, "Call Received", facts)])


def _consider_offer(diary: Diary, chance: Random, letter: Letter, now: datetime) -> None:
    customer = diary.customer
    if chance.random() < 0.3:
        at = now + timedelta(minutes=chance.uniform(5, 240))
        facts = {"miles": 5_000, "total": 75, "currency": "EUR"}
        bought = diary.act(at, "Miles Purchased", facts, user=customer.user)
        note = f"{customer.name} buys miles after our {letter.channel}"
        diary.send("website", "segment", [bought], note, is_notable=True)


def _unsubscribe(diary: Diary, letter: Letter, at: datetime) -> None:
    """Have enough of offers: by the link in the mail, else told by whoever carried the letter."""
    note = f"{diary.customer.name} wants no more offers"
    if letter.unsubscribe_url:
        click = diary.act(at, "one click", {"url": letter.unsubscribe_url})
        diary.send("mail", "one_click", [click], note, is_notable=True)
        return
    facts = {"message_id": letter.message_id, "purpose": "offers", "channel": "*"}
    if letter.channel == "email":
        stopped = diary.act(at, "Unsubscribed", facts | {"address": letter.address})
    else:
        stopped = diary.act(at, "Unsubscribed", facts, user=diary.customer.user)
    diary.send("mail", "plain", [stopped], note, is_notable=True)


_ANSWERS: dict[str, Answer] = {
    "check_in": _check_in,
    "disruption_options": _choose,
    "bag_update": _follow_bag,
    "mileage_offer": _consider_offer,
    "second_look": _consider_offer,
    "first_trip": _consider_offer,
}
