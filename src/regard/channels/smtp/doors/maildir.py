"""Takes mail out of a maildir: every file in ``new`` is read once and moved to ``cur``.

In: a folder that a mail system delivers into. Out: mails taken; read ones are marked seen (``S``),
those for a human flagged (``F``). Nothing is deleted. A mail is moved when what it says is durable:
whoever dies in between reads it again, and the journal knows it already.
"""

from __future__ import annotations

import asyncio
import logging
from pathlib import Path

from regard.channels.smtp.doors.taker import Taker
from regard.core.errors import Refused, Unavailable
from regard.core.settings import InboundMail

LOOK_S = 5.0
"""How often the folder is looked at: mail takes longer than that to arrive."""

LOOK_MAX = 500
"""Mails in one look, so that closing does not wait for a full folder."""

_log = logging.getLogger("regard.mail")


class MaildirDoor:
    """One maildir, looked at every `LOOK_S` seconds while open."""

    def __init__(self, settings: InboundMail, taker: Taker) -> None:
        self._folder = Path(settings.maildir)
        self._bytes_max = settings.bytes_max
        self._taker = taker
        self._task: asyncio.Task[None] | None = None

    async def open(self) -> None:
        """Begin to look; raise `Refused` when there is no folder to look into."""
        try:
            for name in ("new", "cur", "tmp"):
                (self._folder / name).mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise Refused(
                f"Cannot take mail out of {self._folder}: {error.strerror}.",
                hint="Give a folder of its owner's as `maildir` in [inbound.mail].",
            ) from error
        self._task = asyncio.create_task(self._keep_looking())

    async def close(self) -> None:
        """Look no more, once the mail at hand is taken."""
        task, self._task = self._task, None
        if task is not None:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    async def look(self) -> int:
        """Take what is there, oldest first, at most `LOOK_MAX`; return how many mails it was.

        Stop at the first that cannot be taken now; it stays for the next look.
        """
        waiting = sorted(path for path in (self._folder / "new").iterdir() if path.is_file())
        for count, path in enumerate(waiting[:LOOK_MAX]):
            try:
                await asyncio.shield(self._take(path))
            except Unavailable as error:
                _log.warning("mail_postponed", extra={"code": error.code})
                return count
        return min(len(waiting), LOOK_MAX)

    async def _keep_looking(self) -> None:
        while True:
            try:
                count = await self.look()
            except Exception:
                _log.exception("maildir_broken")
                count = 0
            if count < LOOK_MAX:
                await asyncio.sleep(LOOK_S)

    async def _take(self, path: Path) -> None:
        size = path.stat().st_size
        if size > self._bytes_max:
            limit = self._bytes_max // 1_000_000
            message = f"The mail has {size // 1_000_000} MB, the limit is {limit}."
            await self._taker.tell("too_large", message, str(path.name))
            is_read = False
        else:
            raw = await asyncio.to_thread(path.read_bytes)
            is_read = await self._taker.take(raw, None, is_kept=True)
        name = path.name.partition(":")[0]
        path.rename(self._folder / "cur" / f"{name}:2,{'S' if is_read else 'F'}")
