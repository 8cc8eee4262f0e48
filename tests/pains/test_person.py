"""Wrong person: whose life is whose, whoever borrows, shares, races or never says a name."""

from __future__ import annotations

import asyncio
from collections import Counter
from itertools import permutations
from typing import Any

from regard.core.event import Identifier, IdentityAct, IdentityVerb
from regard.core.facts import IdentityShared, PersonsMerged
from regard.core.rows import Rejected
from regard.identity import draft_of
from regard.store import MemoryStore
from tests.pains.house import DAY, HOUR, RECEIPT, SERVICE, House, Provider, company, engagement
from tests.pains.scenario import scenario
from tests.pains.server import Server, run

Names = tuple[str, ...]


def _key(name: str) -> Identifier:
    kind, _, value = name.rpartition(":")
    return Identifier(kind or "user_id", value)


def on(device: str, user: str = "") -> dict[str, str]:
    return {"anonymous_id": device, **({"user_id": user} if user else {})}


@scenario(
    "the borrowed laptop",
    threads=("mautic/mautic#4211",),
    elsewhere="a second login on one browser hands Ada's history to Bruno",
    here="A device is held by whoever logged in last: a second known person starts a new session, "
    "and what was done before stays whose it was.",
    also=(
        "examples/airline/stories/borrowed_laptop.yaml",
        "tests/identity/test_wrong_person.py::test_borrowed_laptop_starts_a_new_session_and_merges_nobody",
    ),
)
def test_the_borrowed_laptop() -> str:
    house = House(company({}))
    for name, user in (
        ("Rome Viewed", ""),
        ("Ada In", "ada"),
        ("Lisbon Viewed", ""),
        ("Bruno In", "bruno"),
        ("Oslo Viewed", ""),
        ("Ada Back", "ada"),
        ("Paris Viewed", ""),
    ):
        house.event(name, on("laptop", user))
        house.wait(HOUR)
    ada, bruno = house.lives("ada"), house.lives("bruno")
    assert ada == ["Rome Viewed", "Ada In", "Lisbon Viewed", "Ada Back", "Paris Viewed"]
    assert bruno == ["Bruno In", "Oslo Viewed"]
    return (
        f"7 events on one laptop, 2 logins and back: {len(ada)} are Ada's, {len(bruno)} Bruno's, "
        "0 persons merged"
    )


@scenario(
    "the family phone",
    threads=("chatwoot/chatwoot#4728", "mautic/mautic#5504", "mautic/mautic#6947"),
    elsewhere="different people are merged through a shared address or number",
    here="What points at two known persons stops linking, and says so in the journal; it stays an "
    "address that each of them may be reached by.",
    also=(
        "examples/airline/stories/family_phone.yaml",
        "tests/identity/test_wrong_person.py::test_family_phone_links_nobody",
    ),
)
def test_the_family_phone() -> str:
    by_sms = engagement("receipt", "purpose: travel\nclass: service\nchannels: [sms]")
    house = House(company({"promises/receipt.yaml": RECEIPT, **by_sms}))
    family = [f"okafor{number}" for number in range(4)]
    house.meet(*family, phone="+436641234567")
    for name in family:
        house.event("Order Placed", name, number=name)
    house.event("Call Received", {"identifiers": {"phone": "+436641234567"}})
    persons = {house.person_id(name) for name in family}
    facts = [entry.body for entry in house.entries()]
    assert len(persons) == 4
    assert house.person_id("phone:+436641234567") not in persons
    assert not any(isinstance(fact, PersonsMerged) for fact in facts)
    assert sum(isinstance(fact, IdentityShared) for fact in facts) == 1
    assert Counter(m.person_id for m in house.provider.got) == dict.fromkeys(persons, 1)
    assert house.provider.copies() == {4: 1}
    assert [house.lives(name).count("Order Placed") for name in family] == [1, 1, 1, 1]
    return (
        f"4 people, 1 phone: {len(persons)} persons, 0 merges, each with 1 order and 1 SMS about "
        "it on that phone; a call from it is nobody's"
    )


WATCHED = """
id: second_look
start: {event: Offer Viewed}
reentry: never
steps: [{id: pause, wait: 1 day}, {id: ask, offer: receipt}]
"""


@scenario(
    "the vanished past",
    threads=("mautic/mautic#11527", "Laudspeaker"),
    elsewhere="identify throws the anonymous history away",
    here="Events hang on identities, and a login is evidence that two of them are one person: "
    "timeline, counts and journeys of the anonymous past go on as theirs.",
    also=(
        "examples/airline/stories/anonymous_caller.yaml",
        "tests/identity/test_wrong_person.py::test_anonymous_past_joins_the_known_person",
    ),
)
def test_the_vanished_past() -> str:
    house = House(company({"journeys/second_look.yaml": WATCHED, **SERVICE}))
    for device in ("laptop", "phone"):
        for _ in range(3):
            house.event("Offer Viewed", on(device))
    house.wait(HOUR)
    house.event("Logged In", on("laptop", "ada"))
    house.meet("ada")
    house.event("Logged In", on("phone", "ada"))
    house.wait(2 * DAY)
    ada = house.person("ada")
    assert ada.seen["Offer Viewed"].count == house.lives("ada").count("Offer Viewed") == 6
    assert house.provider.copies() == {1: 1}
    return (
        f"{ada.seen['Offer Viewed'].count} views on 2 devices before the login: all "
        f"{ada.seen['Offer Viewed'].count} are Ada's, and the journey begun without a name ends "
        f"in {len(house.provider.got)} message to her"
    )


PIECES: tuple[dict[str, Any], ...] = (
    {"identify": {}, "user_id": "ada", "anonymous_id": "laptop"},
    {"identify": {"email": "ada@example.com"}, "anonymous_id": "laptop"},
    {"identify": {"email": "ada@example.com", "phone": "+436641234567"}},
    {"identify": {"phone": "+436641234567"}, "anonymous_id": "tablet"},
)


@scenario(
    "the merge race",
    threads=("mautic/mautic#6532", "mautic/mautic#10282"),
    elsewhere="concurrent calls create two or three copies of one person",
    here="Who is one person is a function of the evidence alone, resolved in the transaction that "
    "appends it, by one writer: neither concurrency nor order can change it.",
    also=(
        "tests/audit/test_once.py::test_concurrent_identifies_of_one_user_are_one_person",
        "tests/identity/test_convergence.py::test_any_order_and_any_batching_give_the_same_persons",
    ),
)
def test_the_merge_race() -> str:
    counts: list[int] = []

    async def race(server: Server) -> None:
        items = [{"id": f"{n}-{m}", **p} for n in range(10) for m, p in enumerate(PIECES)]
        replies = await asyncio.gather(*(server.post(item) for item in items))
        assert {reply.status_code for reply in replies} == {200}
        with server.house.plan.store.reading() as reading:
            counts.append(reading.count_persons())

    run(company({}), MemoryStore(), race, provider=Provider())
    for order in permutations(PIECES):
        house = House(company({}))
        for number, item in enumerate(order):
            house.take("website", {"id": str(number), **item})
        with house.store.reading() as reading:
            counts.append(reading.count_persons())
    assert counts == [1] * 25
    return (
        f"40 concurrent calls that name one human in 4 ways: {counts[0]} person; the 4 in each of "
        f"their {len(counts) - 1} orders: {max(counts)} person"
    )


@scenario(
    "no way back",
    threads=("PostHog/posthog#23690", "PostHog/posthog#104939"),
    elsewhere="a wrong merge cannot be undone, or the split silently does nothing",
    here="A merge only relabels identities and rewrites no event, so later evidence splits by "
    "itself; a human splits, or takes a merge back, by an act in the journal that says who and "
    "why, and every view is as if the merge had never been.",
    also=(
        "tests/identity/test_wrong_person.py::test_late_login_moves_what_happened_after_it",
        "tests/identity/test_undone.py::test_a_link_that_was_undone_leaves_no_trace",
    ),
)
def test_no_way_back() -> str:
    house = House(company({}))
    house.event("Rome Viewed", {**on("kiosk"), "at": "2026-03-02T06:00:00Z"})
    house.event("Ada In", {**on("kiosk", "ada"), "at": "2026-03-02T07:00:00Z"})
    house.event("Oslo Viewed", {**on("kiosk"), "at": "2026-03-02T08:30:00Z"})
    before = house.lives("ada")
    house.event("Bruno In", {**on("kiosk", "bruno"), "at": "2026-03-02T08:00:00Z"})
    assert before == ["Rome Viewed", "Ada In", "Oslo Viewed"]
    assert house.lives("ada") == ["Rome Viewed", "Ada In"]
    assert house.lives("bruno") == ["Oslo Viewed", "Bruno In"]
    apart = {name: house.person(name) for name in ("ada", "bruno")}
    merge = said(house, "link", ("ada",), ("bruno",))
    assert house.person_id("ada") == house.person_id("bruno")
    assert len(house.lives("ada")) == 4
    said(house, "undo", ("ada",), ("bruno",), undoes=merge)
    assert {name: house.person(name) for name in ("ada", "bruno")} == apart
    typo = {"user_id": "chen", "traits": {"email": "dalia@example.com"}}
    house.event("Typo", typo)
    house.event("Dalia Wrote", {"identifiers": {"email": "dalia@example.com"}})
    assert house.lives("chen") == ["Typo", "Dalia Wrote"]
    said(house, "split", ("email:dalia@example.com",), ("chen",))
    house.event("Typo Again", typo)
    assert house.lives("chen") == ["Typo", "Typo Again"]
    assert house.lives("email:dalia@example.com") == ["Dalia Wrote"]
    return (
        "a login told late moves 1 event of Ada's to Bruno by itself; two accounts made one by a "
        f"human and taken apart again are, field by field, the {len(apart)} they were; a clerk's "
        "typo is split off and its repetition links nobody"
    )


def said(house: House, act: IdentityVerb, left: Names, right: Names, undoes: str = "") -> str:
    """Say something about people by hand, as the console does; return the id of the act."""
    sides = [tuple(_key(name) for name in side) for side in (left, right)]
    act_id = f"{act} {house.clock.now().isoformat()}"
    body = IdentityAct(
        act_id=act_id, act=act, left=sides[0], right=sides[1], by="Ines", why="", undoes=undoes
    )
    house.ledger.append([draft_of(body, house.clock.now())], house.clock.now())
    house.settle()
    return act_id


@scenario(
    "the mega person",
    threads=("PostHog/posthog PR#55691", "PostHog/posthog PR#5898"),
    elsewhere="a kiosk or a null id collects thousands of identifiers",
    here="A device with two known users stops linking, values that name nobody (`null`, `0`, "
    "`anonymous` …) are no identifiers, and every limit that is reached is told.",
    also=(
        "tests/identity/test_wrong_person.py::test_kiosk_collects_no_mega_person",
        "tests/intake/test_segment.py::test_unreadable_and_blocked_addresses_link_nobody",
    ),
)
def test_the_mega_person() -> str:
    house = House(company({}))
    guests = [f"guest{number}" for number in range(60)]
    for name in guests:
        house.event("Logged In", on("kiosk", name))
    for number in range(60):
        house.event("Seen", on(f"phone{number}", "null"))
    named = {house.person_id(name) for name in guests}
    unnamed = {house.person_id(f"anonymous_id:phone{n}") for n in range(60)}
    refused = house.event("Seen", {"user_id": "null"})
    assert isinstance(refused, Rejected)
    assert len(named) == len(unnamed) == 60
    assert not named & unnamed
    with house.store.reading() as reading:
        largest = max(len(reading.people.identifiers(str(p))[0]) for p in named | unnamed)
    assert largest == 2
    return (
        f"60 people log in at one kiosk, 60 phones send the user id `null`: {len(named)} and "
        f"{len(unnamed)} persons with at most {largest} identifiers; `null` alone is refused "
        f"({refused.code})"
    )
