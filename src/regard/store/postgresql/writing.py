"""One write transaction of a database that several processes may write.

A transaction that steps people begins beside others and is alone from its first change on; every
other one is alone from the beginning. Whenever it is, it looks whether somebody has taken the
store for itself, and whether identifiers were changed by somebody else.
"""

from __future__ import annotations

from collections.abc import Callable

from regard.core.errors import Fenced, Lapsed
from regard.store.drawers.belongings import SqlBelongings, SqlMarks
from regard.store.drawers.registers import SqlRegisters
from regard.store.drawers.remembering import RememberingJournal
from regard.store.drawers.rollouts import SqlRollouts
from regard.store.postgresql.link import Marks, PostgresqlLink
from regard.store.postgresql.queue import SharedQueue
from regard.store.postgresql.remembering import SharedGraph, SharedStates
from regard.store.postgresql.schema import newest_known, too_new
from regard.store.postgresql.shares import Hands
from regard.store.postgresql.statements import statements_of


class SharedWriting:
    """The drawers over the writer's connection, inside one transaction after the other.

    `token` is the one with which the store was opened, `hands` asks what the process has now.
    """

    def __init__(
        self, link: PostgresqlLink, token: int, hands: Callable[[], Hands], place: str
    ) -> None:
        self._link = link
        self._opened_as = token
        self._ask = hands
        self._place = place
        self._hands = hands()
        self._marks = Marks(0, 0, 0)
        self._is_alone = False
        self._newest = newest_known()
        self._change_graph = statements_of("fence").texts["change_graph"]
        self.journal = RememberingJournal(link)
        self.graph = SharedGraph(link, self._claim_graph)
        self.states = SharedStates(link, lambda: self._hands)
        self.registers = SqlRegisters(link)
        self.rollouts = SqlRollouts(link)
        self.belongings = SqlBelongings(link, self.journal.forget)
        self.marks = SqlMarks(link)
        self.queue = SharedQueue(link, self.graph, lambda: self._hands)

    @property
    def token(self) -> int:
        """The fencing token under which messages are claimed; raise `Lapsed` without a lease."""
        if not self._hands.is_current:
            raise Lapsed("The lease of this process has ended; it claims nothing.")
        return self._hands.token

    def begin(self, *, is_durable: bool, is_alone: bool) -> None:
        """Begin a transaction; forget what others may have changed since the last one."""
        self._is_alone = is_alone
        marks = self._link.begin_writing(is_durable=is_durable, is_alone=is_alone)
        if self._link.take_replaced():
            self.forget()
        hands = self._ask()
        if (hands.token, hands.change) != (self._hands.token, self._hands.change):
            self.states.forget()
        self._hands = hands
        self._look(marks)

    def alone(self) -> None:
        """From here on nobody else writes until the transaction ends."""
        if not self._is_alone:
            self._is_alone = True
            self._look(self._link.lock())
            self._link.send_ahead()

    def forget(self) -> None:
        """Forget what the drawers remember: the database may say something else now."""
        self.journal.forget()
        self.graph.forget()
        self.states.forget()
        self.queue.forget()

    def _look(self, marks: Marks) -> None:
        if marks.fence > self._opened_as:
            raise Fenced(
                f"Another process has opened {self._place} for itself since; this one stops.",
                hint="Run `regard serve` and `regard work` only, while others do.",
            )
        if marks.contracted > self._newest:
            raise too_new(self._place, Fenced)
        self._marks = marks
        if not self._hands.is_only:
            self.journal.stand_at(marks.last)
        if marks.graph != self._opened_as:
            self.graph.forget()

    def _claim_graph(self) -> None:
        """Tell the others that identifiers change, unless they know by the last change."""
        if self._marks.graph != self._opened_as:
            self._link.execute(self._change_graph, (str(self._opened_as),))
            self._marks = self._marks._replace(graph=self._opened_as)
