"""Where mail of customers comes in: an LMTP server for the mail system, and a maildir.

`mail_doors` makes those that the folder asks for; what a mail says is `inbound`'s to read.
"""

from __future__ import annotations

from typing import Protocol

from regard.channels.smtp.doors.lmtp import LmtpDoor
from regard.channels.smtp.doors.maildir import MaildirDoor
from regard.channels.smtp.doors.taker import Taker
from regard.channels.smtp.doors.unread import Unread
from regard.core.settings import InboundMail

__all__ = ["LmtpDoor", "MailDoor", "MaildirDoor", "Taker", "Unread", "mail_doors"]


class MailDoor(Protocol):
    """One way in, open while the house runs."""

    async def open(self) -> None:
        """Begin to take mail; raise `Refused` when that cannot be here."""
        ...

    async def close(self) -> None:
        """Take no more; what was begun is ended."""
        ...


def mail_doors(settings: InboundMail | None, taker: Taker) -> list[MailDoor]:
    """Return the doors that the folder asks for, not yet open."""
    doors: list[MailDoor] = []
    if settings is not None and settings.lmtp_host:
        doors.append(LmtpDoor(settings, taker))
    if settings is not None and settings.maildir:
        doors.append(MaildirDoor(settings, taker))
    return doors
