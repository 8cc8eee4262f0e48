"""What may happen to a process in a simulation: it dies between steps or in the middle of one.

Every step gets a name, by what it does and when, and from the name follow the numbers that decide
about it (`testing.weather`). `testing.faults.FaultyStore` asks here, transaction by transaction.
"""

from __future__ import annotations

from datetime import datetime

from regard.core.errors import Unavailable
from regard.testing.faults import COMMITTED
from regard.testing.weather import ALL, Fortune, Throw, Weather

WRITES_MAX = 6
"""A transaction that is to fail does so at one of its first writes, at its commit, or after it."""

KILLED, FULL, BROKEN = "killed", "disk full", "our code fails"


class CrashError(BaseException):
    """The process dies here: no code of ours survives it, whatever it catches."""


class GlitchError(Exception):
    """Our own code fails in the middle of a transaction."""


class Trouble:
    """The trouble that the present step may get into; none at all unless `is_on`."""

    def __init__(self, fortune: Fortune, weather: Weather) -> None:
        self.is_on = True
        self.name = "boot"
        self.throw: Throw = fortune.throw(self.name)
        self._fortune = fortune
        self._weather = weather
        self._doomed = weather.killed + weather.full + weather.broken
        self._writes_left: int | None = None
        self._minute = ""
        self._counts: dict[str, int] = {}

    def begin(self, what: str, now: datetime) -> str:
        """Begin a step and return its name.

        It is named by the minute: when a message is tried again follows from its id, which changes
        by seconds with what is left out of a plan.
        """
        minute = now.isoformat()[:16]
        if minute != self._minute:
            self._minute, self._counts = minute, {}
        self._counts[what] = count = self._counts.get(what, 0) + 1
        return self.go_on(f"{what} at {minute} #{count}")

    def go_on(self, name: str) -> str:
        """Go on within the step with a part that has its own name and its own fate."""
        self.name, self.throw = name, self._fortune.throw(name)
        return name

    def may_crash(self, drawn: int, when: str) -> None:
        """Raise `CrashError` if it hits now."""
        if self.is_on and self._fortune.hits(
            drawn, self._weather.crash, f"crash {when}", self.name
        ):
            raise CrashError

    def is_doomed(self) -> bool:
        """Draw at the beginning of a transaction whether, and at which write, it is to fail."""
        throw = self.throw
        self._writes_left = None
        if self.is_on and throw[5] < self._doomed * ALL:
            self._writes_left = 1 + throw[6] % WRITES_MAX
            self.throw = (*throw[:5], ALL, *throw[6:])  # once a step
        return self._writes_left is not None

    def trip(self, verb: str) -> None:
        """Fail at the write that was drawn; at the commit, or right after it, if it has fewer."""
        if self._writes_left is None:
            return
        self._writes_left -= 1
        is_late = verb == COMMITTED
        if self._writes_left > 0 and verb != "commit" and not is_late:
            return
        kind = self._doom()
        if kind == KILLED and verb == "commit" and self._writes_left > 0 and self.throw[6] % 2:
            return  # the commit succeeds, and then
        self._writes_left = None
        if (is_late and kind != KILLED) or not self._fortune.may(kind, f"at {verb} in {self.name}"):
            return
        if kind == KILLED:
            raise CrashError
        raise Unavailable("The disk is full.", code="disk_full") if kind == FULL else GlitchError

    def _doom(self) -> str:
        weather = self._weather
        part = self.throw[7] / ALL * self._doomed
        if part < weather.killed:
            return KILLED
        return FULL if part < weather.killed + weather.full else BROKEN
