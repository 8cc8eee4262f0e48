"""The intake desk: one request of any SDK in, drafts into the journal, one reply out.

Reads the body under a limit, finds the source by its key, has `regard.intake` make drafts, and
answers only when they are durable. What is refused goes to the source debugger; of a request
with an unknown key nothing is kept but a count.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, Literal

from starlette.requests import Request
from starlette.responses import Response

from regard.api.bodies import read_body
from regard.api.keys import headers_of, write_key
from regard.api.pace import Pace
from regard.api.replies import SUCCESS, json_reply, raw_reply
from regard.core.clock import Clock
from regard.core.errors import Refused, RegardError
from regard.core.event import Identifier
from regard.core.ports import Draft, Intake
from regard.core.program import Program
from regard.core.rows import Accepted, Rejected
from regard.core.settings import Permission, Source
from regard.core.trace import TRACEPARENT
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
        self._pace = Pace()
        self.refused_counts: Counter[str] = Counter()

    def now(self) -> datetime:
        """Return the present moment."""
        return self._clock.now()

    def spend(self, source: Source) -> None:
        """Take note that a source asks once; raise `Unavailable` when it asks too often."""
        self._pace.spend(source, 1, self._clock.now())

    def drafter(self) -> Drafter:
        """Return the drafter of the program in force; a new one after a publication."""
        program = self._program()
        if program is not self._known_program:
            self._known_program = program
            self._drafter = Drafter(program, self._limits)
        return self._drafter

    def identifier(self, kind: str, value: str) -> Identifier | None:
        """Return an identifier by the rules of the program in force (`Drafter.identifier`)."""
        return self.drafter().identifier(kind, value)

    async def take(
        self, request: Request, dialect: Dialect, type_hint: CallType | Literal[""] = ""
    ) -> Response:
        """Take in the events of a request and return the reply; raises `RegardError`."""
        headers = headers_of(request)
        try:
            data = await read_body(request, headers, self._limits)
            envelope = self._envelope(headers, data, dialect)
            source = self.source(write_key(headers, envelope.key))
            now = self._clock.now()
            self._pace.spend(source, envelope.count, now)
        except RegardError as error:
            self.refused_counts[error.code] += 1
            raise
        arrival = Arrival(
            source=source,
            received_at=now,
            dialect=dialect,
            type_hint=type_hint,
            address=request.client.host if request.client else "",
            has_gpc=headers.get("sec-gpc") == "1",
            traceparent=headers.get(TRACEPARENT, ""),
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

    async def take_item(
        self, request: Request, may: Permission, item_of: Callable[[bytes], bytes]
    ) -> tuple[Draft, Accepted]:
        """Take one item of the plain form that `item_of` makes of the body; raises `RegardError`.

        Only a source that has the permission `may` is heard. What the drafter refuses is kept for
        the source debugger.
        """
        headers = headers_of(request)
        try:
            source = self.source(write_key(headers, ""))
            if may not in source.may:
                hint = f'Add may = ["{may}"] to [sources.{source.id}] if its key is kept secret.'
                told = f"The source {source.id!r} may not do this."
                raise Refused(told, code="not_allowed", hint=hint)
            data = await read_body(request, headers, self._limits)
            now = self._clock.now()
            self._pace.spend(source, 1, now)
            item = item_of(open_body(data, self._limits))
        except RegardError as error:
            self.refused_counts[error.code] += 1
            raise
        arrival = Arrival(
            source=source,
            received_at=now,
            dialect="plain",
            traceparent=headers.get(TRACEPARENT, ""),
        )
        outcome = self.drafter().draft(item, arrival)
        if isinstance(outcome, Rejected):
            await self._intake.reject([outcome])
            raise Refused(outcome.message, code=outcome.code)
        return outcome, (await self._intake.append([outcome]))[0]

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
