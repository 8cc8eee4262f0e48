"""The teacher: reads the journal as it grows, learns from it, drafts what was learned.

In: a library, the program in force, the moment. Out: one `PolicyTrained` to append, or none when
there is nothing new. Reads in pages of its own sessions and writes nothing; brings numpy, so it is
loaded by name where somebody learns. `records` reads the same journal for evaluations and reports.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

from regard.core.event import PolicyTrained
from regard.core.facts import Entry
from regard.core.ids import message_key
from regard.core.ports import Draft, Library
from regard.core.program import Program
from regard.learning import encode_snapshot
from regard.learning.training import Learner, Lesson

PAGE = 500

SETTLE_FOR = timedelta(minutes=1)
"""Outcomes are taken for final so long after their time: what is on its way is waited for."""

Progress = Callable[[int, int], None]


def records(library: Library, after: int = 0) -> Iterator[tuple[Entry, str]]:
    """Yield entries above an offset with whose they are, to the end of the journal."""
    while True:
        with library.reading() as reading:
            page = reading.tail.after(after, PAGE)
        for entry, person_id, _ in page:
            yield entry, person_id
        if len(page) < PAGE:
            return
        after = page[-1][0].offset


class Teacher:
    """Learns for one program; goes on where it stopped, from the beginning for another program."""

    def __init__(self, library: Library, program: Callable[[], Program]) -> None:
        self._library = library
        self._program = program
        self._learner: Learner | None = None
        self._read_to = 0

    def teach(self, now: datetime, by: str, in_force: str = "") -> tuple[Draft | None, Lesson]:
        """Read on and learn; return the draft of what was learned, None when it is `in_force`.

        Raise `Refused` when the program does not learn.
        """
        learner = self._at_hand()
        for entry, person_id in records(self._library, self._read_to):
            learner.take(entry, person_id)
            self._read_to = entry.offset
        lesson = learner.lesson(now - SETTLE_FOR)
        version, data = encode_snapshot(lesson.snapshot)
        if version == in_force or not lesson.counts:
            return None, lesson
        body = PolicyTrained(
            version=version,
            parameters=data,
            read_to=self._read_to,
            counts=lesson.counts,
            gates=lesson.gates,
            by=by,
        )
        key = message_key("policy", f"{version} by {self._read_to}")
        return Draft(key=key, identity=0, at=now, received_at=now, body=body), lesson

    def _at_hand(self) -> Learner:
        program = self._program()
        if self._learner is None or self._learner.program is not program:
            self._learner, self._read_to = Learner(program), 0
        return self._learner
