"""The stage of `broadcasts`: who is reached is offered the engagement, once.

Called by the kernel for every entry; all but a broadcast's reach cost one comparison. It keeps no
part of the person: what was offered is known by the rollout's id, which is `Candidate.ref`.
"""

from __future__ import annotations

from collections.abc import Sequence

from regard.broadcasts.recipients import is_recipient
from regard.core.event import RolloutReached
from regard.core.facts import Candidate, Derived, Entry
from regard.core.person import Person
from regard.core.program import Program


class Broadcasts:
    """Offers of broadcasts. Implements `core.ports.Stage`."""

    def fold(self, person: Person, entry: Entry) -> Person:  # noqa: ARG002 - it keeps nothing
        """Return the person as they are."""
        return person

    def join(self, winner: Person, loser: Person) -> Person:  # noqa: ARG002 - it keeps nothing
        """Return the winner as they are."""
        return winner

    def react(
        self, person: Person, entry: Entry, program: Program
    ) -> Sequence[Derived | Candidate]:
        """Return the candidate of a broadcast that has come to this person."""
        body = entry.body
        if type(body) is not RolloutReached or body.rollout != "broadcast":
            return ()
        if not body.is_test:
            if not is_recipient(person, body, program, entry.received_at):
                return ()
            if _was_offered(person, body.rollout_id):
                return ()
        candidate = Candidate(
            engagement=body.subject,
            origin="broadcast",
            ref=body.rollout_id,
            made_at=entry.received_at,
            facts=body.facts,
            useful_until=body.expires_at,
            is_test=body.is_test,
        )
        return (candidate,)


def _was_offered(person: Person, rollout_id: str) -> bool:
    """Return whether the broadcast has been here, perhaps under a record that was merged since."""
    if any(touch.ref == rollout_id for touch in person.touches.values()):
        return True
    return any(held.candidate.ref == rollout_id for held in person.held.values())
