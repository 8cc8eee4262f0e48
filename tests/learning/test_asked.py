"""What is offered to who asks is learned from once, though the journal tells it twice."""

from __future__ import annotations

from datetime import timedelta

import pytest

from regard.core.event import Identifier
from regard.core.facts import Answered, Decided
from regard.core.ids import identity_of, message_key
from regard.core.ports import Draft
from regard.decisions import moment
from regard.learning.occasions import Occasion, Occasions
from regard.learning.scheme import scheme_of
from regard.runtime.teaching import records
from regard.testing.house import VirtualHouse
from tests.learning.shop import FILES, HOUR, shop, tell

ASKED = {
    "regard.toml": FILES["regard.toml"] + '\n[channels."web.desktop"]\n',
    **{
        f"engagements/{name}/engagement.yaml": FILES[f"engagements/{name}/engagement.yaml"].replace(
            "channels: [email]", 'channels: ["web.desktop"]\noffer_when: asked'
        )
        for name in ("miles", "lounge")
    },
    "engagements/miles/core.txt": "Miles for you.",
    "engagements/lounge/core.txt": "The lounge is open.",
    "journeys/miles.yaml": "id: miles\nstart: {event: Visited}\nsteps: [{id: end, exit: true}]\n",
    "journeys/lounge.yaml": "id: lounge\nstart: {event: Visited}\nsteps: [{id: end, exit: true}]\n",
}


def ask(house: VirtualHouse, number: int) -> Answered:
    """Ask what to offer Ada now, as the API does: decided outside the loop, journaled, stepped."""
    ada, now = Identifier("user_id", "ada"), house.clock.now()
    identity = identity_of(ada.kind, ada.value)
    with house.ledger.store.reading() as reading:
        person = reading.people.read(reading.people.find(ada) or "")
    assert person is not None
    request = moment.Request(
        request_id=f"r{number}", source="website", channel="web.desktop", about=identity
    )
    answered = moment.answer(person, request, house.program, house.ledger.standing, now)
    key = message_key("request", moment.ref_of(request))
    draft = Draft(key=key, identity=identity, at=now, received_at=now, body=answered)
    assert house.ledger.answer([draft], now) is not None
    house.settle()
    return answered


def learned(house: VirtualHouse, until: timedelta) -> list[Occasion]:
    scheme = scheme_of(house.program)
    assert scheme is not None
    occasions = Occasions(house.program, scheme.id)
    for entry, person_id in records(house.ledger.store):
        occasions.take(entry, person_id)
    return list(occasions.ended(house.clock.now() + until))


@pytest.mark.parametrize("is_together", [False, True])
def test_an_answer_and_its_decisions_are_one_occasion(is_together: bool) -> None:
    house = shop(ASKED)
    tell(house, "ada", "Visited", tier="gold")
    answers = [ask(house, number) for number in range(2 if is_together else 1)]
    house.run_until(house.clock.now() + timedelta(minutes=1))
    tell(house, "ada", "Miles Bought")
    found = learned(house, 2 * HOUR)
    given = [decided.decision_id for answered in answers for decided in answered.decisions]
    assert [option.decision_id for one in found for option in one.options] == given
    with house.ledger.store.reading() as reading:
        bodies = [entry.body for entry, _, _ in reading.tail.after(0, 1_000)]
    assert sum(isinstance(body, Answered) for body in bodies) == len(answers)
    assert [b.decision_id for b in bodies if isinstance(b, Decided)] == given
