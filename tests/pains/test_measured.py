"""What our own trials of other systems showed: bursts, newcomers and a provider that says later."""

from __future__ import annotations

import asyncio
from collections import Counter

from regard.core.ids import identity_of
from regard.core.ports import Message
from regard.store import MemoryStore
from tests.pains.house import DAY, RECEIPT, SERVICE, Deed, House, Provider, company
from tests.pains.scenario import scenario
from tests.pains.server import Server, run

ORDERS = {"promises/receipt.yaml": RECEIPT, **SERVICE}


@scenario(
    "fifty at once",
    threads=("Parcelvoy, measured",),
    elsewhere="fifty events of one person in one moment: 42 were acknowledged and lost",
    here="What queues up meanwhile shares one durable transaction, and 200 is said after it.",
    also=(
        "tests/audit/test_once.py::test_fifty_events_of_one_person_at_once_are_all_answered_in_order",
    ),
)
def test_fifty_at_once() -> str:
    provider = Provider()
    answers: list[int] = []

    async def burst(server: Server) -> None:
        await server.post({"identify": {"email": "ada@example.com"}, "user_id": "ada"})
        orders = (
            {"event": "Order Placed", "user_id": "ada", "properties": {"number": str(number)}}
            for number in range(50)
        )
        replies = await asyncio.gather(*(server.post(order) for order in orders))
        answers.extend(reply.status_code for reply in replies)
        await server.got(50)

    run(company(ORDERS), MemoryStore(), burst, provider=provider)
    numbers = {message.facts["number"] for message in provider.got}
    assert answers == [200] * 50
    assert len(numbers) == len(provider.got) == 50
    return f"50 concurrent requests: {len(answers)} times 200, {len(numbers)} messages, one each"


@scenario(
    "the brand-new customer",
    threads=("Dittofeed, measured",),
    elsewhere="identify, then at once the event: never served, because the address was polled "
    "later",
    here="Identity is resolved in the transaction that appends; an event that overtakes its "
    "address is held for seconds, not silenced.",
    also=(
        "tests/audit/test_once.py::test_a_new_person_is_served_although_the_address_came_a_moment_before",
    ),
)
def test_the_brand_new_customer() -> str:
    house = House(company(ORDERS))
    house.meet("ada")
    house.event("Order Placed", "ada", number="1")
    house.event("Order Placed", "bruno", number="2")
    waits = house.decided("bruno")[-1]
    house.meet("bruno")
    house.wait(DAY)
    seconds = (waits.wake_at - house.clock.now() + DAY).seconds if waits.wake_at else -1
    assert house.provider.copies() == {1: 2}
    assert house.promises() == {"kept": 2}
    assert (waits.verdict, seconds) == ("hold", 2)
    return (
        "the address in the same millisecond before, or after: "
        f"{len(house.provider.got)} people, 1 message each, the second {seconds} seconds later"
    )


@scenario(
    "451, try later",
    threads=("Parcelvoy, measured",),
    elsewhere="a temporary refusal was taken for final: 47 of 300 never sent",
    here="*Try again* is an outcome with a moment of its own; it comes back until it is taken or "
    "twelve attempts are over, and holds up nobody else.",
    also=(
        "tests/audit/test_mail_trouble.py::test_a_fifth_of_the_attempts_is_put_off_and_every_mail_arrives",
    ),
)
def test_451_try_later() -> str:
    def deed(message: Message) -> Deed:
        is_busy = identity_of(message.address, str(message.attempt)) % 5 == 0
        return "try_again" if is_busy else "sent"

    house = House(company(ORDERS), provider=Provider(deed))
    house.crowd(100, "Order Placed")
    house.wait(DAY)
    attempts = Counter(message.message_id for message in house.provider.asked)
    assert house.provider.copies() == {1: 100}
    assert house.promises() == {"kept": 100}
    return (
        f"100 mails, a fifth of all attempts answered 451: {len(house.provider.asked)} attempts "
        f"(at most {max(attempts.values())} for one), 100 people got 1 each"
    )
