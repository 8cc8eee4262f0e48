"""Facts in plain words, service levels, drawings: the pure parts of the console."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as Tree

import pytest

from regard.console.charts.evidence import evidence
from regard.console.charts.strip import strip
from regard.console.charts.timeline import timeline
from regard.console.levels import costs, service_levels
from regard.console.moments import distance, span, zone_of
from regard.console.money import money
from regard.console.pages.coming import coming
from regard.console.pages.dossier import consents, identifiers, weighed_at
from regard.console.pages.sources import masked
from regard.console.reasons import REASONS, channel_words, reason_words, who_words
from regard.console.records import Level
from regard.console.timeline import SPANS, draw, fitting
from regard.console.why import why
from regard.console.wording import Wording, is_told
from regard.core.event import Event, Identifier, MessageOutcome, TimerDue
from regard.core.facts import (
    Body,
    Candidate,
    CaseOpened,
    Decided,
    Entry,
    LimitReached,
    PersonsMerged,
    PromiseChanged,
    Refusal,
    RunChanged,
    StepFailed,
)
from regard.core.graph import Joint
from regard.core.person import Claim, Consent, Held, Person, PromiseState, RunState
from regard.core.rows import Evidence, IdentifierRow, Tally
from regard.profiles import fallen
from tests.console.airline import airline
from tests.console.cast import NOW, Cast, ago
from tests.console.shelf import Shelf

PROGRAM = airline()
WORDING = Wording(PROGRAM)
DUE = datetime(2026, 3, 3, 8, 0, tzinfo=UTC)


def entry(body: Body, at: datetime = NOW, offset: int = 1) -> Entry:
    return Entry(offset=offset, identity=1, at=at, received_at=at, body=body)


def words(body: Body, engagement: str = "") -> str:
    return WORDING.line(entry(body), "Europe/Vienna", engagement=engagement).text


def promise(status: Any, **fields: Any) -> PromiseChanged:
    values: dict[str, Any] = {
        "promise_id": "1",
        "definition": "check_in_reminder",
        "status": status,
        "about": "SK1",
        "made_at": ago(days=3),
        "act_at": DUE,
        "due_at": DUE,
        "reason": status,
    }
    return PromiseChanged(**(values | fields))


def decided(verdict: Any, reason: str, **fields: Any) -> Decided:
    candidate = Candidate(
        engagement="mileage_offer", origin="journey", ref="run:1", made_at=NOW, held_id=""
    )
    values: dict[str, Any] = {
        "decision_id": "d1",
        "candidate": candidate,
        "verdict": verdict,
        "reason": reason,
        "message_class": "marketing",
        "purpose": "offers",
    }
    return Decided(**(values | fields))


def event(name: str, **fields: Any) -> Event:
    values: dict[str, Any] = {
        "message_id": "m1",
        "source": "website",
        "type": "track",
        "channel": "web.desktop",
        "at": NOW,
        "received_at": NOW,
        "identifiers": (Identifier("user_id", "ada"),),
    }
    return Event(name=name, **(values | fields))


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (promise("expected"), "Check-in reminder promised for Tue 3 Mar 09:00"),
        (promise("expected", reason="re_dated"), "Check-in reminder moved to Tue 3 Mar 09:00"),
        (
            promise("missed", reason="not_sent:try_again"),
            "Check-in reminder missed: not sent: to try again",
        ),
        (promise("repaired"), "Check-in reminder repaired"),
        (promise("kept", definition="gone"), "gone kept"),
        (
            decided("silence", "no_consent", refusals=(Refusal("email", "no_consent", None),)),
            "Silent about Mileage offer: no consent for Offers and miles by e-mail",
        ),
        (decided("silence", "a_new_code"), "Silent about Mileage offer: a new code"),
        (
            decided("hold", "quiet_hours", wake_at=DUE),
            "Mileage offer held until Tue 3 Mar 09:00: quiet hours",
        ),
        (event("page", type="page", facts={"name": "Pricing"}), "Viewed Pricing"),
        (event("identify", type="identify"), "Said who they are: ada"),
        (
            LimitReached(limit="promise_without_date", detail=""),
            "Limit reached: a promise without a date",
        ),
        (
            CaseOpened(case_id="1", department="call_centre", title="Call", ref="", reason=""),
            "Case for Call centre: Call",
        ),
        (StepFailed(error="boom", traceback=""), "Deciding failed, entry set aside: boom"),
    ],
)
def test_every_fact_has_a_sentence(body: Body, expected: str) -> None:
    assert words(body) == expected


def test_outcome_names_what_its_message_was_about() -> None:
    outcome = MessageOutcome(message_id="d1", channel="sms", outcome="sent")
    assert words(outcome, "check_in") == "Check in now handed over by SMS"
    assert words(outcome) == "Message handed over by SMS"


def test_noise_of_the_house_is_not_told() -> None:
    again = Candidate(engagement="x", origin="journey", ref="r", made_at=NOW, held_id="h1")
    assert not is_told(entry(TimerDue(ref="run:1", due_at=NOW)))
    assert is_told(entry(decided("hold", "quiet_hours")))
    assert not is_told(entry(decided("hold", "quiet_hours", candidate=again)))
    assert is_told(entry(decided("silence", "past_use", candidate=again)))


def test_why_of_a_silence_says_when_it_would_be_allowed() -> None:
    refusals = (Refusal("email", "cap_reached", DUE), Refusal("sms", "no_consent", None))
    silence = decided("silence", "cap_reached", refusals=refusals, rivals=("welcome",))
    told = why(entry(silence), WORDING, {"run:1": "Miles"}, "UTC")
    assert ("Asked by", "a journey: Miles") in told.pairs
    assert [(r.channel, r.next_allowed_at) for r in told.refusals] == [
        ("email", DUE),
        ("sms", None),
    ]
    assert told.rivals == ("Welcome aboard",)
    assert ("Purpose", "Offers and miles") in told.pairs


def tally(definition: str, status: str, count: int, day: str = "2026-03-05") -> Tally:
    return Tally(day=day, name=f"promise:{definition}", key=status, count=count)


def levels_of(*counted: Tally) -> dict[str, Level]:
    runs = Shelf(counted=list(counted)).runs
    return {level.definition: level for level in service_levels(runs, PROGRAM, NOW)}


@pytest.mark.parametrize(
    ("lag", "told"),
    [
        (timedelta(hours=9), {"Happened": "3 Mar 2026 09:00", "Heard": "3 Mar 2026 18:00"}),
        (timedelta(seconds=2), {}),
    ],
)
def test_who_was_seen_together_long_before_we_heard_has_both_moments(
    lag: timedelta, told: dict[str, str]
) -> None:
    left, right = Identifier("user_id", "ada"), Identifier("device_id", "d1")
    merged = PersonsMerged(winner="p_a", loser="p_b", left=left, right=right, rule="same_event")
    late = Entry(offset=1, identity=1, at=DUE, received_at=DUE + lag, body=merged)
    pairs = dict(why(late, WORDING, {}, "Europe/Vienna").pairs)
    assert {name: pairs[name] for name in ("Happened", "Heard") if name in pairs} == told


def test_only_kept_promises_count_as_good() -> None:
    levels = levels_of(
        tally("check_in_reminder", "kept", 997),
        tally("check_in_reminder", "repaired", 2),
        tally("check_in_reminder", "broken", 1),
        tally("check_in_reminder", "void", 50),
        tally("check_in_reminder", "kept", 9_999, day="2026-01-01"),
        tally("bag_update", "kept", 10),
    )
    worst = levels["check_in_reminder"]
    assert (worst.ended_count, worst.spent_count, worst.state) == (1_000, 3, "spent")
    assert (worst.share, worst.budget_left) == (0.997, -2.0)
    assert (levels["bag_update"].state, levels["bag_update"].budget_left) == ("whole", 1.0)
    assert levels["gate_change_notice"].share is None
    assert next(iter(levels)) == "check_in_reminder", "the worst first"
    assert list(levels)[-1] in ("gate_change_notice", "disruption_options"), "idle ones last"


def test_strip_has_one_bar_a_day_and_tells_the_worst() -> None:
    level = levels_of(tally("bag_update", "kept", 3), tally("bag_update", "broken", 1))
    svg = Tree.fromstring(str(strip(level["bag_update"].days, "Bags")))
    bars = svg.findall("rect")
    assert len(bars) == 28
    assert bars[-1].get("class") == "tone-bad"
    assert bars[-1].findtext("title") == "2026-03-05: 3 kept, 1 broken"


def test_broken_and_late_promises_cost_what_they_are_worth() -> None:
    promises = PROGRAM.promises | {
        "bag_update": replace(PROGRAM.promises["bag_update"], worth=12.5)
    }
    program = replace(PROGRAM, promises=promises)
    shelf = Shelf(
        counted=[
            tally("bag_update", "kept", 10),
            tally("bag_update", "broken", 3),
            tally("bag_update", "late", 1),
            tally("bag_update", "repaired", 5),
            tally("check_in_reminder", "broken", 9),
        ]
    )
    levels = service_levels(shelf.runs, program, NOW)
    found = costs(levels, shelf, program, NOW)
    assert [item.definition for item in found.items] == ["bag_update"], "the other has no worth"
    assert (found.total, found.items[0].counts) == (50.0, {"broken": 3, "late": 1})
    assert money(found.total, "EUR") == "€50"
    assert money(12.5, "EUR") == "€12.50"
    assert money(1_250, "") == "1,250 points"


def drawn(bodies: list[tuple[datetime, Body]]) -> Any:
    entries = [entry(body, at, number + 1) for number, (at, body) in enumerate(bodies)]
    pairs = [(e, WORDING.line(e, "UTC")) for e in entries]
    return draw(pairs, Person(id="p"), WORDING, now=NOW, zone="UTC")


def test_timeline_draws_every_kind_of_mark() -> None:
    bodies: list[tuple[datetime, Body]] = [
        (ago(hours=5), event("Booking Confirmed")),
        (ago(hours=4), promise("expected", due_at=NOW + timedelta(hours=2))),
        (
            ago(hours=3),
            decided("silence", "no_consent", refusals=(Refusal("email", "no_consent"),)),
        ),
        (ago(hours=2), MessageOutcome(message_id="1", channel="sms", outcome="sent")),
    ]
    drawing = drawn(bodies)
    assert {lane.name: lane.marks[0].shape for lane in drawing.lanes} == {
        "web (desktop)": "dot",
        "e-mail": "hollow",
        "SMS": "square",
    }
    assert drawing.bars[0].is_open
    svg = Tree.fromstring(str(timeline(drawing, "Ada")))
    assert svg.find(".//svg[@class='plot']/title").text == "Ada"  # type: ignore[union-attr]
    assert "bar tone-quiet open" in str(timeline(drawing, "Ada"))


def test_crowded_marks_are_stacked_and_counted() -> None:
    crowd: list[tuple[datetime, Body]] = [(ago(hours=1, seconds=n), event("x")) for n in range(9)]
    svg = str(timeline(drawn([(ago(days=3), event("x")), *crowd]), "Ada"))
    assert "+7" in svg
    assert svg.count("<circle") == 3


def test_old_history_is_cut_to_two_weeks_and_nothing_is_no_drawing() -> None:
    drawing = drawn([(ago(days=300), event("x")), (ago(days=1), event("y"))])
    assert drawing.is_cut
    assert [len(lane.marks) for lane in drawing.lanes] == [1]
    assert drawn([]) is None


def test_conclusion_is_told_when_it_was_drawn_not_when_its_cause_happened() -> None:
    made_at, now = ago(days=2), ago(hours=1)
    broken = Entry(
        offset=9,
        identity=1,
        at=made_at,
        received_at=now,
        body=promise("broken", made_at=made_at, due_at=ago(hours=2)),
        cause=8,
        part=1,
    )
    drawing = draw(
        [(broken, WORDING.line(broken, "UTC"))], Person(id="p"), WORDING, now=NOW, zone="UTC"
    )
    assert drawing
    assert (drawing.bars[0].from_at, drawing.bars[0].to_at) == (made_at, now)


def test_window_is_chosen_and_open_promises_reach_half_a_span_beyond_now() -> None:
    far = promise("expected", due_at=NOW + timedelta(days=40))
    entries = [entry(event("x"), ago(days=20), 1), entry(far, ago(hours=2), 2)]
    pairs = [(e, WORDING.line(e, "UTC")) for e in entries]

    def window(name: str) -> tuple[int, int]:
        drawing = draw(
            pairs, Person(id="p"), WORDING, now=NOW, zone="UTC", span=SPANS[name], until=None
        )
        assert drawing
        return (NOW - drawing.from_at).days, (drawing.to_at - NOW).days

    assert window("day") == (0, 0)
    assert window("week") == (0, 3)
    assert window("all") == (21, 41)
    busy = [ago(days=20), *(ago(hours=n) for n in range(9))]
    assert fitting(busy, NOW) == "day"
    assert fitting([ago(days=20), ago(days=5)], NOW) == "all"


def test_bars_of_one_promise_share_a_row_until_they_would_touch() -> None:
    def kept(number: int, made: datetime, ended: datetime) -> PromiseChanged:
        return promise(
            "kept", promise_id=f"p{number}", made_at=made, due_at=ended, kept_at=ended, about="x"
        )

    apart = [kept(n, ago(days=9 - 3 * n), ago(days=8 - 3 * n)) for n in range(3)]
    drawing = drawn([(c.due_at, c) for c in apart])
    heights = {bar.get("y") for bar in bars_of(drawing)}
    assert len(heights) == 1
    crowd = [kept(n, ago(days=9), ago(days=1, minutes=n)) for n in range(11)]
    drawing = drawn([(c.due_at, c) for c in crowd])
    assert len({bar.get("y") for bar in bars_of(drawing)}) == 8
    assert "(+3)" in str(timeline(drawing, "Ada")), "what has no row left is counted"


def bars_of(drawing: Any) -> list[Tree.Element]:
    svg = Tree.fromstring(str(timeline(drawing, "Ada")))
    return [r for r in svg.iter("rect") if (r.get("class") or "").startswith("bar ")]


def test_evidence_is_drawn_once_for_each_pair() -> None:
    one, two, three = (Identifier("email", f"{name}@example.com") for name in ("a", "b", "<c>"))
    pieces = [
        Evidence(left=one, right=other, offset=n, at=NOW, source="website", rule="same_event")
        for n, other in enumerate((two, two, three))
    ]
    rows = [
        IdentifierRow(identifier=i, identity=n, first_at=NOW, is_shared=i is three)
        for n, i in enumerate((one, two, three))
    ]
    svg = Tree.fromstring(str(evidence(identifiers(rows, pieces, WORDING), "Evidence")))
    told = [arc.findtext("title") for arc in svg.findall("path")]
    assert told == [
        "a@example.com and b@example.com, seen together 2 times",
        "a@example.com and <c>@example.com, seen together once",
    ]
    assert str(evidence(identifiers(rows, [], WORDING), "Evidence")) == ""


def test_what_happens_next_is_in_order_with_its_reason() -> None:
    offer = Candidate(engagement="mileage_offer", origin="journey", ref="r", made_at=NOW)
    held = decided("hold", "quiet_hours", candidate=offer, wake_at=DUE)
    run = RunChanged(
        run_id="r1",
        journey="gone",
        step="wait",
        status="waiting",
        started_at=NOW,
        reason="x",
        awaits=("Booked", "Called"),
    )
    owed = promise("missed", due_at=ago(hours=1), reason="not_sent:unreachable")
    person = Person(
        id="p",
        held={"d1": Held(candidate=offer, wake_at=NOW + timedelta(hours=9), stamp=1)},
        runs={"r1": RunState(change=run, stamp=1)},
        promises={"p1": PromiseState(change=owed, stamp=1)},
    )
    items = coming(person, [entry(held)], WORDING, NOW)
    assert [(i.word, i.detail, i.is_overdue) for i in items] == [
        ("in repair", "SK1, not sent: no address is known", True),
        ("held", "quiet hours", False),
        ("journey", "goes on at Booked or Called, or then", False),
    ]


def documented(name: str) -> set[str]:
    """Return the codes in the first column of the tables of a document."""
    text = (Path(__file__).parents[2] / "docs" / name).read_text(encoding="utf-8")
    rows = [line.split("|")[1] for line in text.splitlines() if line.startswith("| `")]
    return {code for row in rows for code in re.findall(r"`([a-z_0-9]+)`", row)}


def test_every_documented_reason_has_words() -> None:
    assert documented("reasons.md") - REASONS.keys() == set()
    channels = (Path(__file__).parents[2] / "docs" / "channels.md").read_text(encoding="utf-8")
    told = {
        code
        for line in channels.splitlines()
        if re.search(r"\| (refused|try_again|unknown)\b", line)
        for code in re.findall(r"`([a-z_0-9]+)`", line.split("|")[1])
    }
    assert told - REASONS.keys() == set()
    assert "gave_up" in told


def test_reasons_are_read_through_all_their_parts() -> None:
    assert reason_words("not_sent:refused:address_unknown") == (
        "not sent: the address does not exist"
    )
    assert reason_words("not_sent:no_outcome") == "not sent: nothing came back in time"
    assert reason_words("event:Check-in Completed") == "after “Check-in Completed”"
    assert reason_words("queued:push.app") == "on its way by app push"
    assert reason_words("message:77b1c8fbc41bf5ba") == "our own message"
    assert reason_words("held:quiet_hours") == "waits, quiet hours"
    assert channel_words("web.desktop") == "web (desktop)"
    assert who_words("p_12345678", "p_12345678") == "Unnamed 5678"


def test_times_are_short_and_zones_fall_back() -> None:
    assert span(timedelta(days=2, hours=3, minutes=9)) == "2 d 3 h"
    assert distance(ago(minutes=3), NOW) == "3 min ago"
    assert distance(NOW + timedelta(hours=2), NOW) == "in 2 h"
    claim = Claim("Mars/Base", NOW, "website", 0, 1)
    assert zone_of(Person(id="p", claims={"time_zone": claim}), PROGRAM) == "Europe/Vienna"


def test_short_keys_show_nothing_of_themselves() -> None:
    assert masked("short") == "•" * 8
    assert masked("airline-website-key") == "air" + "•" * 8


def test_cast_plays_the_same_every_time() -> None:
    assert Cast().shelf == Cast().shelf


def test_a_refusal_tells_which_grant_of_another_part_it_outweighs() -> None:
    wording = Wording(airline())
    no = Consent(False, ago(days=3), "website", {}, 1, 7)
    yes = Consent(True, ago(days=2), "app", {}, 2, 8)
    person = Person(
        id="p_chen",
        consents={"offers|*": no},
        spoken={"8": {"offers|*": yes}},
        joints=(Joint(7, 8, ago(days=1)),),
    )
    (item,) = consents(person, wording, "UTC")
    (why_it_stands,) = item.despite
    assert "The stricter of two" in why_it_stands
    assert "Web shop said no" in why_it_stands
    assert "Phone app said yes" in why_it_stands
    ((about, told),) = weighed_at(fallen(person), ago(days=1), wording, "UTC")
    assert (about, told) == ("Offers and miles every channel", why_it_stands)
    assert weighed_at(fallen(person), ago(days=2), wording, "UTC") == ()
