"""A deploy without a stop: two releases on one database, process by process, under load.

The releases to come are copies of this one with migrations more, which rename a column that every
order writes; so the old one is what runs here, as it stands. It goes on beside the next, may come
back, and is told kindly when the release after that has taken away what it needs.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from itertools import count
from pathlib import Path
from threading import Event, Lock
from typing import Any

import httpx
import psycopg
import pytest

import regard
from tests.audit.load import Load
from tests.audit.mailbox import Mailbox
from tests.audit.serving import Serving, run_regard
from tests.audit.shop import identify, write_shop
from tests.fleet.processes import Worker, until
from tests.fleet.test_crowded import asked

pytestmark = pytest.mark.slow

USERS = [f"user-{number}" for number in range(20)]
ORDERS = 20
PACE_S = 0.05
"""Between two orders: a sender without a pause would take the time in which processes begin."""

TIMER_REF = re.compile(r"\bref\b")
EXPAND = """
-- The column `ref` of timers is going to be `about`. Until all know that, either may be told.
ALTER TABLE timer ADD COLUMN about text COLLATE "C";
UPDATE timer SET about = ref;
CREATE UNIQUE INDEX timer_about ON timer (about);
CREATE FUNCTION timer_names() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.about := coalesce(NEW.about, NEW.ref);
    NEW.ref := coalesce(NEW.ref, NEW.about);
    RETURN NEW;
END $$;
CREATE TRIGGER timer_names BEFORE INSERT ON timer FOR EACH ROW EXECUTE FUNCTION timer_names();
ALTER TABLE journal ADD COLUMN origin smallint NOT NULL DEFAULT 0;
ALTER TABLE person ADD COLUMN origin smallint NOT NULL DEFAULT 0;
"""
CONTRACT = """
DROP TRIGGER timer_names ON timer;
DROP FUNCTION timer_names();
ALTER TABLE timer DROP COLUMN ref;
ALTER TABLE timer ADD PRIMARY KEY USING INDEX timer_about;
"""
AFTER_NEXT = "ALTER TABLE person ADD COLUMN later smallint NOT NULL DEFAULT 0;"


class Site:
    """Processes of several releases over one database. Takes orders as one house does."""

    def __init__(
        self,
        folder: Path,
        location: str,
        mailbox: Mailbox,
        at: pytest.MonkeyPatch,
        stack: ExitStack,
    ) -> None:
        self.folder = folder
        self.location = location
        self._mailbox = mailbox
        self.intakes: list[Serving] = []
        self.is_closed = False
        self.refused: list[str] = []
        self._closed = Event()
        self._sending = Lock()
        self._at = at
        self._stack = stack
        self._turns = count()

    def release(self, release: Path) -> None:
        """Let what is started from now on be of a release."""
        self._at.setenv("PYTHONPATH", str(release))

    def intake(self, release: Path) -> Serving:
        """Start a server of a release; from now on it gets its part of the orders."""
        house = Serving(self.folder, self.location, "--no-work")
        self._stack.callback(house.close)
        self.release(release)
        house.start()
        self.intakes.append(house)
        return house

    def worker(self, release: Path) -> Worker:
        """Start a worker of a release, and return when it has its part of the people."""
        worker = Worker(self.folder, self.location, self.folder.parent / "work.log")
        self._stack.callback(worker.close)
        self.release(release)
        worker.start()
        until(lambda: self.shares(worker), self.told)
        return worker

    @contextmanager
    def load(self) -> Iterator[Load]:
        """Order while the block runs, and then until every mail has come."""
        load = Load(self, USERS, f"order-{next(self._turns)}")
        with load.running(senders=1):
            load.wait_acknowledged(ORDERS)
            yield load
            load.wait_acknowledged(len(load.acknowledged) + ORDERS)
        self._mailbox.wait_for(set(load.acknowledged))

    def end(self, one: Serving | Worker) -> None:
        """Take a process out of the round, and then end it, as a deploy does."""
        with self._sending:
            self.intakes = [intake for intake in self.intakes if intake is not one]
        assert one.process is not None
        one.process.terminate()
        assert code_of(one) == 0

    def send(
        self, items: list[dict[str, Any]], client: httpx.Client | None = None
    ) -> httpx.Response:
        """Send items to the next server and return the reply, whatever it is."""
        self._closed.wait(PACE_S)
        with self._sending:
            reply = self.intakes[next(self._turns) % len(self.intakes)].send(items, client)
        if reply.status_code != 200:
            self.refused.append(reply.text)
        return reply

    def shares(self, worker: Worker) -> int:
        """Return how many of the 64 shares a worker has."""
        statement = "SELECT count(*) FROM member m JOIN share s USING (token) WHERE m.name LIKE %s"
        return asked(self.location, statement, f"%{worker.name}")

    def halves(self) -> int:
        """Return how many halves of migrations were applied."""
        return asked(self.location, "SELECT count(*) FROM migration")

    def told(self) -> str:
        """Return what all processes wrote to stderr."""
        logs = [self.folder.parent / "serve.log", self.folder.parent / "work.log"]
        return "\n".join(log.read_text()[-2_000:] for log in logs if log.exists())

    def close(self) -> None:
        """Let no sender wait any more."""
        self.is_closed = True
        self._closed.set()


def code_of(one: Serving | Worker) -> int:
    """Return how a process ends that is about to."""
    assert one.process is not None
    with one.process:
        return one.process.wait(30)


def release_of(package: Path, folder: Path) -> Path:
    """Return a folder that Python finds this program in, whatever becomes of its source."""
    shutil.copytree(package, folder / "regard")
    return folder


def next_release(folder: Path, of: Path, number: int, **halves: str) -> Path:
    """Return the release after one: with one migration more, and the statements that it needs."""
    release_of(of / "regard", folder)
    store = folder / "regard" / "store"
    for half, script in halves.items():
        path = store / "migrations_postgresql" / f"{number:04}_trial.{half}.sql"
        path.write_text(script, encoding="utf-8")
    for name in ("registers.sql", "views.sql"):
        path = store / "sql_postgresql" / name
        path.write_text(TIMER_REF.sub("about", path.read_text(encoding="utf-8")), encoding="utf-8")
    return folder


@pytest.fixture
def site(location: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    with ExitStack() as stack:
        mailbox = stack.enter_context(Mailbox().serve())
        folder = write_shop(tmp_path / "shop", mailbox.port)
        site = Site(folder, location, mailbox, monkeypatch, stack)
        yield site
    with psycopg.connect(location, autocommit=True) as connection:
        connection.execute("DROP SCHEMA public CASCADE; CREATE SCHEMA public")  # no store of ours


def test_releases_follow_each_other_without_a_stop(site: Site, tmp_path: Path) -> None:
    old = release_of(Path(regard.__file__).parent, tmp_path / "old")
    new = next_release(tmp_path / "next", old, 2, expand=EXPAND, contract=CONTRACT)
    newest = next_release(tmp_path / "after_next", new, 3, expand=AFTER_NEXT)
    intakes, workers = [site.intake(old)], [site.worker(old)]
    assert site.send([identify(user, f"{user}@example.com") for user in USERS]).status_code == 200

    with site.load() as load:  # process by process, the old beside the new
        assert site.halves() == 1
        workers.append(site.worker(new))
        assert site.halves() == 2
        intakes.append(site.intake(new))
        load.wait_acknowledged(len(load.acknowledged) + ORDERS)
        assert site.shares(workers[0]) == 32
        site.end(workers.pop(0))
        site.end(intakes.pop(0))
        load.wait_acknowledged(len(load.acknowledged) + ORDERS)
    assert site.refused == []

    with site.load() as load:  # the deploy is taken back, and made again
        intakes.append(site.intake(old))
        workers.append(site.worker(old))
        site.end(workers.pop(0))
        load.wait_acknowledged(len(load.acknowledged) + ORDERS)
        workers.append(site.worker(new))
    assert site.refused == []

    with site.load() as load:  # what only the old one needs goes, while it still runs
        site.intake(newest)
        assert site.halves() == 4
        for one in (intakes[1], workers[0]):
            assert code_of(one) == 3
        assert "contracted by a Regard newer than this one" in site.told()
        site.intakes.remove(intakes[1])
        load.wait_acknowledged(len(load.acknowledged) + ORDERS)
    assert load.codes <= {200, 503}
    site.release(old)
    refused = run_regard("work", str(site.folder), "--store", site.location)
    assert refused.code == 1
    assert "contracted by a Regard newer than this one" in refused.output
    assert "Upgrade Regard" in refused.output
    site.release(newest)
    books = run_regard("audit", str(site.folder), "--store", site.location)
    assert books.code == 0, books.output
