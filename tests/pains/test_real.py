"""The same scenarios over real adapters and servers: mail, text messages, web push, webhooks.

Duplicates, lost, consent and timing. The servers misbehave as told; only time is virtual.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from contextlib import closing

from regard.core.ports import Message
from tests.pains.ends import ENDS, RealHouse
from tests.pains.house import (
    DAY,
    HOUR,
    RECEIPT,
    SERVICE,
    Deed,
    Provider,
    company,
    engagement,
    newsletter,
)
from tests.pains.scenario import scenario
from tests.pains.test_late import GATE

PLAY = Callable[[str], tuple[str, ...]]
OVER = "SMTP, SMS, web push and signed webhooks"


def over_all(play: PLAY) -> list[tuple[str, ...]]:
    """Play a scenario over every real channel; return what each came to."""
    return [play(kind) for kind in ENDS]


@scenario(
    "accepted, then timed out, over real adapters",
    threads=("Dittofeed",),
    elsewhere="the provider took the message, the answer was lost, the retry sent it again",
    here="Unknown is asked about where the provider can be asked; where it cannot, `ask` sends "
    "nothing again by itself; where a double is known by its key, it is sent again under it.",
    also=("tests/channels/test_sms.py::test_an_answer_that_was_lost_is_found_at_the_provider",),
)
def test_accepted_then_timed_out_over_real_adapters() -> str:
    careful = "purpose: travel\nclass: service\nchannels: [email]\nif_unknown: ask"
    files = {"promises/receipt.yaml": RECEIPT, **engagement("receipt", careful)}

    def play(kind: str) -> tuple[str, ...]:
        with closing(RealHouse(kind, company(files), Provider(lambda _m: "lost"))) as house:
            house.crowd(5, "Order Placed")
            house.wait(3 * DAY)
            assert house.provider.copies() == {1: 5}, kind
            return tuple(house.messages())

    states = dict(zip(ENDS, over_all(play), strict=True))
    assert states == {
        "smtp": ("unknown",),
        "sms": ("sent",),
        "push": ("dead",),
        "webhook": ("dead",),
    }
    return (
        f"{OVER}, 5 messages each, taken and every answer lost: all 20 people see 1 copy; the SMS "
        "service was asked and had its 5, the 5 by mail are told as unknown, pushes replace one "
        "another and webhooks bear one id until they are given up"
    )


@scenario(
    "the poisoned batch, over real adapters",
    threads=("mautic/mautic#7226",),
    elsewhere="one rejected address leaves the others unmarked, so they are mailed for ever",
    here="Each message has an outcome of its own, whichever protocol said no.",
)
def test_the_poisoned_batch_over_real_adapters() -> str:
    deeds: dict[str, Deed] = {"guest3@example.com": "refused", "guest7@example.com": "try_again"}

    def play(kind: str) -> tuple[str, ...]:
        provider = Provider(lambda message: deeds.get(message.address, "sent"))
        with closing(RealHouse(kind, company(newsletter()), provider)) as house:
            house.readers(10)
            house.broadcast("spring")
            house.wait(30 * DAY)
            asked = Counter(message.address for message in provider.asked)
            assert provider.copies() == {1: 8}, kind
            assert asked["guest3@example.com"] == 1, kind
            assert house.messages() == {"sent": 8, "refused": 1, "dead": 1}, kind
            return (kind,)

    count = len(over_all(play))
    return (
        f"{OVER}, 10 in one batch, 1 refused and 1 never taken: on each of {count} channels 8 "
        "people got 1 copy, the refused one was tried once, the other ends as a dead letter"
    )


@scenario(
    "sent hours after its moment, over real adapters",
    threads=("knadh/listmonk#1801",),
    elsewhere="after an outage, messages past their use still go out",
    here="Usefulness is asked right before the hand-over; the promise of what is past it says so.",
)
def test_sent_hours_after_its_moment_over_real_adapters() -> str:
    patient = RECEIPT.replace("1 hour", "12 hours")
    files = {**GATE, "promises/receipt.yaml": patient, **SERVICE}

    def play(kind: str) -> tuple[str, ...]:
        provider = Provider(lambda _message: "try_again")
        with closing(RealHouse(kind, company(files), provider)) as house:
            departs_at = (house.clock.now() + HOUR).isoformat()
            house.crowd(5, "Order Placed")
            house.crowd(5, "Gate Changed", departs_at=departs_at)
            house.wait(3 * HOUR)
            provider.deed = lambda _message: "sent"
            house.wait(DAY)
            assert Counter(m.engagement for m in provider.got) == {"receipt": 5}, kind
            assert house.messages() == {"sent": 5, "withdrawn": 5}, kind
            assert {o.reason for _, o in house.outcomes("withdrawn")} == {"past_use"}
            promises = house.promises()
            assert promises["kept"] == 5
            assert "expected" not in promises
            house.assert_books_balance()
            return (kind,)

    count = len(over_all(play))
    return (
        f"{OVER}, each down for 3 hours with 10 messages waiting: on each of {count} channels the "
        "5 past their use are not sent and their promises say so, the 5 still useful arrive and "
        "their promises are kept"
    )


@scenario(
    "two days after unsubscribe, over real adapters",
    threads=("parcelvoy/platform#442",),
    elsewhere="journeys skipped the check that broadcasts make",
    here="The rules are asked again right before every hand-over, each retry included.",
)
def test_two_days_after_unsubscribe_over_real_adapters() -> str:
    def play(kind: str) -> tuple[str, ...]:
        provider = Provider(_busy_at_first)
        with closing(RealHouse(kind, company(newsletter()), provider)) as house:
            house.readers(6)
            house.broadcast("spring")
            for number in range(3):
                house.event("Unsubscribed", f"guest{number}", purpose="offers", channel="*")
            house.wait(2 * DAY)
            got = {message.address for message in provider.got}
            assert got == {f"guest{number}@example.com" for number in (3, 4, 5)}, kind
            assert house.messages() == {"sent": 3, "withdrawn": 3}, kind
            return (kind,)

    count = len(over_all(play))
    return (
        f"{OVER}, 6 messages put off by the provider, 3 people unsubscribe before the next "
        f"attempt: on each of {count} channels the 3 hear nothing, the others 1 copy"
    )


def _busy_at_first(message: Message) -> Deed:
    return "try_again" if message.attempt == 1 else "sent"
