"""Dead letters and unknown messages: what somebody may do about each, and the input that says so.

In: the messages that are meant, and what is asked. Out: an input of the journal for each that may
come again (or is ended), and for each other why not. A message that may have arrived is never said
again by a slip: whoever forces it says in words how they know that it did not.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from regard.core.errors import Refused
from regard.core.event import MessageOutcome
from regard.core.ports import Draft, Reading
from regard.core.rows import DISCARDED, REPLAYED, Mended, MessageRow, Replay
from regard.runtime.handing import outcome_draft

AT_ONCE_MAX = 1_000
"""Messages of one act: one transaction. Whoever mends more repeats the act."""

WORDS_MAX = 300


def chosen(wanted: Replay, reading: Reading) -> list[MessageRow]:
    """Return the rows that are meant; raise `Refused` when one does not exist, or none is named."""
    if not wanted.messages:
        if not wanted.engagement:
            raise Refused(
                "No message is named.",
                code="no_message",
                hint="Name ids, or --all --engagement ID.",
            )
        found = reading.registers.messages(state="dead", limit=AT_ONCE_MAX)
        return [row for row, _ in found if row.engagement == wanted.engagement]
    rows: list[MessageRow] = []
    for message_id in wanted.messages[:AT_ONCE_MAX]:
        pair = next(iter(reading.registers.messages(message_id, limit=1)), None)
        if pair is None:
            raise Refused(
                f"There is no message {message_id} here.",
                code="not_found",
                hint="`regard messages list` names them.",
            )
        rows.append(pair[0])
    return rows


def replayed(
    rows: Sequence[MessageRow], wanted: Replay, now: datetime, by: str
) -> list[tuple[Mended, Draft | None]]:
    """Return what comes of a replay for each row, and the input that says so."""
    if wanted.is_forced and not wanted.words.strip():
        raise Refused(
            "Forcing a replay needs words.", code="no_words", hint="Say how you know: --force WORDS"
        )
    return [
        _told(row, _why_not_replayed(row, wanted), _again(row, wanted, now, by), now)
        for row in rows
    ]


def discarded(
    rows: Sequence[MessageRow], wanted: Replay, now: datetime, by: str
) -> list[tuple[Mended, Draft | None]]:
    """Return what comes of discarding each row, and the input that says so."""
    if not wanted.words.strip():
        raise Refused("Discarding needs words.", code="no_words", hint="Say why: --why WORDS")
    return [
        _told(row, "" if row.state == "dead" else "not_dead", _ended(row, wanted, by), now)
        for row in rows
    ]


def _why_not_replayed(row: MessageRow, wanted: Replay) -> str:
    if row.state not in ("dead", "unknown"):
        return "not_dead"
    if (row.state == "unknown" or row.unknowns) and not wanted.is_forced:
        return "may_have_arrived"
    return ""


def _told(
    row: MessageRow, refusal: str, outcome: MessageOutcome, now: datetime
) -> tuple[Mended, Draft | None]:
    if refusal:
        return Mended(message_id=row.message_id, is_done=False, reason=refusal), None
    return Mended(message_id=row.message_id, is_done=True), outcome_draft(row, outcome, now)


def _again(row: MessageRow, wanted: Replay, now: datetime, by: str) -> MessageOutcome:
    return MessageOutcome(
        message_id=row.message_id,
        channel=row.channel,
        outcome="try_again",
        attempt=row.attempt,
        reason=REPLAYED,
        detail=f"{by}: {wanted.words}"[:WORDS_MAX],
        retry_at=now,
    )


def _ended(row: MessageRow, wanted: Replay, by: str) -> MessageOutcome:
    return MessageOutcome(
        message_id=row.message_id,
        channel=row.channel,
        outcome="withdrawn",
        attempt=row.attempt,
        reason=DISCARDED,
        detail=f"{by}: {wanted.words}"[:WORDS_MAX],
    )
