"""Publishing: one program takes over from another, and what follows for the people in flight.

In: a checked edition of a folder. Out: one `ProgramPublished` in the journal, the folder kept
beside it, and a paced rollout for every journey whose parked runs may feel the edit and every
audience that is to be looked at anew. Bringing an earlier version back is the same in reverse.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime

from msgspec.structs import replace

from regard.audiences import changed_audiences
from regard.core.clock import to_us
from regard.core.errors import Refused
from regard.core.event import ProgramPublished, RolloutChanged, RolloutKind
from regard.core.ids import message_key
from regard.core.ports import Draft
from regard.core.program import Program
from regard.core.rows import VersionRow
from regard.project import Edition
from regard.project.changes import changes

VERSIONS_MAX = 1_000
"""Publications looked at to find the one before; more are older than any undo."""


class InForce:
    """The program in force, to be asked anew at each use."""

    def __init__(self, program: Program) -> None:
        self._program = program

    def __call__(self) -> Program:
        return self._program

    def take_over(self, program: Program) -> None:
        """Let another program decide from now on."""
        self._program = program


def published_draft(
    edition: Edition, versions: Sequence[VersionRow], now: datetime, by: str, undoes: str = ""
) -> Draft:
    """Return the input that tells that an edition takes over; `versions` newest first."""
    program = edition.program
    body = ProgramPublished(
        hash=program.hash,
        name=program.company.name,
        by=by,
        previous=versions[0].published.hash if versions else "",
        undoes=undoes,
    )
    after = versions[0].offset if versions else 0
    key = message_key("program", f"{program.hash} after {after}")
    return Draft(key=key, identity=0, at=now, received_at=now, body=body)


def follow_ups(
    old: Program | None,
    new: Program,
    parked: Collection[str],
    running: Iterable[RolloutChanged],
    now: datetime,
) -> list[RolloutChanged]:
    """Return the rollouts that an edit asks for, and the end of those that they replace.

    `parked` are the journeys in which somebody stands now. Without an `old` program everything
    counts as changed.
    """
    wanted: list[tuple[RolloutKind, str]] = []
    if old is None:
        wanted += [("reread", name) for name in sorted(parked)]
    else:
        touched = {change.journey for change in changes(old, new)} | _of_conditions(old, new)
        wanted += [("reread", name) for name in sorted(touched & set(parked))]
    wanted += [("audience", name) for name in changed_audiences(old, new)]
    told = [
        replace(change, status="cancelled", by="", reason="superseded")
        for change in running
        if (change.rollout, change.subject) in wanted
    ]
    return told + [_rollout(kind, subject, new, now) for kind, subject in wanted]


def undone(versions: Sequence[VersionRow], program_hash: str) -> bool:
    """Return whether this very program was withdrawn, and not published again since."""
    for row in versions:
        if row.published.undoes == program_hash:
            return True
        if row.published.hash == program_hash:
            return False
    return False


def before(versions: Sequence[VersionRow]) -> tuple[str, str]:
    """Return the hashes of the version in force and of the one that an undo brings back.

    Raise `Refused` when there is none. Undoing again goes further back.
    """
    standing: list[str] = []
    for row in reversed(versions):
        published = row.published
        if published.undoes and len(standing) > 1:
            standing.pop()
        elif not standing or standing[-1] != published.hash:
            standing.append(published.hash)
    if len(standing) < 2:
        raise Refused(
            "There is no version before the one in force.",
            code="nothing_to_undo",
            hint="Publish another folder with `regard publish FOLDER`.",
        )
    return standing[-1], standing[-2]


def _of_conditions(old: Program, new: Program) -> set[str]:
    """Return the journeys that watch a condition over an audience whose meaning changed."""
    audiences = set(changed_audiences(old, new))
    watching = {
        name
        for name, journey in new.journeys.items()
        if any(step.condition is not None for step in journey.steps)
    }
    return watching if audiences else set()


def _rollout(kind: RolloutKind, subject: str, program: Program, now: datetime) -> RolloutChanged:
    return RolloutChanged(
        rollout_id=f"{kind}:{subject}:{to_us(now)}",
        rollout=kind,
        subject=subject,
        status="running",
        started_at=now,
        pace_per_s=program.publishing_pace_per_s,
        program=program.hash,
        reason="published",
    )
