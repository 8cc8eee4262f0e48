"""The crew: which processes share one database, and who has which share of the people.

Each takes part under a lease that it renews every second on a connection of its own, so a busy
loop does not lose it. What a process that died had is free when its lease ends, and the others
take it. Nothing rests on these leases but who works: that two processes never step one person is
checked by the database in every transaction (`queue`), whatever the clocks and the network do.
"""

from __future__ import annotations

import logging
import os
import socket
import time
from datetime import datetime
from threading import Event, Lock, Thread
from typing import NamedTuple

import psycopg

from regard.core.errors import Lapsed, RegardError
from regard.store.postgresql.connecting import Connection, connect, number_in
from regard.store.postgresql.failures import telling
from regard.store.postgresql.shares import SHARES, Hands, shared_out
from regard.store.postgresql.statements import statements_of

LEASE_S = 5.0
"""How long a process may be silent before others take over what it had."""

RENEWALS = 5
"""How often a lease is renewed while it would hold: each second."""

MARGIN = 0.1
"""The part of a lease before its end in which it counts as ended here already: the server began to
count later than we."""

CREW_LOCK = 0x52475243
"""'RGRC': the advisory lock of whoever changes who has what."""

# A lease that a crash of the server forgets is renewed, or taken anew. Who stands still with the
# lock in hand must not let the leases of all others end.
_BEGIN = "SET LOCAL synchronous_commit = off; "
_BEGIN += "SET LOCAL idle_in_transaction_session_timeout = '2s'; "
_BEGIN += f"SELECT pg_advisory_xact_lock({CREW_LOCK})"

_log = logging.getLogger("regard.crew")


class Member(NamedTuple):
    """A process that takes part, or did within the last minute.

    `left_s` are the seconds that its lease still holds (negative: it has ended), `shares` how many
    of the 64 shares of the people it has.
    """

    token: int
    name: str
    works: bool
    began_at: datetime
    left_s: float
    shares: int


def members_of(connection: Connection) -> list[Member]:
    """Return the processes of a database, those that began first first."""
    rows = connection.execute(statements_of("crew").texts["members"]).fetchall()
    return [Member(*row) for row in rows]  # type: ignore[arg-type]


class Crew:
    """Implements `core.storage.Crew` for one process; a thread renews its lease."""

    is_shared = True

    def __init__(self, location: str, *, works: bool, lease_s: float = LEASE_S) -> None:
        self.works = works
        self._location = location
        self._lease_s = lease_s
        self._sql = statements_of("crew").texts
        self._name = f"{socket.gethostname()}:{os.getpid()}"
        self._connection: Connection | None = None
        self._lock = Lock()
        self._renewing = Lock()
        self._token = 0
        self._until_s = 0.0
        self._shares: frozenset[int] = frozenset()
        self._alive: frozenset[int] = frozenset()
        self._newest = 0
        self._workers = 1
        self._changes = 0
        self._ending = Event()
        self.renew()
        self._thread = Thread(target=self._run, name="regard-crew", daemon=True)
        self._thread.start()

    @property
    def keeps_time(self) -> bool:
        return 0 in self.hands.shares

    @property
    def count(self) -> int:
        return self._workers

    @property
    def hands(self) -> Hands:
        """What this process has in hand now."""
        with self._lock:
            is_current = time.monotonic() < self._until_s
            shares = self._shares if is_current else frozenset()
            changes = self._changes
            return Hands(self._token, shares, is_only=False, is_current=is_current, change=changes)

    def holds(self, token: int) -> bool:
        """Return whether the lease of a token holds: what was claimed under it may still go."""
        hands = self.hands
        return hands.is_current and hands.token == token

    def is_alive(self, token: int) -> bool:
        """Return whether the process that claimed under a token is at work, or began just now."""
        with self._lock:
            return token in self._alive or token > self._newest

    def renew(self) -> None:
        """Renew the lease and share out the people anew: now, and not only when it is time."""
        with self._renewing, telling(self._location):
            try:
                self._renew()
            except psycopg.OperationalError:
                if self._connection is None or not self._connection.closed:
                    raise
                self._renew()  # the server was restarted since the last time

    def leave(self) -> None:
        """Take part no more: what this process had is free at once."""
        self._ending.set()
        self._thread.join()
        try:
            connection = self._connection or connect(self._location)
            with connection:
                connection.execute(self._sql["leave"], (self._token,))
        except psycopg.Error:
            _log.warning("crew_left_silently")  # the lease ends by itself

    def _run(self) -> None:
        while not self._ending.wait(self._lease_s / RENEWALS):
            try:
                self.renew()
            except RegardError as error:
                self._hang_up()
                _log.warning("lease_not_renewed", extra={"reason": error.code})

    def _renew(self) -> None:
        """Renew the lease, or join anew when it has ended; take and let go of shares."""
        asked_s = time.monotonic()
        connection = self._connected()
        with connection.transaction():
            connection.execute(_BEGIN, prepare=False)
            token = self._renewed(connection)
            alive = connection.execute(self._sql["alive"]).fetchall()
            newest = number_in(connection.execute(self._sql["newest"]).fetchone())
            workers = [int(str(row[0])) for row in alive if row[1]]
            if self.works and token not in workers:
                raise Lapsed("The lease ended while it was renewed: this process stood still.")
            shares = self._shared_out(connection, token, workers) if self.works else frozenset()
            connection.execute(self._sql["bury"])
        with self._lock:
            if token != self._token and self._token:
                _log.warning("lease_had_ended")
            self._token = token
            self._until_s = asked_s + self._lease_s * (1 - MARGIN)
            self._changes += self._shares != shares
            self._shares = shares
            self._alive = frozenset([token, *(int(str(row[0])) for row in alive)])
            self._newest = newest
            self._workers = len(workers)

    def _connected(self) -> Connection:
        if self._connection is None or self._connection.closed:
            self._connection = connect(self._location)
        return self._connection

    def _hang_up(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()

    def _renewed(self, connection: Connection) -> int:
        """Return the token under which this process takes part: a new one when it had lapsed."""
        if self._token:
            values = (self._lease_s, self._token)
            if connection.execute(self._sql["renew"], values).rowcount == 1:
                return self._token
        # Not light: after a crash of the server nobody else may be given this token, too.
        connection.execute("SET LOCAL synchronous_commit = on")
        token = number_in(connection.execute(statements_of("fence").texts["count_up"]).fetchone())
        connection.execute(self._sql["join"], (token, self._name, self.works, self._lease_s))
        return token

    def _shared_out(self, connection: Connection, token: int, workers: list[int]) -> frozenset[int]:
        rows = connection.execute(self._sql["shares"]).fetchall()
        held = {int(str(number)): int(str(holder)) for number, holder in rows}
        mine = shared_out(token, workers, held)
        had = {number for number, holder in held.items() if holder == token}
        if mine != had:
            connection.execute(self._sql["take"], (0, sorted(had - mine)), binary=True)
            connection.execute(self._sql["take"], (token, sorted(mine - had)), binary=True)
            _log.info("shares", extra={"count": len(mine), "of": SHARES, "workers": len(workers)})
        return frozenset(mine)
