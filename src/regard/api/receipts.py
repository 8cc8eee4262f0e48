"""What comes back for messages: signed receipts of other systems, and bounce mails.

In: `POST /v1/receipts/{channel}`, signed with the channel's secret, and
`POST /v1/bounces/{channel}`, a whole mail with the API token. Out: events that hang on the very
identity that the message hung on, so that they find its promise. Refused: signatures, tokens and
channels that are not ours.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from regard.api.bodies import read_body
from regard.api.desk import Desk
from regard.api.keys import check_token, headers_of, path_of
from regard.api.placing import Placing
from regard.api.replies import SUCCESS, raw_reply
from regard.core.errors import Refused
from regard.core.ports import Draft, Intake, Library
from regard.intake import Limits

ReadReceipts = Callable[[bytes, Mapping[str, str], datetime], tuple[Draft, ...]]
"""Body, headers and the moment of arrival to receipts; raises `Refused`."""

LIMITS = Limits(body_bytes_max=1_000_000)
"""A notice is small; a bounce quotes headers, seldom the whole mail."""


class Receipts:
    """Takes receipts; readers are by channel id."""

    def __init__(
        self,
        desk: Desk,
        intake: Intake,
        library: Library,
        *,
        receipts: Mapping[str, ReadReceipts],
        bounces: Mapping[str, ReadReceipts],
        api_token: str,
    ) -> None:
        self._desk = desk
        self._intake = intake
        self._placing = Placing(desk.identifier, library)
        self._receipts = receipts
        self._bounces = bounces
        self._api_token = api_token

    async def take_receipt(self, request: Request) -> Response:
        """Take a receipt that the other side of a webhook channel signed."""
        return await self._take(request, self._receipts, "channel that tells receipts")

    async def take_bounce(self, request: Request) -> Response:
        """Take a mail that arrived at a return path; anything but a report says nothing."""
        check_token(request.headers, self._api_token)
        return await self._take(request, self._bounces, "e-mail channel")

    async def _take(
        self, request: Request, readers: Mapping[str, ReadReceipts], thing: str
    ) -> Response:
        channel = request.path_params["channel"]
        read = readers.get(channel)
        if read is None:
            raise Refused(
                f"There is no {thing} of this name.",
                code="not_found",
                hint="Channels are in regard.toml.",
            )
        headers = headers_of(request) | {":path": path_of(request)}
        body = await read_body(request, headers, LIMITS)
        drafts = await run_in_threadpool(read, body, headers, self._desk.now())
        if drafts:
            await self._intake.append(
                await run_in_threadpool(self._placing.placed, drafts, channel)
            )
        return raw_reply(SUCCESS)
