"""What a person is doing now, as far as their devices told."""

from __future__ import annotations

from datetime import datetime

from regard.console.moments import span
from regard.core.person import Person
from regard.core.sessions import session_of


def doing(person: Person, now: datetime) -> tuple[tuple[str, str], ...]:
    """Return what the person's devices told last, as (name, text) pairs."""
    moment = person.moment
    if moment is None:
        return ()
    session, told = session_of(moment, now), []
    if session is not None:
        told.append(("here for", span(now - session.first_at)))
    if moment.looking is not None:
        looking = moment.looking
        told.append(("looked at", ", ".join(filter(None, (looking.page, looking.app)))))
    if moment.device is not None:
        device = moment.device
        parts = (device.kind, device.model, device.system, device.browser, device.network)
        told.append(("device", ", ".join(filter(None, parts))))
    if moment.place is not None:
        told.append(("place", ", ".join(filter(None, (moment.place.city, moment.place.country)))))
    return tuple((name, text) for name, text in told if text)
