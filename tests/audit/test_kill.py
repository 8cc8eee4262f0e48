"""`kill -9` under load: nothing that was acknowledged is lost, and no double goes unreported.

A message may be doubled only when the process died between the mail server's 250 and our record
of it; such an attempt must be `unknown` in the journal. Row 5 of the correctness table.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Sequence

import msgspec
import pytest

from regard.delivery.dispatcher import SENDERS_DEFAULT
from tests.audit.journal import Journal, read_journal
from tests.audit.load import Load
from tests.audit.mailbox import Mailbox
from tests.audit.serving import Serving
from tests.audit.shop import identify

pytestmark = pytest.mark.slow

USERS = [f"user-{number}" for number in range(40)]
SENDERS = 8
FIRST_MAIL_WITHIN_S = 5.0
"""From the printed address on: how long Python takes to begin says more about the machine."""

SEED = 20_260_302
MOMENTS = 20


def know_users(house: Serving) -> None:
    house.post([identify(user, f"{user}@example.com") for user in USERS])


def check_whole(
    journal: Journal, acknowledged: Sequence[str], mailbox: Mailbox, kills: int
) -> None:
    """Every order has one message that arrived; every double is told as unknown."""
    arrived = mailbox.counts()
    assert sorted(journal.ordered) == sorted(acknowledged)
    assert {token: len(sends) for token, sends in journal.sends.items()} == dict.fromkeys(
        acknowledged, 1
    )
    assert set(arrived) == set(acknowledged)
    assert {journal.promises[token] for token in acknowledged} == {"kept"}
    doubled = {token for token, number in arrived.items() if number > 1}
    assert {token for token in doubled if "unknown" not in journal.outcomes_of(token)} == set()
    assert len(doubled) <= kills * SENDERS_DEFAULT
    ids = {(mail.token, mail.message_id) for mail in mailbox.mails}
    assert len(ids) == len(acknowledged), "a message came under two Message-IDs"


def test_nothing_acknowledged_is_lost_when_the_process_is_killed(
    house: Serving, mailbox: Mailbox
) -> None:
    know_users(house)
    load = Load(house, USERS)
    with load.running(SENDERS):
        load.wait_acknowledged(300)
        house.kill()
        house.start()
        started_s = time.monotonic()
        first_mail_s = mailbox.wait_since(started_s) - started_s
        load.wait_acknowledged(len(load.acknowledged) + 100)
    mailbox.wait_for(set(load.acknowledged))
    assert house.stop() == 0
    journal = read_journal(house.store)
    check_whole(journal, load.acknowledged, mailbox, kills=1)
    assert first_mail_s < FIRST_MAIL_WITHIN_S
    exported = house.regard("export").output.splitlines()
    unknown = [
        e for e in map(msgspec.json.decode, exported) if e["body"].get("outcome") == "unknown"
    ]
    doubled = sum(number - 1 for number in mailbox.counts().values())
    assert doubled <= len(unknown) <= SENDERS_DEFAULT
    books = house.regard("audit")
    assert books.code == 0, books.output


def test_twenty_kills_at_random_moments_lose_nothing(house: Serving, mailbox: Mailbox) -> None:
    know_users(house)
    chance = random.Random(SEED)
    load = Load(house, USERS)
    with load.running(SENDERS):
        for _ in range(MOMENTS):
            _some_moment(chance, load, mailbox)()
            house.kill()
            house.start()
        load.wait_acknowledged(len(load.acknowledged) + SENDERS)
    mailbox.wait_for(set(load.acknowledged))
    assert house.stop() == 0
    check_whole(read_journal(house.store), load.acknowledged, mailbox, kills=MOMENTS)
    books = house.regard("audit")
    assert books.code == 0, books.output
    rebuilt = house.regard("rebuild")
    assert "Every view is the same to the byte" in rebuilt.output, rebuilt.output
    assert rebuilt.code == 0


def _some_moment(chance: random.Random, load: Load, mailbox: Mailbox) -> Callable[[], None]:
    """Return a wait until a random one of the next acknowledgements, attempts or mails."""
    number = chance.randint(1, 60)
    return chance.choice(
        [
            lambda: load.wait_acknowledged(len(load.acknowledged) + number),
            lambda: mailbox.wait_attempts(mailbox.attempt_count + number),
            lambda: mailbox.wait_count(len(mailbox.mails) + number),
        ]
    )
