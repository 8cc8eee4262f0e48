"""Whether the house keeps up, and if not: what lags, since when, and what to do about it.

In: what the engine says of itself, and what waits in the store, whoever should have dealt with it.
Out: a verdict with details for monitoring and the console. The store is asked at most four times a
second, on the thread of whoever asks. Lateness counts in real seconds and never from before this
process began (`runtime.lateness`).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

from msgspec import Struct, to_builtins

from regard.core.clock import Clock
from regard.core.errors import RegardError
from regard.core.ports import Library
from regard.runtime.arrears import Arrears, arrears
from regard.runtime.engine import Engine
from regard.runtime.lateness import BEHIND_MAX_S, LATE_MAX_S, Watch

LOOK_S = 0.25
"""The store is asked at most so often, however many ask for the health."""


class Lag(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One thing that lags: of which kind, which one, since when (the house's clock), how late.

    `says` is what happened in words, `do` what to do next.
    """

    what: str
    says: str
    do: str
    name: str = ""
    since: datetime | None = None
    late_s: float = 0.0


class Health:
    """Tells about one house, from any thread. `late_after_s` asks the program in force."""

    def __init__(
        self,
        engine: Engine,
        library: Library,
        clock: Clock,
        late_after_s: Callable[[], float] = lambda: LATE_MAX_S,
    ) -> None:
        self._engine = engine
        self._library = library
        self._clock = clock
        self._late_after_s = late_after_s
        self._crew = engine.ledger.store.crew
        self._watch = Watch(clock)
        self._looked_s = -LOOK_S
        self._found: Arrears | RegardError = Arrears()

    def __call__(self) -> tuple[bool, dict[str, Any]]:
        """Return whether everything is dealt with in time, and the details (`lags` of what not)."""
        told = self._engine.condition()
        found = self._arrears()
        if isinstance(found, Arrears):
            told = told | self._late(told, found)
        lags = [*self._own(told), *self._in_store(found, told)]
        return not lags, {**told, "lags": [to_builtins(lag) for lag in lags]}

    def is_alive(self) -> bool:
        """Return whether the loop of this process turns at all."""
        return bool(self._engine.condition()["loop"] == "running")

    def _arrears(self) -> Arrears | RegardError:
        if time.monotonic() - self._looked_s >= LOOK_S:
            self._looked_s = time.monotonic()
            try:
                with self._library.reading() as reading:
                    self._found = arrears(reading, self._clock.now())
            except RegardError as error:
                self._found = error
        return self._found

    def _late(self, told: dict[str, Any], found: Arrears) -> dict[str, float]:
        """Return how late things are, by what this process saw or by the store: the later one."""
        moments = {
            "behind_s": found.input_at,
            "timers_late_s": found.timer_at,
            "messages_late_s": found.message_at,
        }
        return {
            name: max(told[name], round(self._watch.since_s(at), 3)) for name, at in moments.items()
        }

    def _own(self, told: dict[str, Any]) -> Iterator[Lag]:
        """Yield what only this process can know."""
        if told["loop"] != "running":
            yield Lag(
                what="loop",
                says=f"The loop does not turn: {told['loop']}",
                do="Restart the process; its log says why it stopped.",
            )
        if not self._crew.count:
            yield Lag(
                what="workers",
                says="No process steps people and hands messages over.",
                do="Start regard work; what is taken in waits for it.",
            )
        if told["refusing"]:
            yield Lag(
                what="store",
                says="Events could not be written; their senders were told to come back.",
                do="Look for a full disk or a locked store; nothing that was acknowledged is lost.",
            )

    def _in_store(self, found: Arrears | RegardError, told: dict[str, Any]) -> Iterator[Lag]:
        """Yield what waits longer than it may, whoever should have dealt with it."""
        if isinstance(found, RegardError):
            yield Lag(
                what="store",
                says=f"The store cannot be read: {found}",
                do="Start the database or mend the way to it; all goes on by itself from there.",
            )
            return
        late_after_s = self._late_after_s()
        for lag in (*_queues(found, told), *self._channels(found)):
            longest_s = min(BEHIND_MAX_S, late_after_s) if lag.what == "events" else late_after_s
            if lag.late_s >= longest_s:
                yield lag

    def _channels(self, found: Arrears) -> Iterator[Lag]:
        """Yield what waits for providers, however long."""
        for waiting, says, do in (
            (
                found.paused,
                "The provider of {} is down; messages wait until it answers.",
                "Ask the provider; messages go by themselves when it is back, or on another "
                "channel when their promise says so.",
            ),
            (
                found.in_hand,
                "A message is being handed over on {} and gets no answer.",
                "Ask the provider; a smaller timeout_s of the channel frees its senders.",
            ),
        ):
            for channel, since in sorted(waiting.items()):
                yield Lag(
                    what="channel",
                    name=channel,
                    since=since,
                    late_s=round(self._watch.since_s(since), 3),
                    says=says.format(channel),
                    do=do,
                )


def _queues(found: Arrears, told: dict[str, Any]) -> Iterator[Lag]:
    """Yield the first of all events, timers and messages that wait, however long."""
    for what, late, since, says, do in (
        (
            "events",
            "behind_s",
            found.input_at,
            "Events wait for the loop.",
            "Look at the CPU and disk of the server, and for step_delayed in the log.",
        ),
        (
            "timers",
            "timers_late_s",
            found.timer_at,
            "Timers are due and have not fired: promises and journeys wait.",
            "The loop does not get through: look at the CPU and disk of the server.",
        ),
        (
            "messages",
            "messages_late_s",
            found.message_at,
            "Messages may go and nobody takes them.",
            "Look which channel is slow (channels below, regard_messages_under_way); "
            "if none is, the dispatcher does not get through.",
        ),
    ):
        yield Lag(what=what, since=since, late_s=told[late], says=says, do=do)
