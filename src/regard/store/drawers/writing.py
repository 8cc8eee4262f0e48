"""One write transaction in tables: the drawers of the writer, and which tables are views."""

from __future__ import annotations

from regard.core.storage import QueueDrawer
from regard.store.drawers.belongings import SqlBelongings, SqlMarks
from regard.store.drawers.link import Link
from regard.store.drawers.registers import SqlRegisters
from regard.store.drawers.remembering import (
    RememberingGraph,
    RememberingJournal,
    RememberingStates,
)
from regard.store.drawers.rollouts import SqlRollouts
from regard.store.sequence import Sequential

VIEWS = (
    *("identifier", "edge", "cluster", "login", "forward", "stale", "person"),
    *("ruling", "ruling_name", "review"),
    *(
        "timer",
        "promise",
        "run",
        "passage",
        "outcome_count",
        "message",
        "rollout",
        "version",
        "remark",
        "decision",
        "decision_count",
        "audience_member",
        "case_opened",
        "tally",
        "cursor",
    ),
)
"""Tables that can be rebuilt from the journal."""


class SqlWriting:
    """The drawers over the writer's connection, inside one transaction."""

    def __init__(self, link: Link, token: int) -> None:
        self.token = token
        self.journal = RememberingJournal(link)
        self.graph = RememberingGraph(link)
        self.states = RememberingStates(link)
        self.registers = SqlRegisters(link)
        self.rollouts = SqlRollouts(link)
        self.belongings = SqlBelongings(link, self.journal.forget)
        self.marks = SqlMarks(link)
        self.queue: QueueDrawer = Sequential(self.journal, self.graph, self.states)

    def alone(self) -> None:
        """It is from the beginning, unless the database says otherwise."""

    def forget(self) -> None:
        """Forget what the drawers remember: the database may say something else now."""
        self.journal.forget()
        self.graph.forget()
        self.states.forget()
