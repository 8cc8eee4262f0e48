"""POST /v1/journeys/{id}/start: another system starts a journey for one person.

In: whom it is about, the facts of the run, and a message id that makes a retry harmless. Out: 200
when it is durable, with the id of the run. It is an event like any other (``Journey Called|id``);
the journey's own rule of reentry still decides whether a run begins. Refused: a source without
``may = ["journeys"]``, a journey that is not published.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from regard.api.desk import Desk
from regard.api.replies import json_reply
from regard.core.errors import Refused
from regard.core.event import Event
from regard.core.ids import derived_id
from regard.core.program import Program
from regard.core.signal import JOURNEY_CALLED
from regard.intake import DEFAULT_LIMITS, decode_item

FIELDS = {
    "messageId": "id",
    "id": "id",
    "userId": "user_id",
    "user_id": "user_id",
    "identifiers": "identifiers",
    "facts": "properties",
    "traits": "traits",
}
"""What a call may say, and what it is called in the plain form of events."""


class JourneyCaller:
    """Takes calls that start journeys."""

    def __init__(self, desk: Desk, program: Callable[[], Program]) -> None:
        self._desk = desk
        self._program = program

    async def start(self, request: Request) -> Response:
        """Take one call and return the reply; raises `RegardError`."""
        journey_id = request.path_params["id"]

        def item_of(body: bytes) -> bytes:
            if journey_id not in self._program().journeys:
                raise Refused(
                    f"There is no journey {journey_id[:64]!r}.",
                    code="not_found",
                    hint="Journeys are in journeys/ of the published folder.",
                )
            return msgspec.json.encode(_plain(_read(body), journey_id))

        draft, accepted = await self._desk.take_item(request, "journeys", item_of)
        assert isinstance(draft.body, Event)
        return json_reply(
            {
                "success": True,
                "status": "duplicate" if accepted.is_duplicate else "accepted",
                "offset": accepted.offset,
                "run_id": derived_id(journey_id, draft.body.message_id),
            }
        )


def _read(body: bytes) -> dict[str, Any]:
    call = decode_item(body, DEFAULT_LIMITS)
    if not isinstance(call, dict):
        raise Refused("The body is not a JSON object.", code="bad_json")
    return call


def _plain(call: dict[str, Any], journey_id: str) -> dict[str, Any]:
    """Return the item in the plain form of events; raise `Refused` for what a call cannot say."""
    unknown = sorted(set(call) - set(FIELDS))
    if unknown:
        raise Refused(
            f"A call has no field {unknown[0][:64]!r}.",
            code="unknown_field",
            hint=f"It has {', '.join(FIELDS)}.",
        )
    item = {FIELDS[name]: value for name, value in call.items()}
    if not isinstance(item.get("id"), str) or not item["id"]:
        raise Refused(
            "The call has no messageId.",
            code="no_message_id",
            hint="Give each start an id of its own, and a retry the same one.",
        )
    return {"event": f"{JOURNEY_CALLED}|{journey_id}", **item}
