"""The way to Regard: parcels become HTTP requests, paced, retried and accounted for.

Only what an SDK would do: the same bytes again after 429, 503 or a broken line, waiting as long
as the server asks for; nothing again after a refusal. Every request ends in one of accepted,
refused or lost, and is counted in the ledger.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime
from typing import Literal

import httpx

from regard.world.dialects import build
from regard.world.ledger import Ledger
from regard.world.records import Parcel, Request, WorldSettings
from regard.world.tempo import Tempo

TRIES_MAX = 8
"""SDKs give up after ten or so; a server that is away for longer than these is gone."""

RETRY_WAIT_S_MAX = 5.0
"""Real seconds: in a fast world a long wait would swallow hours."""

LINES = 12
"""Connections open at once: enough for the pace, few enough for a small machine."""

UNDER_WAY = "under way"
"""What world time is tethered to: the parcels whose answer has not come."""

Outcome = Literal["accepted", "refused", "lost"]


class PostOffice:
    """Takes parcels and brings them to Regard, at most `LINES` at a time."""

    def __init__(
        self,
        settings: WorldSettings,
        client: httpx.AsyncClient,
        tempo: Tempo,
        ledger: Ledger,
        tell: Callable[[str], None],
    ) -> None:
        self._settings = settings
        self._client = client
        self._tempo = tempo
        self._ledger = ledger
        self._tell = tell
        self._lines = asyncio.Semaphore(LINES)
        self._free_at_s = 0.0
        self._under_way: set[asyncio.Task[None]] = set()
        self._sent_at: dict[asyncio.Task[None], datetime] = {}

    async def take(self, parcel: Parcel) -> None:
        """Accept a parcel; return once a line is free for it."""
        await self._lines.acquire()
        task = asyncio.create_task(self._deliver(parcel))
        self._under_way.add(task)
        self._sent_at[task] = parcel.send_at
        task.add_done_callback(self._is_done)
        self._tether()

    async def finish(self) -> None:
        """Wait for everything that is under way; raise what went wrong in it."""
        await asyncio.gather(*self._under_way)

    def _is_done(self, task: asyncio.Task[None]) -> None:
        self._lines.release()
        self._sent_at.pop(task, None)
        if task.cancelled() or task.exception() is None:
            self._under_way.discard(task)
        self._tether()

    def _tether(self) -> None:
        self._tempo.tether(UNDER_WAY, min(self._sent_at.values(), default=None))

    async def _deliver(self, parcel: Parcel) -> None:
        key = self._settings.keys[parcel.source]
        is_accepted = True
        for request in build(parcel, key, self._tempo.now()):
            outcome = await self._post(request)
            if outcome == "accepted":
                self._ledger.accept(parcel, request.item_count)
            else:
                is_accepted = False
                self._ledger.note(outcome, parcel.source, request.item_count)
                continue
            if parcel.is_repeated and await self._post(request) == "accepted":
                self._ledger.note("repeated", parcel.source, request.item_count)
        if is_accepted and parcel.note:
            self._tell(f"{parcel.send_at:%a %H:%M}  {parcel.note}")

    async def _post(self, request: Request) -> Outcome:
        for attempt in range(TRIES_MAX):
            wait_s = 0.1 * 2**attempt
            try:
                await self._pace()
                reply = await self._client.post(
                    request.path, headers=request.headers, content=request.content
                )
            except httpx.TransportError:
                await asyncio.sleep(min(wait_s, RETRY_WAIT_S_MAX))
                continue
            if reply.status_code == httpx.codes.OK:
                return "accepted"
            if reply.status_code not in (429, 503):
                self._tell(f"refused: {request.path} {reply.status_code} {reply.text[:200]}")
                return "refused"
            asked = reply.headers.get("Retry-After", "")
            wait_s = float(asked) if asked.isdigit() else wait_s
            await asyncio.sleep(min(wait_s, RETRY_WAIT_S_MAX))
        self._tell(f"lost: {request.path} was not answered {TRIES_MAX} times")
        return "lost"

    async def _pace(self) -> None:
        """Wait for the next free moment under `requests_per_s_max`, in real seconds."""
        now_s = asyncio.get_running_loop().time()
        self._ledger.requests += 1
        slot_s = max(now_s, self._free_at_s)
        self._free_at_s = slot_s + 1 / self._settings.requests_per_s_max
        if slot_s > now_s:
            await asyncio.sleep(slot_s - now_s)
