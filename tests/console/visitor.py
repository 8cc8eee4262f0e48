"""A browser without a window: keeps cookies, follows nothing, speaks ASGI directly."""

from __future__ import annotations

import asyncio
from types import TracebackType
from typing import Any

import httpx
from starlette.applications import Starlette


class Visitor:
    """Visits `app`; the verbs and arguments are those of httpx."""

    def __init__(self, app: Starlette) -> None:
        self._runner = asyncio.Runner()
        self._client = httpx.AsyncClient(
            transport=httpx.ASGITransport(app=app),
            base_url="http://regard.example",
            trust_env=False,
        )
        self.cookies = self._client.cookies

    def __enter__(self) -> Visitor:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._runner.run(self._client.aclose())
        self._runner.close()

    def get(self, path: str, **about: Any) -> httpx.Response:
        return self._runner.run(self._client.get(path, **about))

    def post(self, path: str, **about: Any) -> httpx.Response:
        return self._runner.run(self._client.post(path, **about))
