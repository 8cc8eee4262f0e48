"""The loop: every stage room in its order, the one arbiter, and the ledger over a store."""

from __future__ import annotations

from collections.abc import Callable

from regard.audiences import Audiences
from regard.broadcasts import Broadcasts
from regard.context import Context
from regard.core.program import Program
from regard.core.storage import Store
from regard.decisions import Decisions
from regard.journeys import Journeys
from regard.needs import Needs, Offers
from regard.profiles import Profiles
from regard.promises import Promises
from regard.rhythms import Rhythms
from regard.runtime.kernel import Kernel
from regard.runtime.ledger import Ledger


def build_kernel() -> Kernel:
    """Return the kernel with every stage room, and the one arbiter."""
    decisions = Decisions()
    return Kernel(
        [Profiles(), Context(), Promises(), Journeys(), Broadcasts(), Offers(), decisions],
        decisions,
        learning=[Audiences(), Rhythms(), Needs()],
    )


def build_ledger(store: Store, program: Callable[[], Program]) -> Ledger:
    """Return the ledger over a store: the loop, to be turned by hand or by an engine."""
    return Ledger(store, build_kernel(), program)
