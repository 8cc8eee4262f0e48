"""A second loop beside the engine's, while more waits than one gets through.

A loop over a database of its own waits for it a quarter of the time. So an engine that finds
itself behind opens a second writer (`Store.beside`), which steps every second share of the people
in a thread of its own: one loop computes while the other waits. Timers, senders, the outbox and
whatever people do stay with the first. It ends when it is not needed, when another process
shares the work (then that one computes meanwhile), or when the two hinder one another more than
they help.
"""

from __future__ import annotations

import logging
import sys
import time
from collections.abc import Callable
from threading import Event, Thread

from regard.core.errors import Fenced, RegardError, Unavailable
from regard.core.storage import Store
from regard.runtime.ledger import BATCH_MAX, Ledger

_log = logging.getLogger("regard.engine")

QUIET_S = 60.0
"""The second loop ends when neither was behind for so long: the people whom it remembers, the
first one must then read again."""

APART_S = 60.0
"""How long no other one is tried after one that could not be opened, or was in the way."""

OVERTAKEN_MAX = 4
OVERTAKEN_PART = 0.2
"""More steps than this, and this part of them, had to be done again because the other loop gave
work to the same department meanwhile: then two are slower than one."""

LOOK_S = 1.0
"""How often it looks what other processes have noted."""

IDLE_S = 0.05
GATHER_S = 0.02
GATHER_MAX = 100
"""As in the engine: its pause while nothing waits; with less than so many inputs in a batch."""

SWITCH_S = 0.0005
"""How long one thread computes while another has got what it waited for. With Python's own 5 ms
the database would be kept waiting with its lock held, some ten times a batch."""


class SecondLoop:
    """Begins and ends a second loop, as the first one tells how it goes.

    `told` is called by the second thread after each batch, `failed` when it cannot go on for good;
    `real_s` is the wall's stopwatch.
    """

    def __init__(
        self,
        first: Ledger,
        told: Callable[[], None],
        failed: Callable[[Exception], None],
        real_s: Callable[[], float] = time.monotonic,
    ) -> None:
        self._first = first
        self._real_s = real_s
        self._told = told
        self._failed = failed
        self._ledger: Ledger | None = None
        self._thread: Thread | None = None
        self._wake = Event()
        self._is_ending = False
        self._looked_s = self._behind_s = 0.0
        self._next_s = real_s()
        self._batch_count = 0
        self._switch_s = 0.0
        self._queued_before = 0
        self.is_behind = False
        """Whether more waited for the second loop at its last batch than it could step."""

    @property
    def queued_count(self) -> int:
        """How many messages the second loop has put into the outbox, or tried to."""
        own = self._ledger.queued_count if self._ledger is not None else 0
        return self._queued_before + own

    def attend(self, count: int) -> None:
        """Take note of a batch of the first loop, by its thread; begin or end the second one."""
        now_s = self._real_s()
        if count >= BATCH_MAX:
            self._behind_s = now_s
        self._batch_count += 1
        is_alone = self._first.store.crew.count <= 1
        if self._ledger is None:
            if is_alone and count >= BATCH_MAX and now_s >= self._next_s:
                self._begin()
        elif not is_alone or now_s - self._behind_s > QUIET_S:
            self.end()
        elif self._is_in_the_way(self._ledger):
            _log.info("second_loop_in_the_way")
            self._next_s = now_s + APART_S
            self.end()

    def wake(self) -> None:
        """Let the second loop look at once what waits."""
        self._wake.set()

    def end(self) -> None:
        """End the second loop, if there is one, behind what it steps just now."""
        ledger, thread = self._ledger, self._thread
        if ledger is None or thread is None:
            return
        self._is_ending = True
        self._wake.set()
        thread.join()
        self._queued_before = self.queued_count
        self._ledger = self._thread = None
        self.is_behind = False
        sys.setswitchinterval(self._switch_s)
        ledger.store.close()

    def _begin(self) -> None:
        try:
            store: Store | None = self._first.store.beside()
        except RegardError as error:
            _log.warning("second_loop_not_begun", extra={"reason": error.code})
            store = None
        if store is None:
            self._next_s = self._real_s() + APART_S
            return
        ledger = Ledger(store, self._first.kernel, self._first.program)
        self._first.overtaken_count = self._batch_count = 0
        self._is_ending = False
        self._switch_s = sys.getswitchinterval()
        sys.setswitchinterval(SWITCH_S)
        self._ledger = ledger
        self._thread = Thread(
            target=self._run, args=(ledger,), name="regard-engine-second", daemon=True
        )
        self._thread.start()

    def _is_in_the_way(self, second: Ledger) -> bool:
        overtaken = self._first.overtaken_count + second.overtaken_count
        return overtaken > max(OVERTAKEN_MAX, OVERTAKEN_PART * self._batch_count)

    def _run(self, ledger: Ledger) -> None:
        try:
            while not self._is_ending:
                self._turn(ledger)
        except Exception as error:
            self._failed(error)

    def _turn(self, ledger: Ledger) -> None:
        """Step one batch; pause when it was small, or could not be."""
        self._wake.clear()
        try:
            self._look(ledger)
            count = ledger.advance()
        except Fenced:
            raise
        except Unavailable as error:
            if not self.is_behind:
                _log.warning("step_delayed", extra={"reason": error.code})
            self.is_behind = True
            self._wake.wait(IDLE_S)
            return
        self.is_behind = count >= BATCH_MAX
        if self.is_behind:
            self._behind_s = self._real_s()
        if count:
            self._batch_count += 1
            self._told()
        if count < GATHER_MAX:
            self._wake.wait(GATHER_S if count else IDLE_S)

    def _look(self, ledger: Ledger) -> None:
        """Forget, now and then, what other processes and the first loop have noted since."""
        now_s = self._real_s()
        if now_s - self._looked_s >= LOOK_S:
            self._looked_s = now_s
            with ledger.store.reading() as reading:
                ledger.capacity.compare(reading.tail)
                ledger.policies.compare(reading.tail)
