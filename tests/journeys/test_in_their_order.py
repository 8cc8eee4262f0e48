"""What a journey offers at once goes in the order in which it was offered, by day and by night."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from regard.assembly import build_ledger
from regard.project import load_text
from regard.store import MemoryStore
from regard.testing import VirtualClock
from regard.testing.house import VirtualHouse

NAMES = ("one", "two", "three", "four", "five")

COMPANY = """
id = "lamps"
name = "Lamps"
[channels.sms]
[sources.shop]
key = "lamps-shop"
"""

ENGAGEMENT = "purpose: orders\nclass: service\nvalue: {customer: 8, company: 2}\nchannels: [sms]\n"


def house_at(hour: int) -> VirtualHouse:
    steps = "".join(f"  - {{id: {name}, offer: {name}}}\n" for name in NAMES)
    files = {
        "regard.toml": COMPANY,
        "consent.yaml": "purposes: {orders: {needs_consent: false}}\n",
        "policies.yaml": 'quiet_hours:\n  - {from: "21:00", to: "08:00", for: [service]}\n',
        "journeys/all.yaml": f"id: all\nstart: {{event: Signed Up}}\nsteps:\n{steps}",
    }
    for name in NAMES:
        files[f"engagements/{name}/engagement.yaml"] = ENGAGEMENT
        files[f"engagements/{name}/core.txt"] = name
    program = load_text(files, {})
    clock = VirtualClock(datetime(2026, 3, 2, hour, tzinfo=UTC))
    return VirtualHouse(build_ledger(MemoryStore(), lambda: program), program, clock)


@pytest.mark.parametrize("hour", [12, 23])
@pytest.mark.parametrize("user", ["ada", "bruno", "chen"])
def test_what_is_offered_at_once_goes_in_its_order(hour: int, user: str) -> None:
    house = house_at(hour)
    traits = {"phone": "+436641234567", "time_zone": "UTC"}
    house.take("shop", {"id": "1", "identify": traits, "user_id": user})
    house.take("shop", {"id": "2", "event": "Signed Up", "user_id": user})
    house.run_until(house.clock.now() + timedelta(days=1))
    assert [message.text.strip() for message in house.channels["sms"].messages] == list(NAMES)
