"""Browsers that may be sent to: the public key, the yes, the no, and the scripts for pages.

In: `POST /v1/push/subscribe` and `/v1/push/unsubscribe` with a write key and the subscription, from
pages of any origin. Out: events of the visitor, taken like everything else that customers say. What
is sent and shown comes back over `/v1/receipts/<channel>` with the message's own token.
"""

from __future__ import annotations

import gzip
from collections.abc import Callable, Mapping
from importlib.resources import files
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from regard.api.desk import Desk
from regard.api.inbound import Inbound
from regard.api.keys import headers_of, write_key
from regard.api.lying import Door, chosen
from regard.api.replies import json_reply
from regard.core.program import Program
from regard.core.reaching import SUBSCRIPTION
from regard.core.settings import Source

SCRIPTS = {
    "/v1/feed.js": "feed.js",
    "/v1/push.js": "push.js",
    "/v1/push/worker.js": "push_worker.js",
}
"""The scripts that pages include, and their files."""

_HEADERS = {
    "Cache-Control": "public, max-age=300",
    "Cross-Origin-Resource-Policy": "cross-origin",
    "Vary": "Accept-Encoding",
    "X-Content-Type-Options": "nosniff",
}


class Push:
    """Answers the script that pages include."""

    def __init__(
        self,
        desk: Desk,
        program: Callable[[], Program],
        inbound: Inbound,
        doors: Mapping[str, Door],
    ) -> None:
        self._desk = desk
        self._program = program
        self._inbound = inbound
        self._doors = doors

    async def key(self, request: Request) -> Response:
        """Return the public key that a browser subscribes with."""
        self._desk.spend(self._source(request))
        channel = self._channel(request)
        return json_reply({"channel": channel, **self._doors[channel].public()})

    async def say(self, request: Request) -> Response:
        """Take a yes or a no; what it is stands in the body."""
        self._desk.spend(self._source(request))
        return await self._inbound.hear(request, self._channel(request))

    def _source(self, request: Request) -> Source:
        key = write_key(headers_of(request), request.query_params.get("key", ""))
        return self._desk.source(key)

    def _channel(self, request: Request) -> str:
        asked = request.query_params.get("channel", "")
        return chosen(self._program(), self._doors, SUBSCRIPTION, asked)


def script_endpoint(name: str) -> Callable[[Request], Any]:
    """Return the endpoint of one script."""
    content = (files("regard.api") / "static" / name).read_bytes()
    packed = gzip.compress(content, mtime=0)
    # A worker may serve the whole site, also when it is proxied below a path of it.
    headers = _HEADERS | ({"Service-Worker-Allowed": "/"} if "worker" in name else {})

    async def endpoint(request: Request) -> Response:
        if "gzip" not in request.headers.get("accept-encoding", ""):
            return Response(content, headers=headers, media_type="text/javascript")
        encoded = headers | {"Content-Encoding": "gzip"}
        return Response(packed, headers=encoded, media_type="text/javascript")

    return endpoint
