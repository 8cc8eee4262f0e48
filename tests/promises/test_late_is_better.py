"""A promise that nothing repairs: its own message still goes while it is of use, and is late."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

import pytest

from regard.assembly import build_ledger
from regard.project import load_text
from regard.runtime.audit import audit
from regard.store import MemoryStore
from regard.testing import VirtualClock
from regard.testing.house import VirtualHouse
from tests.promises.house import HOUR

START = datetime(2026, 3, 2, 9, tzinfo=UTC)

FILES: Mapping[str, str] = {
    "regard.toml": """
id = "lamps"
name = "Lamps"
[channels.sms]
[sources.shop]
key = "lamps-shop"
[departments.desk]
""",
    "consent.yaml": "purposes: {orders: {needs_consent: false}}\n",
    "promises/receipt.yaml": """
id: receipt
made_by: {event: Ordered}
about: facts.order
act_at: now()
due_at: now() + interval '1 hour'
grace: 0 minutes
engagement: receipt
""",
    "engagements/receipt/engagement.yaml": """
purpose: orders
class: service
value: {customer: 8, company: 2}
channels: [sms]
useful_for: 5 hours
""",
    "engagements/receipt/core.txt": "Thank you.",
}


def ordered(*, down: timedelta, repair: str = "") -> VirtualHouse:
    """Return the house a day after an order, when its channel was down for so long at first."""
    files = dict(FILES)
    files["promises/receipt.yaml"] += repair
    program = load_text(files, {})
    house = VirtualHouse(build_ledger(MemoryStore(), lambda: program), program, VirtualClock(START))
    house.answer("sms", "try_again")
    house.take("shop", {"id": "1", "identify": {"phone": "+436641234567"}, "user_id": "ada"})
    house.take(
        "shop", {"id": "2", "event": "Ordered", "user_id": "ada", "properties": {"order": "A1"}}
    )
    house.run_until(START + down)
    house.answer("sms", "sent")
    house.run_until(START + timedelta(days=1))
    assert audit(house.ledger.store, house.clock.now()).findings == ()
    return house


def outcome(house: VirtualHouse) -> tuple[str, str]:
    """Return how the promise and its message ended."""
    with house.ledger.store.reading() as reading:
        (promise,) = reading.registers.promises()
        ((message, _),) = reading.registers.messages()
    return promise.change.status, message.reason or message.state


@pytest.mark.parametrize(
    ("down", "repair", "expected"),
    [
        (2 * HOUR, "", ("late", "sent")),
        (6 * HOUR, "", ("broken", "past_use")),
        (
            2 * HOUR,
            "if_missed: [{case: {department: desk, title: Call}}]\n",
            ("broken", "promise_ended"),
        ),
    ],
)
def test_what_nobody_repairs_is_said_late(
    down: timedelta, repair: str, expected: tuple[str, str]
) -> None:
    assert outcome(ordered(down=down, repair=repair)) == expected
