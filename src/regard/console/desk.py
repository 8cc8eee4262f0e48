"""The desk: everything a page may ask, in one record.

Made once by `site.routes`, handed to every page. Pages read through `library` and never keep
anything between requests.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from regard.console.decision_reports import Reports
from regard.console.model_shelf import ModelShelf
from regard.core.clock import Clock
from regard.core.facts import Entry
from regard.core.joining import Listening
from regard.core.person import Person
from regard.core.ports import Intake, Library, Steward
from regard.core.program import Program
from regard.core.standing import AT_REST, Standing

Health = Callable[[], tuple[bool, dict[str, Any]]]

Compare = Callable[[bytes, bytes], Sequence[str]]
"""What differs between two kept folders, in words."""


class Concluded(Protocol):
    """What came of one entry: the facts that follow from it."""

    @property
    def facts(self) -> tuple[Entry, ...]: ...


class Kernel(Listening, Protocol):
    """The pure kernel, to look back and ahead with; it writes nothing."""

    def fold(self, person: Person, entry: Entry) -> Person:
        """Return the person moved on by one entry, deciding nothing."""
        ...

    def step(self, person: Person, entry: Entry, program: Program, next_offset: int) -> Concluded:
        """Return what would follow from an input."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """What pages work with. `program` and `health` are asked anew for every page.

    `standing` is what holds for everybody now, `reports` what is counted from the whole journal;
    `steward` acts on the house as a whole, `compare` tells how two versions differ; without them
    (None) the console only looks. `models` keeps what was studied of the engagement model.
    """

    library: Library
    program: Callable[[], Program]
    clock: Clock
    intake: Intake
    health: Health
    kernel: Kernel
    reports: Reports
    standing: Callable[[], Standing] = lambda: AT_REST
    steward: Steward | None = None
    compare: Compare | None = None
    models: ModelShelf = field(default_factory=ModelShelf)
