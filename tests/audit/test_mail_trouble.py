"""A mail server that is busy, that knows an address no more, that hangs up in the middle.

Rows 6 to 8 of the audit: a temporary no is asked again, a lasting one holds up nobody else, and
what nobody can know is told as `unknown` and sent again under the same Message-ID.
"""

from __future__ import annotations

import random
from collections import Counter

import pytest

from tests.audit.journal import read_journal
from tests.audit.mailbox import DROP, TAKEN, Mailbox
from tests.audit.serving import Serving
from tests.audit.shop import identify, order

pytestmark = pytest.mark.slow

SEED = 451
ORDERS = 300
BUSY_PART = 0.2
BATCH = 50


def place_orders(house: Serving, name: str, number: int) -> list[str]:
    """Let so many new people order something each; return the tokens."""
    tokens = [f"{name}-{place}" for place in range(number)]
    items = [i for t in tokens for i in (identify(t, f"{t}@example.com"), order(t, t))]
    for start in range(0, len(items), BATCH):
        house.post(items[start : start + BATCH])
    return tokens


def test_a_fifth_of_the_attempts_is_put_off_and_every_mail_arrives(
    house: Serving, mailbox: Mailbox
) -> None:
    chance = random.Random(SEED)
    put_off: Counter[str] = Counter()

    def busy(token: str) -> str:
        if chance.random() < BUSY_PART:
            put_off[token] += 1
            return "451 4.3.2 try again later"
        return TAKEN

    mailbox.at_content = busy
    tokens = place_orders(house, "busy", ORDERS)
    mailbox.wait_for(set(tokens))
    assert house.stop() == 0
    journal = read_journal(house.store)
    assert put_off.total() > ORDERS * BUSY_PART / 2
    for token in tokens:
        assert journal.outcomes_of(token) == ["try_again"] * put_off[token] + ["sent"]
        assert journal.promises[token] == "kept"
    assert all(number == 1 for number in mailbox.counts().values())
    assert house.regard("audit").code == 0


def test_a_poisoned_address_is_refused_and_holds_up_nobody(
    house: Serving, mailbox: Mailbox
) -> None:
    def unknown_bruno(recipient: str) -> str:
        return "550 5.1.1 no such mailbox" if recipient.startswith("bruno@") else TAKEN

    mailbox.at_recipient = unknown_bruno
    bruno = [identify("bruno", "bruno@example.com"), order("bruno-1", "bruno")]
    house.post(bruno)
    tokens = place_orders(house, "healthy", 30)
    mailbox.wait_for(set(tokens))
    house.post([order("bruno-2", "bruno"), *[order(f"again-{t}", t) for t in tokens]])
    mailbox.wait_for({f"again-{token}" for token in tokens})
    assert house.stop() == 0
    journal = read_journal(house.store)
    (send,) = journal.sends["bruno-1"]
    (outcome,) = journal.outcomes[send.decision_id]
    assert (outcome.outcome, outcome.reason) == ("refused", "address_unknown")
    assert journal.silences["bruno-2"] == "suppressed"
    assert not mailbox.counts().keys() & {"bruno-1", "bruno-2"}
    assert house.regard("audit").code == 0


def test_a_connection_dropped_after_the_content_is_told_and_sent_again(
    house: Serving, mailbox: Mailbox
) -> None:
    dropped: set[str] = set()

    def drop_first(token: str) -> str:
        if token in dropped:
            return TAKEN
        dropped.add(token)
        return DROP

    mailbox.at_content = drop_first
    tokens = place_orders(house, "dropped", 5)
    mailbox.wait_count(2 * len(tokens))
    assert house.stop() == 0
    journal = read_journal(house.store)
    for token in tokens:
        assert journal.outcomes_of(token) == ["unknown", "sent"]
        first, second = [mail for mail in mailbox.mails if mail.token == token]
        assert first.message_id == second.message_id
    told = house.regard("audit")
    assert told.code == 0
    assert f"{len(tokens)}  messages maybe doubled" in told.output
