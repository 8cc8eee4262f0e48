"""Finds the trace that a message belongs to, and names its hand-over in it.

In: a message of the outbox, and a store. Out: W3C `traceparent` texts, empty where nothing that led
to the message brought a trace. A message bears no trace of its own: it hangs on the decision, that
on its cause, and a timer on what set it (`core.trace`).
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from msgspec.structs import replace

from regard.core.event import Event
from regard.core.facts import Entry
from regard.core.ports import Library, Message, Reading
from regard.core.rows import Claimed, MessageRow
from regard.core.trace import Lineage, child, trace_of

LOOKED_AT_MAX = 200
"""Entries of the person that are looked through for what set a timer. One that was set before them
has no trace any more: after so much else nobody looks at it as one request."""

Trace = Callable[[MessageRow], str]


def untraced(_row: MessageRow) -> str:
    """Return that a message belongs to no trace."""
    return ""


def tracer(library: Library) -> Trace:
    """Return what finds the `traceparent` of the event that led to a message of a store."""

    def trace(row: MessageRow) -> str:
        with library.reading() as reading:
            return trace_of_message(reading, row)

    return trace


def trace_of_message(reading: Reading, row: MessageRow) -> str:
    """Return the `traceparent` of the event that led to a message."""
    decided = _at(reading, row.number)
    cause = _at(reading, decided.cause) if decided is not None and decided.cause else None
    if cause is not None and type(cause.body) is Event:
        own = trace_of(cause.body)
        if own or "message_id" not in cause.body.facts:
            return own
    near = reading.people.timeline(row.person_id, row.number + 1, LOOKED_AT_MAX)
    return Lineage(near).trace(row.number)


async def in_trace(message: Message, claimed: Claimed, trace: Trace) -> Message:
    """Return the message with the `traceparent` of this attempt; unchanged without a trace."""
    parent = await asyncio.to_thread(trace, claimed.row)
    if not parent:
        return message
    return replace(message, traceparent=child(parent, f"{message.message_id}:{message.attempt}"))


def _at(reading: Reading, offset: int) -> Entry | None:
    found = reading.tail.after(offset - 1, 1)
    return found[0][0] if found and found[0][0].offset == offset else None
