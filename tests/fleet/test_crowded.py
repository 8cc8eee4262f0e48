"""More than the workers get through: senders of every intake wait, and nothing is lost.

Two real processes take in, and nobody decides. Beyond the limit both say 429 with Retry-After; a
plain client and an SDK come again by themselves; then a worker comes, and all is decided.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from threading import Event, Thread
from typing import Any, LiteralString

import httpx
import psycopg
import pytest
import segment.analytics.client

from regard.runtime.engine import BEHIND_S
from regard.runtime.ledger import WAITING_MAX
from tests.audit.mailbox import Mailbox
from tests.audit.serving import Serving, new_client, run_regard
from tests.audit.shop import EVENT, KEY, write_shop
from tests.fleet.processes import Worker, until

pytestmark = pytest.mark.slow

BATCH = 2_000
USERS = 500
ORDERS = 5
OVER_MAX = 30_000
"""How far over the limit it may come: what two intakes take between two looks, a second apart."""


class Sender:
    """A plain client of one intake: it sends batches, and comes again when it is told to."""

    def __init__(self, name: str, house: Serving) -> None:
        self.sent_count = 0
        self.refused: list[httpx.Response] = []
        self.was_refused = Event()
        self._name = name
        self._house = house
        self._is_enough = Event()
        self._thread = Thread(target=self._run, daemon=True)

    @contextmanager
    def running(self) -> Iterator[None]:
        """Send while the block runs; at its end all that was begun is acknowledged."""
        self._thread.start()
        yield
        self._is_enough.set()
        self._thread.join()

    def _run(self) -> None:
        with new_client() as client:
            while not self._is_enough.is_set():
                self._until_taken(self._batch(), client)
                self.sent_count += BATCH

    def _until_taken(self, batch: list[dict[str, Any]], client: httpx.Client) -> None:
        while (reply := self._house.send(batch, client)).status_code != 200:
            self.refused.append(reply)
            self.was_refused.set()
            time.sleep(int(reply.headers["retry-after"]))

    def _batch(self) -> list[dict[str, Any]]:
        first = self.sent_count
        return [
            {
                "id": f"{self._name}-{number}",
                "event": "Lamp Seen",
                "user_id": f"{self._name}-{number % USERS}",
            }
            for number in range(first, first + BATCH)
        ]


def test_all_intakes_tell_senders_to_wait_and_lose_nothing(location: str, tmp_path: Path) -> None:
    with Mailbox().serve() as mailbox:
        folder = write_shop(tmp_path / "shop", mailbox.port)
        (folder / "events" / "seen.yaml").write_text(
            "name: Lamp Seen\nproperties: {type: object}\n"
        )
        intakes = [Serving(folder, location, "--no-work") for _ in range(2)]
        worker = Worker(folder, location, tmp_path / "work.log")
        with closing(worker), closing(intakes[0]), closing(intakes[1]):
            for intake in intakes:
                intake.start()
            senders = [Sender(f"sender-{n}", intake) for n, intake in enumerate(intakes)]
            with senders[0].running(), senders[1].running():
                for sender in senders:
                    assert sender.was_refused.wait(120)
                waiting = asked(location, "SELECT count(*) FROM waiting")
                assert WAITING_MAX <= waiting <= WAITING_MAX + OVER_MAX
                orders = [ordering(n, intake) for n, intake in enumerate(intakes)]
                worker.start()
                for one in orders:
                    one.join(120)
                    assert not one.is_alive()
            for sender in senders:
                assert {reply.status_code for reply in sender.refused} == {429}
                assert {reply.headers["retry-after"] for reply in sender.refused} == {str(BEHIND_S)}
                assert {reply.json()["code"] for reply in sender.refused} == {"too_many_requests"}
            until(lambda: not asked(location, "SELECT count(*) FROM waiting"), within_s=120)
            mailbox.wait_for({*tokens_of(0), *tokens_of(1)})
            said = run_regard("audit", str(folder), "--store", location)
            assert said.code == 0, said.output
        for name, sent_count in (
            ("Lamp Seen", sum(sender.sent_count for sender in senders)),
            (EVENT, 2 * ORDERS),
        ):
            kept = "SELECT count(*) FROM journal WHERE cause = 0 AND position(%s in body) > 0"
            assert asked(location, kept, f'"name":"{name}"'.encode()) == sent_count
        assert sorted(mailbox.counts().values()) == [1] * 2 * ORDERS


def ordering(number: int, house: Serving) -> Thread:
    """Order by an SDK as it comes out of its package; return the thread that waits for it."""
    client = segment.analytics.client.Client(KEY, host=house.url)
    user = f"sdk-{number}"
    client.identify(user, {"email": f"{user}@example.com"})
    for token in tokens_of(number):
        client.track(user, EVENT, {"token": token})
    waiting = Thread(target=client.shutdown, daemon=True)
    waiting.start()
    return waiting


def tokens_of(number: int) -> list[str]:
    """Return what the SDK at an intake orders."""
    return [f"sdk-{number}-{order}" for order in range(ORDERS)]


def asked(location: str, statement: LiteralString, *values: object) -> int:
    """Ask the database itself for a number."""
    with psycopg.connect(location, autocommit=True) as connection:
        row = connection.execute(statement, values).fetchone()
    assert row is not None
    return int(row[0])
