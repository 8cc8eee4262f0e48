"""Living a window under two programs, and telling the difference.

`draw_plan` is what `regard plan` calls: lives of a journal and two programs in, a `Plan` out. A
life that no edit concerns is lived once for both programs.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timedelta

from regard.core.program import Program
from regard.core.storage import Store
from regard.planning.arrivals import arrivals
from regard.planning.comparing import Comparison
from regard.planning.groups import live_group
from regard.planning.living import live, rehearsed
from regard.planning.reading import Progress
from regard.planning.records import Course, Group, InFlight, Life, Lived, Plan, Rehearsal, Versions
from regard.planning.touching import marks_of
from regard.project.changes import changes
from regard.runtime.kernel import Kernel


def draw_plan(
    lived: Lived,
    versions: Versions,
    kernel: Kernel,
    scratch: Callable[[], Store],
    *,
    edits: Sequence[InFlight] = (),
    progress: Progress = lambda _done, _total: None,
) -> Plan:
    """Return the difference; `progress` gets (lives done, lives in all).

    `scratch` makes empty stores in memory, `edits` are told as they are. Days are counted in the
    zone of the new program's company.
    """
    marks = marks_of(versions.old, versions.new, changes(versions.old, versions.new))
    comparison = Comparison(versions.new.company.zone)
    shared_count, total = 0, len(lived.everyone)
    old = rehearsal(lived, versions.old, kernel, scratch)
    new = rehearsal(lived, versions.new, kernel, scratch, publishing=versions.old)
    for number, one in enumerate(lived.everyone, 1):
        was = course(one, old)
        is_shared = marks is not None and not marks & was.marks
        comparison.add(was, was if is_shared else course(one, new))
        shared_count += is_shared
        progress(number, total)
    return Plan(
        old=versions.old_name,
        new=versions.new_name,
        since=lived.since,
        until=lived.until,
        zone=versions.new.company.zone,
        person_count=lived.person_count,
        lived_count=total,
        shared_count=shared_count,
        person_days=lived.person_count * ((lived.until - lived.since) / timedelta(days=1)),
        edits=tuple(edits),
        messages=comparison.messages,
        recipients=comparison.recipients,
        days=comparison.days(),
        quiet=comparison.quiet(),
        promises=comparison.promises(),
        people=comparison.people(),
        failed_count=comparison.failed_count,
    )


def rehearsal(
    lived: Lived,
    program: Program,
    kernel: Kernel,
    scratch: Callable[[], Store],
    *,
    publishing: Program | None = None,
) -> Rehearsal:
    """Return a program ready to be lived; `publishing` is the one whose place it takes.

    Without one it ran before already, and nothing needs to be read again.
    """
    return Rehearsal(
        lived=lived,
        kernel=kernel,
        program=rehearsed(program),
        rollouts=arrivals(publishing, program, lived.since) if publishing else (),
        scratch=scratch,
    )


def course(one: Life | Group, under: Rehearsal) -> Course:
    """Return what a program makes of one life or group."""
    return live(one, under) if isinstance(one, Life) else live_group(one, under)
