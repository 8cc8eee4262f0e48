"""W3C Trace Context: which distributed trace an entry of the journal belongs to.

A trace is kept once, with the event that brought it (`Event.context`, ``traceparent``); whatever
followed from the event is found to belong to it by its cause. In: headers and entries. Out: texts
of version 00 (https://www.w3.org/TR/trace-context/, section 3.2), empty where there is no trace.
What is not valid is no trace, as the specification wants it: a trace never refuses an event.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from hashlib import blake2b

from regard.core.event import Event, MessageClaimed, MessageOutcome, TimerDue
from regard.core.facts import (
    AudienceChanged,
    Body,
    Decided,
    Entry,
    NeedChanged,
    PromiseChanged,
    RhythmArmed,
    RunChanged,
)

TRACEPARENT = "traceparent"
"""Name of the header, of CloudEvents' extension attribute, and of what an event's context keeps."""

_FORM = re.compile(r"([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-[!-~]*)?")
_KNOWN_FLAGS = 0b11
"""Sampled, and that the id is random (level 2); others must not be passed on."""


def read_traceparent(text: object) -> str:
    """Return a ``traceparent`` in the form of version 00, ``""`` when it is none."""
    found = _FORM.fullmatch(text) if isinstance(text, str) and len(text) <= 200 else None
    if found is None:
        return ""
    version, trace, span, flags, more = found.groups()
    is_invalid = version == "ff" or (version == "00" and more is not None)
    if is_invalid or not int(trace, 16) or not int(span, 16):
        return ""
    return f"00-{trace}-{span}-{int(flags, 16) & _KNOWN_FLAGS:02x}"


def trace_id(traceparent: str) -> str:
    """Return the id of the trace, 32 hexadecimal digits (empty: there is none)."""
    return traceparent[3:35]


def child(traceparent: str, name: str) -> str:
    """Return the ``traceparent`` of what `name` names within a trace; ``""`` of no trace.

    The id of the span is a hash of the name, so a hand-over that is repeated bears the same one.
    """
    if not traceparent:
        return ""
    span = blake2b(name.encode(), digest_size=8).hexdigest()
    return f"{traceparent[:36]}{span}{traceparent[52:]}"


def trace_of(body: Body) -> str:
    """Return the ``traceparent`` that an input brought itself."""
    return read_traceparent(body.context.get(TRACEPARENT)) if isinstance(body, Event) else ""


class Lineage:
    """Knows what led to what among entries of one person, in any order."""

    def __init__(self, entries: Iterable[Entry]) -> None:
        self._entries: dict[int, Entry] = {}
        self._set_by: dict[str, list[int]] = {}
        for entry in sorted(entries, key=lambda entry: entry.offset):
            self._entries[entry.offset] = entry
            for name in _names(entry.body):
                self._set_by.setdefault(name, []).append(entry.offset)

    def trace(self, offset: int) -> str:
        """Return the ``traceparent`` of what led to the entry at `offset`, ``""`` when none did.

        A timer leads back to what set it, an outcome and a receipt to their message; of several
        causes the latest one counts that has a trace.
        """
        pending, seen = [offset], set()
        while pending:
            entry = self._entries.get(pending.pop())
            is_derived = entry is not None and entry.cause
            cause = self._entries.get(entry.cause) if entry is not None and is_derived else entry
            if cause is None or cause.offset in seen:
                continue
            seen.add(cause.offset)
            trace = trace_of(cause.body)
            if trace:
                return trace
            before = self._set_by.get(_about(cause.body), ())
            pending += [place for place in before if place < cause.offset]
        return ""


def _about(body: Body) -> str:
    """Return the name of what an input is about that was decided before it."""
    match body:
        case TimerDue(ref=ref):
            return ref
        case MessageClaimed(message_id=named) | MessageOutcome(message_id=named):
            return f"message:{named}"
        case Event(facts={"message_id": str(named)}):
            return f"message:{named}"
    return ""


def _names(body: Body) -> tuple[str, ...]:
    """Return the names under which inputs are about a fact; those of timers as in `TimerDue`."""
    match body:
        case Decided(decision_id=named, candidate=candidate):
            return f"message:{named}", f"held:{candidate.held_id or named}"
        case PromiseChanged(promise_id=named):
            return (f"promise:{named}",)
        case RunChanged(run_id=named):
            return (f"run:{named}",)
        case AudienceChanged(member_id=named):
            return (f"audience:{named}",)
        case RhythmArmed(armed_id=named):
            return (f"rhythm:{named}",)
        case NeedChanged(need_id=named):
            return (f"need:{named}",)
    return ()
