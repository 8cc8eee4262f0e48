"""What comes back from a tracked mail: a link that was followed, a picture that was loaded.

In: ``/l/<token>`` and ``/o/<token>.gif``, each with GET and HEAD. Out: a redirect to the address in
the signed token (never to one of the request) or a picture of one pixel, at once; the event follows
behind the answer, if the person still agrees. Refused: tokens that are not ours (404). `assembly`
mounts the routes.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from datetime import datetime

from starlette.background import BackgroundTask
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route

from regard.core.clock import Clock
from regard.core.errors import Refused, Unavailable
from regard.core.ports import Intake, Library
from regard.core.program import Program
from regard.delivery.links import Followed, Links
from regard.delivery.machines import EARLY, TOGETHER, Clicks, machine_of
from regard.delivery.tracking import may_track, visited

PIXEL = (
    b"GIF89a\x01\x00\x01\x00\x80\x00\x00\x00\x00\x00\xff\xff\xff!\xf9\x04\x01\x00\x00\x00\x00"
    b",\x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x02D\x01\x00;"
)
"""A transparent picture of one pixel."""

HEADERS = {
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Robots-Tag": "noindex",
}

WAITING_MAX = 1_000
"""Early clicks that wait for others of the same mail; beyond it they are told as they stand."""

_log = logging.getLogger(__name__)

Pause = Callable[[float], Awaitable[None]]


def visit_routes(
    *,
    intake: Intake,
    library: Library,
    links: Links,
    clock: Clock,
    program: Callable[[], Program],
    pause: Pause = asyncio.sleep,
) -> list[Route]:
    """Return the routes of links that are followed and of pictures that are loaded."""
    visits = _Visits(intake, library, links, clock, program, pause)
    return [
        Route("/l/{token}", visits.link, methods=["GET", "HEAD"]),
        Route("/o/{token}.gif", visits.picture, methods=["GET", "HEAD"]),
    ]


class _Visits:
    def __init__(  # noqa: PLR0917 - made in one place, above
        self,
        intake: Intake,
        library: Library,
        links: Links,
        clock: Clock,
        program: Callable[[], Program],
        pause: Pause,
    ) -> None:
        self._intake = intake
        self._library = library
        self._links = links
        self._clock = clock
        self._program = program
        self._pause = pause
        self._clicks = Clicks()
        self._waiting_count = 0

    async def link(self, request: Request) -> Response:
        """Lead on to where the link said; nothing is waited for."""
        followed = self._followed(request)
        if followed is None or not followed.url:
            return PlainTextResponse("This link is not valid.\n", 404, HEADERS)
        told = self._told_later(request, followed, is_click=True)
        return RedirectResponse(followed.url, 302, HEADERS, background=told)

    async def picture(self, request: Request) -> Response:
        """Answer with the picture."""
        followed = self._followed(request)
        if followed is None:
            return PlainTextResponse("There is no such picture.\n", 404, HEADERS)
        told = self._told_later(request, followed, is_click=False)
        return Response(PIXEL, 200, HEADERS, media_type="image/gif", background=told)

    def _followed(self, request: Request) -> Followed | None:
        try:
            return self._links.read_followed(request.path_params["token"])
        except Refused:
            return None

    def _told_later(
        self, request: Request, followed: Followed, *, is_click: bool
    ) -> BackgroundTask:
        machine = machine_of(request.method, dict(request.headers), is_click=is_click)
        at = self._clock.now()
        if is_click and request.method != "HEAD":
            self._clicks.note(followed.message_id, followed.link_id, at)
        return BackgroundTask(self._tell, followed, at, machine)

    async def _tell(self, followed: Followed, at: datetime, machine: str) -> None:
        """Journal what was seen, if the message is ours and its reader still agrees."""
        sent_at = await run_in_threadpool(self._agreed, followed)
        if sent_at is None:
            return
        if followed.url and not machine and at - sent_at < EARLY:
            machine = await self._after_others(followed, at, sent_at)
        try:
            await self._intake.append([visited(followed, at, machine)])
        except Unavailable as error:
            # The reader is where they wanted to be; only our knowledge of it is lost, and told.
            _log.warning(
                "visit_lost", extra={"message_id": followed.message_id, "code": error.code}
            )

    async def _after_others(self, followed: Followed, at: datetime, sent_at: datetime) -> str:
        """Wait whether other links of the mail are followed with it, as scanners do."""
        if self._waiting_count < WAITING_MAX:
            self._waiting_count += 1
            try:
                await self._pause(TOGETHER.total_seconds())
            finally:
                self._waiting_count -= 1
        return self._clicks.machine_of(followed.message_id, followed.link_id, at, sent_at)

    def _agreed(self, followed: Followed) -> datetime | None:
        """Return when the message was handed over; None when nothing may be known of its reader."""
        program = self._program()
        with self._library.reading() as reading:
            found = reading.registers.messages(message_id=followed.message_id, limit=1)
            if not found:
                return None
            row, content = found[0]
            person = reading.people.read(row.person_id)
        if person is None or not may_track(person, program.tracking_purpose, row.channel):
            return None
        return row.state_at if content is None else content.handed_at
