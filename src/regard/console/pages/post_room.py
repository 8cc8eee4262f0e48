"""Post room: what went out? A list of messages like a mail client, and one open beside it."""

from __future__ import annotations

from typing import get_args

from starlette.requests import Request

from regard.console.desk import Desk
from regard.console.reasons import STATE_TONES
from regard.console.views import LetterView, MessageItem, PostRoomView
from regard.console.why import decision_why, in_trace
from regard.console.wording import Wording
from regard.core.errors import Refused
from regard.core.program import Program
from regard.core.rows import Content, MessageRow, MessageState
from regard.core.trace import trace_id
from regard.delivery.tracing import trace_of_message

MESSAGES_MAX = 100
"""Messages in the list; the person's own page has all of theirs."""
EXCERPT_MAX = 120
STATES = get_args(MessageState)
PARTS = ("mail", "text", "headers", "why")


def view(request: Request, desk: Desk) -> PostRoomView:
    """Return the newest messages (of one ``state``) and the one of the path, else the newest."""
    program = desk.program()
    wording = Wording(program)
    state = request.query_params.get("state", "")
    state = state if state in STATES else ""
    message_id = request.path_params.get("message_id", "")
    with desk.library.reading() as reading:
        found = list(reading.registers.messages(state=state, limit=MESSAGES_MAX))
        opened = [pair for pair in found if pair[0].message_id == message_id]
        if message_id and not opened:
            opened = list(reading.registers.messages(message_id, limit=1))
        shown = opened[0] if opened else found[0] if found else None
        trace = trace_of_message(reading, shown[0]) if shown else ""
    if message_id and not opened:
        raise _unknown(message_id)
    part = request.query_params.get("part", "")
    return PostRoomView(
        now=desk.clock.now(),
        zone=program.company.zone,
        state=state,
        part=part if part in PARTS else "mail",
        messages=tuple(_item(row, content, wording) for row, content in found),
        letter=_letter(shown[0], shown[1], program, wording, trace) if shown else None,
        is_full=len(found) == MESSAGES_MAX,
    )


def mail_html(desk: Desk, message_id: str) -> str:
    """Return the HTML of a message as handed over; raise `Refused` when there is none."""
    with desk.library.reading() as reading:
        found = reading.registers.messages(message_id, limit=1)
    if not found or found[0][1] is None:
        raise _unknown(message_id)
    return found[0][1].html


def _unknown(message_id: str) -> Refused:
    text = f"There is no message {message_id} here."
    return Refused(text, code="not_found", hint="Look for it in the person's timeline.")


def _item(row: MessageRow, content: Content | None, wording: Wording) -> MessageItem:
    text = " ".join(content.text.split()) if content else ""
    return MessageItem(
        message_id=row.message_id,
        person_id=row.person_id,
        label=row.label if row.label and row.label != row.person_id else row.address,
        title=wording.engagement(row.engagement),
        subject=(content.subject if content else "") or wording.engagement(row.engagement),
        excerpt=text[:EXCERPT_MAX],
        channel=row.channel,
        state=row.state,
        tone=STATE_TONES.get(row.state, ""),
        at=row.state_at,
    )


def _letter(
    row: MessageRow, content: Content | None, program: Program, wording: Wording, trace: str
) -> LetterView:
    channel = program.channels.get(row.channel)
    sender = str(channel.settings.get("from", "")) if channel else ""
    title = wording.engagement(row.engagement)
    return LetterView(
        row=row,
        title=title,
        sender=sender or program.company.name,
        subject=(content.subject if content else "") or title,
        text=content.text if content else "",
        has_html=bool(content and content.html),
        headers=tuple(content.headers.items()) if content else (),
        handed_at=content.handed_at if content else None,
        tone=STATE_TONES.get(row.state, ""),
        why=in_trace(decision_why(row.decision, wording, {}), trace_id(trace)),
        variant=_variant(content) if content else "",
        chosen_by=content.chosen_by if content else "",
    )


def _variant(content: Content) -> str:
    """Return variant and language of what was said; older messages kept neither."""
    return f"{content.variant or 'core'}, {content.language}" if content.language else ""
