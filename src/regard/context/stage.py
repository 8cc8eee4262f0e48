"""The stage of `context`: what devices tell of the moment, folded; it concludes nothing.

Called by the kernel for every entry; all but events of a person's own devices cost one look.
"""

from __future__ import annotations

from collections.abc import Sequence

from msgspec.structs import replace

from regard.context.joining import joined, with_told
from regard.context.reading import moment_of
from regard.core.event import Event
from regard.core.facts import Candidate, Derived, Entry
from regard.core.person import Person
from regard.core.program import Program


class Context:
    """The moment of a person. Implements `core.ports.Stage`."""

    def fold(self, person: Person, entry: Entry) -> Person:
        """Return the person with what an event told of the moment; else the same object."""
        event = entry.body
        if type(event) is not Event:
            return person
        told = moment_of(event, entry.stamp)
        if told is None:
            return person
        known = person.moment
        return replace(person, moment=told if known is None else with_told(known, told))

    def join(self, winner: Person, loser: Person) -> Person:
        """Return `winner` with the moment of `loser`: of each part the later one."""
        if loser.moment is None:
            return winner
        known = winner.moment
        moment = loser.moment if known is None else joined(known, loser.moment)
        return replace(winner, moment=moment)

    def react(
        self,
        person: Person,  # noqa: ARG002 - the verbs of core.ports.Stage are fixed
        entry: Entry,  # noqa: ARG002
        program: Program,  # noqa: ARG002
    ) -> Sequence[Derived | Candidate]:
        """Return nothing: the moment is for others to act on."""
        return ()
