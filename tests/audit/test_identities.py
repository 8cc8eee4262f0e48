"""Processes that send at once, over HTTP: whoever comes first, nobody becomes two.

What the running house made of it is compared with a recount of everybody by scipy.
"""

from __future__ import annotations

import subprocess
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import closing
from random import Random
from typing import Any

import msgspec
import pytest

from regard.core.event import Event, Identifier
from regard.core.ids import identity_of
from regard.core.ports import Reading
from regard.project import load
from regard.store import open_library
from tests.audit.serving import Serving
from tests.audit.shop import KEY
from tests.identity.recount import Groups, recount

pytestmark = pytest.mark.slow

HUMANS = 60
SENDERS = 4
HOME = 3
"""People in one household: they share a landline, and a tablet on which they log in."""

SEND = """
import sys
import httpx, msgspec
url, key = sys.argv[1:]
batches = msgspec.json.decode(sys.stdin.buffer.read())
with httpx.Client(trust_env=False, timeout=60) as client:
    for batch in batches:
        headers = {"x-write-key": key}
        reply = client.post(url + "/v1/events", json={"events": batch}, headers=headers)
        assert reply.status_code == 200, reply.text
"""


def pieces(number: int) -> list[dict[str, Any]]:
    """Return what one human does, a piece at a time: each names two of what they are known by."""
    name, email = f"human{number}", f"human{number}@example.com"
    phone, laptop, home = f"+43664{1_000_000 + number}", f"laptop{number}", number // HOME
    return [
        {"event": "Looked", "anonymous_id": laptop},
        {"alias": laptop, "user_id": name},
        {"identify": {"email": email}, "user_id": name},
        {"identify": {"email": email, "phone": phone}},
        {"event": "Looked", "anonymous_id": f"tablet{number}", "identifiers": {"phone": phone}},
        {"event": "Called", "user_id": name, "identifiers": {"phone": f"+43161{20_000 + home}"}},
        {"event": "Logged In", "user_id": name, "anonymous_id": f"family-tablet{home}"},
    ]


def test_processes_that_append_at_once_create_no_double_person(house: Serving) -> None:
    senders = [(_sender(house), _batches(number)) for number in range(SENDERS)]
    for sender, body in senders:
        assert sender.stdin is not None
        sender.stdin.write(body)
        sender.stdin.close()
    assert [sender.wait(120) for sender, _ in senders] == [0] * SENDERS
    assert house.stop() == 0
    with closing(open_library(str(house.store))) as library, library.reading() as reading:
        owners = {human: {reading.people.find(key) for key in _keys(human)} for human in _all()}
        assert all(len(found) == 1 for found in owners.values()), "nobody is two"
        persons = {str(person_id) for (person_id,) in owners.values()}
        assert len(persons) == HUMANS, "nobody is somebody else"
        looked = Counter(
            found.seen["Looked"].count
            for person_id in persons
            if (found := reading.people.read(person_id)) is not None
        )
        assert looked == {2 * SENDERS: HUMANS}
        places = 2 * -(-HUMANS // HOME)
        online, everybody = _online(reading)
        assert len(online[1]) == places, "landlines and family tablets"
        rules = load(house.folder, {}).identity
        assert online == recount(reading.identities.graph, everybody, rules)
    assert house.regard("audit").code == 0


def _all() -> range:
    return range(HUMANS)


def _keys(human: int) -> Iterator[Identifier]:
    yield Identifier("user_id", f"human{human}")
    yield Identifier("email", f"human{human}@example.com")
    yield Identifier("phone", f"+43664{1_000_000 + human}")
    yield Identifier("anonymous_id", f"laptop{human}")
    yield Identifier("anonymous_id", f"tablet{human}")


def _batches(sender: int) -> bytes:
    """Return the batches of one sender: everything about everybody, in an order of its own."""
    items = [
        {"id": f"{human}-{piece}-{sender}", "at": "2026-03-02T09:00:00Z", **item}
        for human in _all()
        for piece, item in enumerate(pieces(human))
    ]
    Random(sender).shuffle(items)
    return msgspec.json.encode([items[first : first + 7] for first in range(0, len(items), 7)])


def _sender(house: Serving) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-c", SEND, house.url, KEY]
    return subprocess.Popen(command, stdin=subprocess.PIPE)


def _online(reading: Reading) -> tuple[Groups, list[int]]:
    """Return who is one person in a store, as `recount` tells it, and all identities."""
    names = {
        identifier
        for entry, _, _ in reading.tail.after(0, 100_000)
        if isinstance(entry.body, Event)
        for identifier in entry.body.identifiers
    }
    everybody = sorted(identity_of(name.kind, name.value) for name in names)
    persons: dict[str, set[str]] = defaultdict(set)
    shared: set[str] = set()
    for node in reading.identities.graph.nodes(everybody).values():
        persons[node.person_id].add(str(node.identifier))
        shared |= {str(node.identifier)} if node.shared else set()
    groups = frozenset(frozenset(group) for group in persons.values())
    return (groups, frozenset(shared)), everybody
