"""The house that all scenarios play in: a small airline, the real loop, a provider that remembers.

`company` compiles texts, `House` is the virtual house over a store that can be opened again as
another process does, and `Provider` plays the other end of every channel: it knows what people
really got, whatever the house believes.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any, Literal

from regard.assembly import build_ledger
from regard.core.event import Identifier, Outcome
from regard.core.facts import Decided, Entry
from regard.core.person import Person
from regard.core.ports import Message
from regard.core.program import Program
from regard.core.storage import Store
from regard.project import load_text
from regard.runtime.audit import audit
from regard.store import MemoryStore
from regard.testing import VirtualClock
from regard.testing.clock import START
from regard.testing.house import VirtualHouse

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)

ENTRIES_MAX = 100_000

_FILES = {
    "regard.toml": """
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
[sources.mail]
key = "skylark-mail"
channel = "email"
may = ["receipts"]
[departments.desk]
title = "Front desk"
""",
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
about: facts.order
act_at: now()
due_at: now() + interval '1 hour'
engagement: receipt
"""
"""A promise that is kept by one message at once: `promises/receipt.yaml`."""


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


def company(files: Mapping[str, str]) -> Program:
    """Return the airline with `files` in its folder, compiled once for equal files."""
    return _compiled(tuple(sorted({**_FILES, **files}.items())))


@lru_cache(maxsize=64)
def _compiled(files: tuple[tuple[str, str], ...]) -> Program:
    return load_text(dict(files), {})


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

    def take(self, message: Message) -> Outcome:
        """Do with a message what `deed` says."""
        deed = self.deed(message)
        self.asked.append(message)
        if deed in ("sent", "lost", "dies"):
            self.got.append(message)
        if deed == "dies":
            raise ProcessDiedError
        if deed == "raises":
            raise ConnectionResetError("the provider closed the connection")
        answers: dict[str, Outcome] = {"sent": "sent", "refused": "refused"}
        return (answers | {"try_again": "try_again"}).get(deed, "unknown")

    def copies(self) -> Counter[int]:
        """Return how many addresses got how many messages: ``{1: 40}`` is forty people, one each."""
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
        ledger = build_ledger(self.store, lambda: self.program)
        super().__init__(ledger, program, clock or VirtualClock(START))
        for channel in self.channels.values():
            channel.rule = self.provider.take

    def next_process(self, store: Store | None = None) -> House:
        """Return the house as another process opens it: same data, clock and provider."""
        if store is None:
            assert isinstance(self.store, MemoryStore)
            store = self.store.reopen()
        house = House(self.program, store=store, clock=self.clock, provider=self.provider)
        house.ledger.settle_abandoned(house.clock.now())
        return house

    def event(self, name: str, who: Mapping[str, Any] | str, **facts: Any) -> Any:
        """Let a person (a user id, or fields of the plain item) do something on the website."""
        fields = {"user_id": who} if isinstance(who, str) else who
        return self.take("website", {"event": name, "properties": facts, **fields})

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

    def lives(self, name: str) -> list[str]:
        """Return the names of the events in somebody's timeline, oldest first."""
        with self.store.reading() as reading:
            found = reading.people.timeline(str(self.person_id(name)), limit=ENTRIES_MAX)
        ordered = sorted(found, key=lambda entry: entry.stamp)
        return [entry.body.name for entry in ordered if hasattr(entry.body, "message_id")
                and hasattr(entry.body, "name")]

    def entries(self) -> list[Entry]:
        """Return the whole journal."""
        with self.store.reading() as reading:
            return [entry for entry, _, _ in reading.tail.after(0, ENTRIES_MAX)]

    def decisions(self, engagement: str = "") -> list[Decided]:
        """Return what was decided, about one engagement or all, in order."""
        found = [entry.body for entry in self.entries() if isinstance(entry.body, Decided)]
        return [one for one in found if engagement in ("", one.candidate.engagement)]

    def promises(self) -> dict[str, int]:
        """Return how many promises have which status."""
        with self.store.reading() as reading:
            rows = reading.registers.promises(limit=ENTRIES_MAX)
        return dict(Counter(row.change.status for row in rows))

    def messages(self) -> dict[str, int]:
        """Return how many messages of the outbox are in which state."""
        with self.store.reading() as reading:
            rows = reading.registers.messages(limit=ENTRIES_MAX)
        return dict(Counter(row.state for row, _ in rows))

    def assert_books_balance(self, at: datetime | None = None) -> None:
        """Assert that everything taken in, promised and sent adds up."""
        assert not audit(self.store, at or self.clock.now()).findings
