"""What customers say over a channel: messages that a provider or another system passes on to us.

In: `POST /v1/inbound/{channel}`, signed as the channel's reader asks. Out: events of whoever has
the address, and the provider's answer in its own dialect. A STOP from a number that several people
share is the word of each of them. Refused: signatures and channels that are not ours.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime

from msgspec.structs import replace
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from regard.api.bodies import read_body
from regard.api.desk import Desk
from regard.api.keys import headers_of, path_of
from regard.core.errors import Refused
from regard.core.event import Event, Identifier
from regard.core.graph import Node
from regard.core.ids import identity_of, message_key
from regard.core.ports import Draft, Heard, Intake, Library, Reading
from regard.intake import Limits

ReadInbound = Callable[[bytes, Mapping[str, str], datetime], Heard]
"""Body, headers (and ``:path``) and the moment of arrival to what was said; raises `Refused`."""

LIMITS = Limits(body_bytes_max=100_000)
"""A text message is small, a subscription smaller."""

SHARERS_MAX = 20
"""People of one shared address whose word a STOP is; a number of more is a switchboard."""

RIGHTS = ("Unsubscribed", "Resubscribed")


class Inbound:
    """Takes what customers say; readers are by channel id."""

    def __init__(
        self, desk: Desk, intake: Intake, library: Library, readers: Mapping[str, ReadInbound]
    ) -> None:
        self._desk = desk
        self._intake = intake
        self._library = library
        self._readers = readers

    async def take(self, request: Request) -> Response:
        """Take what a provider passes on and answer it; durable before the answer."""
        return await self.hear(request, request.path_params["channel"])

    async def hear(self, request: Request, channel: str) -> Response:
        """Take one request about a channel; raise `Refused`."""
        read = self._readers.get(channel)
        if read is None:
            raise Refused(
                "Nothing is heard on a channel of this name.",
                code="not_found",
                hint="Channels are in regard.toml.",
            )
        headers = headers_of(request) | {":path": path_of(request)}
        body = await read_body(request, headers, LIMITS)
        heard = await run_in_threadpool(read, body, headers, self._desk.now())
        answer = await run_in_threadpool(self._answer, heard)
        drafts = await run_in_threadpool(self._placed, heard)
        if drafts:
            await self._intake.append(drafts)
        return Response(answer or '{"success":true}', media_type=heard.media_type)

    def _answer(self, heard: Heard) -> str:
        """Return the answer, or silence when the same was said before by another event."""
        if not heard.once or not heard.drafts:
            return heard.answer
        event = heard.drafts[-1].body
        assert isinstance(event, Event)
        identifier = self._identifier(event.identifiers[0])
        with self._library.reading() as reading:
            person_id = reading.people.find(identifier)
            person = reading.people.read(person_id) if person_id else None
        word = person.consents.get(heard.once) if person is not None else None
        if word is None or word.proof.get("message_id") == event.message_id:
            return heard.answer
        return heard.silence if word.proof.get("event") == event.name else heard.answer

    def _placed(self, heard: Heard) -> list[Draft]:
        """Return the drafts hung on people as the project knows them."""
        with self._library.reading() as reading:
            return [one for draft in heard.drafts for one in self._place(draft, reading)]

    def _place(self, draft: Draft, reading: Reading) -> list[Draft]:
        event = draft.body
        assert isinstance(event, Event)
        own = self._identifier(event.identifiers[0])
        placed = [_hung(draft, event, own)]
        if event.name in RIGHTS:
            placed += [_hung(draft, event, one) for one in _sharers(own, reading)]
        return placed

    def _identifier(self, given: Identifier) -> Identifier:
        drafter = self._desk.drafter()
        found = drafter.identifier(given.kind, given.value)
        if found is not None:
            return found
        named = drafter.identifiers({given.kind: given.value})
        if named:
            return named[0]
        raise Refused(
            f"{given.kind!r} is nothing that people are known by here, or its value cannot be.",
            code="bad_identifier",
            hint="Kinds are in identity.yaml.",
        )


def _hung(draft: Draft, event: Event, identifier: Identifier) -> Draft:
    if identifier == event.identifiers[0]:
        return draft
    key = message_key(event.source, f"{event.message_id}|{identifier}")
    return replace(
        draft,
        key=key,
        identity=identity_of(identifier.kind, identifier.value),
        body=replace(event, identifiers=(identifier,)),
    )


def _sharers(identifier: Identifier, reading: Reading) -> list[Identifier]:
    """Return one identifier of each person who shares an address; none when nobody does."""
    graph = reading.identities.graph
    identity = identity_of(identifier.kind, identifier.value)
    node = graph.nodes([identity]).get(identity)
    if node is None or not node.shared:
        return []
    edges = graph.edges([identity])
    others = {side for edge in edges for side in edge.pair if side != identity}
    by_person: dict[str, Node] = {}
    for other in graph.nodes(sorted(others)).values():
        if not other.shared:
            by_person.setdefault(other.person_id, other)
    return [one.identifier for _, one in sorted(by_person.items())][:SHARERS_MAX]
