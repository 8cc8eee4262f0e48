"""Takes mails of customers from whichever door they came in by: read, placed, durable.

In: the bytes of a mail and the envelope's sender. Out: events that hang on whom we had written to;
nothing returns before they are durable. What cannot be read is kept whole for a human and told in
the source debugger. Called by the doors of `channels`, put together by `assembly`.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from regard.api.desk import Desk
from regard.api.placing import Placing
from regard.core.clock import Clock
from regard.core.errors import Refused
from regard.core.ports import Draft, Intake, Library
from regard.core.program import Program
from regard.core.rows import Rejected

ReadMail = Callable[[bytes, str | None, datetime], tuple[Draft, ...]]
"""A mail, the envelope's sender and now to drafts; raises `Refused`."""

AT_ONCE = 2
"""Mails that are read at once; each may hold a hundred megabytes while it is."""

ITEM_CHARS_MAX = 4_096
"""How much of a mail that could not be read the source debugger shows."""

NOBODY = "A machine wrote this, about no message of ours and for nobody we know."

_log = logging.getLogger("regard.mail")


class Letters:
    """Takes the mails of one channel. Implements `channels.smtp.doors.Taker`.

    `read` reads by the rules of the program in force; `keep` puts a mail away, durable, and returns
    its file (None: there is no place for that, and what cannot be read is shown only).
    """

    def __init__(
        self,
        *,
        channel: str,
        intake: Intake,
        library: Library,
        program: Callable[[], Program],
        clock: Clock,
        read: ReadMail,
        keep: Callable[[bytes], Path] | None = None,
    ) -> None:
        self._channel = channel
        self._intake = intake
        self._clock = clock
        self._read = read
        self._keep = keep
        self._placing = Placing(Desk(intake, program, clock).identifier, library)
        self._places = asyncio.Semaphore(AT_ONCE)

    async def take(self, raw: bytes, sender: str | None, *, is_kept: bool = False) -> bool:
        """Take one mail; return whether it could be read. Raise `Unavailable` for *not now*."""
        async with self._places:
            try:
                drafts = await asyncio.to_thread(self._placed, raw, sender)
            except Refused as error:
                await self._put_away(raw, error.code, str(error), is_kept=is_kept)
                return False
        if drafts:
            await self._intake.append(drafts)
        else:
            await self.tell("automatic", NOBODY, raw[:ITEM_CHARS_MAX].decode("utf-8", "replace"))
        return True

    async def tell(self, code: str, message: str, item: str) -> None:
        """Tell in the source debugger that a mail was left alone, and why."""
        rejected = Rejected(
            source=f"inbound.{self._channel}",
            at=self._clock.now(),
            code=code,
            message=message,
            item=item[:ITEM_CHARS_MAX],
        )
        await self._intake.reject([rejected])

    def _placed(self, raw: bytes, sender: str | None) -> list[Draft]:
        try:
            drafts = self._read(raw, sender, self._clock.now())
        except Refused:
            raise
        except Exception as bug:
            # A mail that meets a bug of ours must not come again for days and then be lost.
            _log.exception("mail_unreadable")
            raise Refused(f"Regard failed on this mail: {bug!r}", code="broken") from bug
        return self._placing.placed(drafts, self._channel)

    async def _put_away(self, raw: bytes, code: str, message: str, *, is_kept: bool) -> None:
        if self._keep is not None and not is_kept:
            path = await asyncio.to_thread(self._keep, raw)
            message = f"{message} It is kept in {path.name}."
        await self.tell(code, message, raw[:ITEM_CHARS_MAX].decode("utf-8", "replace"))
