"""Lost, stuck or late: nobody is skipped, nothing stalls, and what is late is said so."""

from __future__ import annotations

from collections import Counter
from tempfile import TemporaryDirectory

from regard.core.facts import PromiseChanged
from regard.core.ports import Message
from regard.store import SqliteStore
from tests.pains.house import (
    DAY,
    HOUR,
    MINUTE,
    RECEIPT,
    SERVICE,
    Deed,
    House,
    ProcessDiedError,
    Provider,
    company,
    engagement,
    newsletter,
)
from tests.pains.scenario import scenario
from tests.pains.server import Server, run


def dying_at(*places: int) -> Provider:
    """Return a provider in whose hands our process dies at these hand-overs."""
    provider = Provider()
    provider.deed = lambda _message: "dies" if len(provider.asked) + 1 in places else "sent"
    return provider


def broadcast_through(house: House) -> tuple[House, int]:
    """Send the newsletter, with a new process ten minutes after one died; count the deaths."""
    until, deaths = house.clock.now() + DAY, 0
    steps = [lambda: house.broadcast("spring")]
    while True:
        try:
            while steps:
                steps.pop()()
            house.run_until(until)
        except ProcessDiedError:
            house.clock.advance(10 * MINUTE)
            house, deaths = house.next_process(), deaths + 1
        else:
            return house, deaths


@scenario(
    "fetched is not sent",
    threads=("knadh/listmonk#3022",),
    elsewhere="the checkpoint moves when a batch is fetched; a restart silently skips people and "
    "marks the campaign finished",
    here="Only an outcome moves a message on. What a dead process had claimed is told as unknown "
    "and goes again under its key, or is asked about.",
    also=(
        "tests/audit/test_kill.py::test_twenty_kills_at_random_moments_lose_nothing",
        "tests/store/test_transactions.py::test_claims_of_a_dead_process_are_found",
    ),
)
def test_fetched_is_not_sent() -> str:
    house = House(company(newsletter()), provider=dying_at(18))
    house.readers(50)
    house, deaths = broadcast_through(house)
    unknown = house.outcomes("unknown")
    keys = {message.message_id for message in house.provider.got}
    assert (deaths, len(keys)) == (1, 50)
    assert house.provider.copies() == {1: 49, 2: 1}
    assert house.messages() == {"sent": 50}
    house.assert_books_balance()
    return (
        f"50 fetched, the process dies in the 18th hand-over: {len(unknown)} told as unknown, then "
        f"all {len(keys)} people have got it, one of them (in hand at the time) twice under one key"
    )


@scenario(
    "Black Friday, 15 hours late",
    threads=("mautic/mautic#10648",),
    elsewhere="three crashes in two days at 150,000 contacts, and mails 15 hours late",
    here="A crash is a rollback and a re-read from the cursor of the same transaction: there is "
    "nothing to repair by hand and nothing to start again.",
    also=(
        "tests/audit/test_kill.py::test_nothing_acknowledged_is_lost_when_the_process_is_killed",
    ),
)
def test_black_friday() -> str:
    house = House(company(newsletter()), provider=dying_at(60, 150, 240))
    house.readers(300)
    began_at = house.clock.now()
    house, deaths = broadcast_through(house)
    sent_at = [at for at, _ in house.outcomes("sent")]
    minutes = (max(sent_at) - began_at) // MINUTE
    keys = {message.message_id for message in house.provider.got}
    assert (deaths, len(keys), len(sent_at)) == (3, 300, 300)
    assert house.provider.copies() == {1: 297, 2: 3}
    house.assert_books_balance()
    return (
        f"300 contacts (not 150,000), {deaths} crashes of 10 minutes each: all are reached, the "
        f"last after {minutes} minutes; {deaths} of them (in hand at a crash) twice under one key"
    )


GATE = {
    "promises/gate.yaml": """
id: gate
made_by: {event: Gate Changed}
about: facts.number
act_at: now()
due_at: facts.departs_at
grace: 5 minutes
engagement: gate
if_missed: [{case: {department: desk, title: Page the passenger}}]
""",
    **engagement(
        "gate",
        "purpose: travel\nclass: service\nchannels: [email]\nuseful_until: facts.departs_at",
    ),
}


@scenario(
    "sent hours after its moment",
    threads=("knadh/listmonk#1801",),
    elsewhere="after an outage, messages past their use still go out",
    here="Usefulness is asked again right before the hand-over; what is past it is withdrawn, its "
    "promise is told as missed and the repair decides.",
    also=(
        "tests/decisions/test_arbiter.py::test_sent_hours_after_its_moment",
        "examples/airline/stories/gate_change.yaml",
    ),
)
def test_sent_hours_after_its_moment() -> str:
    provider = Provider(lambda _message: "try_again")
    patient = RECEIPT.replace("1 hour", "12 hours")
    house = House(company({**GATE, "promises/receipt.yaml": patient, **SERVICE}), provider=provider)
    departs_at = (house.clock.now() + HOUR).isoformat()
    house.crowd(10, "Order Placed")
    house.crowd(10, "Gate Changed", departs_at=departs_at)
    house.wait(3 * HOUR)
    provider.deed = lambda _message: "sent"
    house.wait(DAY)
    said = Counter(message.engagement for message in provider.got)
    with house.store.reading() as reading:
        cases = len(reading.registers.cases())
    assert said == {"receipt": 10}
    assert house.messages() == {"sent": 10, "withdrawn": 10}
    reasons = [outcome.reason for _, outcome in house.outcomes("withdrawn")]
    assert reasons == ["past_use"] * 10
    assert cases == 10
    return (
        f"20 messages wait for a provider that is down for 3 hours: {len(reasons)} past their use "
        f"are withdrawn (`past_use`), with {cases} cases for the desk; {said['receipt']} still "
        "useful ones arrive"
    )


STEPS = {
    "journeys/tour.yaml": """
id: tour
start: {event: Signed Up}
steps:
  - {id: first, offer: receipt}
  - {id: pause, wait: 1 day}
  - {id: broken, offer: broken}
  - {id: rest, wait: 1 day}
  - {id: last, offer: goodbye}
""",
    **SERVICE,
    **engagement("goodbye", "purpose: travel\nclass: service\nchannels: [email]"),
    **engagement(
        "broken",
        "purpose: travel\nclass: service\nchannels: [email]",
        "{% for n in (1..100000) %}{{ n }}{% endfor %}",
    ),
}


@scenario(
    "the failed step that stalls everyone",
    threads=("parcelvoy/platform#434", "parcelvoy/platform#432", "parcelvoy/platform#533"),
    elsewhere="one failed send stops the journey at 30 percent",
    here="A run belongs to one person and goes on when its offer has an outcome, whichever; a "
    "failing message is one outcome with its reason and holds up no other.",
    also=(
        "tests/journeys/test_walking.py::test_refused_offer_does_not_stall_the_run",
        "tests/delivery/test_dispatcher.py::test_a_template_that_fails_refuses_its_message_and_stops_no_other",
    ),
)
def test_the_failed_step_that_stalls_everyone() -> str:
    deeds: dict[str, Deed] = {"guest0@example.com": "refused", "guest1@example.com": "raises"}

    def deed(message: Message) -> Deed:
        return deeds.get(message.address, "sent") if message.engagement == "receipt" else "sent"

    house = House(company(STEPS), provider=Provider(deed))
    house.crowd(10, "Signed Up")
    house.wait(5 * DAY)
    ends = Counter(
        run.change.status for n in range(10) for run in house.person(f"guest{n}").runs.values()
    )
    said = Counter(message.engagement for message in house.provider.got)
    assert ends == {"finished": 10}
    assert said == {"receipt": 8, "goodbye": 10}, said
    return (
        "10 people, a first step that fails for 2 and a second one whose template fails for all: "
        f"{ends['finished']} runs come to their end, {said['goodbye']} get the last message"
    )


@scenario(
    "the silent full disk",
    threads=("jitsucom/jitsu#1180",),
    elsewhere="the API accepted events for hours while the disk was full; nobody noticed",
    here="200 is said only after the events are durable; on a full disk senders are told 503 and "
    "when to come back, and the health page says that the house is not well.",
    also=(
        "tests/audit/test_full_disk.py::test_a_full_disk_passes_when_there_is_room_again",
        "tests/store/test_sqlite_file.py::test_full_disk_loses_nothing_that_was_acknowledged",
        "tests/delivery/test_dispatcher.py::test_a_full_disk_loses_no_outcome",
    ),
)
def test_the_silent_full_disk() -> str:
    answers: list[tuple[int, str]] = []
    healths: list[int] = []

    async def post_all(server: Server) -> None:
        for number in range(30):
            facts = {"words": "x" * 20_000}
            seen = {"id": str(number), "event": "Seen", "user_id": "ada", "properties": facts}
            reply = await server.post(seen)
            answers.append((reply.status_code, reply.headers.get("retry-after", "")))
        healths.append((await server.health()).status_code)

    async def day(server: Server) -> None:
        writer = server.house.plan.store._connection  # type: ignore[attr-defined]
        page_count = writer.execute("PRAGMA page_count").fetchone()[0]
        writer.execute(f"PRAGMA max_page_count = {page_count + 100}")
        await post_all(server)
        writer.execute("PRAGMA max_page_count = 1000000")
        await post_all(server)

    with TemporaryDirectory() as folder:
        store = SqliteStore(f"{folder}/regard.db")
        house = run(company({}), store, day, provider=Provider())
        with store.reading() as reading:
            (source,), _ = reading.registers.sources()
        store.close()
    told = Counter(answers[:30])
    taken = told.pop((200, ""))
    assert told.pop((503, "30")) == 30 - taken > 0
    assert not told
    assert set(answers[30:]) == {(200, "")}
    assert healths == [503, 200]
    assert (source.accepted_count, source.duplicate_count) == (30, taken)
    assert house.engine.failure is None
    return (
        "30 events on a disk that fills up: those answered 200 are kept, all others are told 503 "
        f"with `Retry-After: 30`, health {healths[0]}; with space again all 30 are sent again: "
        f"{source.accepted_count} in the journal, each once, health {healths[1]}"
    )


CHECK_IN = {
    "promises/check_in.yaml": """
id: check_in
made_by: {event: Booking Confirmed}
about: facts.booking
act_at: facts.departs_at - interval '24 hours'
due_at: facts.departs_at - interval '24 hours'
grace: 15 minutes
engagement: check_in
if_missed:
  - offer: check_in
  - case: {department: desk, title: Call the passenger}
""",
    "promises/lounge.yaml": """
id: lounge
made_by: {event: Lounge Booked}
about: facts.booking
due_at: facts.departs_at - interval '24 hours'
grace: 15 minutes
kept_by: {events: [{event: Invitation Sent, about: facts.booking}]}
if_missed: [{case: {department: desk, title: Invite by hand}}]
""",
    **engagement("check_in", "purpose: travel\nclass: service\nchannels: [email, sms]"),
}


@scenario(
    "the missing check-in reminder",
    threads=(),
    elsewhere="a promised touch never goes out and nobody knows but the customer; no tool "
    "detects it",
    here="A promise is a record with a deadline and a timer of its own: a miss is found at the "
    "deadline, whichever system was to keep it, and repaired on the next best channel.",
    also=(
        "examples/airline/stories/missing_reminder.yaml",
        "examples/airline/stories/silent_courier.yaml",
        "tests/promises/test_outcomes.py::test_missed_reminder_is_repaired_on_next_best_channel",
    ),
)
def test_the_missing_check_in_reminder() -> str:
    house = House(company(CHECK_IN))
    house.meet("ada", phone="+436641234567")
    house.meet("bruno", "chen")
    departs_at = house.clock.now() + 2 * DAY
    booked = {"ada": "Booking Confirmed", "bruno": "Booking Confirmed", "chen": "Lounge Booked"}
    for name, event in booked.items():
        house.event(event, name, booking=name, departs_at=departs_at.isoformat())
    house.channels["email"].rule = lambda _message: "try_again"
    house.wait(2 * DAY)
    changes = [(e.received_at, e.body) for e in house.entries()]
    missed_at = {
        at
        for at, change in changes
        if isinstance(change, PromiseChanged) and change.status == "missed"
    }
    assert missed_at == {departs_at - DAY + 15 * MINUTE}
    with house.store.reading() as reading:
        cases = len(reading.registers.cases())
    assert [(m.channel, m.address) for m in house.provider.got] == [("sms", "+436641234567")]
    assert cases == 2
    return (
        "3 promises with the mail provider down, one of them another system's: all found at the "
        f"deadline plus its 15 minutes of grace; {len(house.provider.got)} repaired by SMS, "
        f"{cases} given to the desk as cases"
    )
