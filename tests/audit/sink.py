"""Many paced mails into a real mail server while Regard is killed again and again (`kill -9`).

In: how many mails, how many kills. Out: a `Result`: what the mail server holds against what was
ordered. What was in the server's hands at a kill is `unknown` in the journal. With ``resend`` it is
sent again under the same Message-ID; with ``ask`` a human looks into the mail server's log: what
is there is told by a receipt, what is not is replayed, and nothing is ever doubled.

``python -m tests.audit.sink --messages 100000 --kills 20 --if-unknown ask`` tells how far it is,
prints the result and a verdict, and keeps it in ``.regard/sink.json``; it exits with 1 on a fault.
"""

from __future__ import annotations

import argparse
import random
import sys
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from email.parser import BytesHeaderParser
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Thread

import httpx
import msgspec
from aiosmtpd.smtp import Envelope

from regard.core.event import MessageOutcome
from regard.core.ports import Library
from regard.core.rows import UNDER_WAY, MessageRow
from regard.store import open_library
from tests.audit.mailbox import TAKEN, Mailbox
from tests.audit.serving import Serving, run_regard, serving
from tests.audit.shop import EVENT, write_shop

BATCH = 250
"""Orders in one request, as an SDK that queues sends them."""

AHEAD_MAX = 20_000
"""Orders that may be ahead of their mails: a real outbox, and a kill still meets the intake."""

RESULT = Path(".regard/sink.json")
TELL_EVERY_S = 10.0

SEED = 20_260_302
QUIET_S = 900.0
PAGE = 5_000
RECEIPT = "Email Delivered"
SEND = ("decision", "send")


class Sink(Mailbox):
    """A mail server that counts what it took by Message-ID, and reads no more than the headers."""

    def __init__(self) -> None:
        super().__init__()
        self.taken: Counter[str] = Counter()
        self.count = 0
        self._read = BytesHeaderParser().parsebytes

    def take(self, envelope: Envelope) -> str:
        """Take a mail and count it."""
        found = self._read(bytes(envelope.content or b""))
        with self._changed:
            self.taken[str(found["Message-ID"])] += 1
            self.count += 1
            self._changed.notify_all()
        return TAKEN

    def wait_taken(self, count: int, within_s: float = QUIET_S) -> None:
        """Return when `count` mails were taken."""
        assert self._wait(lambda: self.count >= count, within_s), f"{self.count} of {count} mails"


@dataclass(frozen=True, kw_only=True)
class Result:
    """What came of it: `taken` mails under `distinct` Message-IDs.

    `unknown` attempts were in the server's hands at a kill; of them `by_receipt` had arrived and
    `replayed` had not. `untold` doubles are not among them: there must be none.
    """

    if_unknown: str
    messages: int
    kills: int
    taken: int
    distinct: int
    missing: int
    doubled: int
    untold: int
    unknown: int
    by_receipt: int
    replayed: int
    seconds: float
    books: str

    @property
    def faults(self) -> tuple[str, ...]:
        """What must not be: nothing lost, nothing doubled in silence, every unknown one answered.

        With ``resend`` what was in the server's hands at a kill may come twice, and is told.
        """
        doubles_max = self.unknown if self.if_unknown == "resend" else 0
        answered = self.by_receipt + self.replayed
        found = (
            (self.missing != 0, f"{self.missing} mails are missing"),
            (self.doubled > doubles_max, f"{self.doubled} mails came twice"),
            (self.untold != 0, f"{self.untold} doubles were never told as unknown"),
            (
                self.if_unknown == "ask" and answered != self.unknown,
                f"{answered} of {self.unknown} unknown attempts were answered",
            ),
            (self.books != "balance", f"the books: {self.books}"),
        )
        return tuple(told for is_wrong, told in found if is_wrong)


class Progress:
    """Tells, line by line, how far a run is."""

    def __init__(self, tell: Callable[[str], None], sink: Sink, messages: int) -> None:
        self._tell = tell
        self._sink = sink
        self._messages = messages
        self._began_s = time.monotonic()
        self._told_s = 0.0

    def note(self, what: str) -> None:
        """Tell that something happened."""
        self._told_s = time.monotonic()
        mails = f"{self._sink.count:,} of {self._messages:,} mails"
        self._tell(f"{self._told_s - self._began_s:6.0f} s  {mails}  {what}")

    def wait(self, what: str) -> None:
        """Tell what is waited for, now and then."""
        if time.monotonic() - self._told_s >= TELL_EVERY_S:
            self.note(what)


def _silent(_line: str) -> None:
    """Tell nobody."""


class Orders:
    """A shop that orders `count` times, each by somebody else, each until it is acknowledged."""

    def __init__(self, house: Serving, sink: Sink, count: int) -> None:
        self._house = house
        self._sink = sink
        self._count = count
        self.thread = Thread(target=self._send, daemon=True)

    def _send(self) -> None:
        for start in range(0, self._count, BATCH):
            items = [_order(n) for n in range(start, min(start + BATCH, self._count))]
            while start - self._sink.count > AHEAD_MAX:
                time.sleep(0.2)
            while not self._is_taken(items):
                time.sleep(0.1)
                if self._house.is_closed:
                    return

    def _is_taken(self, items: Sequence[dict[str, object]]) -> bool:
        try:
            return self._house.send(items).status_code == httpx.codes.OK
        except (httpx.TransportError, RuntimeError):
            return False


def _order(number: int) -> dict[str, object]:
    token = f"order-{number}"
    known = {"user_id": f"guest-{number}", "traits": {"email": f"guest-{number}@example.com"}}
    return {"id": token, "event": EVENT, "properties": {"token": token}, **known}


def run(
    messages: int,
    kills: int,
    if_unknown: str,
    folder: Path,
    *,
    pace_per_s: int,
    tell: Callable[[str], None] = _silent,
) -> Result:
    """Order `messages` mails, kill the server `kills` times meanwhile, and return the result."""
    began_s = time.monotonic()
    with Sink().serve() as sink:
        assert isinstance(sink, Sink)
        progress = Progress(tell, sink, messages)
        shop = write_shop(folder / "shop", sink.port, pace_per_s=pace_per_s, if_unknown=if_unknown)
        with serving(shop, folder / "shop.db") as house:
            orders = Orders(house, sink, messages)
            orders.thread.start()
            _kill_now_and_then(house, sink, messages, kills, progress)
            orders.thread.join()
            progress.note("all is ordered")
            _until_over(house, messages, progress)
            receipts, replays = _answer_unknown(house, sink)
            progress.note(f"{receipts} unknown ones had arrived, {replays} are replayed")
            _until_over(house, messages, progress)
            assert house.stop() == 0
            progress.note("the books are audited")
            books = house.regard("audit")
            unknown = _journaled(house.store)
        taken = dict(sink.taken)
    twice = {found.strip("<>").partition("@")[0] for found, n in taken.items() if n > 1}
    return Result(
        if_unknown=if_unknown,
        messages=messages,
        kills=kills,
        taken=sum(taken.values()),
        distinct=len(taken),
        missing=messages - len(taken),
        doubled=sum(taken.values()) - len(taken),
        untold=len(twice - unknown),
        unknown=len(unknown),
        by_receipt=receipts,
        replayed=replays,
        seconds=round(time.monotonic() - began_s, 1),
        books="balance" if books.code == 0 else books.output[-300:],
    )


def _kill_now_and_then(
    house: Serving, sink: Sink, messages: int, kills: int, progress: Progress
) -> None:
    """Kill the server at random numbers of mails, spread over the whole run, and start it again."""
    chance = random.Random(SEED)
    for number in range(kills):
        sink.wait_taken(int((number + chance.random()) * messages / (kills + 1)) + 1)
        house.kill()
        progress.note(f"kill {number + 1} of {kills}")
        house.start()


def _until_over(house: Serving, messages: int, progress: Progress) -> None:
    """Return when every order has its message, and none waits or is under way."""
    library = open_library(str(house.store))
    deadline_s = time.monotonic() + QUIET_S
    while not _is_over(library, messages):
        assert time.monotonic() < deadline_s, f"mails still wait:\n{house.said()[-2_000:]}"
        progress.wait("waiting for the rest")
        time.sleep(0.5)
    library.close()


def _is_over(library: Library, messages: int) -> bool:
    with library.reading() as reading:
        registers = reading.registers
        sends = sum(t.count for t in registers.tallies() if (t.name, t.key) == SEND)
        return sends >= messages and not any(
            registers.messages(state=state, limit=1) for state in UNDER_WAY
        )


def _answer_unknown(house: Serving, sink: Sink) -> tuple[int, int]:
    """Look into the mail server's log for each unknown mail; return how many it had, and not.

    One that it took is told by the receipt that it would send; one that it did not is replayed.
    """
    library = open_library(str(house.store))
    with library.reading() as reading:
        rows = [row for row, _ in reading.registers.messages(state="unknown", limit=PAGE)]
    library.close()
    known = {found.strip("<>").partition("@")[0] for found in sink.taken}
    arrived = [row for row in rows if row.message_id in known]
    lost = [row.message_id for row in rows if row.message_id not in known]
    receipts = [_receipt(row) for row in arrived]
    for start in range(0, len(receipts), BATCH):
        house.post(receipts[start : start + BATCH])
    if lost:
        words = "the mail server's log does not have it"
        done = run_regard("messages", "replay", *lost, "--force", words, *house.place)
        assert done.code == 0, done.output
    return len(arrived), len(lost)


def _receipt(row: MessageRow) -> dict[str, object]:
    facts = {"message_id": row.message_id, "address": row.address}
    who = {"identifiers": {"email": row.address}}
    return {"id": f"receipt-{row.message_id}", "event": RECEIPT, "properties": facts, **who}


def _journaled(store: Path) -> set[str]:
    """Return the ids of the messages of which an attempt was told as unknown."""
    library, offset, found = open_library(str(store)), 0, set()
    while True:
        with library.reading() as reading:
            page = reading.tail.after(offset, PAGE)
        if not page:
            break
        offset = page[-1][0].offset
        bodies = [entry.body for entry, _, _ in page if isinstance(entry.body, MessageOutcome)]
        found |= {body.message_id for body in bodies if body.outcome == "unknown"}
    library.close()
    return found


def main(arguments: Sequence[str] | None = None) -> int:
    """Run it, print and keep what came of it; return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else "")
    parser.add_argument("--messages", type=int, default=100_000)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--pace", type=int, default=400, help="mails a second at most")
    parser.add_argument("--if-unknown", choices=("resend", "ask"), default="ask")
    given = parser.parse_args(arguments)
    asked = (given.messages, given.kills, given.if_unknown)
    began_at = datetime.now(UTC)
    with TemporaryDirectory() as folder:
        found = run(*asked, Path(folder), pace_per_s=given.pace, tell=_printed)
    said = {**asdict(found), "faults": found.faults, "began_at": began_at, "pace_per_s": given.pace}
    RESULT.parent.mkdir(exist_ok=True)
    RESULT.write_bytes(msgspec.json.format(msgspec.json.encode(said)))
    print("\n".join(f"{name:12} {value}" for name, value in asdict(found).items()))
    print(
        "FAILED: " + "; ".join(found.faults) if found.faults else "PASSED: none lost, none doubled"
    )
    return 1 if found.faults else 0


def _printed(line: str) -> None:
    print(line, flush=True)


if __name__ == "__main__":
    sys.exit(main())
