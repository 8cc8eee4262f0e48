"""Consent and timing: a no is heard at once, a night is a night, and today's facts decide."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from regard.api.placing import Placing
from regard.assembly import build_kernel
from regard.channels.inward import bounce_readers, read_letter
from regard.core.event import Event, MessageOutcome
from regard.core.ports import Message
from regard.delivery import Links, unsubscribed
from regard.intake import Drafter
from regard.planning import Versions, draw_plan, read_lives
from regard.store import MemoryStore
from regard.testing import VirtualClock
from tests.pains.house import (
    DAY,
    HOUR,
    MINUTE,
    RECEIPT,
    SERVICE,
    Deed,
    House,
    Provider,
    company,
    engagement,
)
from tests.pains.scenario import scenario

OFFER = "purpose: offers\nclass: marketing\nvalue: {customer: 5, company: 5}\nchannels: [email]"

TWO_OFFERS = {
    "journeys/offers.yaml": """
id: offers
start: {event: Signed Up}
steps:
  - {id: first, offer: first}
  - {id: pause, wait: 2 days}
  - {id: second, offer: second}
""",
    **engagement("first", OFFER),
    **engagement("second", OFFER),
}


def agree(house: House, *names: str) -> None:
    for name in names:
        house.event("Consent Granted", name, purpose="offers", channel="*")


def click_unsubscribe(house: House, message: Message) -> None:
    """Follow the link of a message's own header, as a mail client does with one click."""
    header = message.headers["List-Unsubscribe"]
    token = header.strip("<>").rsplit("/", 1)[-1].partition("?")[0]
    links = Links("https://regard.example", ["a secret for virtual time"])
    house.ledger.append([unsubscribed(links.read(token), house.clock.now())], house.clock.now())
    house.settle()


@scenario(
    "two days after unsubscribe",
    threads=("parcelvoy/platform#442",),
    elsewhere="journeys skip the check that broadcasts make",
    here="Everything outward is a candidate at one gate, and the gate is asked again right before "
    "the hand-over.",
    also=(
        "examples/airline/stories/two_days_after_unsubscribe.yaml",
        "tests/decisions/test_consent.py::test_two_days_after_unsubscribe_nothing_more_is_sent_by_any_journey",
    ),
)
def test_two_days_after_unsubscribe() -> str:
    def busy_for_bruno(message: Message) -> Deed:
        return "try_again" if message.address == "bruno@example.com" else "sent"

    house = House(company(TWO_OFFERS), provider=Provider(busy_for_bruno))
    names = ("ada", "bruno", "chen")
    house.meet(*names)
    agree(house, *names)
    for name in names:
        house.event("Signed Up", name)
    click_unsubscribe(house, house.provider.asked[0])
    click_unsubscribe(house, house.provider.asked[1])
    house.wait(3 * DAY)
    got = [(m.address.partition("@")[0], m.engagement) for m in house.provider.got]
    reasons = [d.reason for d in house.decisions("second") if d.verdict == "silence"]
    assert got == [("ada", "first"), ("chen", "first"), ("chen", "second")]
    assert house.messages() == {"sent": 3, "withdrawn": 1}
    assert reasons == ["objected", "objected"]
    return (
        "3 people in one journey, 2 click *unsubscribe* in its first mail, one of them while it "
        f"still waits for its provider: that mail is withdrawn, {len(reasons)} second mails are "
        "silent (`objected`), the third person gets both"
    )


AUTO_REPLIES = (
    "Auto-Submitted: auto-replied\nSubject: Out of office\n\nSTOP",
    "Subject: Abwesenheitsnotiz: first\n\nBitte keine Mails: abmelden, STOP, unsubscribe.",
    "X-Autoreply: yes\nSubject: Re: unsubscribe\n\nunsubscribe",
    "Precedence: auto_reply\nSubject: Re: first\nContent-Type: text/html\n\n<b>STOP</b>",
)


def mail_in(house: House, sender: str, mail: str) -> list[str]:
    """Let a mail come in that answers the first message to somebody; return what it became."""
    address = f"{sender}@example.com"
    ours = next(m.message_id for m in house.provider.got if m.address == address)
    raw = f"From: {address}\nIn-Reply-To: <{ours}@skylark.example>\n{mail}".encode()
    now = house.clock.now()
    found = read_letter(house.program, "email", raw, address, now)
    placed = Placing(Drafter(house.program).identifier, house.store).placed(found, "email")
    house.ledger.append(placed, now)
    house.settle()
    return [draft.body.name for draft in placed if isinstance(draft.body, Event)]


BOUNCE = """From: MAILER-DAEMON@mx.example
Subject: Undelivered Mail
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="b"

--b
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example

Final-Recipient: rfc822; bruno@example.com
Action: failed
Status: 5.1.1

--b
Content-Type: text/rfc822-headers

Message-ID: <{}@skylark.example>

--b--
"""


@scenario(
    "the holiday auto-reply",
    threads=("mautic/mautic#2761",),
    elsewhere="an out-of-office is read as an opt-out",
    here="What a machine wrote is told from what a person wrote by its headers (RFC 3834), its "
    "sender and its subject; only a person's *STOP*, alone in a reply, is an objection, to the "
    "purpose of the message that it answers.",
    also=(
        "tests/channels/test_doors.py::test_the_holiday_auto_reply_is_told_and_objects_to_nothing",
        "tests/channels/test_letters.py::test_a_machine_neither_answers_nor_objects",
    ),
)
def test_the_holiday_auto_reply() -> str:
    house = House(company(TWO_OFFERS))
    names = ("ada", "bruno", "chen", "dalia")
    house.meet(*names)
    agree(house, *names)
    for name in names:
        house.event("Signed Up", name)
    said = [name for mail in AUTO_REPLIES for name in mail_in(house, "ada", mail)]
    stopped = mail_in(house, "chen", "Subject: Re: first\n\nStop.\n\n> Hello.\n")
    asked = mail_in(house, "dalia", "Subject: Re: first\n\nPlease do not stop, I like it.")
    bounce = BOUNCE.format(house.provider.got[1].message_id).encode()
    found = bounce_readers(house.program)["email"](bounce, {}, house.clock.now())
    house.ledger.append(found, house.clock.now())
    house.wait(3 * DAY)
    got = [m.address.partition("@")[0] for m in house.provider.got if m.engagement == "second"]
    assert said == ["Automatic Reply Received"] * len(AUTO_REPLIES)
    assert (stopped, asked) == (["Unsubscribed"], ["Message Received"])
    assert [draft.body.name for draft in found if isinstance(draft.body, Event)] == [
        "Email Bounced"
    ]
    assert sorted(got) == ["ada", "dalia"]
    return (
        f"{len(AUTO_REPLIES)} auto-replies that say *unsubscribe*, *abmelden*, *STOP*: 0 "
        "objections, the next offer arrives; a person's *Stop.* is heard, a person's *do not stop* "
        f"is a message; {len(found)} true bounce is read and its address left alone"
    )


ONE_A_DAY = "caps: [{id: day, at_most: 1, within: 24 hours, for: [marketing]}]\n"


def offer_on(event: str, name: str) -> dict[str, str]:
    journey = f"id: {name}\nstart: {{event: {event}}}\nreentry: always\n"
    return {
        f"journeys/{name}.yaml": journey + f"steps: [{{id: say, offer: {name}}}]\n",
        **engagement(name, OFFER),
    }


SPAM = """From: complaints@provider.example
Subject: Abuse report
MIME-Version: 1.0
Content-Type: multipart/report; report-type=feedback-report; boundary="b"

--b
Content-Type: message/feedback-report

Feedback-Type: abuse
User-Agent: Provider/1.0
Version: 1

--b
Content-Type: message/rfc822

To: ada@example.com
Message-ID: <{}@skylark.example>

Hello.
--b--
"""


@scenario(
    "the complaint that unsubscribes nobody",
    threads=("asked for by RFC 6449",),
    elsewhere="a complaint is a wish to unsubscribe; where it only bars the address, the person's "
    "next address gets the same offers",
    here="A complaint bars the address and objects to the purpose of the message, whatever "
    "address the person has next.",
    also=("tests/channels/test_doors.py::test_a_complaint_is_an_objection_too",),
)
def test_the_complaint_that_unsubscribes_nobody() -> str:
    house = House(company(TWO_OFFERS))
    house.meet("ada", "bruno")
    agree(house, "ada", "bruno")
    for name in ("ada", "bruno"):
        house.event("Signed Up", name)
    report = SPAM.format(house.provider.got[0].message_id).encode()
    now = house.clock.now()
    found = bounce_readers(house.program)["email"](report, {}, now)
    house.ledger.append(
        Placing(Drafter(house.program).identifier, house.store).placed(found, "email"), now
    )
    house.settle()
    house.take("website", {"identify": {"email": "ada@work.example"}, "user_id": "ada"})
    house.wait(3 * DAY)
    got = [m.address for m in house.provider.got if m.engagement == "second"]
    reasons = [d.reason for d in house.decided("ada") if d.verdict == "silence"]
    assert house.person("ada").suppressed == {"ada@example.com": "complained"}
    assert got == ["bruno@example.com"]
    assert reasons == ["objected"]
    return (
        "1 complaint, then a new address: the old one is barred (`complained`), the second offer "
        f"is silent (`{reasons[0]}`); who did not complain gets it"
    )


@scenario(
    "the no before the login",
    threads=("asked for by GDPR 7 and 21",),
    elsewhere="where consent is folded like any trait, by the last value written, a no in the "
    "cookie banner of an unknown browser is lost to a yes of the account that logs in on it",
    here="What parts of a person said before evidence made them one is weighed by purpose and "
    "channel: the stricter word stands until they say yes anew.",
    also=(
        "examples/airline/stories/the_laptop_said_no.yaml",
        "tests/identity/test_consents.py::test_words_of_joined_parts_do_not_depend_on_order_or_batches",
        "tests/profiles/test_weighing.py::test_what_stands_is_what_a_diary_says",
    ),
)
def test_the_no_before_the_login() -> str:
    house = House(company(offer_on("Offer Due", "offer")))
    house.meet("ada", "bruno")
    said = {"event": "Consent Withdrawn", "properties": {"purpose": "offers"}}
    house.take("website", said | {"anonymous_id": "laptop"})
    house.wait(HOUR)
    agree(house, "ada", "bruno")
    house.wait(HOUR)
    house.take("website", {"page": "Sign In", "user_id": "ada", "anonymous_id": "laptop"})
    house.take("website", {"page": "Sign In", "user_id": "bruno", "anonymous_id": "phone"})
    for name in ("ada", "bruno"):
        house.event("Offer Due", name)
    first = [m.address for m in house.provider.got]
    (reason,) = [d.reason for d in house.decided("ada") if d.verdict == "silence"]
    house.wait(2 * DAY)
    agree(house, "ada")
    house.event("Offer Due", "ada")
    then = [m.address for m in house.provider.got][len(first) :]
    assert (first, reason, then) == (["bruno@example.com"], "objected", ["ada@example.com"])
    return (
        "a laptop says no, its owner's account yes an hour later, then she signs in on it: her "
        f"offer is silent (`{reason}`), that of one whose phone had said nothing arrives; she says "
        "yes once more and gets the next"
    )


@scenario(
    "caps that block the receipt",
    threads=("mautic/mautic#6729",),
    elsewhere="the frequency rule stops transactional mail, or marketing escapes it, because the "
    "message class is not a firm type",
    here="The class is a type that every engagement must have: every touch counts, only the "
    "classes a cap is for have to wait.",
    also=("tests/decisions/test_caps.py::test_caps_that_block_the_receipt_are_impossible",),
)
def test_caps_that_block_the_receipt() -> str:
    files = {"policies.yaml": ONE_A_DAY, "promises/receipt.yaml": RECEIPT, **SERVICE}
    house = House(company({**files, **offer_on("Offer Due", "offer")}))
    house.meet("ada")
    agree(house, "ada")
    for number in range(3):
        house.event("Offer Due", "ada")
        house.event("Order Placed", "ada", number=str(number))
    said = [message.engagement for message in house.provider.got]
    held = [d for d in house.decisions("offer") if d.verdict == "hold"]
    assert said == ["offer", "receipt", "receipt", "receipt"]
    assert {d.reason for d in held} == {"cap_reached"}
    return (
        "a cap of 1 marketing mail a day, 3 offers and 3 orders in one hour: "
        f"{said.count('offer')} offer, {said.count('receipt')} receipts at once, "
        f"{len(held)} offers held (`cap_reached`)"
    )


@scenario(
    "ten to midnight, ten past",
    threads=("documented by Braze",),
    elsewhere="a calendar-day cap lets two messages through, twenty minutes apart",
    here="Windows roll: counted back from each hand-over, to the microsecond.",
    also=(
        "examples/airline/stories/ten_to_midnight.yaml",
        "tests/decisions/test_caps.py::test_no_window_ever_holds_more_than_its_cap",
    ),
)
def test_ten_to_midnight_ten_past() -> str:
    files = {"policies.yaml": ONE_A_DAY}
    files |= offer_on("Offer Due", "first") | offer_on("Other Due", "second")
    vienna = ZoneInfo("Europe/Vienna")
    before = datetime(2026, 3, 2, 23, 50, tzinfo=vienna)
    house = House(company(files), clock=VirtualClock(before.astimezone(UTC)))
    house.meet("ada")
    agree(house, "ada")
    house.event("Offer Due", "ada")
    house.wait(20 * MINUTE)
    house.event("Other Due", "ada")
    (held,) = [d for d in house.decisions("second") if d.verdict == "hold"]
    assert [m.engagement for m in house.provider.got] == ["first"]
    assert held.wake_at == before.astimezone(UTC) + DAY
    house.wait(DAY)
    assert [m.engagement for m in house.provider.got] == ["first", "second"]
    return (
        "offers at 23:50 and 00:10 under a cap of 1 in 24 hours: the second is held "
        f"(`{held.reason}`) until {held.wake_at.astimezone(vienna):%H:%M} of the next evening"
    )


QUIET = "quiet_hours: [{from: '21:00', to: '08:00', for: [marketing]}]\n"


@scenario(
    "no zone, no quiet",
    threads=("documented by Adobe",),
    elsewhere="quiet hours are not enforced when the time zone is unknown",
    here="An unknown zone is every zone that phone, country and locale allow, and all of them must "
    "be awake.",
    also=(
        "examples/airline/stories/no_zone_no_quiet.yaml",
        "tests/decisions/test_quiet.py::test_no_zone_no_quiet_is_never_true",
    ),
)
def test_no_zone_no_quiet() -> str:
    files: Mapping[str, str] = {"policies.yaml": QUIET, **offer_on("Offer Due", "offer")}
    by_sms = engagement("offer", OFFER.replace("[email]", "[sms]"))
    zones = {
        "+61491570156": ("Australia/Perth", "Australia/Sydney"),
        "+79161234567": ("Europe/Kaliningrad", "Asia/Kamchatka"),
        "+436641234567": ("Europe/Vienna",),
    }
    at_night, waited, sent_at = [], 0, dict[str, datetime]()
    for hour in range(0, 24, 2):
        start = datetime(2026, 3, 2, hour, tzinfo=UTC)
        house = House(company({**files, **by_sms}), clock=VirtualClock(start))
        for number in zones:
            house.meet(number, phone=number)
            agree(house, number)
            house.event("Offer Due", number)
        house.wait(2 * DAY)
        for entry in house.entries():
            if isinstance(entry.body, MessageOutcome):
                sent_at[house.address_of(entry.body.message_id)] = entry.received_at
        waited += sum(moment > start for moment in sent_at.values())
        local = [sent_at[n].astimezone(ZoneInfo(z)) for n, names in zones.items() for z in names]
        at_night += [moment for moment in local if not 8 <= moment.hour < 21]
    assert not at_night
    return (
        "36 offers by SMS to numbers of Australia, Russia and Austria, no zone known, every other "
        f"hour of a day: {36 - waited} go at once, {waited} wait, {len(at_night)} reach anybody "
        "between 21:00 and 8:00 in any zone of their country"
    )


@scenario(
    "the plan chosen before the wait",
    threads=("PostHog/posthog#43086",),
    elsewhere="the next step is decided when the delay starts, with stale facts",
    here="A wait ends in a timer, and what comes next is decided when it fires, on that day's "
    "person and that day's program.",
    also=(
        "tests/journeys/test_walking.py::test_next_step_is_decided_when_the_wait_ends_on_that_days_facts",
    ),
)
def test_the_plan_chosen_before_the_wait() -> str:
    files = {
        "journeys/tiers.yaml": """
id: tiers
start: {event: Signed Up}
steps:
  - {id: pause, wait: 3 days}
  - id: look
    branch: [{when: "traits.tier = 'gold'", goto: gold}]
    otherwise: plain
  - {id: gold, offer: gold, goto: done}
  - {id: plain, offer: plain}
  - {id: done, exit: true}
""",
        **engagement("gold", "purpose: travel\nclass: service\nchannels: [email]"),
        **engagement("plain", "purpose: travel\nclass: service\nchannels: [email]"),
    }
    house = House(company(files))
    house.meet("ada", "bruno", tier="silver")
    house.meet("chen", tier="gold")
    for name in ("ada", "bruno", "chen"):
        house.event("Signed Up", name)
    house.wait(2 * DAY)
    house.meet("ada", tier="gold")
    house.meet("chen", tier="silver")
    house.wait(2 * DAY)
    got = {m.address.partition("@")[0]: m.engagement for m in house.provider.got}
    assert got == {"ada": "gold", "bruno": "plain", "chen": "plain"}
    return (
        "3 people in a wait of 3 days, 1 rises to gold and 1 falls from it on day 2: "
        f"{list(got.values()).count('gold')} gold mail to the one who is gold on day 3, "
        f"{list(got.values()).count('plain')} plain ones"
    )


TOUR = """
id: tour
start: {event: Signed Up}
steps:
  - {id: hello, offer: hello}
  - {id: pause, wait: 5 days}
  - {id: tips, offer: tips}
  - {id: rest, wait: 9 days}
  - {id: thanks, offer: thanks}
"""

EDITED_TOUR = """
id: tour
start: {event: Signed Up}
steps:
  - {id: hello, offer: hello}
  - {id: rest, wait: 2 days}
  - {id: news, offer: news}
  - {id: breath, wait: 1 day}
  - {id: thanks, offer: thanks}
"""


@scenario(
    "the live edit",
    threads=("PostHog/posthog#66380",),
    elsewhere="two thirds of edits hit running journeys; parked people follow nothing defined",
    here="Steps have stable ids and a version is an event: who is parked follows the published "
    "version, a deleted step means the first surviving one behind it, a shortened wait is over.",
    also=("tests/journeys/test_live_edits.py::test_deleted_step_means_the_next_surviving_one",),
)
def test_the_live_edit() -> str:
    plain = "purpose: travel\nclass: service\nchannels: [email]"
    names = ("hello", "tips", "news", "thanks")
    offers = {file: text for name in names for file, text in engagement(name, plain).items()}
    house = House(company({"journeys/tour.yaml": TOUR, **offers}))
    house.crowd(10, "Signed Up")
    house.wait(8 * DAY)
    house.meet("ada", "bruno", "chen")
    for name in ("ada", "bruno", "chen"):
        house.event("Signed Up", name)
    house.wait(DAY)
    house = house.publish({"journeys/tour.yaml": EDITED_TOUR, **offers})
    house.wait(MINUTE)
    released = [m.engagement for m in house.provider.got].count("news")
    house.wait(30 * DAY)
    got: dict[str, list[str]] = {}
    for message in house.provider.got:
        got.setdefault(message.address.partition("@")[0], []).append(message.engagement)
    parked_late = [got.pop(f"guest{number}") for number in range(10)]
    assert released == 10
    assert parked_late == [["hello", "tips", "news", "thanks"]] * 10
    assert list(got.values()) == [["hello", "news", "thanks"]] * 3
    return (
        f"published while 10 people are on day 4 of a wait that it cuts from 9 days to 2, and "
        f"{len(got)} in a step that it deletes: the {released} go on within a minute, at a pace, "
        f"the {len(got)} in the next step that is left; all 13 get its new offer and the last one "
        "once, nobody starts anew"
    )


WHY = {
    "policies.yaml": QUIET + ONE_A_DAY,
    **offer_on("Offer Due", "offer"),
    **engagement("offer", OFFER.replace("[email]", "[email, sms]") + "\nuseful_for: 2 days"),
}


@scenario(
    "why did she not get it?",
    threads=("knadh/listmonk#2278",),
    elsewhere="nobody can tell without diffing provider logs by hand",
    here="Sent or not, every candidate leaves a decision in the person's timeline: a reason code, "
    "what refused each channel, and when it will be allowed.",
    also=(
        "tests/decisions/test_arbiter.py::test_why_did_she_not_get_it_is_in_the_decision",
        "tests/cli/test_data.py::test_explain_tells_who_why_and_what",
    ),
)
def test_why_did_she_not_get_it() -> str:
    names = ("ada", "bruno", "chen", "dalia", "okafor", "dario")
    evening = datetime(2026, 3, 2, 21, 30, tzinfo=UTC)
    house = House(company(WHY), clock=VirtualClock(evening))
    house.meet("ada", "bruno", "chen", "okafor", "dario")
    house.take("website", {"identify": {"phone": "+436641234567"}, "user_id": "dalia"})
    agree(house, *names[1:])
    house.event("Unsubscribed", "bruno", purpose="offers", channel="*")
    bounce = {"address": "chen@example.com", "permanent": True}
    house.take("mail", {"event": "Email Bounced", "user_id": "chen", "properties": bounce})
    house.take("desk", {"event": "Person Frozen", "user_id": "okafor"})
    house.event("Offer Due", "dario")
    for name in names:
        house.event("Offer Due", name)
    told = {name: house.decided(name)[-1] for name in names}
    reasons = {name: decided.reason for name, decided in told.items()}
    when = {name: decided.wake_at - evening for name, decided in told.items() if decided.wake_at}
    assert reasons == {
        "ada": "no_consent",
        "bruno": "objected",
        "chen": "suppressed",
        "dalia": "quiet_hours",
        "okafor": "frozen",
        "dario": "cap_reached",
    }
    assert when == {"dalia": 9 * HOUR + 30 * MINUTE, "dario": DAY}
    assert all(decided.refusals for decided in told.values())
    return (
        f"{len(names)} people did not get an offer, for {len(set(reasons.values()))} reasons; each "
        f"is in its timeline ({', '.join(f'`{reason}`' for reason in reasons.values())}), "
        f"{len(when)} with the moment from which on it is allowed"
    )


@scenario(
    "half an erase",
    threads=("mautic/mautic#12320", "mautic/mautic#14119", "PostHog/posthog#53413"),
    elsewhere="erasing leaves form rows, or the anonymous past, or kills the statistics",
    here="An erased person hears nothing more, on any channel, by any promise or journey, and the "
    "counts stay; what the journal holds about them is not destroyed yet.",
    waits_for="keys per person, with which an erase destroys the journal's data too, are not built",
    also=(
        "tests/decisions/test_consent.py::test_erased_and_frozen_people_hear_nothing_not_even_promises",
    ),
)
def test_half_an_erase() -> str:
    house = House(company({"promises/receipt.yaml": RECEIPT, **SERVICE, **TWO_OFFERS}))
    house.event("Order Viewed", {"anonymous_id": "laptop"})
    house.event("Logged In", {"user_id": "ada", "anonymous_id": "laptop"})
    house.meet("ada")
    agree(house, "ada")
    house.event("Signed Up", "ada")
    house.event("Order Placed", "ada", number="1")
    before = len(house.provider.got)
    house.take("desk", {"event": "Person Erased", "user_id": "ada"})
    house.event("Order Placed", "ada", number="2")
    house.event("Order Placed", {"anonymous_id": "laptop"}, number="3")
    house.wait(30 * DAY)
    after, left = len(house.provider.got) - before, len(house.lives("ada"))
    assert (before, after) == (2, 0)
    assert left > 0
    return (
        f"{before} messages before, {after} in the 30 days after, for 2 more orders and a journey "
        f"in hand; but the journal still holds her {left} events in the clear"
    )


REMINDER_BY_MAIL = {
    "promises/check_in.yaml": """
id: check_in
made_by: {event: Booking Confirmed}
about: facts.booking
act_at: facts.departs_at - interval '24 hours'
due_at: facts.departs_at - interval '24 hours'
engagement: check_in
""",
    **engagement("check_in", "purpose: travel\nclass: service\nchannels: [email, sms]"),
}

REMINDER_BY_SMS = REMINDER_BY_MAIL | engagement(
    "check_in",
    "purpose: travel\nclass: service\nchannels: [sms, email]\neligibility: facts.class <> 'staff'",
)


@scenario(
    "no simulator",
    threads=("mautic/mautic#2307",),
    elsewhere="asked for since 2016: show who would get what, when, before it goes live",
    here="Deciding is pure, so `regard plan` lives the days of the journal, and what is parked, "
    "again under both versions, by the code that will decide.",
    also=(
        "tests/planning/test_as_published.py::test_an_edit_of_the_airline_does_what_its_plan_says",
        "tests/stories/test_every_story_holds.py::test_story_of_an_example_holds",
    ),
)
def test_no_simulator() -> str:
    house = House(company(REMINDER_BY_MAIL))
    for number in range(20):
        departs_at = (house.clock.now() + (2 + number % 4) * DAY).isoformat()
        phone = {"phone": f"+4366412345{number:02}"} if number % 2 else {}
        house.meet(f"guest{number}", **phone)
        facts = {"class": "staff" if number % 10 == 0 else "guest", "departs_at": departs_at}
        house.event("Booking Confirmed", f"guest{number}", booking=str(number), **facts)
    house.wait(HOUR)
    edited, since, kernel = company(REMINDER_BY_SMS), house.clock.now(), build_kernel()
    with house.store.reading() as reading:
        lived = read_lives(reading, kernel, since, since + 7 * DAY, lambda *_: None)
    plan = draw_plan(lived, Versions(old=house.program, new=edited), kernel, MemoryStore)
    house = house.next_process(program=edited)
    house.wait(7 * DAY)
    happened = house.sent()
    moved = {m.new.person_id: (m.new.channel, m.new.at) for who in plan.people for m in who.moved}
    lost = {one.person_id for who in plan.people for one in who.lost}
    assert not any(who.gained for who in plan.people)
    assert plan.recipients.new == len(happened)
    assert moved.items() <= happened.items()
    assert not lost & happened.keys()
    by_sms = [channel for channel, _ in moved.values()].count("sms")
    return (
        f"an edit while {plan.recipients.old} people wait for a reminder: the plan says {by_sms} "
        f"by SMS, not by mail, and {len(lost)} none; lived for real, {len(happened)} get it, these "
        f"{len(moved)} by SMS and each in the very second"
    )
