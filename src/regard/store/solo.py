"""The crew of a store that belongs to one process at a time: that process does everything.

Who opens the store later fences the one before off, so its lease never ends by itself.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Solo:
    """Implements `core.storage.Crew`."""

    works: bool = True
    keeps_time: bool = True
    count: int = 1
    is_shared: bool = False

    def holds(self, token: int) -> bool:  # noqa: ARG002 - nobody else can be at work
        """Return True: a lease of one process does not end."""
        return True

    def is_alive(self, token: int) -> bool:  # noqa: ARG002 - nobody else can be at work
        """Return False: it is asked when the process begins, and has claimed nothing yet."""
        return False
