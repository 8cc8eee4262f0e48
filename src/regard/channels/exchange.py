"""One HTTP exchange with a provider, told apart by what may have left us.

In: a request. Out: status, headers and the beginning of the answer; or that nothing left us
(`NothingLeft`), or that nobody can tell (`AnswerLost`). No proxy from the environment is used,
redirects are not followed, an answer is read up to a limit. SMS and push go through here.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

import httpx

ANSWER_BYTES_MAX = 262_144
"""A page of a provider's list of messages; what is longer is cut with its connection."""

RETRY_AFTER_MAX_S = 86_400
"""A day: a provider that asks for more is asked again tomorrow."""


class NothingLeft(Exception):
    """No connection came about; trying again is safe."""


class AnswerLost(Exception):
    """The request left, its answer did not come; the provider may have taken it or not."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a provider answered; `text` is the beginning of it."""

    status: int
    headers: Mapping[str, str]
    text: str

    @property
    def detail(self) -> str:
        """Return what is journaled of it."""
        return f"HTTP {self.status} {self.text}".rstrip()


class Exchange:
    """A pool of connections, opened when first needed."""

    def __init__(self, *, timeout_s: float, connections: int, is_tls: bool = True) -> None:
        self._timeout_s = timeout_s
        self._connections = connections
        self._is_tls = is_tls
        self._client: httpx.AsyncClient | None = None

    async def ask(
        self, method: str, url: str, *, auth: tuple[str, str] | None = None, **about: Any
    ) -> Answer:
        """Return the answer to one request; raise `NothingLeft` or `AnswerLost`."""
        client = self._opened()
        try:
            async with asyncio.timeout(self._timeout_s):
                request = client.build_request(method, url, **about)
                response = await client.send(request, auth=auth, stream=True)
                try:
                    text = await read_some(response)
                finally:
                    await response.aclose()
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout) as error:
            raise NothingLeft(str(error) or type(error).__name__) from error
        except (httpx.HTTPError, OSError, TimeoutError) as error:
            raise AnswerLost(str(error) or type(error).__name__) from error
        return Answer(status=response.status_code, headers=response.headers, text=text)

    async def close(self) -> None:
        """Close all connections."""
        if self._client is not None:
            await self._client.aclose()
            self._client = None

    def _opened(self) -> httpx.AsyncClient:
        if self._client is None:
            count = self._connections
            self._client = httpx.AsyncClient(
                verify=self._is_tls,  # loading authorities takes 50 ms
                trust_env=False,
                follow_redirects=False,
                timeout=self._timeout_s,
                limits=httpx.Limits(max_connections=count, max_keepalive_connections=count),
            )
        return self._client


def retry_after(value: str, now: datetime) -> datetime | None:
    """Return the moment that a Retry-After header names (RFC 9110 10.2.3), within a day."""
    if value.strip().isdecimal():
        wait_s = float(value.strip()[:9])
    else:
        try:
            moment = parsedate_to_datetime(value)
        except (TypeError, ValueError):
            return None
        wait_s = (moment.replace(tzinfo=moment.tzinfo or UTC) - now).total_seconds()
    return now + timedelta(seconds=min(max(wait_s, 1.0), RETRY_AFTER_MAX_S))


async def read_some(response: httpx.Response, bytes_max: int = ANSWER_BYTES_MAX) -> str:
    """Return the beginning of an answer; what is longer is cut with its connection."""
    read = b""
    async for chunk in response.aiter_bytes():
        read += chunk
        if len(read) > bytes_max:
            break
    return read[:bytes_max].decode("utf-8", "replace")
