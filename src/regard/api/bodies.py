"""The body of a request, read under a limit: refused before all of what is too large was read.

Called for everything that is posted to the API. What is inside is the business of `regard.intake`.
"""

from __future__ import annotations

from collections.abc import Mapping

from starlette.requests import ClientDisconnect, Request

from regard.core.errors import Unavailable
from regard.intake import Limits, too_large


async def read_body(request: Request, headers: Mapping[str, str], limits: Limits) -> bytes:
    """Return the body; raise `Refused` ``too_large``, or `Unavailable` when the sender left."""
    limit = limits.body_bytes_max
    announced = headers.get("content-length", "")
    if announced.isdecimal() and (len(announced) > 18 or int(announced) > limit):
        raise too_large(limits)
    parts: list[bytes] = []
    size = 0
    try:
        async for part in request.stream():
            size += len(part)
            if size > limit:
                raise too_large(limits)
            parts.append(part)
    except ClientDisconnect as error:
        raise Unavailable("The sender went away before its body was read.") from error
    return parts[0] if len(parts) == 1 else b"".join(parts)
