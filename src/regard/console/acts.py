"""What people at the desk may do to a person and their cases: freeze, thaw; take, do, reopen.

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
from regard.core.rows import CaseRow
from regard.core.signal import CASE_DONE, CASE_REOPENED, CASE_TAKEN

SOURCE = "console"
REASON_CHARS_MAX = 200
NOTE_CHARS_MAX = 500


async def freeze(request: Request, desk: Desk, form: dict[str, str]) -> str:
    """Stop every message to the person until thawed; `form` may say a reason."""
    return await _freeze(request, desk, "Person Frozen", form)


async def thaw(request: Request, desk: Desk, form: dict[str, str]) -> str:
    """Let messages to the person through again."""
    return await _freeze(request, desk, "Person Unfrozen", form)


CASE_ACTS = {"take": CASE_TAKEN, "done": CASE_DONE, "reopen": CASE_REOPENED}
"""What may be done with a case, by the last word of its address."""


async def case_act(request: Request, desk: Desk, form: dict[str, str]) -> str:
    """Take a case, say that it is done, or open it again; `form` holds who, and a note."""
    name = CASE_ACTS.get(request.path_params["act"])
    row = await run_in_threadpool(_case, desk, request.path_params["case_id"])
    if name is None or row is None:
        raise Refused(
            "There is no such case, or no such act.", code="not_found", hint="Look at all cases."
        )
    if name == CASE_DONE and not form.get("note", "").strip():
        raise Refused(
            "A case is not done without a word on what was done.",
            code="note_required",
            hint="Write what you did: whoever meets the customer next reads it.",
        )
    said = {key: form.get(key, "").strip()[:NOTE_CHARS_MAX] for key in ("note", "by")}
    facts = {"case_id": row.case_id, "title": row.title}
    facts |= {key: text for key, text in said.items() if text}
    await _note(desk, row.person_id, name, facts | {"department": row.department})
    return form["next"] if form.get("next", "").startswith("/cases") else "/cases"


def _case(desk: Desk, case_id: str) -> CaseRow | None:
    with desk.library.reading() as reading:
        return next(iter(reading.registers.cases(case_id)), None)


async def _freeze(request: Request, desk: Desk, name: str, form: dict[str, str]) -> str:
    person_id: str = request.path_params["person_id"]
    facts = {"reason": form["reason"][:REASON_CHARS_MAX]} if form.get("reason") else {}
    await _note(desk, person_id, name, facts)
    return f"/people/{person_id}"


async def _note(desk: Desk, person_id: str, name: str, facts: dict[str, str]) -> None:
    identifier = await run_in_threadpool(_strongest, desk, person_id)
    now = desk.clock.now()
    message_id = f"{name}:{facts.get('case_id', person_id)}:{to_us(now)}"
    event = Event(
        message_id=message_id,
        source=SOURCE,
        type="track",
        name=name,
        channel=SOURCE,
        at=now,
        received_at=now,
        identifiers=(identifier,),
        facts=facts,
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
