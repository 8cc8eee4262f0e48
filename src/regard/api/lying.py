"""What lies for a visitor on a feed: read anew for every look, from what was said and what became.

In: who the visitor is, as the channel's door believes it. Out: the messages of their person that
are still of use, the newest first. Nothing is kept beside the outbox: seen on one device is seen on
all, and what is past its use is gone by itself. So is what they said no to: to show is to say.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Protocol

from msgspec import Struct

from regard.api.asking import is_known
from regard.core.errors import Refused
from regard.core.event import Identifier
from regard.core.notice import notice_of
from regard.core.person import Person
from regard.core.ports import Reading
from regard.core.program import Program
from regard.core.reaching import SELF, useful_until
from regard.core.rows import Content, MessageRow
from regard.core.scope import Scope
from regard.decisions import reasons
from regard.decisions.rules import channel_refusal

ITEMS_MAX = 20
"""Messages that a feed shows; older ones are history."""

LYING = frozenset({"sent", "unknown", "delivered", "opened", "clicked"})
"""States of a message that lies there; one that was dismissed does not any more."""

SEEN = frozenset({"opened", "clicked"})

UNWANTED = frozenset({reasons.NO_CONSENT, reasons.OBJECTED})
"""Refusals that are the person's own word."""


class Door(Protocol):
    """Who may look into a channel (`regard.channels.kinds.Door`)."""

    def identify(self, claims: Mapping[str, str]) -> tuple[Identifier, bool]: ...

    def opens(self, *, is_proven: bool, is_known: bool) -> bool: ...

    def public(self) -> Mapping[str, Any]: ...


class Item(Struct, frozen=True, kw_only=True):
    """One message as a page shows it. `token` signs what the page tells about it."""

    id: str
    title: str
    body: str
    url: str
    at: datetime
    until: datetime | None
    is_seen: bool
    token: str


class Lying(Struct, frozen=True, kw_only=True):
    """What a visitor sees: the heading, the messages, how many of them are new."""

    channel: str
    title: str
    items: tuple[Item, ...]
    unseen_count: int


class Look(Struct, frozen=True, kw_only=True):
    """One look into a feed: who looks, by which identifier, and whether that is proven."""

    channel: str
    identifier: Identifier
    is_proven: bool


Sign = Callable[[MessageRow, str], str]
"""Signs a message's own token (`regard.delivery.Links.token`)."""


def chosen(program: Program, doors: Mapping[str, Door], kind: str, asked: str) -> str:
    """Return the channel that is meant: the one that was asked for, else the first of its kind."""
    for name, channel in program.channels.items():
        if channel.reaches_by == kind and name in doors and asked in ("", name):
            return name
    raise Refused(
        f"There is no channel {asked} of this kind." if asked else "There is no such channel.",
        code="not_found",
        hint="Channels are in regard.toml.",
    )


class View(Struct, frozen=True, kw_only=True):
    """What a look is made with: the program in force, one moment of the store, and the clock's."""

    program: Program
    reading: Reading
    sign: Sign
    now: datetime


def lying_for(look: Look, door: Door, view: View) -> tuple[Lying, str]:
    """Return what a visitor sees, and the id of their person (``""``: nobody is known yet)."""
    people = view.reading.people
    person_id = people.find(look.identifier) or ""
    person = people.read(person_id) if person_id else None
    items: tuple[Item, ...] = ()
    if person is not None and _opens(look, door, person, view):
        items = tuple(_items(look.channel, person, view))
    unseen = sum(not item.is_seen for item in items)
    title = str(door.public().get("title", ""))
    found = Lying(channel=look.channel, title=title, items=items, unseen_count=unseen)
    return found, person.id if person is not None else ""


def _opens(look: Look, door: Door, person: Person, view: View) -> bool:
    if person.is_erased or person.is_frozen:
        return False
    has_name = is_known(view.reading, view.program, person.id)
    return door.opens(is_proven=look.is_proven, is_known=has_name)


def _items(channel: str, person: Person, view: View) -> list[Item]:
    lying = [
        (touch.at, message_id, touch.state)
        for message_id, touch in person.touches.items()
        if touch.channel == channel and touch.state in LYING
    ]
    lying.sort(reverse=True)
    items: list[Item] = []
    for _, message_id, state in lying:
        found = view.reading.registers.messages(message_id=message_id, limit=1)
        if not found or found[0][1] is None:
            continue
        row, content = found[0]
        assert content is not None
        until = _until(row, person, view)
        if (until is None or until > view.now) and not _is_unwanted(row, person, view):
            is_seen = state in SEEN
            items.append(_item(row, content, until, view.sign(row, SELF), is_seen=is_seen))
        if len(items) == ITEMS_MAX:
            break
    return items


def _item(
    row: MessageRow, content: Content, until: datetime | None, token: str, *, is_seen: bool
) -> Item:
    notice = notice_of(content.subject, content.text)
    return Item(
        id=row.message_id,
        title=notice.title,
        body=notice.body,
        url=notice.url,
        at=content.handed_at,
        until=until,
        is_seen=is_seen,
        token=token,
    )


def _is_unwanted(row: MessageRow, person: Person, view: View) -> bool:
    """Return whether the person does not want such messages, here or at all."""
    engagement = view.program.engagements.get(row.engagement)
    channel = view.program.channels[row.channel]
    if engagement is None:
        return False
    return channel_refusal(person, engagement, view.program, channel, row.address) in UNWANTED


def _until(row: MessageRow, person: Person, view: View) -> datetime | None:
    candidate, engagement = row.decision.candidate, view.program.engagements.get(row.engagement)
    if engagement is None:
        return candidate.useful_until
    return useful_until(
        candidate, engagement, Scope(person=person, facts=candidate.facts, now=view.now)
    )
