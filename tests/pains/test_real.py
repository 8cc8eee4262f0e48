"""The same scenarios over real adapters and servers: mail, text messages, web push, webhooks.

Duplicates, lost, consent and timing. The servers misbehave as told; only time is virtual.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from contextlib import closing
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from regard.core.ports import Message
from tests.pains.ends import ENDS, RealHouse
from tests.pains.house import (
    COMPANY,
    DAY,
    HOUR,
    MINUTE,
    RECEIPT,
    SECOND,
    SERVICE,
    Deed,
    ProcessDiedError,
    Provider,
    company,
    engagement,
    newsletter,
)
from tests.pains.scenario import scenario
from tests.pains.test_late import GATE, dying_at
from tests.pains.test_timing import OFFER, ONE_A_DAY, QUIET, agree, offer_on

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
    "fetched is not sent, over real adapters",
    threads=("knadh/listmonk#3022",),
    elsewhere="the checkpoint moves when a batch is fetched; a restart silently skips people",
    here="What a dead process had in hand is told as unknown: asked about, left to a human "
    "(`if_unknown: ask`), or said again under its key, as the engagement says.",
    also=(
        "tests/audit/test_kill.py::test_twenty_kills_at_random_moments_lose_nothing",
        "tests/audit/test_once.py::test_the_same_event_three_times_is_one_message",
    ),
)
def test_fetched_is_not_sent_over_real_adapters() -> str:
    def play(kind: str, if_unknown: str) -> tuple[Counter[int], dict[str, int]]:
        files = newsletter()
        files["engagements/spring/engagement.yaml"] += f"\nif_unknown: {if_unknown}"
        house = RealHouse(kind, company(files), dying_at(4))
        house.readers(10)
        try:
            house.broadcast("spring")
        except ProcessDiedError:
            house.clock.advance(10 * MINUTE)
            house = house.opened_again()
        with closing(house):
            for _ in range(3):
                house.wait(10 * MINUTE)
                house.ask()
            house.wait(3 * DAY)
            house.assert_books_balance()
            assert len(house.outcomes("unknown")) == 7, kind
            return house.provider.copies(), house.messages()

    resent = {kind: play(kind, "resend") for kind in ENDS}
    once, twice = (Counter({1: 10}), {"sent": 10}), (Counter({1: 9, 2: 1}), {"sent": 10})
    assert resent == {"smtp": twice, "sms": once, "push": once, "webhook": once}
    asked = {kind: play(kind, "ask") for kind in ENDS}
    told = (Counter({1: 4}), {"sent": 3, "unknown": 7})
    assert asked == {"smtp": told, "sms": once, "push": told, "webhook": told}
    return (
        f"{OVER}, 10 in hand, the process dies in the 4th hand-over. `resend`: all 10 get it, 1 by "
        "mail twice under one Message-ID, nobody twice on the others. `ask`: the SMS service has 4 "
        "and gets the other 6; elsewhere 3 are sent and 7 told as unknown, 1 of which arrived"
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


VIENNA = ZoneInfo("Europe/Vienna")


def until(house: RealHouse, hour: int, minute: int = 0) -> None:
    """Let time pass to the next moment at which clocks in Vienna show this."""
    now = house.clock.now().astimezone(VIENNA)
    then = now.replace(hour=hour, minute=minute, second=0, microsecond=0)
    house.wait((then if then > now else then + DAY) - now)


def handed(house: RealHouse) -> list[datetime]:
    """Return when something was handed over, in Vienna."""
    return [at.astimezone(VIENNA) for at, _ in house.outcomes("sent")]


@scenario(
    "no quiet for what comes again, over real adapters",
    threads=("documented by Adobe",),
    elsewhere="quiet hours are asked when a message is made; what the provider put off goes out "
    "in the night",
    here="Quiet hours are asked at every hand-over: what was put off until the night waits for "
    "the morning, and what may have arrived already keeps its id.",
)
def test_no_quiet_for_what_comes_again_over_real_adapters() -> str:
    files = {"policies.yaml": QUIET, **offer_on("Offer Due", "offer")}
    files |= engagement("offer", f"{OFFER}\nif_unknown: ask")
    files["regard.toml"] = COMPANY.replace("[channels.email]", "[channels.email]\ndisturbs = true")

    def play(kind: str, deed: Deed) -> tuple[str, ...]:
        provider = Provider(lambda _message: deed)
        with closing(RealHouse(kind, company(files), provider)) as house:
            until(house, 20, 58)
            for number in range(5):
                house.meet(f"guest{number}", time_zone="Europe/Vienna")
                agree(house, f"guest{number}")
                house.event("Offer Due", f"guest{number}")
            until(house, 21)
            assert len(provider.asked) >= 5, kind
            before = len(provider.asked)
            provider.deed = lambda _message: "sent"
            until(house, 7, 59)
            assert len(provider.asked) == before, kind
            until(house, 12)
            assert provider.copies() == {1: 5}, (kind, deed)
            if deed != "lost":
                assert all(at.hour >= 8 for at in handed(house)), kind
            house.assert_books_balance()
            return (kind,)

    count = len(over_all(lambda kind: play(kind, "try_again")))
    lost = len(over_all(lambda kind: play(kind, "lost")))
    return (
        f"{OVER}, 5 offers at 20:58, all put off by the provider past 21:00: on each of {count} "
        "channels nothing is tried until 8:00, then each person gets 1 copy; taken at 20:58 and "
        f"every answer lost: 1 copy as well ({lost} channels)"
    )


@scenario(
    "ten to midnight, ten past, over real adapters",
    threads=("documented by Braze",),
    elsewhere="a calendar-day cap lets two messages through; one whose answer was lost, or that "
    "was put off, is not counted at all",
    here="Windows roll, counted from each hand-over; what may have arrived counts as well.",
)
def test_ten_to_midnight_ten_past_over_real_adapters() -> str:
    files = {"policies.yaml": ONE_A_DAY, "promises/receipt.yaml": RECEIPT, **SERVICE}
    for event, name in (("Offer Due", "first"), ("Other Due", "second")):
        files |= offer_on(event, name) | engagement(name, f"{OFFER}\nif_unknown: ask")

    def at_first(message: Message) -> Deed:
        return "try_again" if message.attempt == 1 and message.engagement == "first" else "sent"

    def play(kind: str, deed: Callable[[Message], Deed]) -> tuple[str, ...]:
        provider = Provider(deed)
        with closing(RealHouse(kind, company(files), provider)) as house:
            until(house, 23, 50)
            for number in range(3):
                house.meet(f"guest{number}")
                agree(house, f"guest{number}")
                house.event("Offer Due", f"guest{number}")
            house.wait(20 * MINUTE)
            provider.deed = lambda _message: "sent"
            for number in range(3):
                house.event("Other Due", f"guest{number}")
                house.event("Order Placed", f"guest{number}", number=str(number))
            house.wait(15 * MINUTE)  # a channel of which nothing comes back rests for minutes
            assert sorted(_counts(provider)) == [("first", 3), ("receipt", 3)], kind
            house.wait(4 * DAY)
            assert sorted(_counts(provider)) == [("first", 3), ("receipt", 3), ("second", 3)], kind
            for address, moments in _offers(house).items():
                assert moments[1] - moments[0] >= DAY, (kind, address)
            return (kind,)

    count = len(over_all(lambda kind: play(kind, at_first)))
    lost = len(over_all(lambda kind: play(kind, lambda _message: "lost")))
    return (
        f"{OVER}, a cap of 1 in 24 hours, 3 people, offers at 23:50 and 00:10: on each of {count} "
        f"channels the second comes a day after the first was taken, also where that was put off, "
        f"and where its answer was lost ({lost} channels); 3 receipts wait for nothing"
    )


def _counts(provider: Provider) -> list[tuple[str, int]]:
    return [*Counter(message.engagement for message in provider.got).items()]


def _offers(house: RealHouse) -> dict[str, list[datetime]]:
    """Return by address when each offer may first have arrived there."""
    first: dict[tuple[str, str], datetime] = {}
    told = [
        (at, house.message(o.message_id))
        for kind in ("sent", "unknown", "try_again")
        for at, o in house.outcomes(kind)
        if kind != "try_again" or o.reason == "no_answer"
    ]
    for at, message in sorted(told, key=lambda one: one[0]):
        if message.engagement != "receipt":
            first.setdefault((message.address, message.engagement), at)
    found: dict[str, list[datetime]] = {}
    for (address, _), at in sorted(first.items(), key=lambda one: one[1]):
        found.setdefault(address, []).append(at)
    return found


@scenario(
    "the family phone, over real adapters",
    threads=("chatwoot/chatwoot#4728", "mautic/mautic#5504", "mautic/mautic#6947"),
    elsewhere="what several people have in common makes them one, or swallows what is meant for "
    "the others",
    here="An address that people share is each one's own for what concerns each, and gets a "
    "broadcast once.",
)
def test_the_family_phone_over_real_adapters() -> str:
    receipt = engagement(
        "receipt",
        "purpose: travel\nclass: service\nchannels: [email]",
        text="Order {{ facts.number }} is on its way.",
    )
    files = {"promises/receipt.yaml": RECEIPT, **receipt, **newsletter()}

    def play(kind: str) -> tuple[str, ...]:
        provider = Provider(_busy_at_first)
        with closing(RealHouse(kind, company(files), provider)) as house:
            family = [f"okafor{number}" for number in range(4)]
            for name in family:
                known = {"email": "family@example.com"}
                house.take("website", {"identify": known, "user_id": name})
                agree(house, name)
                house.event("Order Placed", name, number=name)
            house.wait(HOUR)
            assert len({house.person_id(name) for name in family}) == 4, kind
            said = Counter(message.text.split()[1] for message in provider.got)
            assert said == dict.fromkeys(family, 1), kind
            house.broadcast("spring")
            house.wait(DAY)
            assert Counter(m.engagement for m in provider.got) == {"receipt": 4, "spring": 1}, kind
            assert house.promises() == {"kept": 4}, kind
            house.assert_books_balance()
            return (kind,)

    count = len(over_all(play))
    return (
        f"{OVER}, 4 people of one address, each message put off once: on each of {count} channels "
        "4 persons, each with the receipt of their own order, and 1 copy of the newsletter"
    )


@scenario(
    "the 2:30 resume, over real adapters",
    threads=("knadh/listmonk#2070", "knadh/listmonk#2313"),
    elsewhere="a provider that disconnects restarts a broadcast from the top",
    here="Each person is reached once; what the broken connection left unsaid is tried again or "
    "told as unknown, by what the protocol can promise.",
)
def test_the_230_resume_over_real_adapters() -> str:
    def play(kind: str) -> tuple[str, ...]:
        provider = Provider()
        with closing(RealHouse(kind, company(newsletter(pace_per_s=10)), provider)) as house:
            house.readers(30)
            house.broadcast("spring")
            house.wait(SECOND)
            house.broadcast("spring", "pause")
            at_pause = len(provider.got)
            assert 0 < at_pause < 30, kind
            house.wait(2 * HOUR + 30 * MINUTE)
            assert len(provider.got) == at_pause, kind
            provider.deed = lambda _message: "try_again"
            house.broadcast("spring", "resume")
            house.wait(timedelta(seconds=2))
            house.wire.cut()
            provider.deed = lambda _message: "sent"
            house.wait(DAY)
            assert provider.copies() == {1: 30}, kind
            assert house.messages() == {"sent": 30}, kind
            return (kind,)

    count = len(over_all(play))
    return (
        f"{OVER}, 30 people, paused, resumed 2:30 hours later into a provider that takes nothing "
        f"and then drops every connection: on each of {count} channels all 30 got 1 copy"
    )
