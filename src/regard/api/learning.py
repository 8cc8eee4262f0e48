"""Telling a running house to learn now: `regard learn` beside a server.

In: the console's secret as a Bearer token. Out: what was learned, journaled, or that there is
nothing new.
"""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from regard.api.keys import check_token
from regard.api.replies import answering, json_reply
from regard.api.steward import BY
from regard.core.ports import Student


def learning_routes(student: Student, secret: str) -> list[Route]:
    """Return the route of learning, open to who knows the console's secret."""

    async def learn(request: Request) -> Response:
        check_token(request.headers, secret)
        trained = await student.learn(request.headers.get(BY, "")[:80])
        if trained is None:
            return json_reply({"success": True, "version": ""})
        return json_reply(
            {
                "success": True,
                "version": trained.version,
                "read_to": trained.read_to,
                "counts": trained.counts,
                "gates": trained.gates,
            }
        )

    return [Route("/v1/learn", answering(learn, is_cross_origin=False), methods=["POST"])]
