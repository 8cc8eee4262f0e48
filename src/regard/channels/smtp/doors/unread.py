"""Keeps mails that could not be read, whole, in a folder for a human to look at.

In: the bytes of a mail. Out: the file it is in, durable. The same mail twice is one file. A full
folder is *try again later*: the mail system then keeps the mail, and nothing is lost.
"""

from __future__ import annotations

import os
from hashlib import blake2b
from pathlib import Path

from regard.core.errors import Unavailable

FILES_MAX = 1_000
"""More unreadable mails than anybody will look at: something is wrong, and should be told."""


class Unread:
    """One folder of unread mails."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def keep(self, raw: bytes) -> Path:
        """Write a mail and return its file; raise `Unavailable` when there is no room."""
        path = self._folder / f"{blake2b(raw, digest_size=12).hexdigest()}.eml"
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            if path.exists():
                return path
            if sum(1 for _ in self._folder.iterdir()) >= FILES_MAX:
                raise Unavailable(
                    f"{FILES_MAX} unread mails wait in {self._folder}.",
                    retry_after_s=600,
                    code="unread_full",
                    hint="Look at them, and take them away.",
                )
            _write(path, raw)
        except OSError as error:
            raise Unavailable(
                f"The unread mail cannot be kept: {error.strerror}.", retry_after_s=60
            ) from error
        return path


def _write(path: Path, raw: bytes) -> None:
    """Write so that the file is there whole or not at all, whatever dies."""
    part = path.with_suffix(".part")
    handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(raw)
        file.flush()
        os.fsync(file.fileno())
    part.replace(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
