"""The border between the doors for mail and who keeps what came in: one Protocol."""

from __future__ import annotations

from typing import Protocol


class Taker(Protocol):
    """Takes mails. Returns only when what they say is durable; raises `Unavailable` else."""

    async def take(self, raw: bytes, sender: str | None, *, is_kept: bool = False) -> bool:
        """Take one mail; return whether it could be read.

        `sender` is the envelope's (None: not known). What cannot be read is kept for a human and
        told, unless `is_kept` says that the door keeps it itself.
        """
        ...

    async def tell(self, code: str, message: str, item: str) -> None:
        """Tell that a mail was left alone, and why."""
        ...
