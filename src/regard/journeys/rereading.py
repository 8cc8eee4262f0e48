"""What an edit of a journey would do to somebody who stands in it: for previews of a publication.

The same function that the loop calls decides (`resuming.reread`), so a preview cannot differ from
what happens; nothing is written. Called by `regard plan` and by publishing.
"""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from msgspec import Struct

from regard.core.facts import RunChanged
from regard.core.person import Person
from regard.core.program import Program
from regard.journeys.register import is_active
from regard.journeys.resuming import reread
from regard.journeys.turn import Turn

EffectKind = Literal["none", "sooner", "later", "otherwise", "goes_on", "exits"]


class Effect(Struct, frozen=True, kw_only=True):
    """What becomes of a run under another program.

    ``none``; it stands at `step` until a ``sooner`` or ``later`` `wake_at`, or waits ``otherwise``
    (for other events, with other steps ahead); it ``goes_on`` at once with `step` (empty: it
    ends); it ``exits``, `reason` says why.
    """

    kind: EffectKind
    step: str = ""
    wake_at: datetime | None = None
    reason: str = ""


def reread_effect(run: RunChanged, person: Person, program: Program, now: datetime) -> Effect:
    """Return what reading `run` again under `program` at `now` would do to it.

    `person` is who walks it, as of `now`. What follows later is the business of a replay.
    """
    if not is_active(run):
        return Effect(kind="none", step=run.step)
    turn = Turn(person=person, program=program, now=now, stamp=0, part=0)
    conclusions = reread(run, program.journeys.get(run.journey), turn)
    change = next((c for c in conclusions if isinstance(c, RunChanged)), None)
    if change is None:
        return Effect(kind="none", step=run.step, wake_at=run.wake_at)
    if change.status == "exited":
        return Effect(kind="exits", step=run.step, reason=change.reason)
    if change.path or not is_active(change):
        return Effect(kind="goes_on", step=change.path[0] if change.path else "")
    return Effect(kind=_moved(run.wake_at, change.wake_at), step=run.step, wake_at=change.wake_at)


def _moved(before: datetime | None, now: datetime | None) -> EffectKind:
    if before == now:
        return "otherwise"
    if before is None:
        return "sooner"
    return "later" if now is None or now > before else "sooner"
