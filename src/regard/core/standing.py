"""What holds for everybody at this moment, beside the program: what was learned, what is taken.

Deciding stays a function of its arguments: the ledger hands the `Standing` of the moment to the
kernel, replays hand in theirs. All of it comes from the journal.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from regard.core.scope import Scope


class Policy(Protocol):
    """What was learned from outcomes, frozen as one version: beliefs about who takes up what.

    The same arguments give the same answers in every process and replay.
    """

    @property
    def version(self) -> str: ...

    def features(self, scope: Scope) -> tuple[float, ...]:
        """Return what the policy looks at, as numbers; decisions keep them to learn from."""
        ...

    def chance(self, engagement: str, features: Sequence[float]) -> tuple[float, float] | None:
        """Return what is believed of the chance that the engagement is taken up.

        Mean and standard deviation of a Gaussian, not cut to 0 to 1. None: nothing was learned
        about it, its prior propensity holds.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """`policy` is the learned one in force, if any.

    `taken` is by department the moments at which its capacity was taken, oldest first, as far
    back as its window reaches.
    """

    policy: Policy | None = None
    taken: Mapping[str, Sequence[datetime]] = field(default_factory=dict)


AT_REST = Standing()
"""Nothing learned, nothing taken: what stories and previews begin with."""
