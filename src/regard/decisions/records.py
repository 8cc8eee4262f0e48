"""What the gate is asked and what it answers.

Records without behaviour that `arbiter`, `gate` and `waiting` hand to each other; nobody outside
this room sees them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from regard.core.facts import Candidate, Refusal
from regard.core.offers import Engagement
from regard.core.person import Person
from regard.core.program import Program
from regard.core.scope import Scope
from regard.core.settings import Channel
from regard.core.standing import AT_REST, Standing


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One candidate before the gate: who, what, under which rules, now.

    `moments` (when, by which channel) are of the person's touches that count. `here` is the channel
    on which the person is waiting for the answer (empty: they are not): there they need no address
    and are not disturbed. `standing` holds for everybody; `own_taken` is by department the work
    that this very step gives it.
    """

    person: Person
    candidate: Candidate
    engagement: Engagement
    program: Program
    scope: Scope
    moments: Sequence[tuple[datetime, str]]
    now: datetime
    here: str = ""
    standing: Standing = AT_REST
    own_taken: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """A channel on which the person may be spoken to, and the address there."""

    channel: Channel
    address: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Passage:
    """What the gate says: pass now (`way`), wait until `wake_at` on `way`, or not at all.

    `reason` is empty when the candidate passes.
    """

    reason: str = ""
    way: Way | None = None
    wake_at: datetime | None = None
    refusals: tuple[Refusal, ...] = ()
