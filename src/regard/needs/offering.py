"""What answers a need is offered when the need is felt, once for each spell of feeling it.

Called by the kernel for every entry; all but `Need Felt` cost one comparison. It keeps no part of
the person: what was offered is known by the spell, which is `Candidate.ref`. The gate decides.
"""

from __future__ import annotations

from collections.abc import Sequence

from regard.core.facts import Candidate, Derived, Entry, Noted
from regard.core.person import Person
from regard.core.program import Program
from regard.core.signal import NEED_FELT


class Offers:
    """Candidates of needs. Implements `core.ports.Stage`."""

    def fold(self, person: Person, entry: Entry) -> Person:  # noqa: ARG002 - it keeps nothing
        """Return the person as they are."""
        return person

    def join(self, winner: Person, loser: Person) -> Person:  # noqa: ARG002 - it keeps nothing
        """Return the winner as they are."""
        return winner

    def react(
        self,
        person: Person,  # noqa: ARG002 - the gate looks at the person
        entry: Entry,
        program: Program,
    ) -> Sequence[Derived | Candidate]:
        """Return a candidate for everything that answers a need which is felt from now on."""
        noted = entry.body
        if type(noted) is not Noted or noted.name != NEED_FELT:
            return ()
        return [
            Candidate(
                engagement=engagement,
                origin="need",
                ref=str(noted.facts["spell"]),
                made_at=entry.received_at,
                facts=noted.facts,
            )
            for engagement in program.needs_by_event.offers.get(noted.about, ())
        ]
