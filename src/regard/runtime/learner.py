"""Which policy is in force: what the journal says was learned, for the program that decides.

`PolicyTrained` entries come in as the loop reads them, the `Policy` of the moment comes out
(`Standing.policy`). A process that starts reads the latest one back by a cursor of its own; a
program that does not learn has none. Learning itself is in `runtime.teaching`, loaded on demand.
"""

from __future__ import annotations

from regard.core.errors import Refused
from regard.core.event import PolicyTrained
from regard.core.ports import Tail
from regard.core.program import Program
from regard.core.standing import Policy
from regard.core.storage import Store, Writing
from regard.learning import Snapshot, decode_snapshot, policy_of

READER = "policy"
"""Name of the cursor that stands at the latest entry of what was learned."""


class PolicyBook:
    """Knows what was learned last; one per ledger, changed by its thread, read by others too."""

    def __init__(self) -> None:
        self.trained: PolicyTrained | None = None
        self._snapshot: Snapshot | None = None
        self._made: tuple[Program, PolicyTrained | None, Policy | None] | None = None
        self._is_read = False
        self._read_to = 0

    def forget(self) -> None:
        """Know nothing: what was noted was taken back with its transaction."""
        self._is_read = False

    def compare(self, tail: Tail) -> None:
        """Know nothing when another process has noted something since the book was read."""
        if tail.stepped(READER) != self._read_to:
            self.forget()

    def read(self, store: Store) -> None:
        """Read what earlier transactions noted, unless it is known. Not within a transaction."""
        if self._is_read:
            return
        self.trained = self._snapshot = None
        with store.reading() as reading:
            self._read_to = offset = reading.tail.stepped(READER)
            found = reading.tail.after(offset - 1, 1) if offset else ()
        for entry, _, _ in found:
            if isinstance(entry.body, PolicyTrained):
                self.take(entry.body)
        self._is_read = True

    def take(self, trained: PolicyTrained) -> None:
        """Take note of what was just learned; unreadable numbers change nothing."""
        try:
            self._snapshot = decode_snapshot(trained.parameters)
        except Refused:
            return
        self.trained = trained

    def policy(self, program: Program) -> Policy | None:
        """Return the policy in force under a program; None when it does not learn."""
        if program.learning is None:
            return None
        made = self._made
        if made is None or made[0] is not program or made[1] is not self.trained:
            version = self.trained.version if self.trained is not None else ""
            made = (program, self.trained, policy_of(program, version, self._snapshot))
            self._made = made
        return made[2]


def keep_place(writing: Writing, offset: int) -> None:
    """Let the cursor stand at the latest entry of what was learned."""
    writing.states.advance(READER, writing.states.cursor(READER), offset)
