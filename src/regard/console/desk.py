"""The desk: everything a page may ask, in one record.

Made once by `site.routes`, handed to every page. Pages read through `library` and never keep
anything between requests.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from regard.core.clock import Clock
from regard.core.ports import Intake, Library
from regard.core.program import Program

Health = Callable[[], tuple[bool, dict[str, Any]]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """What pages work with. `program` and `health` are asked anew for every page."""

    library: Library
    program: Callable[[], Program]
    clock: Clock
    intake: Intake
    health: Health
