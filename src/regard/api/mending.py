"""Mending what could not be handed over, at a running house: `regard messages` beside a server.

In: the console's secret as a Bearer token, and a `Replay` as JSON. Out: what came of it for each
message, durable.
"""

from __future__ import annotations

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from regard.api.bodies import read_body
from regard.api.keys import check_token, headers_of
from regard.api.replies import Endpoint, answering, json_reply
from regard.api.steward import BY
from regard.core.errors import Refused
from regard.core.ports import Postmaster
from regard.core.rows import Replay
from regard.intake import Limits

LIMITS = Limits(body_bytes_max=200_000)
"""A thousand message ids."""

_decode = msgspec.json.Decoder(Replay).decode


def mending_routes(postmaster: Postmaster, secret: str) -> list[Route]:
    """Return the routes of a postmaster, open to who knows the console's secret."""

    async def replay(request: Request) -> Response:
        wanted = await _wanted(request, secret)
        done = await postmaster.replay(wanted, request.headers.get(BY, "")[:80])
        return json_reply({"success": True, "messages": done})

    async def discard(request: Request) -> Response:
        wanted = await _wanted(request, secret)
        done = await postmaster.discard(wanted, request.headers.get(BY, "")[:80])
        return json_reply({"success": True, "messages": done})

    paths: tuple[tuple[str, Endpoint], ...] = (
        ("/v1/messages/replay", replay),
        ("/v1/messages/discard", discard),
    )
    return [
        Route(path, answering(endpoint, is_cross_origin=False), methods=["POST"])
        for path, endpoint in paths
    ]


async def _wanted(request: Request, secret: str) -> Replay:
    check_token(request.headers, secret)
    body = await read_body(request, headers_of(request), LIMITS)
    try:
        return _decode(body)
    except msgspec.DecodeError as error:
        raise Refused(f"The body says no replay: {error}.", code="bad_body") from error
