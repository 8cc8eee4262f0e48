"""A bounded pool of SMTP connections, the most recently used first.

In: a wish for a connection. Out: a `Session`, open or not; whoever took it gives it back. The last
used goes first, so that a quiet channel lets its other connections age and closes them.
"""

from __future__ import annotations

import asyncio

from regard.channels.smtp.session import Session
from regard.channels.smtp.settings import SmtpSettings

IDLE_MAX_S = 60.0
"""Servers close idle connections after some minutes (RFC 5321 4.5.3.2: five at least); a minute
keeps clear of the moment when both ends disagree."""


class Pool:
    """At most `settings.connections` sessions."""

    def __init__(self, settings: SmtpSettings) -> None:
        self._settings = settings
        self._places = asyncio.Semaphore(settings.connections)
        self._idle: list[tuple[float, Session]] = []

    async def take(self) -> Session:
        """Lend a session; waits while all are lent. `give_back` must follow, whatever happens."""
        await self._places.acquire()
        oldest_kept = asyncio.get_running_loop().time() - IDLE_MAX_S
        try:
            while self._idle and self._idle[0][0] < oldest_kept:
                self._idle.pop(0)[1].close()
            return self._idle.pop()[1] if self._idle else Session(self._settings)
        except BaseException:
            self._places.release()
            raise

    def give_back(self, session: Session) -> None:
        """Take a session back; one on which something was left half done is closed."""
        try:
            if session.is_open:
                self._idle.append((asyncio.get_running_loop().time(), session))
            else:
                session.close()
        finally:
            self._places.release()

    async def close(self) -> None:
        """Say goodbye on every idle connection."""
        idle, self._idle = self._idle, []
        await asyncio.gather(*(session.quit() for _, session in idle))
