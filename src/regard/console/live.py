"""The live stream: rows of the journal as they are written, by server-sent events.

The id of a frame is a journal offset, so a browser that reconnects with `Last-Event-ID` goes on
exactly where it was. Every `TICK_S` at most one frame; what came in between is coalesced. Readers
that stand at the same offset share one read and one rendering.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass

from starlette.concurrency import run_in_threadpool

from regard.console.desk import Desk
from regard.console.moments import place_of, told_at, zone_of
from regard.console.reasons import who_words
from regard.console.records import LiveRow
from regard.console.why import message_of
from regard.console.wording import Wording, is_told
from regard.core.facts import Decided, Entry
from regard.core.ports import Reading

TICK_S = 0.25
"""Four frames a second: faster cannot be read (and each is a repaint)."""
FRAME_MAX = 500
"""Entries read for one frame."""
BEHIND_MAX = 5_000
"""A reader further behind jumps to the newest rows and is told how many it skipped."""
ROWS_MAX = 200
"""Rows that a page keeps; older ones are on the persons' own pages."""
MEMORY_MAX = 2_048
"""Zones of persons and engagements of messages remembered between frames."""
KEEPALIVE_TICKS = 60
"""Proxies close silent connections; a comment every 15 seconds keeps them open."""
FRAMES_KEPT = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """Rendered rows up to journal offset `upto`; empty `data` when none of them is shown."""

    upto: int
    data: bytes


class Live:
    """Reads the tail of the journal into rows, and streams them."""

    def __init__(
        self,
        desk: Desk,
        render: Callable[[Sequence[LiveRow]], str],
        tick_s: float = TICK_S,
    ) -> None:
        self._desk = desk
        self._render = render
        self._tick_s = tick_s
        self._zones: OrderedDict[str, str] = OrderedDict()
        self._about: OrderedDict[str, str] = OrderedDict()
        self._frames: OrderedDict[int, asyncio.Task[Frame]] = OrderedDict()
        self._head = 0
        self._head_at = float("-inf")

    def newest(self) -> tuple[int, tuple[LiveRow, ...]]:
        """Return the last offset and the newest rows, newest first."""
        with self._desk.library.reading() as reading:
            last = first = reading.tail.last()
            rows: list[LiveRow] = []
            # Most entries are told: a page is mostly filled by one look of its own size.
            while first > max(0, last - FRAME_MAX) and len(rows) < ROWS_MAX:
                count = min(ROWS_MAX, first)
                first -= count
                found = reading.tail.after(first, count)
                rows += self._rows(reading, found, ROWS_MAX - len(rows))
        return last, tuple(rows)

    async def frames(self, after: int) -> AsyncIterator[bytes]:
        """Yield the stream behind offset `after`, for ever; never a row twice, none left out."""
        cursor, quiet = min(after, await self._last()), 0
        yield b"retry: 1000\n\n"
        while True:
            head = await self._last()
            if head <= cursor:
                quiet += 1
                if quiet % KEEPALIVE_TICKS == 0:
                    yield b": nothing new\n\n"
            elif head - cursor > BEHIND_MAX:
                skipped, cursor = head - FRAME_MAX - cursor, head - FRAME_MAX
                yield _event("skipped", cursor, f"{skipped:,}")
            else:
                frame = await self._frame(cursor)
                cursor, quiet = frame.upto, 0
                if frame.data:
                    yield frame.data
            await asyncio.sleep(self._tick_s)

    async def _last(self) -> int:
        """Ask the store at most once a tick, however many read."""
        moment = asyncio.get_running_loop().time()
        if moment - self._head_at >= self._tick_s / 2:
            self._head_at = moment
            self._head = await run_in_threadpool(self._read_last)
        return self._head

    def _read_last(self) -> int:
        with self._desk.library.reading() as reading:
            return reading.tail.last()

    async def _frame(self, cursor: int) -> Frame:
        task = self._frames.get(cursor)
        if task is None:
            task = asyncio.create_task(run_in_threadpool(self._read_frame, cursor))
            self._frames[cursor] = task
            while len(self._frames) > FRAMES_KEPT:
                self._frames.popitem(last=False)
        try:
            return await asyncio.shield(task)
        except Exception:
            self._frames.pop(cursor, None)
            raise

    def _read_frame(self, cursor: int) -> Frame:
        with self._desk.library.reading() as reading:
            found = reading.tail.after(cursor, FRAME_MAX)
            rows = self._rows(reading, found, ROWS_MAX)
        upto = found[-1][0].offset if found else cursor
        data = _event("rows", upto, self._render(rows)) if rows else b""
        return Frame(upto=upto, data=data)

    def _rows(
        self, reading: Reading, found: Sequence[tuple[Entry, str, str]], limit: int
    ) -> list[LiveRow]:
        """Return rows of entries, the newest first, `limit` at most."""
        program = self._desk.program()
        wording, home = Wording(program), program.company.zone
        rows: list[LiveRow] = []
        self._note_decided(found)
        for entry, person_id, label in reversed(found):
            if len(rows) == limit:
                break
            if not is_told(entry):
                continue
            about = self._engagement(reading, entry)
            zone = self._zone(reading, person_id)
            line = wording.line(entry, zone, engagement=about)
            rows.append(
                LiveRow(
                    offset=entry.offset,
                    at=told_at(entry),
                    person_id=person_id,
                    label=who_words(label, person_id),
                    zone=zone,
                    place=place_of(zone) if zone != home else "",
                    line=line,
                )
            )
        return rows

    def _note_decided(self, found: Sequence[tuple[Entry, str, str]]) -> None:
        """Remember what messages are about: their outcomes mostly follow within one look."""
        for entry, _, _ in found:
            body = entry.body
            if isinstance(body, Decided):
                _remember(self._about, body.decision_id, body.candidate.engagement)

    def _zone(self, reading: Reading, person_id: str) -> str:
        zone = self._zones.get(person_id)
        if zone is None:
            person = reading.people.read(person_id) if person_id else None
            zone = zone_of(person, self._desk.program())
            _remember(self._zones, person_id, zone)
        return zone

    def _engagement(self, reading: Reading, entry: Entry) -> str:
        message_id = message_of(entry.body)
        if not message_id:
            return ""
        about = self._about.get(message_id)
        if about is None:
            found = reading.registers.messages(message_id, limit=1)
            about = found[0][0].engagement if found else ""
            _remember(self._about, message_id, about)
        return about


def _remember(memory: OrderedDict[str, str], key: str, value: str) -> None:
    memory[key] = value
    while len(memory) > MEMORY_MAX:
        memory.popitem(last=False)


def _event(name: str, offset: int, text: str) -> bytes:
    lines = "".join(f"data: {line}\n" for line in text.splitlines() if line.strip())
    return f"id: {offset}\nevent: {name}\n{lines}\n".encode()
