"""Versions: which program decides, who published it, and the way back."""

from __future__ import annotations

from collections.abc import Sequence

from starlette.requests import Request

from regard.console.broadcast_views import VersionItem, VersionsView
from regard.console.desk import Desk
from regard.console.pages.broadcasts import walk_item
from regard.core.errors import Refused
from regard.core.ports import Reading
from regard.core.rows import RolloutRow, VersionRow

VERSIONS_MAX = 50
"""Publications in the list."""

CHANGES_MAX = 40
"""Differences told of one publication; `regard plan` tells them all."""


def view(_request: Request, desk: Desk) -> VersionsView:
    """Return what was published, newest first, with what each changed and whom it reached."""
    program = desk.program()
    with desk.library.reading() as reading:
        rows = reading.rollouts.versions(VERSIONS_MAX)
        rollouts = [r for r in reading.rollouts.latest() if r.change.reason != ""]
        items = tuple(_item(row, rows[0], reading, desk, rollouts) for row in rows)
    return VersionsView(
        now=desk.clock.now(),
        zone=program.company.zone,
        versions=items,
        back_to=_back_to(rows),
    )


async def undo(_request: Request, desk: Desk, form: dict[str, str]) -> str:
    """Bring back the version before the one in force."""
    if desk.steward is None:
        raise Refused("Nothing can be brought back from here.", code="not_found")
    await desk.steward.undo(form.get("by", "").strip()[:80] or "console")
    return "/versions"


def _item(
    row: VersionRow, newest: VersionRow, reading: Reading, desk: Desk, rollouts: list[RolloutRow]
) -> VersionItem:
    published, program = row.published, desk.program()
    own = [r for r in rollouts if r.change.program == published.hash]
    near = [r for r in own if r.change.started_at == row.at]
    return VersionItem(
        hash=published.hash,
        name=published.name,
        at=row.at,
        by=published.by,
        undoes=published.undoes,
        is_in_force=row is newest,
        is_kept=reading.rollouts.program(published.hash) is not None,
        changes=_changes(row, reading, desk),
        rollouts=tuple(walk_item(r, reading, program) for r in near),
    )


def _changes(row: VersionRow, reading: Reading, desk: Desk) -> tuple[str, ...]:
    old = reading.rollouts.program(row.published.previous)
    new = reading.rollouts.program(row.published.hash)
    if old is None or new is None or desk.compare is None:
        return ()
    told = list(desk.compare(old, new))
    more = len(told) - CHANGES_MAX
    return (*told[:CHANGES_MAX], *([f"and {more} more"] if more > 0 else []))


def _back_to(rows: Sequence[VersionRow]) -> str:
    """Return the hash of the version that an undo brings back, empty when there is none."""
    standing: list[str] = []
    for row in reversed(rows):
        if row.published.undoes and len(standing) > 1:
            standing.pop()
        elif not standing or standing[-1] != row.published.hash:
            standing.append(row.published.hash)
    return standing[-2] if len(standing) > 1 else ""
