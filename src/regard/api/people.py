"""GET /v1/people/{kind}/{value}: the single view of a person by any identifier, as JSON.

For other systems of the house (a call centre's screen, a shop): an API token opens it, browsers
of other origins do not reach it. The store is read in a thread; one reading is one moment.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from msgspec.structs import replace
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from regard.api.desk import Desk
from regard.api.keys import check_token
from regard.api.replies import json_reply
from regard.core.codec import to_plain
from regard.core.errors import Refused
from regard.core.event import Event, Identifier
from regard.core.facts import Entry
from regard.core.person import Person
from regard.core.ports import Library, Reading
from regard.core.reaching import HOUSE_CLAIM, shown_facts
from regard.profiles import Fallen, fallen

TIMELINE_MAX = 200
"""Entries of a timeline in one reply; `before` pages on."""


class PeopleReader:
    """Answers who somebody is to whoever holds the API token."""

    def __init__(self, desk: Desk, library: Library, api_token: str) -> None:
        self._desk = desk
        self._library = library
        self._api_token = api_token

    async def read(self, request: Request) -> Response:
        """Return the profile; raises `Refused` without the token or when nobody is found.

        Query: `timeline` how many entries of the timeline to add (at most `TIMELINE_MAX`),
        `before` only those below this offset.
        """
        check_token(request.headers, self._api_token)
        kind, value = request.path_params["kind"], request.path_params["value"]
        identifier = self._desk.drafter().identifier(kind, value)
        if identifier is None:
            raise Refused(
                f"{kind!r} is no kind of identifier here, or its value cannot be one.",
                code="bad_identifier",
                hint="Kinds are in identity.yaml.",
            )
        count = min(_number(request, "timeline"), TIMELINE_MAX)
        before = _number(request, "before")
        return json_reply(await run_in_threadpool(self._profile, identifier, count, before))

    def _profile(self, identifier: Identifier, count: int, before: int) -> dict[str, Any]:
        with self._library.reading() as reading:
            person_id = reading.people.find(identifier)
            person = reading.people.read(person_id) if person_id else None
            if person is None:
                raise Refused(f"Nobody is known by {identifier.kind}.", code="not_found")
            profile = profile_of(person, reading)
            if count:
                entries = reading.people.timeline(person.id, before, count)
                profile["timeline"] = [to_plain(_shown(entry)) for entry in entries]
            return profile


def profile_of(person: Person, reading: Reading) -> dict[str, Any]:
    """Return a person as the JSON of this endpoint (docs/intake.md lists the fields)."""
    rows, _ = reading.people.identifiers(person.id)
    fell = fallen(person)
    return {
        "person_id": person.id,
        "traits": {
            name: {
                "value": claim.value,
                "at": claim.at,
                "source": claim.source,
                "trust": claim.trust,
            }
            for name, claim in person.claims.items()
            if not name.startswith(HOUSE_CLAIM)
        },
        "consents": [_consent(person, about, fell) for about in person.consents],
        "identifiers": [
            {
                "kind": row.identifier.kind,
                "value": row.identifier.value,
                "first_at": row.first_at,
                "is_shared": row.is_shared,
                "rule": row.rule,
                "is_unconfirmed": row.is_unconfirmed,
            }
            for row in rows
        ],
        "promises": [to_plain(state.change) for state in person.promises.values()],
        "suppressed": person.suppressed,
        "is_frozen": person.is_frozen,
        "is_erased": person.is_erased,
        "first_seen_at": person.first_seen_at,
        "last_seen_at": person.last_seen_at,
        "last_channel": person.last_channel,
    }


def _shown(entry: Entry) -> Entry:
    """Return an entry without what would let its reader send to somebody's browser."""
    body = entry.body
    if not isinstance(body, Event) or shown_facts(body.facts) is body.facts:
        return entry
    return replace(entry, body=replace(body, facts=dict(shown_facts(body.facts))))


def _number(request: Request, name: str) -> int:
    """Return a whole number from the query, 0 when it is missing; `Refused` when it is none."""
    text = request.query_params.get(name, "0")
    if text.isascii() and text.isdecimal() and len(text) < 19:
        return int(text)
    raise Refused(f"{name} must be a whole number.", code="bad_query")


def _consent(person: Person, about: str, fell: Sequence[Fallen]) -> dict[str, Any]:
    """Return a word of consent that stands, and the grants of other parts that it outweighs."""
    word = person.word(about) or person.consents[about]
    purpose, _, channel = about.partition("|")
    return {
        "purpose": purpose,
        "channel": channel,
        "is_granted": word.is_granted,
        "at": word.at,
        "source": word.source,
        "proof": word.proof,
        "despite": [
            {
                "purpose": one.about.partition("|")[0],
                "channel": one.about.partition("|")[2],
                "at": one.grant.at,
                "source": one.grant.source,
            }
            for one in fell
            if one.refused == about and not word.is_granted
        ],
    }
