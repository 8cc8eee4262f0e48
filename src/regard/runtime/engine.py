"""The engine: one thread that turns the ledger, and the asynchronous doors to it.

Requests append through it and wait until their events are durable (group commit: everything that
queued up meanwhile shares one transaction). The same thread steps, fires timers and serves the
dispatcher, so there is one writer and no lock to wait for. It is the `Intake` of the API and the
`Outbox` of the dispatcher.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections import deque
from collections.abc import Callable, Collection, Sequence
from concurrent.futures import Future
from datetime import datetime
from threading import Condition, Thread
from typing import Any, TypeVar, cast

from regard.core.clock import Clock, SystemClock
from regard.core.errors import Broken, Fenced, RegardError, Unavailable
from regard.core.event import MessageOutcome
from regard.core.ports import Draft
from regard.core.rows import Accepted, Claimed, Content, Rejected
from regard.core.standing import Standing
from regard.runtime.catching_up import until_stepped
from regard.runtime.lateness import SECOND, Watch
from regard.runtime.ledger import BATCH_MAX, WAITING_MAX, Ledger
from regard.runtime.pace import NAP_S, ScaledClock
from regard.runtime.rollouts import Walker
from regard.runtime.second import SecondLoop
from regard.runtime.spread import Spread

_log = logging.getLogger("regard.engine")

QUEUE_MAX = 20_000
"""Drafts waiting for their transaction; beyond it senders are told to come back (429)."""

APPEND_MAX = 2_500
"""Drafts in one transaction: one batch of the largest size that intake takes."""

IDLE_S = 0.05
"""Longest sleep while nothing arrives: bounds how late a timer may be noticed (real seconds)."""

REST_S = 0.5
"""The same where what is due next is known: nobody else writes, and the clock is the wall's. Well
below a second, after which a loop that does not turn counts as late (`lateness.TURN_S`)."""

GATHER_S = 0.004
"""Under load a turn begins this long after the one before, so that more share its commit, which
costs as much CPU as stepping some twenty events. Whoever comes to an idle engine is not kept."""

GATHER_SHARED_S = 0.02
"""The same where several processes step: each finds less, and a turn costs some thirty questions
to the database, however much there is to step."""

GATHER_MAX = 100
"""Drafts that are many enough for a turn of their own."""

CROWD_MIN = 300
"""Inputs stepped in one turn that left none waiting: so many send at once, and will again."""

CROWD_MAX = 1_000
"""Inputs stepped in one turn while nobody asks anything: all that a crowd sent in one transaction,
instead of most of it and the rest in a second one."""

GATHER_CROWD_S = 0.02
"""How long a turn waits for as many as the one before stepped. Short enough that a loop with some
air left steps fewer in a turn, and so leaves off waiting."""

ANSWERING_MAX = 100
"""Drafts written, and inputs stepped, in a turn that answers requests: some 30 CPU-ms at most until
the next answer may go, whatever waits beside."""

LOOK_S = 1.0
"""How often the engine looks for timers and messages that should have gone by now."""

ANSWER_AGAIN_S = 0.04
"""How long an answer that gives work waits for the one before it, which another process steps."""

BEHIND_S = 5
"""When senders are to come back while too many events wait: it is looked again every second."""

TURN_BOUNDS_S = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)
"""From a turn with one event to one that the database held up."""

T = TypeVar("T")
Waiting = tuple[Sequence[Draft], Future[list[Accepted]]]
Call = tuple[Callable[[], Any], Future[Any]]


class Engine:
    """Owns the writer thread over one ledger."""

    def __init__(self, ledger: Ledger, clock: Clock) -> None:
        self.ledger = ledger
        self._clock = clock
        self._appends: deque[Waiting] = deque()
        self._calls: deque[Call] = deque()
        self._queued_count = 0
        self._waiting_count = 0
        self._suspect_count = 0
        self._wake = Condition()
        self._is_stopping = False
        self.failure: RegardError | None = None
        """Why the thread stopped for good; None: it has not."""
        self._thread = Thread(target=self._run, name="regard-engine", daemon=True)
        self._listeners: list[tuple[asyncio.AbstractEventLoop, asyncio.Event]] = []
        self.turns = Spread(TURN_BOUNDS_S)
        """How many seconds the turns took in which there was something to step."""
        self._watch = Watch(clock)
        self._walker = Walker(ledger)
        self._looked_s = 0.0
        self._turned_s = 0.0
        self._is_delayed = False
        self._claimed_count = 0
        self._has_questions = False
        self._answered_s = float("-inf")
        self._stepped_count = 0
        self._crowd_count = 0
        """How many inputs the turn before stepped, when it left none waiting."""
        self._next_message_at: datetime | None = None
        self._next_timer_at: datetime | None = None
        self._next_walk_at: datetime | None = None
        self._crew = ledger.store.crew
        self._second = SecondLoop(ledger, self._tell_listeners, self.fail)
        self._knows_next = isinstance(clock, SystemClock) and not self._crew.is_shared
        self._speed = clock.speed if isinstance(clock, ScaledClock) else 1.0

    def start(self) -> None:
        """Start turning; messages that a dead process had claimed are told as unknown first.

        Where processes share the store, whoever keeps time does so, now and later.
        """
        if self._crew.keeps_time:
            self.ledger.settle_abandoned(self._clock.now())
        self._thread.start()

    def stop(self) -> None:
        """Stop after what is queued has been written; fails whoever comes later."""
        with self._wake:
            self._is_stopping = True
            self._wake.notify()
        if self._thread.is_alive():
            self._thread.join()

    def fail(self, error: Exception) -> None:
        """Stop for good, told why by `failure`: nobody waits for ever, nothing more is taken."""
        if not isinstance(error, RegardError):
            _log.error("engine_broken", exc_info=error)
            error = Broken(f"The loop stopped: {error!r}.")
        with self._wake:
            if self.failure is None:
                _log.error("engine_stopped", extra={"reason": error.code})
                self.failure = error
            self._wake.notify()
            if not self._thread.is_alive():
                self._dismiss(self.failure)

    def condition(self) -> dict[str, Any]:
        """Return what the loop says about itself; `runtime.health` judges it."""
        late = self._watch.lateness()
        is_alive = self._thread.is_alive() and self.failure is None
        return {
            "loop": "running" if is_alive else str(self.failure or "stopped"),
            "behind_s": round(late.inputs_s, 3),
            "timers_late_s": round(late.timers_s, 3),
            "messages_late_s": round(late.messages_s, 3),
            "refusing": late.is_refusing,
            "queued": self._queued_count,
        }

    async def append(self, drafts: Sequence[Draft]) -> Sequence[Accepted]:
        """Append drafts; return when they are durable. Raises `Unavailable` when overloaded."""
        if not drafts:
            return []
        if self._queued_count + len(drafts) > QUEUE_MAX:
            raise Unavailable(
                f"{self._queued_count} events are waiting to be written; no more are taken now.",
                retry_after_s=1,
                code="too_many_requests",
                hint="Send again after a second; nothing of this request was kept.",
            )
        if self._waiting_count >= WAITING_MAX:
            raise Unavailable(
                f"{self._waiting_count} events wait to be dealt with; no more are taken now.",
                retry_after_s=BEHIND_S,
                code="too_many_requests",
                hint="Send again later; nothing of this request was kept. Start more workers.",
            )
        future: Future[list[Accepted]] = Future()
        with self._wake:
            self._refuse_when_stopped()
            self._appends.append((drafts, future))
            self._queued_count += len(drafts)
            self._wake.notify()
        return await asyncio.wrap_future(future)

    @property
    def standing(self) -> Standing:
        """What holds for everybody now. Its parts are replaced, never changed."""
        return self.ledger.standing

    async def answer(self, drafts: Sequence[Draft]) -> Sequence[Accepted] | None:
        """Journal what a request was answered; None: decide again, others were faster."""
        found: list[Accepted] | None = await self._call(
            lambda: self.ledger.answer(drafts, self._clock.now()), is_question=True
        )
        if found is None and self._crew.is_shared:
            await asyncio.sleep(ANSWER_AGAIN_S)
        return found

    async def step(self, draft: Draft) -> Accepted:
        """Journal an input and step it and all before it.

        Where processes share the store this thread of the engine waits for none of them.
        """
        if self._crew.is_shared:
            accepted = await self._call(lambda: self.ledger.append([draft], self._clock.now())[0])
            await asyncio.to_thread(until_stepped, self.ledger.store)
            return cast(Accepted, accepted)

        def work() -> Accepted:
            accepted = self.ledger.append([draft], self._clock.now())[0]
            self.ledger.catch_up()
            return accepted

        found: Accepted = await self._call(work)
        return found

    async def reject(self, items: Sequence[Rejected]) -> None:
        """Keep refused items for the source debugger."""
        if items:
            await self._call(lambda: self.ledger.reject(items, self._clock.now()))

    async def claim(self, limit: int) -> Sequence[Claimed]:
        """Claim messages that may be handed over now; each at most once."""

        def work() -> list[Claimed]:
            self._claimed_count = self._queued_so_far()
            claimed, self._next_message_at = self.ledger.claim(limit, self._clock.now())
            return claimed

        found: list[Claimed] = await self._call(work)
        return found

    async def settle(
        self, outcomes: Sequence[tuple[Claimed, MessageOutcome, Content | None]]
    ) -> None:
        """Journal outcomes and keep what was said; durable when it returns."""
        await self._call(lambda: self.ledger.settle(outcomes, self._clock.now()))
        if any(outcome.retry_at is not None for _, outcome, _ in outcomes):
            self._wake_listeners()  # it waits in the outbox again, and for when is not known yet

    def holds(self, claimed: Claimed) -> bool:
        """Return whether a claimed message is still this process's to hand over."""
        return self._crew.holds(claimed.token)

    @property
    def workers(self) -> int:
        """How many processes hand messages over."""
        return max(self._crew.count, 1)

    async def unknown(self, channels: Collection[str]) -> Sequence[Claimed]:
        """Return messages of which nobody can tell, on channels whose providers can be asked."""
        return await asyncio.to_thread(self.ledger.unknown, channels, self._clock.now())

    async def answered(self, outcomes: Sequence[tuple[Claimed, MessageOutcome]]) -> None:
        """Journal what providers answered about unknown messages."""
        await self._call(lambda: self.ledger.answered(outcomes, self._clock.now()))
        self._wake_listeners()

    async def wait(self) -> None:
        """Return when there may be something to claim."""
        event = asyncio.Event()
        listener = (asyncio.get_running_loop(), event)
        self._listeners.append(listener)
        try:
            if self._claimed_count == self._queued_so_far():
                await asyncio.wait_for(event.wait(), timeout=self._rest_s(self._next_message_at))
        except TimeoutError:
            pass
        finally:
            self._listeners.remove(listener)

    async def act(self, work: Callable[[], T]) -> T:
        """Do something on the ledger between two batches, alone; return what it returns."""
        found: T = await self._call(work)
        return found

    async def _call(self, work: Callable[[], Any], *, is_question: bool = False) -> Any:
        future: Future[Any] = Future()
        with self._wake:
            self._refuse_when_stopped()
            self._calls.append((work, future))
            self._has_questions |= is_question
            self._wake.notify()
        return await asyncio.wrap_future(future)

    def _refuse_when_stopped(self) -> None:
        if self.failure is not None:
            raise self.failure
        if self._is_stopping:
            raise Unavailable("Regard is shutting down.", retry_after_s=5, code="stopping")

    def _run(self) -> None:
        try:
            while self.failure is None and not self._is_done():
                self._turn()
        except Exception as error:
            self.fail(error)
        self._second.end()
        with self._wake:
            if self.failure is not None:
                self._dismiss(self.failure)

    def _dismiss(self, failure: RegardError) -> None:
        """Answer everybody who still waits; the caller holds the lock."""
        for _, waiting in [*self._appends, *self._calls]:
            _give(waiting, failure)
        self._appends.clear()
        self._calls.clear()
        self._queued_count = 0

    def _is_done(self) -> bool:
        return self._is_stopping and not self._appends and not self._calls

    def _turn(self) -> None:
        """One cycle: fire timers, write what queued up, serve calls, step one batch, lead on."""
        self._gather()
        began_s = time.monotonic()
        count = self._turn_together()
        if count is None:
            self._write_appends()
            self._serve_calls()
            count = self._advance()
        self._turned_s = time.monotonic()
        if count:
            self.turns.note(self._turned_s - began_s)
            self._tell_listeners()
            return
        rest_s = IDLE_S
        if not self._is_delayed:
            rest_s = self._rest_s(self._next_timer_at, self._next_walk_at)
        with self._wake:
            if not self._is_asked():
                self._wake.wait(rest_s)

    def _rest_s(self, *next_at: datetime | None) -> float:
        """Return for how long nothing is due of which nobody tells."""
        longest_s = REST_S if self._knows_next else IDLE_S
        now = self._clock.now()
        ahead_s = [(at - now) / SECOND / self._speed for at in next_at if at is not None]
        if ahead_s and min(ahead_s) > 0 and self._speed > 1:  # a clock that waits is not there yet
            return min(max(min(ahead_s), NAP_S), longest_s)
        return min(max(min(ahead_s, default=longest_s), 0.0), longest_s)

    def _gather(self) -> None:
        """Let a little more come together when a turn has only just been."""
        if self._crew.is_shared and self._crew.works:
            if self._stepped_count >= GATHER_MAX:  # more waits, and its commit waits for no disk
                return
            with self._wake:
                pause_s = self._turned_s + GATHER_SHARED_S - time.monotonic()
                self._wake.wait_for(self._is_asked, max(pause_s, 0.0))
        is_crowd = self._crowd_count >= CROWD_MIN and not self._crew.is_shared
        enough = self._crowd_count if is_crowd else GATHER_MAX
        pause_s = self._turned_s + (GATHER_CROWD_S if is_crowd else GATHER_S) - time.monotonic()
        if pause_s <= 0 or self._calls or self._queued_count >= enough:
            return
        if not is_crowd and not self._is_consulted():
            time.sleep(pause_s)
            return
        with self._wake:  # whoever asks is not kept
            self._wake.wait_for(
                lambda: self._calls or self._is_stopping or self._queued_count >= enough, pause_s
            )

    def _is_consulted(self) -> bool:
        """Return whether requests are answered these days."""
        return self._turned_s - self._answered_s <= LOOK_S

    def _is_asked(self) -> bool:
        return bool(self._appends or self._calls or self._is_stopping)

    def _turn_together(self) -> int | None:
        """Do the whole cycle in one transaction; None when that failed: then nothing was done.

        Not where processes share the store: there a step keeps nobody waiting but while it writes.
        """
        if self._suspect_count or self._crew.is_shared:
            return None
        is_answering = self._has_questions
        limit = BATCH_MAX if self._is_consulted() else CROWD_MAX
        limit = ANSWERING_MAX if is_answering else limit
        appends = self._take(ANSWERING_MAX if is_answering else APPEND_MAX)
        calls = self._take_calls()
        drafts = [draft for drafts, _ in appends for draft in drafts]
        try:
            self._look()
            self._next_timer_at = self.ledger.fire(self._clock.now())
            with self.ledger.together(is_durable=bool(appends or calls)):
                accepted = self.ledger.append(drafts, self._clock.now()) if drafts else []
                given = [work() for work, _ in calls]
                # Stepped before it is told: who asks again at once was spoken to already.
                count = self.ledger.advance(limit)
        except Exception:
            self._put_back(appends, calls)
            return None
        if drafts:
            self._watch.note_appended()
        _give_each(appends, accepted)
        for (_, future), value in zip(calls, given, strict=True):
            _give(future, value)
        if is_answering:
            self._answered_s = self._turned_s
        return self._led(lambda: count, limit)

    def _take_calls(self) -> list[Call]:
        with self._wake:
            calls = list(self._calls)
            self._calls.clear()
            self._has_questions = False
        return calls

    def _put_back(self, appends: Sequence[Waiting], calls: Sequence[Call]) -> None:
        """Let those wait again, before all that came meanwhile."""
        with self._wake:
            self._appends.extendleft(reversed(appends))
            self._queued_count += sum(len(drafts) for drafts, _ in appends)
            self._calls.extendleft(reversed(calls))

    def _advance(self) -> int:
        """Fire timers and step one batch."""

        def step() -> int:
            self._look()
            self._next_timer_at = self.ledger.fire(self._clock.now())
            count = self.ledger.advance()
            if self._crew.is_shared:
                self._second.attend(count)
            return count

        return self._led(step)

    def _led(self, step: Callable[[], int], limit: int = BATCH_MAX) -> int:
        """Step, then lead rollouts on; when that cannot be now, the next turn tries again.

        Return whether there may be more to do at once (0: no).
        """
        self._crowd_count = 0
        try:
            count = step()
            is_walking = count < limit and self._walk()
        except Fenced:
            raise
        except Unavailable as error:
            if not self._is_delayed:
                _log.warning("step_delayed", extra={"reason": error.code})
            self._is_delayed = True
            self._watch.note_inputs(are_waiting=True)
            return 0
        self._is_delayed = False
        self._stepped_count = count
        self._crowd_count = count if count < limit else 0
        self._watch.note_inputs(are_waiting=count >= limit or self._second.is_behind)
        return count or int(is_walking)

    def _walk(self) -> bool:
        """Lead rollouts one page on, when events leave the time; return whether more may go now."""
        now = self._clock.now()
        self._next_walk_at = self._walker.walk(now)
        return self._next_walk_at is not None and self._next_walk_at <= now

    def _look(self) -> None:
        """Look, now and then, for what should have gone by now: nobody else would notice."""
        now_s = time.monotonic()
        if now_s - self._looked_s >= LOOK_S:
            self._looked_s = now_s
            self._waiting_count = self.ledger.look_around(self._clock.now())
            self._watch.note_moments(*self.ledger.waiting(self._clock.now()))

    def _write_appends(self) -> None:
        batch = self._take()
        if not batch:
            return
        together = [draft for drafts, _ in batch for draft in drafts]
        try:
            results = self.ledger.append(together, self._clock.now())
        except Unavailable as error:
            self._watch.note_appended(refused_for_s=error.retry_after_s)
            for _, future in batch:
                _give(future, error)
            if isinstance(error, Fenced):
                raise
        except Exception as error:
            self._put_apart(batch, error)
        else:
            self._watch.note_appended()
            self._second.wake()
            _give_each(batch, results)

    def _take(self, count_max: int = APPEND_MAX) -> list[Waiting]:
        """Take the requests that fit one transaction; one alone while they are suspected."""
        batch: list[Waiting] = []
        count = 0
        with self._wake:
            if self._suspect_count:
                count_max = 1
            while self._appends and count < count_max:
                batch.append(self._appends.popleft())
                count += len(batch[-1][0])
            self._queued_count -= count
            self._suspect_count = max(0, self._suspect_count - 1)
        return batch

    def _put_apart(self, batch: list[Waiting], error: Exception) -> None:
        """Let a request that cannot be written cost no other: each of the batch is tried alone."""
        if len(batch) == 1:
            _log.error("append_broken", exc_info=error)
            told = Broken(f"The events could not be written: {error!r}.")
            _give(batch[0][1], error if isinstance(error, RegardError) else told)
            return
        self._put_back(batch, ())
        self._suspect_count = len(batch)

    def _serve_calls(self) -> None:
        while self._calls:
            work, future = self._calls.popleft()
            try:
                _give(future, work())
            except Exception as error:
                _give(future, error)
                if isinstance(error, Fenced):
                    raise

    def _queued_so_far(self) -> int:
        return self.ledger.queued_count + self._second.queued_count

    def _tell_listeners(self) -> None:
        if self._claimed_count != self._queued_so_far():
            self._wake_listeners()

    def _wake_listeners(self) -> None:
        for loop, event in list(self._listeners):
            if not loop.is_closed():
                loop.call_soon_threadsafe(event.set)


def _give_each(appends: Sequence[Waiting], results: list[Accepted]) -> None:
    """Answer requests that were appended together, each with its own part of the results."""
    place = 0
    for drafts, future in appends:
        _give(future, results[place : place + len(drafts)])
        place += len(drafts)


def _give(future: Future[Any], result: Any) -> None:
    """Answer a waiting request, unless its client has gone away meanwhile."""
    if future.set_running_or_notify_cancel():
        if isinstance(result, Exception):
            future.set_exception(result)
        else:
            future.set_result(result)
