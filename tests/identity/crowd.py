"""A crowd with ground truth: people with or without accounts, kiosks, family devices, placeholders.

`stream` yields (event as a plain item of intake, the human who did it). The last is known to nobody
else; how well identity does is measured against it.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from random import Random
from typing import Any

Item = dict[str, Any]

PLACEHOLDERS = ["shop@lamps.example", "guest@hotel.example", "m@m.example", "+4314000000"]
"""What clerks and forms send when they do not know; in no list of blocked values."""


class Human:
    """One person: what is theirs alone, and what they share with others at home."""

    def __init__(self, number: int, random: Random, home: Home) -> None:
        self.name = f"human{number}"
        self.home = home
        self.user_id = self.name if random.random() < 0.75 else ""
        self.emails = [f"{self.name}.{n}@mail.example" for n in range(random.choice([1, 1, 1, 2]))]
        if random.random() < 0.1:
            self.emails.append(home.email)
        self.phone = f"+43664{7_000_000 + number}"
        self.devices = [f"{self.name}-device{n}" for n in range(random.choice([1, 2, 2, 3]))]


class Home:
    """What a household shares: a landline, a tablet, perhaps a mailbox."""

    def __init__(self, number: int) -> None:
        self.email = f"family{number}@mail.example"
        self.landline = f"+431{8_000_000 + number}"
        self.tablet = f"tablet{number}"


def humans(count: int, random: Random) -> list[Human]:
    """Return people in households of one to four."""
    found: list[Human] = []
    while len(found) < count:
        home = Home(len(found))
        for _ in range(random.choice([1, 1, 2, 2, 3, 4])):
            found.append(Human(len(found), random, home))
    return found[:count]


def stream(
    people: list[Human], count: int, start: datetime, random: Random
) -> Iterator[tuple[Item, str]]:
    """Yield events in order of time: visits, one after the other, each by one human."""
    kiosks = [f"kiosk{n}" for n in range(max(1, len(people) // 200))]
    number = 0
    while number < count:
        human = random.choice(people)
        for deed in _visit(human, kiosks, random):
            at = (start + timedelta(seconds=30 * number)).isoformat()
            yield {"id": f"m{number}", "event": "Seen", "at": at, **deed}, human.name
            number += 1


def _visit(human: Human, kiosks: list[str], random: Random) -> list[Item]:
    chance = random.random()
    if chance < 0.45:  # at their own device, seldom logged in
        device = random.choice(human.devices)
        return [_at(human, device, random, known=0.35) for _ in range(random.randint(1, 4))]
    if chance < 0.60:  # at the family's: nearly always by name, then reading on
        return _session(human, human.home.tablet, random, known=0.9)
    if chance < 0.68:  # at a kiosk: people say who they are
        return _session(human, random.choice(kiosks), random, known=0.98)
    if chance < 0.83:  # in the shop
        contact = random.choice([*human.emails, human.phone, human.home.landline])
        if random.random() < 0.12:
            contact = random.choice(PLACEHOLDERS)
        if "@" in contact and random.random() < 0.3:  # a guest's phone, and some address
            return [{"identifiers": {"email": contact, "phone": human.phone}}]
        return [{"identifiers": _named(human, contact)}]
    if chance < 0.95:  # by mail
        return [{"identifiers": {"email": random.choice(human.emails)}}]
    return [{"identifiers": {"phone": random.choice([human.phone, human.home.landline])}}]


def _session(human: Human, device: str, random: Random, known: float) -> list[Item]:
    rest = [_at(human, device, random, known=0.1) for _ in range(random.randint(0, 3))]
    return [_at(human, device, random, known=known), *rest]


def _at(human: Human, device: str, random: Random, known: float) -> Item:
    if random.random() >= known:
        return {"anonymous_id": device}
    if human.user_id:
        item: Item = {"anonymous_id": device, "user_id": human.user_id}
        # An SDK's identify() sends the address that the account was opened with.
        return item | {"traits": {"email": human.emails[0]}} if random.random() < 0.3 else item
    return {"anonymous_id": device, "identifiers": {"email": human.emails[0]}}


def _named(human: Human, contact: str) -> Item:
    """Return what a clerk notes: the account or the address, and one contact."""
    kind = "email" if "@" in contact else "phone"
    if human.user_id:
        return {"user_id": human.user_id, kind: contact}
    return {"email": contact} if kind == "email" else {"email": human.emails[0], kind: contact}
