"""The same scenarios on pages: the feed over HTTP and its stream.

A feed has no provider that refuses or forgets; what goes wrong there is that a process dies, a
stream breaks, a page looks hours later, a mark comes twice, or somebody else sits at the browser.
"""

from __future__ import annotations

from collections import Counter
from contextlib import closing

import httpx

from tests.pains.house import DAY, HOUR, MINUTE, RECEIPT, SECOND, ProcessDiedError, company
from tests.pains.house import engagement as spoken
from tests.pains.house import newsletter as mailed
from tests.pains.pages import SITE, PageHouse, proof
from tests.pains.scenario import scenario
from tests.pains.test_late import GATE, dying_at
from tests.pains.test_real import until
from tests.pains.test_timing import OFFER, ONE_A_DAY, agree, offer_on

BROWSER = "0d9f8b6e-2b1c-4f57-9d0e-5a1f6f3f9c01"
"""The anonymous id that an SDK keeps in a browser."""


def on_pages(*parts: dict[str, str]) -> dict[str, str]:
    """Return files of scenarios whose engagements speak on pages instead of by mail."""
    files = {"regard.toml": SITE}
    for part in parts:
        files |= {n: t.replace("channels: [email]", "channels: [feed]") for n, t in part.items()}
    return files


SEEN = RECEIPT + "kept_by: {receipt: delivered}\n"
"""A promise that is kept when somebody saw it: `promises/receipt.yaml`."""

SERVICE = spoken("receipt", "purpose: travel\nclass: service\nchannels: [feed]")


@scenario(
    "fetched is not sent, on pages",
    threads=("knadh/listmonk#3022", "Dittofeed"),
    elsewhere="a process that dies in a hand-over skips the message, or says it again",
    here="What lies on a page is read from the outbox, so what nobody can tell of lies there too, "
    "and what is laid down again is the same message.",
    also=("tests/channels/test_browser.py::test_a_message_arrives_is_read_and_is_seen_elsewhere",),
)
def test_fetched_is_not_sent_on_pages() -> str:
    house = PageHouse(company(on_pages(mailed())), dying_at(8))
    names = [f"guest{number}" for number in range(20)]
    house.readers(20)
    deaths = 0
    try:
        house.broadcast("spring")
    except ProcessDiedError:
        deaths = 1
        house.clock.advance(10 * MINUTE)
        house = house.opened_again()
    with closing(house):
        house.wait(DAY)
        shown = Counter(map(len, house.signed_in(*names).values()))
        unknown = len(house.outcomes("unknown"))
        assert (deaths, shown, house.messages()) == (1, {1: 20}, {"sent": 20})
        assert len(house.provider.asked) == 21
        house.assert_books_balance()
    return (
        f"20 readers, the process dies in the 8th hand-over: {unknown} told as unknown, then each "
        "of the 20 sees it once, also who had it laid down twice"
    )


@scenario(
    "the doubled hook, on pages",
    threads=("chatwoot/chatwoot#9314", "chatwoot/chatwoot#11901"),
    elsewhere="a weak line shows the message twice, or counts the look twice",
    here="A stream that comes again tells all that lies there, not what is new; a mark has the id "
    "of its message, so it counts once.",
)
def test_the_doubled_hook_on_pages() -> str:
    files = on_pages({"promises/receipt.yaml": SEEN}, SERVICE)
    with closing(PageHouse(company(files))) as house:
        house.meet("ada")
        house.event("Order Placed", "ada", number="1")
        with house.page(**proof("ada")) as phone, house.page(**proof("ada")) as laptop:
            for _ in range(3):  # in and out of the tunnel
                phone.listen()
            assert phone.titles == laptop.titles == ["receipt"]
            for _ in range(3):
                phone.tell("seen")
            laptop.next()
            assert [item["is_seen"] for item in laptop.items] == [True]
            for page in (laptop, phone):
                page.tell("dismissed")
            laptop.next()
            assert laptop.items == []
        told = Counter(house.lives("ada"))
        assert (told["Message Opened"], told["Message Dismissed"]) == (1, 1)
        house.wait(2 * HOUR)
        assert house.promises() == {"kept": 1}
    return (
        "1 message on a phone whose stream breaks 3 times and on a laptop: shown once on each; "
        "seen told 3 times and dismissed from both: 1 of each counted, the laptop knows at once"
    )


@scenario(
    "sent hours after its moment, on pages",
    threads=("knadh/listmonk#1801",),
    elsewhere="after an outage, messages past their use still go out",
    here="What is past its use is not shown any more, and a promise that must reach eyes "
    "(`receipt: delivered`) says that it did not.",
)
def test_sent_hours_after_its_moment_on_pages() -> str:
    gate = dict(GATE)
    gate["promises/gate.yaml"] += "kept_by: {receipt: delivered}\n"
    patient = SEEN.replace("1 hour", "12 hours")
    files = on_pages(gate, {"promises/receipt.yaml": patient}, SERVICE)
    with closing(PageHouse(company(files))) as house:
        departs_at = (house.clock.now() + HOUR).isoformat()
        names = [f"guest{number}" for number in range(6)]
        house.crowd(6, "Order Placed")
        house.crowd(6, "Gate Changed", departs_at=departs_at)
        with house.page(**proof("guest0")) as page:
            assert sorted(page.titles) == ["gate", "receipt"]
            page.tell("seen")
        house.wait(3 * HOUR)  # nobody else had a page open
        assert set(map(tuple, house.signed_in(*names).values())) == {("receipt",)}
        for name in names[1:]:
            with house.page(**proof(name)) as page:
                page.tell("seen")
        house.wait(DAY)
        states = Counter((row.engagement, row.state) for row in house.outbox())
        assert states == {
            ("receipt", "delivered"): 6,
            ("gate", "delivered"): 1,
            ("gate", "sent"): 5,
        }
        assert house.promises()["kept"] == 7
        assert house.cases() == 5
    return (
        "6 people, 2 messages each, 5 look only 3 hours later: what was of use for 1 hour is not "
        "shown to them, 5 cases for the desk; what is still of use they see, 7 promises are kept"
    )


@scenario(
    "two days after unsubscribe, on pages",
    threads=("parcelvoy/platform#442",),
    elsewhere="an offer that lies in the in-app inbox is shown to who has objected since",
    here="To show is to say: what lies there is asked for consent at every look, and an open page "
    "drops it at once.",
)
def test_two_days_after_unsubscribe_on_pages() -> str:
    with closing(PageHouse(company(on_pages(mailed())))) as house:
        names = [f"guest{number}" for number in range(6)]
        house.readers(6)
        house.broadcast("spring")
        assert house.signed_in(*names) == {name: ["spring"] for name in names}
        with house.page(**proof("guest0")) as page:
            house.event("Unsubscribed", "guest0", purpose="offers", channel="*")
            page.next()
            assert page.items == []
        for name in names[1:3]:
            house.event("Consent Withdrawn", name, purpose="offers")
        house.wait(2 * DAY)
        seen = house.signed_in(*names)
        assert [len(seen[name]) for name in names] == [0, 0, 0, 1, 1, 1]
    return (
        "6 offers lie unread, 3 people object, 1 of them with the page open: it is gone there at "
        "once, the 3 never see it again, the others still do"
    )


@scenario(
    "ten to midnight, ten past, on pages",
    threads=("documented by Braze",),
    elsewhere="a calendar-day cap lets two messages through",
    here="A message on a page is a touch like others: windows roll, and receipts wait for nothing.",
)
def test_ten_to_midnight_ten_past_on_pages() -> str:
    files = on_pages(
        {"policies.yaml": ONE_A_DAY, "promises/receipt.yaml": RECEIPT},
        SERVICE,
        *(
            offer_on(event, name) | spoken(name, OFFER)
            for event, name in (("Offer Due", "first"), ("Other Due", "second"))
        ),
    )
    with closing(PageHouse(company(files))) as house:
        until(house, 23, 50)
        house.meet("ada")
        agree(house, "ada")
        house.event("Offer Due", "ada")
        house.event("Order Placed", "ada", number="1")
        house.wait(20 * MINUTE)
        house.event("Other Due", "ada")
        at_night = house.signed_in("ada")["ada"]
        until(house, 23, 49)
        the_next_day = house.signed_in("ada")["ada"]
        house.wait(2 * MINUTE)
        a_day_later = house.signed_in("ada")["ada"]
        assert sorted(at_night) == sorted(the_next_day) == ["first", "receipt"]
        assert sorted(a_day_later) == ["first", "receipt", "second"]
    return (
        "a cap of 1 in 24 hours, an offer and an order at 23:50, an offer at 00:10: the page shows "
        "the first and the receipt, the second from 23:50 of the next evening"
    )


@scenario(
    "the borrowed laptop, on pages",
    threads=("mautic/mautic#4211",),
    elsewhere="who sits at the browser next sees what lies for who sat there before",
    here="A person's messages open to who proves to be them; a browser alone opens only what lies "
    "for somebody nobody knows.",
    also=("tests/channels/test_browser.py::test_who_is_signed_in_is_proven_by_a_hash",),
)
def test_the_borrowed_laptop_on_pages() -> str:
    files = on_pages({"promises/receipt.yaml": RECEIPT}, SERVICE)
    with closing(PageHouse(company(files))) as house:
        house.event("Order Placed", {"anonymous_id": BROWSER}, number="0")
        with house.page(anonymousId=BROWSER) as page:
            before = page.titles
        for name in ("ada", "bruno"):
            known = {"identify": {"email": f"{name}@example.com"}, "user_id": name}
            house.take("website", {**known, "anonymous_id": BROWSER})
            house.event("Order Placed", {"user_id": name, "anonymous_id": BROWSER}, number=name)
        with house.page(anonymousId=BROWSER) as page:
            after = page.titles
        lying = {name: len(titles) for name, titles in house.signed_in("ada", "bruno").items()}
        forged = {**proof("ada"), "userId": "bruno", "key": "skylark-website"}
        refused = httpx.get(f"{house.home}/v1/feed", params=forged, trust_env=False)
        assert (before, after, refused.status_code) == (["receipt"], [], 401)
        assert lying == {"ada": 2, "bruno": 1}
    return (
        "1 laptop, an order before any login, then Ada, then Bruno: it shows the 1 message while "
        "nobody is known and none afterwards; Ada sees her 2, Bruno his 1, a wrong proof nothing"
    )


@scenario(
    "the 2:30 resume, on pages",
    threads=("knadh/listmonk#2070", "knadh/listmonk#2313"),
    elsewhere="pause and resume restarts a broadcast from the top",
    here="Each person is reached once, and what lies there survives the server.",
)
def test_the_230_resume_on_pages() -> str:
    names = [f"guest{number}" for number in range(30)]
    house = PageHouse(company(on_pages(mailed(pace_per_s=10))))
    house.readers(30)
    house.broadcast("spring")
    house.wait(SECOND)
    house.broadcast("spring", "pause")
    at_pause = Counter(map(len, house.signed_in(*names).values()))
    assert 0 < at_pause[1] < 30
    house.wait(2 * HOUR + 30 * MINUTE)
    house = house.opened_again()
    with closing(house):
        assert Counter(map(len, house.signed_in(*names).values())) == at_pause
        house.broadcast("spring", "resume")
        house.wait(DAY)
        assert Counter(map(len, house.signed_in(*names).values())) == {1: 30}
        assert house.messages() == {"sent": 30}
    return (
        "30 readers, paused, the server restarted, resumed 2:30 hours later: all 30 pages show 1 "
        "message"
    )
