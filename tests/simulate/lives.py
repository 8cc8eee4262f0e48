"""Thirty customers of the example airline live through a random but seeded month.

Families share a phone, some borrow each other's laptop, sources tell things late and twice. Each
seed is a month of its own kind: only some of the `ACTS` happen in it, so those happen to more
people and meet each other more often (swarm testing, Groce et al., ISSTA 2012). To have something
new lived through, write an act (who does what from `at` on) and add its line to `ACTS`.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

from regard.core.ports import Message
from regard.testing.oracle import HandOver
from regard.testing.simulation import Item

START = datetime(2026, 3, 2, 6, tzinfo=UTC)
"""Four weeks from here contain the European change to daylight saving time."""

PEOPLE = 30
DAYS = 24
PREFIXES = ("+43664100", "+44770090", "+3461234", "+1212555")
ZONES = ("Europe/Vienna", "America/New_York", "Asia/Tokyo", "Pacific/Auckland")
CHANNELS = ("*", "email", "sms", "push.app")


VIENNA = ZoneInfo("Europe/Vienna")


def lives(seed: int, people: int = PEOPLE) -> list[Item]:
    """Return what thirty people do, in the order in which it is sent."""
    month = _Month(seed, people)
    items = [i for number in range(people) for i in _Life(month, number).lived()]
    return sorted(items, key=lambda item: (item.at, str(item.data["id"])))


def acts_of(seed: int, kinds: int) -> tuple[str, ...]:
    """Return what happens in the month of a seed: so many acts, as often as the table says."""
    chosen = Random(f"acts {seed}").sample(sorted(ACTS), kinds)
    return tuple(name for name in chosen for _ in range(ACTS[name][1]))


def answers(hand_over: HandOver, seed: int) -> Sequence[Item]:
    """Return what comes back of an attempt: receipts late, twice and out of order; second thoughts.

    Most second thoughts come while the message still waits for its next attempt.
    """
    dice = Random(f"{seed}:{hand_over.key}")
    found = list(_receipts(hand_over, dice)) if hand_over.is_accepted else []
    if dice.random() < (0.1 if hand_over.is_accepted else 0.7):
        found += _second_thoughts(hand_over, dice)
    return found


def _receipts(hand_over: HandOver, dice: Random) -> Iterator[Item]:
    message = hand_over.message
    if message.channel == "push.app" or dice.random() < 0.3:
        return
    facts: dict[str, Any] = {"message_id": message.message_id, "address": message.address}
    kind = "Email" if message.channel == "email" else "Message"
    names = [f"{kind} Delivered"]
    if message.channel == "email":
        throw = dice.random()
        names = ["Email Bounced"] if throw < 0.06 else names
        names += ["Email Opened"] if throw > 0.8 else []
        facts |= {"permanent": throw < 0.02} if throw < 0.06 else {}
    for name in [*names, *dice.sample(names, dice.randint(0, 1))]:
        at = hand_over.at + timedelta(minutes=dice.expovariate(1 / 40))
        number = f"{name}-{hand_over.key}-{dice.randint(0, 1)}"
        said_at = max(hand_over.at, at - timedelta(minutes=3))
        yield _told(at, number, name, facts, message, said_at)


def _second_thoughts(hand_over: HandOver, dice: Random) -> Iterator[Item]:
    """Yield something that makes a waiting message unwanted, or nearly."""
    message = hand_over.message
    if message.channel == "push.app":
        return
    at = hand_over.at + timedelta(minutes=dice.expovariate(1 / dice.choice((0.3, 3))))
    number = f"thought-{hand_over.key}"
    about = {k: message.facts[k] for k in ("booking_number", "bag_report") if k in message.facts}
    name, facts = dice.choice(_unwanted(message, about))
    yield _told(at, number, name, facts, message, at)
    if name == "Person Frozen":
        later = at + timedelta(hours=dice.expovariate(1 / 20))
        yield _told(later, f"{number}-over", "Person Unfrozen", {}, message, later)


def _unwanted(message: Message, about: dict[str, Any]) -> Sequence[tuple[str, dict[str, Any]]]:
    """Return what would make this message unwanted."""
    ours = {"purpose": "offers", "channel": message.channel}
    never: tuple[tuple[str, dict[str, Any]], ...] = (
        ("Person Frozen", {}),
        ("Preference Set", {"quiet_from": "00:01", "quiet_to": "23:40"}),
        ("Unsubscribed", {"purpose": "*", "channel": "*"}),
        ("Consent Withdrawn", ours),
    )
    if message.message_class == "marketing":
        nos = (("Unsubscribed", ours), ("Unsubscribed", ours), ("Consent Withdrawn", ours))
        return (*never, *nos, ("Call Made", {"reason": "other"}))
    return (
        *never,
        ("Check-in Completed", about),
        ("Booking Cancelled", about),
        ("Call Made", {**about, "reason": "bag"}),
    )


def _told(
    at: datetime, number: str, name: str, facts: dict[str, Any], message: Message, said_at: datetime
) -> Item:
    kind = "email" if message.channel == "email" else "phone"
    data = {
        "id": number,
        "event": name,
        "at": said_at.isoformat(),
        "properties": facts,
        "identifiers": {kind: message.address},
    }
    return Item(at=at, source="mail", data=data, who=message.address)


class _Month:
    """What the people of one seed have in common: what happens, rush hours, flights."""

    def __init__(self, seed: int, people: int) -> None:
        self.seed = seed
        self.people = people
        self.acts = acts_of(seed, len(ACTS) if people > SWARM_MAX else KINDS)
        dice = Random(f"month {seed}")
        spread = max(people // 30, 1)
        self.rushes = [START + timedelta(days=dice.uniform(0, DAYS)) for _ in range(16 * spread)]
        self.flights = sorted(
            START + timedelta(days=dice.uniform(1, DAYS + 8)) for _ in range(8 * spread)
        )

    def flight_after(self, moment: datetime, dice: Random) -> datetime:
        """Return when one of the next flights leaves."""
        place = bisect_right(self.flights, moment)
        coming = self.flights[place : place + 3]
        return dice.choice(coming) if coming else moment + timedelta(days=dice.uniform(0.2, 8))


class _Life:
    """One customer's month: a few acts, each some items."""

    def __init__(self, month: _Month, number: int) -> None:
        seed, people = month.seed, month.people
        self.month = month
        self.dice = Random(f"{seed}:{number}")
        self.name = f"{seed}-{number}"
        self.user = f"user-{self.name}"
        self.laptop = f"laptop-{self.name}"
        self.borrowed = f"laptop-{seed}-{(number + 1) % people}"
        family = number // 4
        prefix = PREFIXES[family % len(PREFIXES)]
        own = number if self.dice.random() < 0.7 else family
        self.phone = f"{prefix}{own:04d}"
        self.traits = {
            "email": f"person{self.name}@example.com",
            "phone": self.phone,
            "push_token": f"token-{self.name}",
            "name": f"Person {number}",
        }
        self._count = 0
        self._trips = 0

    def lived(self) -> Iterator[Item]:
        """Yield all items of this customer."""
        dice = self.dice
        act_count = dice.choice((0, 0, 1, 1, 2))
        if not act_count or dice.random() < 0.4:
            yield from self.login(self._some_time(3))
        for _ in range(act_count):
            act, _ = ACTS[dice.choice(self.month.acts)]
            yield from act(self, self._some_time(DAYS))

    def browse(self, at: datetime) -> Iterator[Item]:
        """Look around, known or not, sometimes on somebody else's laptop."""
        device = self._device()
        if self.dice.random() < 0.3:
            yield from self._item(at, "website", page="Home", anonymous_id=device)
        who = {"user_id": self.user} if self.dice.random() < 0.5 else {"anonymous_id": device}
        facts = {"offer": "Rome from 69 euros"}
        for _ in range(self.dice.choice((1, 1, 2, 3))):
            at += timedelta(hours=self.dice.expovariate(1 / 5))
            yield from self._item(at, "website", event="Offer Viewed", properties=facts, **who)
        if self.dice.random() < 0.1:
            at += timedelta(minutes=self.dice.uniform(0, 50))
            bought = {"miles": 5000}
            yield from self._item(at, "website", event="Miles Purchased", properties=bought, **who)

    def login(self, at: datetime) -> Iterator[Item]:
        """Say who one is, on some device."""
        names = self.dice.sample(sorted(self.traits), self.dice.randint(1, 4))
        told = {name: self.traits[name] for name in names}
        if self.dice.random() < 0.15:
            told["time_zone"] = self.dice.choice(ZONES)
        who = {"user_id": self.user, "anonymous_id": self._device()}
        yield from self._item(at, self.dice.choice(("website", "app")), identify=told, **who)
        if self.dice.random() < 0.3:
            yield from self._item(at, "website", event="Signed Up", properties={}, **who)
        if self.dice.random() < 0.4:
            facts = {"purpose": "offers", "channel": "*"}
            yield from self._item(at, "website", event="Consent Granted", properties=facts, **who)

    def consent(self, at: datetime) -> Iterator[Item]:
        """Allow, forbid, or say how one wants to be spoken to."""
        who: dict[str, Any] = {"user_id": self.user}
        for _ in range(self.dice.choice((1, 1, 2))):
            name = self.dice.choice(
                ("Consent Granted",) * 6 + ("Consent Withdrawn", "Unsubscribed")
            )
            facts = {"purpose": "offers", "channel": self.dice.choice(("*", "*", *CHANNELS))}
            yield from self._item(at, "website", event=name, properties=facts, **who)
            at += timedelta(hours=self.dice.expovariate(1 / 90))
        if self.dice.random() < 0.4:
            wish = self.dice.choice(
                (
                    {"preferred_channel": self.dice.choice(("sms", "push.app", "email"))},
                    {"quiet_from": "12:00", "quiet_to": "15:30"},
                    {"time_zone": self.dice.choice(ZONES)},
                )
            )
            yield from self._item(at, "app", event="Preference Set", properties=wish, **who)

    def trip(self, at: datetime) -> Iterator[Item]:
        """Book, change, check in, be disrupted, board, or give it all back."""
        self._trips += 1
        dice, number = self.dice, f"SK{self.name}-{self._trips}"
        leaves = self.month.flight_after(at, dice)
        facts = self._flight(number, leaves)
        yield from self._item(
            at, "website", event="Booking Confirmed", properties=facts, **self._who()
        )
        if dice.random() < 0.2:
            at += timedelta(hours=dice.uniform(1, 30))
            leaves = self.month.flight_after(at, dice)
            facts = self._flight(number, leaves)
            yield from self._item(at, "desk", event="Booking Confirmed", properties=facts)
        about = {"booking_number": number}
        if dice.random() < 0.2:
            gone_at = at + (leaves - at) * dice.uniform(0, 1)
            yield from self._item(
                gone_at, "call_centre", event="Booking Cancelled", properties=about
            )
            return
        if dice.random() < 0.5:
            done_at = leaves - timedelta(hours=dice.uniform(1, 40))
            yield from self._item(done_at, "app", event="Check-in Completed", properties=about)
        yield from self._disrupted(facts, leaves)
        if dice.random() < 0.5:
            boarded = {**about, "flight_number": "SK204"}
            left_at = leaves - timedelta(minutes=dice.uniform(5, 30))
            yield from self._item(left_at, "operations", event="Boarded", properties=boarded)

    def bag(self, at: datetime) -> Iterator[Item]:
        """Lose a bag, be told, called, given it back."""
        report = f"VIE{self.name}-{self._count}"
        about = {"bag_report": report}
        facts = {**about, "reported_at": at.isoformat()}
        yield from self._item(
            at, "desk", event="Bag Missing Reported", properties=facts, **self._who()
        )
        if self.dice.random() < 0.3:
            at += timedelta(hours=self.dice.uniform(0, 20))
            called = {**about, "reason": "bag"}
            yield from self._item(at, "call_centre", event="Call Made", properties=called)
        at += timedelta(hours=self.dice.uniform(2, 40))
        found = {**about, "found_at": at.isoformat()}
        yield from self._item(at, "baggage", event="Bag Found", properties=found)
        if self.dice.random() < 0.7:
            at += timedelta(hours=self.dice.uniform(2, 70))
            yield from self._item(at, "courier", event="Bag Delivered", properties=about)

    def freeze(self, at: datetime) -> Iterator[Item]:
        """Be left in peace for a while (a complaint is being looked at)."""
        who = {"user_id": self.user}
        yield from self._item(at, "call_centre", event="Person Frozen", **who)
        at += timedelta(hours=self.dice.uniform(1, 100))
        yield from self._item(at, "call_centre", event="Person Unfrozen", **who)

    def _disrupted(self, facts: dict[str, Any], leaves: datetime) -> Iterator[Item]:
        dice = self.dice
        if dice.random() < 0.3:
            at = leaves - timedelta(minutes=dice.uniform(20, 90))
            gate = {**facts, "gate": "F12", "changed_at": at.isoformat()}
            yield from self._item(at, "operations", event="Gate Changed", properties=gate)
        if dice.random() < 0.25:
            at = leaves - timedelta(minutes=dice.uniform(30, 500))
            news = {**facts, "kind": "delayed", "announced_at": at.isoformat()}
            yield from self._item(at, "operations", event="Flight Disrupted", properties=news)
            if dice.random() < 0.5:
                at += timedelta(minutes=dice.uniform(1, 200))
                yield from self._item(at, "website", event="Rebooked", properties=facts)

    def _flight(self, number: str, leaves: datetime) -> dict[str, Any]:
        return {
            "booking_number": number,
            "flight_number": "SK204",
            "from": "Vienna",
            "to": "Lisbon",
            "departure_at": leaves.astimezone(self.dice.choice((UTC, VIENNA))).isoformat(),
        }

    def _who(self) -> dict[str, Any]:
        """Name oneself in one of the ways in which customers are known."""
        return self.dice.choice(
            (
                {"user_id": self.user},
                {"anonymous_id": self._device(), "traits": {"email": self.traits["email"]}},
                {"traits": {"email": self.traits["email"], "phone": self.phone}},
                {"anonymous_id": self._device()},
            )
        )

    def _device(self) -> str:
        return self.borrowed if self.dice.random() < 0.12 else self.laptop

    def _some_time(self, days: float) -> datetime:
        """Return a moment of the first days: most people do things when others do."""
        if self.dice.random() < 0.2:
            return START + timedelta(days=self.dice.uniform(0, days))
        within = [at for at in self.month.rushes if at < START + timedelta(days=days)]
        rush = self.dice.choice(within or self.month.rushes)
        return rush + timedelta(seconds=self.dice.expovariate(1 / 20))

    def _item(self, at: datetime, source: str, **data: Any) -> Iterator[Item]:
        """Yield one item: mostly at once, at times hours late, and now and then twice."""
        self._count += 1
        data |= {"id": f"{self.name}-{self._count}", "at": at.isoformat()}
        sent_at = at
        if self.dice.random() < 0.08:
            sent_at += timedelta(hours=self.dice.expovariate(1 / 8))
        yield Item(at=sent_at, source=source, data=data, who=self.user)
        if self.dice.random() < 0.07:
            again_at = sent_at + timedelta(minutes=self.dice.expovariate(1 / 200))
            yield Item(at=again_at, source=source, data=data, who=self.user)


Act = Callable[[_Life, datetime], Iterator[Item]]

ACTS: Mapping[str, tuple[Act, int]] = {
    "browse": (_Life.browse, 3),
    "login": (_Life.login, 1),
    "consent": (_Life.consent, 3),
    "trip": (_Life.trip, 4),
    "bag": (_Life.bag, 2),
    "freeze": (_Life.freeze, 1),
}
"""What may happen to a customer, and how often in a month in which it does."""

KINDS = len(ACTS) // 2
"""Kinds of acts in one month."""

SWARM_MAX = 300
"""In a month of more people everything happens."""
