"""What somebody at a terminal does to a running house: broadcasts, and the program in force.

In: the console's secret as a Bearer token, and an act. Out: what became of it, durable. Only the
CLI calls it; the console's own buttons do the same through its session.
"""

from __future__ import annotations

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from regard.api.bodies import read_body
from regard.api.keys import check_token, headers_of
from regard.api.replies import Endpoint, answering, json_reply
from regard.core.ports import Library, Steward
from regard.core.rows import RolloutProgress, RolloutRow
from regard.intake import Limits

LIMITS = Limits(body_bytes_max=64_000_000)
"""A folder: 5,000 files, most of them a page."""

BY = "x-regard-by"
"""Header that says who acts, as the terminal knows them."""


class StewardDoor:
    """The endpoints of a steward; each asks for the secret first."""

    def __init__(self, steward: Steward, library: Library, secret: str) -> None:
        self._steward = steward
        self._library = library
        self._secret = secret

    async def act(self, request: Request) -> Response:
        """Start, pause, resume or cancel a broadcast, or send a test of it."""
        by, place = self._who(request), request.path_params
        if place["act"] == "test":
            missing = await self._steward.test(place["id"], by)
            return json_reply({"success": True, "missing": missing})
        change = await self._steward.broadcast(place["id"], place["act"], by)
        return json_reply({"success": True, "change": change})

    async def preview(self, request: Request) -> Response:
        """Tell what a broadcast would come to if it went now."""
        self._who(request)
        return json_reply(await self._steward.preview(request.path_params["id"]))

    async def broadcasts(self, request: Request) -> Response:
        """List broadcasts that were started, with how far they have come."""
        self._who(request)
        found = await run_in_threadpool(self._read)
        return json_reply([{"rollout": row, "progress": done} for row, done in found])

    async def publish(self, request: Request) -> Response:
        """Let the folder in the body take over."""
        by = self._who(request)
        archive = await read_body(request, headers_of(request), LIMITS)
        return json_reply(await self._steward.publish(archive, by))

    async def undo(self, request: Request) -> Response:
        """Bring back the version before."""
        return json_reply(await self._steward.undo(self._who(request)))

    def _who(self, request: Request) -> str:
        check_token(request.headers, self._secret)
        return request.headers.get(BY, "")[:80]

    def _read(self) -> list[tuple[RolloutRow, RolloutProgress]]:
        with self._library.reading() as reading:
            rows = [r for r in reading.rollouts.latest() if r.change.rollout == "broadcast"]
            return [(row, reading.rollouts.progress(row)) for row in rows]


def steward_routes(steward: Steward, library: Library, secret: str) -> list[Route]:
    """Return the routes of a steward, open to who knows the console's secret."""
    door = StewardDoor(steward, library, secret)
    paths: tuple[tuple[str, str, Endpoint], ...] = (
        ("GET", "/v1/broadcasts", door.broadcasts),
        ("GET", "/v1/broadcasts/{id}/preview", door.preview),
        ("POST", "/v1/broadcasts/{id}/{act}", door.act),
        ("POST", "/v1/versions", door.publish),
        ("POST", "/v1/versions/undo", door.undo),
    )
    return [
        Route(path, answering(endpoint, is_cross_origin=False), methods=[method])
        for method, path, endpoint in paths
    ]
