"""Replies in the one form that every SDK understands, and CORS for browsers.

Success is exactly 200 with JSON (RudderStack and Customer.io resend after 202 and 204). Errors
carry string ``code`` and ``message``; 429 and 503 carry Retry-After in whole seconds.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import msgspec
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from regard.core.errors import Refused, RegardError, Unavailable
from regard.core.trace import TRACEPARENT, read_traceparent, trace_id

Endpoint = Callable[[Request], Awaitable[Response]]

SUCCESS = b'{"success":true}'
ALLOWED_HEADERS = (
    "authorization, content-type, anonymousid, sentat, x-retry-count, x-write-key, x-regard-results"
)
PREFLIGHT_AGE_S = 7_200
"""Browsers ask again after it; Chromium does not remember a preflight for longer."""

_STATUS = {
    "too_large": 413,
    "unknown_key": 401,
    "unknown_token": 401,
    "signature": 401,
    "visitor": 401,
    "not_found": 404,
    "no_sdk_assets": 404,
    "no_api_token": 403,
    "not_allowed": 403,
}
_log = logging.getLogger("regard.api")


def json_reply(
    value: Any, *, status: int = 200, headers: Mapping[str, str] | None = None
) -> Response:
    """Return `value` (builtins or records) as a JSON response."""
    return raw_reply(msgspec.json.encode(value), status=status, headers=headers)


def raw_reply(
    content: bytes, *, status: int = 200, headers: Mapping[str, str] | None = None
) -> Response:
    """Return JSON that is encoded already."""
    return Response(content, status, headers, media_type="application/json")


def error_reply(error: RegardError) -> Response:
    """Return an error as status, ``code`` and ``message`` (and Retry-After when it passes)."""
    headers: dict[str, str] = {}
    if isinstance(error, Unavailable):
        status = 429 if error.code == "too_many_requests" else 503
        headers["Retry-After"] = str(max(1, int(error.retry_after_s)))
    elif isinstance(error, Refused):
        status = _STATUS.get(error.code, 400)
    else:
        status = 500
    return json_reply({"code": error.code, "message": str(error)}, status=status, headers=headers)


async def nothing_there(request: Request, error: Exception) -> Response:
    """Return that nothing is at an address (404), or not for this method (405)."""
    what = f"{request.method} {request.url.path}"
    headers = error.headers if isinstance(error, HTTPException) else None
    if isinstance(error, HTTPException) and error.status_code == 405:
        code, hint = "method_not_allowed", f"It answers {(headers or {}).get('Allow', 'others')}."
    else:
        code, hint = "not_found", "The console begins at /, events go to POST /v1/events."
    message = f"There is nothing at {what}. {hint}"
    status = 405 if code == "method_not_allowed" else 404
    return json_reply({"code": code, "message": message}, status=status, headers=headers)


NOWHERE: Mapping[Any, Any] = {404: nothing_there, 405: nothing_there}
"""What an application answers where none of its routes is."""


def answering(endpoint: Endpoint, *, is_cross_origin: bool = True) -> Endpoint:
    """Return `endpoint` with errors turned into replies, and open to browsers of any origin.

    Any origin may send and read, and never with credentials: the write key alone opens these
    paths, and no cookie shall. Preflights are answered here and never reach the endpoint.
    """

    async def answer(request: Request) -> Response:
        if is_cross_origin and request.method == "OPTIONS":
            return preflight(request)
        try:
            reply = await endpoint(request)
        except RegardError as error:
            reply = error_reply(error)
        except Exception:
            _log.exception("request_failed", extra=_about(request))
            reply = json_reply(
                {"code": "broken", "message": "Regard failed on this request; see its log."},
                status=500,
            )
        if is_cross_origin:
            allow_any_origin(reply)
        return reply

    return answer


def _about(request: Request) -> dict[str, str]:
    """Return what the log tells of a request: nothing that says who it is about."""
    trace = trace_id(read_traceparent(request.headers.get(TRACEPARENT)))
    route = request.scope.get("route")
    about = {"path": getattr(route, "path", "") or request.url.path}
    return about | ({"trace_id": trace} if trace else {})


def preflight(request: Request) -> Response:
    """Return the answer to a CORS preflight: whatever headers an SDK asks to send, it may."""
    asked = request.headers.get("access-control-request-headers")
    reply = Response(
        status_code=204,
        headers={
            "Access-Control-Allow-Methods": "GET, POST, OPTIONS",
            "Access-Control-Allow-Headers": asked or ALLOWED_HEADERS,
            "Access-Control-Max-Age": str(PREFLIGHT_AGE_S),
        },
    )
    allow_any_origin(reply)
    return reply


def allow_any_origin(reply: Response) -> None:
    """Let pages of every origin read the reply; browsers send no cookies to a ``*``."""
    reply.headers["Access-Control-Allow-Origin"] = "*"
