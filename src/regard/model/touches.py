"""Journal entries into touches: who, when, on which channel, what, about which matter.

Entries with their persons in, `LivedTouch` out. An event of the customer is inward, a message
that was decided outward, the end of a promise says how it ended. A matter is the strongest thing
that an event names: an identifier of a thing (an order), else a fact that is called a number.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from regard.core.event import Event
from regard.core.facts import CaseOpened, Decided, Entry, PromiseChanged
from regard.core.lived import LivedTouch
from regard.core.model import Model

THINGS = frozenset({"order_number", "booking_number", "case_number", "ticket_number"})
"""Kinds of identifiers that name a matter, not a human."""

BOOKKEEPING = frozenset({"Email Delivered", "Message Delivered", "Email Bounced", "Journey Called"})
"""Events by systems of ours: nobody was in touch."""

ENDED = frozenset({"kept", "late", "missed", "broken", "repaired"})

TOLD_CHARS_MAX = 80
"""Longer facts are texts, which nobody asks for again word by word."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Names:
    """What facts may refer to: names of channels and organisations, casefolded, to their key."""

    places: Mapping[str, str] = field(default_factory=dict)


def names_of(model: Model | None) -> Names:
    """Return what a model calls its channels and organisations."""
    if model is None:
        return Names()
    found: dict[str, str] = {}
    for one in model.elements():
        if one.kind in ("channel", "organisation"):
            found[one.id.casefold()] = one.key
            found[one.title.casefold()] = one.key
    return Names(places=found)


def touches_of(entries: Iterable[tuple[Entry, str]], names: Names) -> Iterator[LivedTouch]:
    """Yield the touches of (entry, person id); what nobody lived is left out."""
    for entry, person in entries:
        if not person:
            continue
        touch = _touch(entry, person, names)
        if touch is not None:
            yield touch


def _touch(entry: Entry, person: str, names: Names) -> LivedTouch | None:
    body = entry.body
    if type(body) is Event:
        return _of_event(body, person, names)
    if type(body) is Decided and body.verdict == "send" and not body.candidate.call_id:
        return LivedTouch(
            person=person,
            at=entry.received_at,
            channel=body.channel,
            direction="out",
            activity=body.candidate.engagement,
            matter=matter_of(body.candidate.facts),
        )
    if type(body) is PromiseChanged and body.status in ENDED:
        activity = f"{body.definition} {body.status}"
        return _inner(person, entry.received_at, activity, matter_of(body.facts))
    if type(body) is CaseOpened:
        return _inner(person, entry.received_at, f"case for {body.department}", "")
    return None


def _inner(person: str, at: datetime, activity: str, matter: str) -> LivedTouch:
    return LivedTouch(
        person=person, at=at, channel="", direction="kept", activity=activity, matter=matter
    )


def _of_event(event: Event, person: str, names: Names) -> LivedTouch | None:
    if event.name in BOOKKEEPING or not event.channel or event.type in ("alias", "group"):
        return None
    is_out = event.context.get("direction") == "out"
    told, referred = [], ""
    for name, value in (*event.facts.items(), *event.traits.items()):
        text = str(value) if isinstance(value, str | int | float) else ""
        if not text or len(text) > TOLD_CHARS_MAX:
            continue
        told.append((name, text))
        place = names.places.get(text.casefold(), "")
        if place and place != f"channel:{event.channel}":
            referred = place
    things = (f"{i.kind}={i.value}" for i in event.identifiers if i.kind in THINGS)
    return LivedTouch(
        person=person,
        at=event.at,
        channel=event.channel,
        direction="out" if is_out else "in",
        activity=event.name,
        matter=next(things, "") or matter_of(event.facts),
        told=tuple(told),
        referred=referred,
    )


def matter_of(facts: Mapping[str, object]) -> str:
    """Return what facts are about: the first of them that is called a number."""
    for name, value in facts.items():
        if (
            name.endswith("_number")
            and isinstance(value, str | int)
            and name not in ("phone_number",)
        ):
            return f"{name}={value}"
    return ""
