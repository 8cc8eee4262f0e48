"""What a broadcast would come to if it went now: a dry run of the gate for each recipient.

In: the people as stored, the broadcast's start, the program. Out: an `Outlook` whose numbers are
those that the gate then passes. Reads one consistent moment, writes nothing and sends nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from regard.broadcasts import Outlooks
from regard.core.event import RolloutChanged
from regard.core.facts import Entry
from regard.core.ports import Library
from regard.core.program import Program
from regard.core.rows import Outlook
from regard.runtime.kernel import Kernel
from regard.runtime.rollouts import concerns, reached_of

PAGE = 500

Progress = Callable[[int, int], None]


def preview(
    library: Library,
    kernel: Kernel,
    program: Program,
    change: RolloutChanged,
    now: datetime,
    *,
    progress: Progress = lambda _done, _total: None,
) -> Outlook:
    """Return what a start (`change`) at `now` would come to; `progress` gets (people, of all)."""
    outlooks = Outlooks()
    body = reached_of(change)
    with library.reading() as reading:
        offset, total = reading.tail.last() + 1, reading.count_persons()
        done, last = 0, ""
        while person_ids := reading.rollouts.walk(last, PAGE):
            for person_id in person_ids:
                person = reading.people.read(person_id)
                if person is None or not concerns(person, change, program, now):
                    continue
                own = [k for k in reading.people.identifiers(person_id)[0] if not k.is_shared]
                if not own:
                    continue  # known by a shared device only: the walker passes by as well
                entry = Entry(
                    offset=offset, identity=own[0].identity, at=now, received_at=now, body=body
                )
                step = kernel.step(person, entry, program, offset + 1)
                outlooks.take(change.rollout_id, step.facts)
            done, last = done + len(person_ids), person_ids[-1]
            progress(done, max(total, done))
    return outlooks.done()
