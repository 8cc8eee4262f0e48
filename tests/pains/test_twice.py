"""The same message twice: whatever restarts, doubles or is merged, people hear it once."""

from __future__ import annotations

import shutil
from collections import Counter
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest

from regard.broadcasts import started
from regard.core.errors import Fenced, Refused
from regard.core.ports import Message
from regard.core.rows import Accepted
from regard.delivery.outcomes import CRASHES_MAX
from regard.runtime.previews import preview
from regard.store import MemoryStore, SqliteStore, open_store
from tests.pains.house import (
    DAY,
    HOUR,
    MINUTE,
    RECEIPT,
    REMINDER,
    SECOND,
    SERVICE,
    Deed,
    House,
    Provider,
    company,
    engagement,
    newsletter,
)
from tests.pains.scenario import scenario
from tests.pains.server import Server, run


def receipts() -> dict[str, str]:
    return {"promises/receipt.yaml": RECEIPT, **SERVICE}


def reminders() -> dict[str, str]:
    return {"promises/receipt.yaml": REMINDER, **SERVICE}


def names(count: int) -> list[str]:
    return [f"guest{number}" for number in range(count)]


@scenario(
    "the 2:30 resume",
    threads=("knadh/listmonk#2070", "knadh/listmonk#2313"),
    elsewhere="pause and resume, or a provider that disconnects, restarts a broadcast from the "
    "top: a third got nothing, two thirds got three copies",
    here="Whom a broadcast has reached is a line of the journal with a key of its own, so there is "
    "no top to start from: each person is reached once.",
    also=(
        "tests/audit/test_kill.py::test_nothing_acknowledged_is_lost_when_the_process_is_killed",
    ),
)
def test_the_230_resume() -> str:
    house = House(company(newsletter(pace_per_s=10)))
    house.readers(90)
    house.broadcast("spring")
    house.wait(3 * SECOND)
    house.broadcast("spring", "pause")
    at_pause = len(house.provider.got)
    house.wait(2 * HOUR + 30 * MINUTE)
    assert len(house.provider.got) == at_pause
    house.broadcast("spring", "resume")
    house.provider.deed = lambda _message: "try_again"
    house.wait(2 * SECOND)
    house.broadcast("spring", "pause")
    house = house.next_process()
    house.provider.deed = lambda _message: "sent"
    house.broadcast("spring", "resume")
    house.wait(DAY)
    assert house.provider.copies() == {1: 90}
    return (
        f"90 people, paused after {at_pause}, resumed 2:30 hours later, disconnected, paused, "
        f"restarted and resumed: {house.provider.copies()[1]} people got 1 copy, 0 got none"
    )


@scenario(
    "the same second",
    threads=("mautic/mautic#3669", "parcelvoy/platform"),
    elsewhere="two workers start together and both send; one tool tests 'sent?' before its lock",
    here="One writer claims, and journals each claim, before anything is handed over; a second "
    "process takes the fence, and whoever lost it writes and sends nothing more.",
    also=(
        "tests/audit/test_two_processes.py::test_a_second_server_is_refused_and_the_first_goes_on",
        "tests/store/test_registers.py::test_claimed_message_is_claimed_once",
    ),
)
def test_the_same_second() -> str:
    provider = Provider()

    async def orders(server: Server) -> None:
        guests = names(40)
        known = [{"identify": {"email": f"{n}@example.com"}, "user_id": n} for n in guests]
        orders = [
            {"event": "Order Placed", "user_id": n, "properties": {"number": n}} for n in guests
        ]
        await server.post(*known, *orders)
        await server.got(40)

    run(company(receipts()), MemoryStore(), orders, provider=provider, workers=2)
    assert provider.copies() == {1: 40}
    with TemporaryDirectory() as folder:
        first = House(company(reminders()), store=SqliteStore(f"{folder}/regard.db"))
        first.crowd(20, "Order Placed")
        second = first.next_process(SqliteStore(f"{folder}/regard.db"))
        with pytest.raises(Fenced):
            first.wait(DAY)
        assert not first.provider.asked
        second.wait(DAY)
        assert second.provider.copies() == {1: 20}
        second.store.close()
        first.store.close()
    return (
        "2 workers, 40 messages of one second: 40 people got 1 each; 2 processes on one file, "
        "20 due in one second: the first is fenced and sends 0, the second 20"
    )


@scenario(
    "the poisoned batch",
    threads=("mautic/mautic#7226",),
    elsewhere="one rejected address leaves the others unmarked, so they are mailed for ever",
    here="A batch is only how messages are claimed: each has an outcome of its own, and a refused "
    "one is over.",
    also=(
        "tests/audit/test_mail_trouble.py::test_a_poisoned_address_is_refused_and_holds_up_nobody",
    ),
)
def test_the_poisoned_batch() -> str:
    deeds: dict[str, Deed] = {"guest3@example.com": "refused", "guest7@example.com": "raises"}
    provider = Provider(lambda message: deeds.get(message.address, "sent"))
    house = House(company(newsletter()), provider=provider)
    house.readers(30)
    house.broadcast("spring")
    house.wait(30 * DAY)
    asked = Counter(message.address for message in provider.asked)
    refused, broken = asked["guest3@example.com"], asked["guest7@example.com"]
    assert provider.copies() == {1: 28}
    assert (refused, broken) == (1, CRASHES_MAX)
    return (
        f"30 in one batch, one address refused for good, one hand-over that breaks each time: 28 "
        f"people got 1 copy in 30 days; the refused one was tried {refused} time, the broken one "
        f"{broken} times and set aside as a dead letter"
    )


@scenario(
    "accepted, then timed out",
    threads=("Dittofeed",),
    elsewhere="the provider took the message, the answer was lost, the retry sent it again, "
    "without a key by which the provider could tell",
    here="The outcome is *unknown*, a state of its own: sent again under the same key, or asked "
    "about, as the engagement says (`if_unknown`); a receipt that comes first settles it.",
    also=(
        "tests/audit/test_mail_trouble.py::test_a_connection_dropped_after_the_content_is_told_and_sent_again",
        "tests/channels/test_smtp.py::test_a_lost_answer_to_the_content_is_unknown",
    ),
)
def test_accepted_then_timed_out() -> str:
    def lost_at_first(message: Message) -> Deed:
        return "lost" if message.attempt == 1 else "sent"

    again = House(company(receipts()), provider=Provider(lost_at_first))
    again.crowd(1, "Order Placed")
    again.wait(DAY)
    keys = {message.message_id for message in again.provider.asked}
    assert (len(again.provider.asked), len(keys)) == (2, 1)

    told = House(company(receipts()), provider=Provider(lost_at_first))
    told.crowd(1, "Order Placed")
    facts = {"message_id": told.provider.got[0].message_id, "address": "guest0@example.com"}
    told.take("mail", {"event": "Email Delivered", "user_id": "guest0", "properties": facts})
    told.wait(DAY)
    assert len(told.provider.asked) == 1

    careful = "purpose: travel\nclass: service\nchannels: [email]\nif_unknown: ask"
    files = {**receipts(), **engagement("receipt", careful)}
    asked = House(company(files), provider=Provider(lost_at_first))
    asked.crowd(1, "Order Placed")
    asked.wait(30 * DAY)
    assert len(asked.provider.asked) == 1
    assert asked.messages() == {"unknown": 1}
    return (
        f"`resend`: {len(again.provider.asked)} attempts under {len(keys)} key; its receipt came "
        f"first: {len(told.provider.asked)} attempt; `ask`: {len(asked.provider.asked)} attempt, "
        "still told as unknown after 30 days"
    )


@scenario(
    "two records, one address",
    threads=("PostHog/posthog#69305", "mautic/mautic#15834"),
    elsewhere="one human under two records gets the newsletter twice; the preview over-counts",
    here="Records that evidence connects are one person; of persons who share an address one gets "
    "a broadcast. The preview is a dry run of the same gate.",
    also=(
        "tests/decisions/test_caps.py::test_two_records_of_one_human_are_sent_a_broadcast_once",
        "tests/promises/test_making.py::test_two_records_of_one_human_are_reminded_once",
        "tests/audit/test_once.py::test_concurrent_devices_with_one_address_are_one_person",
    ),
)
def test_two_records_one_address() -> str:
    house = House(company(newsletter()))
    records: tuple[dict[str, Any], ...] = (
        {"user_id": "ada", "traits": {"email": "ada@example.com"}},
        {"anonymous_id": "laptop", "traits": {"email": " Ada@Example.com"}},
        {"user_id": "shop-17", "traits": {"email": "bruno@example.com"}},
        {"user_id": "crm-4711", "traits": {"email": "BRUNO@example.com"}},
        {"user_id": "chen", "traits": {"email": "chen@example.com"}},
    )
    for record in records:
        house.event("Consent Granted", record, purpose="offers", channel="*")
    now, broadcast = house.clock.now(), house.program.broadcasts["spring"]
    start = started(broadcast, house.program, now, "")
    outlook = preview(house.store, house.ledger.kernel, house.program, start, now)
    with house.store.reading() as reading:
        persons = reading.count_persons()
    house.broadcast("spring")
    house.wait(DAY)
    assert (persons, outlook.sent) == (4, 3)
    assert house.provider.copies() == {1: 3}
    return (
        f"{len(records)} records of 3 people, {persons} persons as far as evidence goes: the "
        f"preview says {outlook.sent}, {len(house.provider.got)} addresses got 1 copy each"
    )


WELCOME = """
id: welcome
start: {event: Signed Up}
reentry: never
steps: [{id: hello, offer: receipt}, {id: pause, wait: 1 hour}]
"""


@scenario(
    "four times through a once-only journey",
    threads=("parcelvoy/platform#462",),
    elsewhere="people went up to four times through a journey that is entered once; hundreds "
    "unsubscribed",
    here="Re-entry is decided on the person's own runs, in the same transaction; runs of two "
    "records that turn out to be one human are joined.",
    also=(
        "tests/journeys/test_walking.py::test_reentry",
        "tests/journeys/test_walking.py::test_two_records_of_one_human_walk_once",
    ),
)
def test_four_times_through_a_once_only_journey() -> str:
    house = House(company({"journeys/welcome.yaml": WELCOME, **SERVICE}))
    house.meet("ada")
    for _ in range(2):
        house.event("Signed Up", "ada")
    house.wait(2 * HOUR)
    house.event("Signed Up", "ada")
    house = house.next_process()
    house.event("Signed Up", {"identifiers": {"email": "ada@example.com"}})
    house.wait(DAY)
    sign_ups, runs = house.lives("ada").count("Signed Up"), house.person("ada").runs
    assert (sign_ups, len(runs)) == (4, 1)
    assert house.provider.copies() == {1: 1}
    return (
        f"{sign_ups} sign-ups (at once, after its end, after a restart, under another "
        f"identifier): {len(runs)} run, {len(house.provider.got)} message"
    )


@scenario(
    "the restored snapshot",
    threads=("knadh/listmonk#1801",),
    elsewhere="a second server on a restored copy of the database sends everything again",
    here="A store knows which file it is: a copy is refused for writing until somebody says that "
    "the original will never run again, and even then it sends under the same keys.",
    also=("tests/store/test_copied.py::test_a_copy_is_refused_until_it_is_adopted",),
)
def test_the_restored_snapshot() -> str:
    with TemporaryDirectory() as folder:
        path, copy = Path(folder, "regard.db"), Path(folder, "restored.db")
        evening = House(company(reminders()), store=open_store(str(path)))
        evening.crowd(12, "Order Placed")
        evening.store.close()
        shutil.copy(path, copy)
        day = evening.next_process(open_store(str(path)))
        day.wait(DAY)
        day.store.close()
        assert day.provider.copies() == {1: 12}
        with pytest.raises(Refused) as refused:
            open_store(str(copy))
        assert refused.value.code == "copied_store"
        adopted = day.next_process(open_store(str(copy), adopt=True))
        adopted.wait(DAY)
        adopted.store.close()
        keys = {message.message_id for message in adopted.provider.got}
        assert (adopted.provider.copies(), len(keys)) == ({2: 12}, 12)
    return (
        "12 messages sent after the snapshot; its copy is refused and sends 0; adopted all the "
        f"same, it says these 12 again, under the same {len(keys)} keys"
    )


SURVEY = """
id: survey
start: {event: Agent Replied}
reentry: always
steps: [{id: ask, offer: receipt}]
"""


@scenario(
    "the doubled hook",
    threads=("chatwoot/chatwoot#9314", "chatwoot/chatwoot#11901"),
    elsewhere="a weak line posts the agent's reply twice",
    here="A message id is remembered for as long as its event is kept, not for a day; without one "
    "it is made of the content, so an unchanged retry is the same event.",
    also=(
        "tests/audit/test_once.py::test_the_same_event_three_times_is_one_message",
        "tests/channels/test_webhook.py::test_the_same_notice_twice_is_one_receipt",
    ),
)
def test_the_doubled_hook() -> str:
    house = House(company({"journeys/survey.yaml": SURVEY, **SERVICE}))
    house.meet("ada", "bruno")
    named = {"id": "reply-1", "event": "Agent Replied", "user_id": "ada"}
    unnamed = {"event": "Agent Replied", "user_id": "bruno", "at": "2026-03-02T08:59:00Z"}
    answers = [house.take("desk", item) for item in (named, named, unnamed, unnamed)]
    house = house.next_process()
    house.wait(400 * DAY)
    answers += [house.take("desk", item) for item in (named, unnamed)]
    taken = [a for a in answers if isinstance(a, Accepted) and not a.is_duplicate]
    replies = house.lives("ada") + house.lives("bruno")
    assert len(taken) == replies.count("Agent Replied") == 2
    assert house.provider.copies() == {1: 2}
    return (
        f"2 replies posted {len(answers)} times, the last time after a restart and 400 days: "
        f"{len(taken)} events, {len(house.provider.got)} messages"
    )
