"""The house that all scenarios play in: a small airline, the real loop, a provider that remembers.

`company` compiles texts, `House` is the virtual house over a store that can be opened again as
another process does, and `Provider` plays the other end of every channel: it knows what people
really got, whatever the house believes.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any, Literal

import msgspec

from regard.assembly import build_ledger
from regard.core.event import Event, Identifier, MessageOutcome, Outcome
from regard.core.facts import Decided, Entry
from regard.core.person import Person
from regard.core.ports import Draft, Message
from regard.core.program import Program
from regard.core.rows import MessageRow
from regard.core.storage import Store
from regard.intake import Arrival
from regard.project import load_text
from regard.project.archive import edition_in, pack
from regard.runtime.audit import audit
from regard.steering.acts import Acts
from regard.steering.publishing import InForce
from regard.store import MemoryStore
from regard.testing import VirtualClock
from regard.testing.clock import START
from regard.testing.house import VirtualHouse

SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)

ENTRIES_MAX = 100_000

ENVIRON = {"USER_SECRET": "only the airline's server knows"}

COMPANY = """
id = "skylark"
name = "Skylark Air"
zone = "Europe/Vienna"
address = "Skylark Air, 1 Runway Road, Vienna"
[channels.email]
from = "Skylark Air <hello@skylark.example>"
[channels.sms]
[sources.website]
key = "skylark-website"
channel = "web.desktop"
[sources.desk]
key = "skylark-desk"
channel = "store.desk"
trust = "verified"
may = ["rights"]
[sources.mail]
key = "skylark-mail"
channel = "email"
may = ["receipts"]
[departments.desk]
title = "Front desk"
"""

_FILES = {
    "regard.toml": COMPANY,
    "consent.yaml": """
purposes:
  travel: {title: Your journeys, needs_consent: false}
  offers: {title: Offers, needs_consent: true}
""",
}

_MJML = "<mjml><mj-body><mj-section><mj-column><mj-text>{}</mj-text></mj-column></mj-section>"
_MJML += "</mj-body></mjml>"

RECEIPT = """
id: receipt
made_by: {event: Order Placed}
about: facts.number
act_at: now()
due_at: now() + interval '1 hour'
engagement: receipt
"""
"""A promise that is kept by one message at once: `promises/receipt.yaml`."""

REMINDER = RECEIPT.replace("act_at: now()", "act_at: now() + interval '23 hours'").replace(
    "interval '1 hour'", "interval '24 hours'"
)
"""The same promise, kept a day later: for all who order in one second it is due in one second."""


def engagement(name: str, settings: str, text: str = "Hello.") -> dict[str, str]:
    """Return the files of an engagement that every channel can say."""
    folder = f"engagements/{name}"
    return {
        f"{folder}/engagement.yaml": f"subject: {name}\n{settings}",
        f"{folder}/core.email.mjml": _MJML.format(text),
        f"{folder}/core.email.txt": text,
        f"{folder}/core.txt": text,
    }


SERVICE = engagement("receipt", "purpose: travel\nclass: service\nchannels: [email]")


def newsletter(pace_per_s: int = 0) -> dict[str, str]:
    """Return the files of a broadcast to everybody: marketing, with consent, at a pace."""
    offer = "purpose: offers\nclass: marketing\nvalue: {customer: 5, company: 5}\nchannels: [email]"
    spring = f"id: spring\nengagement: spring\npace_per_s: {pace_per_s}\n"
    return {"broadcasts/spring.yaml": spring, **engagement("spring", offer)}


def company(files: Mapping[str, str]) -> Program:
    """Return the airline with `files` in its folder, compiled once for equal files."""
    return _compiled(tuple(sorted({**_FILES, **files}.items())))


@lru_cache(maxsize=64)
def _compiled(files: tuple[tuple[str, str], ...]) -> Program:
    return load_text(dict(files), ENVIRON)


Deed = Literal["sent", "refused", "try_again", "lost", "dies", "raises"]
"""What a provider does with a message. ``lost``: it takes it and its answer is lost. ``dies``: it
takes it, and our process ends before it could write that down."""


class ProcessDiedError(BaseException):
    """Our process ends here; nothing of ours can catch it."""


class Provider:
    """The other end of every channel. `got` is what people really got, `asked` every attempt."""

    def __init__(self, deed: Callable[[Message], Deed] = lambda _message: "sent") -> None:
        self.deed = deed
        self.asked: list[Message] = []
        self.got: list[Message] = []
        self._waiting: list[tuple[int, asyncio.Event]] = []

    def take(self, message: Message) -> Outcome:
        """Do with a message what `deed` says."""
        deed = self.deed(message)
        self.asked.append(message)
        if deed in ("sent", "lost", "dies"):
            self.got.append(message)
        for count, event in self._waiting:
            if len(self.got) >= count:
                event.set()
        if deed == "dies":
            raise ProcessDiedError
        if deed == "raises":
            raise ConnectionResetError("the provider closed the connection")
        answers: dict[str, Outcome] = {"sent": "sent", "refused": "refused"}
        return (answers | {"try_again": "try_again"}).get(deed, "unknown")

    async def until(self, count: int) -> None:
        """Return when people have got `count` messages, or more."""
        event = asyncio.Event()
        self._waiting.append((count, event))
        if len(self.got) < count:
            await event.wait()

    def copies(self) -> Counter[int]:
        """Return how many addresses got how many messages: ``{1: 40}`` is one each for forty."""
        return Counter(Counter(message.address for message in self.got).values())


class House(VirtualHouse):
    """A virtual house whose channels all lead to one provider."""

    def __init__(
        self,
        program: Program,
        *,
        store: Store | None = None,
        clock: VirtualClock | None = None,
        provider: Provider | None = None,
    ) -> None:
        self.store = MemoryStore() if store is None else store
        self.provider = Provider() if provider is None else provider
        self._event_count = 0
        ledger = build_ledger(self.store, lambda: self.program)
        super().__init__(ledger, program, clock or VirtualClock(START))
        for channel in self.channels.values():
            channel.rule = self.provider.take

    def next_process(self, store: Store | None = None, program: Program | None = None) -> House:
        """Return the house as another process opens it: same data, clock and provider."""
        if store is None:
            assert isinstance(self.store, MemoryStore)
            store = self.store.reopen()
        program = self.program if program is None else program
        house = House(program, store=store, clock=self.clock, provider=self.provider)
        house._event_count = self._event_count
        house.ledger.settle_abandoned(house.clock.now())
        return house

    def publish(self, files: Mapping[str, str]) -> House:
        """Publish an edited folder as `regard publish` does, and return the house that goes on."""
        edition = edition_in(pack({**_FILES, **files}), {})
        acts = Acts(self.ledger, InForce(self.program))
        acts.publish(edition, self.program, self.clock.now(), "ada")
        return self.next_process(program=edition.program)

    def event(self, name: str, who: Mapping[str, Any] | str, **facts: Any) -> Any:
        """Let a person (a user id, or fields of the plain item) do something on the website."""
        self._event_count += 1
        fields = {"user_id": who} if isinstance(who, str) else who
        own = {"id": f"event-{self._event_count}", "event": name, "properties": facts}
        return self.take("website", {**own, **fields})

    def crowd(self, count: int, event: str, **facts: Any) -> None:
        """Let people tell who they are and do something, all in one batch: guest0, guest1, …

        The fact ``number`` is each one's own.
        """
        items: list[dict[str, Any]] = []
        for number in range(count):
            name = f"guest{number}"
            known = {"user_id": name, "traits": {"email": f"{name}@example.com"}}
            own = {"id": f"{event}-{number}", "event": event}
            items.append({**own, **known, "properties": {"number": str(number), **facts}})
        drafts = [self._draft(item) for item in items]
        self.ledger.append(drafts, self.clock.now())
        self.settle()

    def _draft(self, item: Mapping[str, Any]) -> Draft:
        source = next(s for s in self.program.sources.values() if s.id == "website")
        arrival = Arrival(source=source, received_at=self.clock.now(), dialect="plain")
        draft = self._drafter.draft(msgspec.json.encode(item), arrival)
        assert isinstance(draft, Draft)
        return draft

    def readers(self, count: int) -> None:
        """Let people agree to newsletters."""
        self.crowd(count, "Consent Granted", purpose="offers", channel="*")

    def meet(self, *names: str, **traits: Any) -> None:
        """Let people tell who they are; each has an address at example.com."""
        for name in names:
            known = {"email": f"{name}@example.com", **traits}
            self.take("website", {"identify": known, "user_id": name})

    def wait(self, duration: timedelta) -> None:
        """Let time pass, and everything happen that falls due on the way."""
        self.run_until(self.clock.now() + duration)

    def person(self, name: str) -> Person:
        """Return who is known by a user id, or by ``kind:value``."""
        with self.store.reading() as reading:
            person_id = self.person_id(name)
            person = reading.people.read(person_id) if person_id else None
        assert person is not None, name
        return person

    def person_id(self, name: str) -> str | None:
        """Return the id of who is known by a user id, or by ``kind:value``."""
        kind, _, value = name.rpartition(":")
        with self.store.reading() as reading:
            return reading.people.find(Identifier(kind or "user_id", value))

    def timeline(self, name: str) -> list[Entry]:
        """Return the entries of somebody, in order."""
        with self.store.reading() as reading:
            found = reading.people.timeline(str(self.person_id(name)), limit=ENTRIES_MAX)
        return sorted(found, key=lambda entry: entry.stamp)

    def lives(self, name: str) -> list[str]:
        """Return the names of the events in somebody's timeline, in order."""
        return [e.body.name for e in self.timeline(name) if isinstance(e.body, Event)]

    def entries(self) -> list[Entry]:
        """Return the whole journal."""
        with self.store.reading() as reading:
            return [entry for entry, _, _ in reading.tail.after(0, ENTRIES_MAX)]

    def sent(self) -> dict[str, tuple[str, datetime]]:
        """Return channel and moment of the last message of each person id that was sent one."""
        with self.store.reading() as reading:
            found = reading.tail.after(0, ENTRIES_MAX)
        return {
            person_id: (entry.body.channel, entry.received_at)
            for entry, person_id, _ in found
            if isinstance(entry.body, MessageOutcome) and entry.body.outcome == "sent"
        }

    def outcomes(self, kind: Outcome) -> list[tuple[datetime, MessageOutcome]]:
        """Return the attempts that ended so, each with when we took note, in order."""
        found = [(e.received_at, e.body) for e in self.entries()]
        return [
            (at, body)
            for at, body in found
            if isinstance(body, MessageOutcome) and body.outcome == kind
        ]

    def decisions(self, engagement: str = "") -> list[Decided]:
        """Return what was decided, about one engagement or all, in order."""
        found = [entry.body for entry in self.entries() if isinstance(entry.body, Decided)]
        return [one for one in found if engagement in ("", one.candidate.engagement)]

    def decided(self, name: str) -> list[Decided]:
        """Return the decisions in somebody's timeline, in order."""
        return [e.body for e in self.timeline(name) if isinstance(e.body, Decided)]

    def message(self, message_id: str) -> Message:
        """Return a message that a provider was asked to take."""
        return next(m for m in self.provider.asked if m.message_id == message_id)

    def address_of(self, message_id: str) -> str:
        """Return where a message went."""
        return self.message(message_id).address

    def promises(self) -> dict[str, int]:
        """Return how many promises have which status."""
        with self.store.reading() as reading:
            rows = reading.registers.promises(limit=ENTRIES_MAX)
        return dict(Counter(row.change.status for row in rows))

    def outbox(self) -> list[MessageRow]:
        """Return the messages of the outbox."""
        with self.store.reading() as reading:
            return [row for row, _ in reading.registers.messages(limit=ENTRIES_MAX)]

    def messages(self) -> dict[str, int]:
        """Return how many messages of the outbox are in which state."""
        return dict(Counter(row.state for row in self.outbox()))

    def cases(self) -> int:
        """Return how many cases the departments were given."""
        with self.store.reading() as reading:
            return len(reading.registers.cases())

    def assert_books_balance(self, at: datetime | None = None) -> None:
        """Assert that everything taken in, promised and sent adds up."""
        assert not audit(self.store, at or self.clock.now()).findings
