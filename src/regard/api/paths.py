"""Fixed paths found in one look-up, with and without a trailing slash.

Starlette tries routes one after the other, a regular expression each; the intake has some
eighty paths and takes most of the traffic. A redirect for the slash would break the CORS
preflight of a browser, so both spellings are the same path here.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NoReturn

from starlette.requests import Request
from starlette.routing import BaseRoute, Match, NoMatchFound
from starlette.types import Receive, Scope, Send

from regard.api.replies import Endpoint


class PostPaths(BaseRoute):
    """Serves POST and OPTIONS of fixed paths; other methods pass on to later routes."""

    def __init__(self, endpoints: Mapping[str, Endpoint]) -> None:
        """Take endpoints by path, each without a trailing slash."""
        self._endpoints = {
            spelling: endpoint
            for path, endpoint in endpoints.items()
            for spelling in (path, f"{path}/")
        }

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """Return whether this scope asks for one of the paths."""
        if scope["type"] == "http" and scope["method"] in ("POST", "OPTIONS"):
            path = scope["path"].removeprefix(scope.get("root_path", ""))
            endpoint = self._endpoints.get(path)
            if endpoint is not None:
                return Match.FULL, {"endpoint": endpoint}
        return Match.NONE, {}

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer the request by the endpoint that `matches` found."""
        reply = await scope["endpoint"](Request(scope, receive))
        await reply(scope, receive, send)

    def url_path_for(self, name: str, /, **path_params: Any) -> NoReturn:
        """Raise: these paths have no names."""
        raise NoMatchFound(name, path_params)
