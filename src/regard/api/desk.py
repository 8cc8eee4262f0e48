"""The intake desk: one request of any SDK in, drafts into the journal, one reply out.

Reads the body under a limit, finds the source by its key, has `regard.intake` make drafts, and
answers only when they are durable. What is refused goes to the source debugger; of a request
with an unknown key nothing is kept but a count.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from regard.api.keys import headers_of, write_key
from regard.api.replies import SUCCESS, json_reply, raw_reply
from regard.core.clock import Clock
from regard.core.errors import Refused, Unavailable
from regard.core.ports import Draft, Intake
from regard.core.program import Program, Source
from regard.core.rows import Accepted, Rejected
from regard.intake import (
    DEFAULT_LIMITS,
    Arrival,
    CallType,
    Dialect,
    Drafter,
    Envelope,
    Limits,
    Outcome,
    from_headers,
    inflate,
    is_binary,
    open_body,
    read_envelope,
    too_large,
)

RESULTS_HEADER = "x-regard-results"
_STRICT_DIALECTS = ("plain", "cloudevents")


class Desk:
    """Takes events for one running house. `refused_counts` counts refused requests by code."""

    def __init__(
        self,
        intake: Intake,
        program: Callable[[], Program],
        clock: Clock,
        limits: Limits = DEFAULT_LIMITS,
    ) -> None:
        self._intake = intake
        self._program = program
        self._clock = clock
        self._limits = limits
        self._known_program = program()
        self._drafter = Drafter(self._known_program, limits)
        self.refused_counts: Counter[str] = Counter()

    def drafter(self) -> Drafter:
        """Return the drafter of the program in force; a new one after a publication."""
        program = self._program()
        if program is not self._known_program:
            self._known_program = program
            self._drafter = Drafter(program, self._limits)
        return self._drafter

    async def take(
        self, request: Request, dialect: Dialect, type_hint: CallType | Literal[""] = ""
    ) -> Response:
        """Take in the events of a request and return the reply; raises `RegardError`."""
        headers = headers_of(request)
        try:
            data = await self._body(request, headers)
            envelope = self._envelope(headers, data, dialect)
            source = self.source(write_key(headers, envelope.key))
        except Refused as refusal:
            self.refused_counts[refusal.code] += 1
            raise
        arrival = Arrival(
            source=source,
            received_at=self._clock.now(),
            dialect=dialect,
            type_hint=type_hint,
            address=request.client.host if request.client else "",
            has_gpc=headers.get("sec-gpc") == "1",
        )
        outcomes = self.drafter().read(envelope, arrival)
        drafts = [outcome for outcome in outcomes if isinstance(outcome, Draft)]
        rejected = [outcome for outcome in outcomes if isinstance(outcome, Rejected)]
        accepted = await self._intake.append(drafts) if drafts else ()
        if rejected:
            await self._intake.reject(rejected)
        if headers.get(RESULTS_HEADER) == "items":
            return json_reply({"success": True, "results": _results(outcomes, accepted)})
        if rejected and not drafts and dialect in _STRICT_DIALECTS:
            # Whoever wrote a caller by hand should notice; SDKs would send it again for ever.
            raise Refused(rejected[0].message, code=rejected[0].code)
        return raw_reply(SUCCESS)

    async def _body(self, request: Request, headers: Mapping[str, str]) -> bytes:
        """Return the body; raise `Refused` ``too_large`` before all of it has been read."""
        limit = self._limits.body_bytes_max
        announced = headers.get("content-length", "")
        if announced.isdecimal() and (len(announced) > 18 or int(announced) > limit):
            raise too_large(self._limits)
        parts: list[bytes] = []
        size = 0
        try:
            async for part in request.stream():
                size += len(part)
                if size > limit:
                    raise too_large(self._limits)
                parts.append(part)
        except ClientDisconnect as error:
            raise Unavailable("The sender went away before its body was read.") from error
        return parts[0] if len(parts) == 1 else b"".join(parts)

    def _envelope(self, headers: Mapping[str, str], data: bytes, dialect: Dialect) -> Envelope:
        if dialect == "cloudevents" and is_binary(headers):
            text = from_headers(headers, inflate(data, self._limits))
        else:
            text = open_body(data, self._limits)
        return read_envelope(text, dialect, self._limits)

    def source(self, key: str) -> Source:
        """Return the source behind a write key; raise `Refused` ``unknown_key``."""
        source = self.drafter().source(key)
        if source is None:
            raise Refused(
                "The write key is unknown." if key else "The request has no write key.",
                code="unknown_key",
                hint="Use the key of a source in regard.toml.",
            )
        return source


def _results(outcomes: Sequence[Outcome], accepted: Sequence[Accepted]) -> list[dict[str, Any]]:
    """Return one result per item, in the order of the request."""
    results: list[dict[str, Any]] = []
    places = iter(accepted)
    for number, outcome in enumerate(outcomes):
        if isinstance(outcome, Draft):
            place = next(places)
            status = "duplicate" if place.is_duplicate else "accepted"
            results.append({"number": number, "status": status, "offset": place.offset})
        else:
            results.append(
                {
                    "number": number,
                    "status": "rejected",
                    "code": outcome.code,
                    "message": outcome.message,
                }
            )
    return results
