"""What people at the desk may do to a person: freeze and thaw.

An act is an event like any other: it enters the journal through the intake, so that there is no
second write path. It hangs on the person's strongest identifier, names the console as its source
and returns the address to go on to.
"""

from __future__ import annotations

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request

from regard.console.desk import Desk
from regard.core.clock import to_us
from regard.core.errors import Refused
from regard.core.event import Event, Identifier
from regard.core.ids import identity_of, message_key
from regard.core.ports import Draft

SOURCE = "console"


async def freeze(request: Request, desk: Desk, form: dict[str, str]) -> str:
    """Stop every message to the person until thawed; `form` may say a reason."""
    return await _note(request, desk, "Person Frozen", form)


async def thaw(request: Request, desk: Desk, form: dict[str, str]) -> str:
    """Let messages to the person through again."""
    return await _note(request, desk, "Person Unfrozen", form)


async def _note(request: Request, desk: Desk, name: str, form: dict[str, str]) -> str:
    person_id = request.path_params["person_id"]
    identifier = await run_in_threadpool(_strongest, desk, person_id)
    now = desk.clock.now()
    message_id = f"{name}:{person_id}:{to_us(now)}"
    event = Event(
        message_id=message_id,
        source=SOURCE,
        type="track",
        name=name,
        channel=SOURCE,
        at=now,
        received_at=now,
        identifiers=(identifier,),
        facts={"reason": form["reason"][:200]} if form.get("reason") else {},
        trust=1,
    )
    draft = Draft(
        key=message_key(SOURCE, message_id),
        identity=identity_of(identifier.kind, identifier.value),
        at=now,
        received_at=now,
        body=event,
    )
    await desk.intake.append([draft])
    return f"/people/{person_id}"


def _strongest(desk: Desk, person_id: str) -> Identifier:
    with desk.library.reading() as reading:
        rows, _ = reading.people.identifiers(person_id)
    rank = {kind.kind: kind.priority for kind in desk.program().identity.kinds}
    linking = [row.identifier for row in rows if not row.is_shared]
    if not linking:
        raise Refused(
            f"No identifier leads to {person_id}.",
            code="not_found",
            hint="Search for the person again.",
        )
    return min(linking, key=lambda identifier: rank.get(identifier.kind, len(rank) + 1))
