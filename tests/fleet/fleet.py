"""Several processes of one house in one test process: stores that share a database, turned by hand.

A lease here lasts a minute, so nothing happens by the clock: `share_out` lets every member renew
as often as it takes, and `lapse` ends a lease in the database while its holder believes in it.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from types import TracebackType
from typing import Any

import psycopg

from regard.assembly import build_ledger
from regard.core.attribution import owners_of
from regard.core.clock import from_us
from regard.core.event import Event, MessageOutcome, Outcome
from regard.core.facts import Decided, Entry
from regard.core.program import Program
from regard.core.rows import Claimed
from regard.core.storage import Store
from regard.runtime.audit import audit
from regard.runtime.rebuild import verify
from regard.store.postgresql import PostgresqlStore
from regard.store.postgresql.link import WRITER_LOCK
from tests.fleet.wire import Wire
from tests.runtime.shop import NOW, Shop

LEASE_S = 60.0
ENTRIES_MAX = 100_000


class Member:
    """One process: its store, its ledger, and what happens in the middle of its next step.

    With a `store` of another one it is the second loop of that process.
    """

    def __init__(
        self, location: str, shop: Shop, *, works: bool, store: Store | None = None
    ) -> None:
        self.store: Any = store or PostgresqlStore(
            location, shares=True, works=works, lease_s=LEASE_S
        )
        self.ledger = build_ledger(self.store, self._program)
        self.program = shop.program
        self._location = location
        self._shop = shop
        self._between: list[Callable[[], object]] = []

    def close(self) -> None:
        """Leave, as a process does that is told to end."""
        self.store.close()

    def between(self, work: Callable[[], object]) -> None:
        """Do something in the middle of the next step: persons are read, nothing is written."""
        self._between.append(work)

    def append(self, *items: dict[str, Any]) -> None:
        """Append what intake made of items, in one transaction."""
        self.ledger.append([self._shop.draft(item) for item in items], NOW)

    def step(self) -> int:
        """Step one batch."""
        return self.ledger.advance()

    def turn(self) -> None:
        """Step until nothing of this member's waits."""
        while self.ledger.advance():
            pass

    def claim(self, limit: int = 32) -> list[Claimed]:
        """Claim messages."""
        return self.ledger.claim(limit, NOW)[0]

    def settle(self, claimed: Sequence[Claimed], outcome: Outcome = "sent") -> None:
        """Tell what became of claimed messages."""
        self.ledger.settle([(one, outcome_of(one, outcome), None) for one in claimed], NOW)

    def _program(self) -> Program:
        # Who mends is alone by now: who would append in between has to wait for it.
        while self._between and self._nobody_writes():
            self._between.pop()()
        return self.program

    def _nobody_writes(self) -> bool:
        with psycopg.connect(self._location) as connection:
            row = connection.execute("SELECT pg_try_advisory_xact_lock(%s)", (WRITER_LOCK,))
            return row.fetchone() == (True,)


class Fleet:
    """Members over one database; used as a context, which closes their stores."""

    def __init__(self, location: str, shop: Shop) -> None:
        self.location = location
        self.members: list[Member] = []
        self._shop = shop

    def __enter__(self) -> Fleet:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for member in self.members:
            member.close()

    def join(self, *, works: bool = True) -> Member:
        """Return one more process, with its share of the people."""
        member = Member(self.location, self._shop, works=works)
        self.members.append(member)
        self.share_out()
        return member

    def beside(self, member: Member) -> Member:
        """Return the second loop of a process, which has half of its people until it is closed."""
        second = Member(self.location, self._shop, works=True, store=member.store.beside())
        self.members.append(second)
        return second

    def beyond(self, wire: Wire) -> Member:
        """Return a process that works beyond a network; the caller closes it."""
        database = psycopg.conninfo.conninfo_to_dict(self.location)["dbname"]
        return Member(wire.location(str(database)), self._shop, works=True)

    def workers(self, count: int) -> list[Member]:
        """Return so many processes that work, the people shared out among them."""
        return [self.join() for _ in range(count)]

    def share_out(self) -> None:
        """Let every member renew its lease until nobody has too many or too few shares."""
        for _ in range(2):
            for member in self.members:
                member.store.crew.renew()

    def lapse(self, member: Member) -> None:
        """End a member's lease, without its noticing."""
        self.sql(
            "UPDATE member SET until_at = clock_timestamp() - interval '1 second' WHERE token = %s",
            hands(member).token,
        )

    def sql(self, statement: str, *values: object) -> list[tuple[Any, ...]]:
        """Ask the database itself."""
        with psycopg.connect(self.location, autocommit=True) as connection:
            cursor = connection.execute(statement, values)
            return cursor.fetchall() if cursor.description else []

    def turn(self) -> None:
        """Let all members step until nothing waits."""
        while sum(member.step() for member in self.members):
            pass

    def entries(self) -> list[Entry]:
        """Return the journal."""
        return journal_of(self.members[0].store)

    def check_queue(self) -> None:
        """Check that what waits, waits for those about whom it is as identity says now."""
        rows = self.sql(
            'SELECT w.person_id, j.identity, j.at_us FROM waiting w JOIN journal j USING ("offset")'
        )
        with self.members[0].store.writing() as writing:
            owners = owners_of(writing.graph, [(row[1], from_us(row[2])) for row in rows])
        assert [row[0] for row in rows] == owners

    def check_books(self) -> None:
        """Check that the books balance, and that every view is a function of the journal."""
        member = self.members[0]
        offsets = [entry.offset for entry in self.entries()]
        assert offsets == list(range(1, len(offsets) + 1))
        assert audit(member.store, NOW).findings == ()
        for each in self.members:
            each.close()
        self.members.clear()
        with closing(PostgresqlStore(self.location)) as alone:
            ledger = build_ledger(alone, lambda: self._shop.program)
            rules = self._shop.program.identity
            assert list(verify(alone, ledger.kernel, rules, lambda *_: None)) == []


def hands(member: Member) -> Any:
    """Return what a member has in hand."""
    return member.store.crew.hands


def outcome_of(claimed: Claimed, outcome: Outcome) -> MessageOutcome:
    """Return an outcome of the attempt that was claimed."""
    row = claimed.row
    return MessageOutcome(
        message_id=row.message_id, channel=row.channel, outcome=outcome, attempt=row.attempt + 1
    )


def journal_of(store: Store) -> list[Entry]:
    """Return the whole journal of a store."""
    with store.reading() as reading:
        return [entry for entry, _, _ in reading.tail.after(0, ENTRIES_MAX)]


def sends_of(entries: Sequence[Entry]) -> list[str]:
    """Return the tokens of the orders whose message was decided on, each as often as it was."""
    return sorted(
        entry.body.candidate.facts["token"]
        for entry in entries
        if isinstance(entry.body, Decided) and entry.body.verdict == "send"
    )


def orders_of(entries: Sequence[Entry]) -> list[str]:
    """Return the tokens of the orders in the journal."""
    return [
        entry.body.facts["token"]
        for entry in entries
        if isinstance(entry.body, Event) and "token" in entry.body.facts
    ]


def people_of(store: Store) -> frozenset[frozenset[str]]:
    """Return every person as all that is known to point at them."""
    with store.reading() as reading:
        rows = reading.people.search("", limit=10_000)
        return frozenset(
            frozenset(str(one.identifier) for one in reading.people.identifiers(row.person_id)[0])
            for row in rows
        )


@contextmanager
def held_lock(location: str, number: int) -> Iterator[None]:
    """Hold an advisory lock of the database while the block runs."""
    with psycopg.connect(location) as connection:
        connection.execute("SELECT pg_advisory_xact_lock(%s)", (number,))
        yield


def until(condition: Callable[[], object], within_s: float = 30.0) -> None:
    """Return when a condition holds that another thread or process brings about."""
    deadline_s = time.monotonic() + within_s
    while not condition():
        assert time.monotonic() < deadline_s, "it did not come"
        time.sleep(0.01)
