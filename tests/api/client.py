"""A client of an ASGI app without a socket: one call, one event loop, one reply."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from typing import Any

import httpx
from starlette.applications import Starlette


class Client:
    """Sends requests to `app`; the verbs and arguments are those of httpx."""

    def __init__(self, app: Starlette) -> None:
        self._app = app

    def get(self, path: str, **about: Any) -> httpx.Response:
        return self.request("GET", path, **about)

    def post(self, path: str, **about: Any) -> httpx.Response:
        return self.request("POST", path, **about)

    def options(self, path: str, **about: Any) -> httpx.Response:
        return self.request("OPTIONS", path, **about)

    def request(self, method: str, path: str, **about: Any) -> httpx.Response:
        return asyncio.run(self._request(method, path, **about))

    async def _request(self, method: str, path: str, **about: Any) -> httpx.Response:
        if isinstance(about.get("content"), Iterator):
            about["content"] = _streamed(about["content"])
        transport = httpx.ASGITransport(app=self._app)
        async with httpx.AsyncClient(
            transport=transport, base_url="http://regard.example", trust_env=False
        ) as client:
            return await client.request(method, path, **about)


async def _streamed(parts: Iterator[bytes]) -> AsyncIterator[bytes]:
    for part in parts:
        yield part
