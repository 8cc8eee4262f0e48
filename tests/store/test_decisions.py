"""Decisions, sent or not: what every store must answer."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from regard.core.event import Identifier
from regard.core.facts import Candidate, Decided, Entry
from regard.core.rows import DecisionKind
from regard.core.storage import Store
from regard.runtime.projection import Projector
from tests.store.cast import (
    ADA,
    BRUNO,
    START,
    append,
    cluster,
    entry,
    node,
    person,
    project,
    read,
    save_graph,
    save_people,
)

SENT = DecisionKind(verdict="send")


def candidate(engagement: str, **changes: object) -> Candidate:
    values = {"engagement": engagement, "origin": "journey", "ref": "r", "made_at": START}
    return Candidate(**values | changes)  # type: ignore[arg-type]


def made(offset: int, who: Identifier, wanted: Candidate, verdict: str, reason: str) -> Entry:
    body = Decided(
        decision_id=f"d{offset}",
        candidate=wanted,
        verdict=verdict,  # type: ignore[arg-type]
        reason=reason,
        message_class="marketing",
        purpose="offers",
        channel="email" if verdict == "send" else "",
    )
    return entry(offset, who, minutes=offset, body=body, cause=1, part=64 + offset)


@pytest.fixture
def lived(store: Store) -> Store:
    """Six decisions about two people, projected as the loop does."""
    lamp, miles = candidate("lamp"), candidate("miles")
    entries = [
        made(1, ADA, lamp, "hold", "quiet_hours"),
        made(2, ADA, replace(lamp, held_id="d1"), "send", "best_value"),
        made(3, BRUNO, lamp, "silence", "no_consent"),
        made(4, ADA, miles, "silence", "outvalued"),
        made(5, BRUNO, miles, "send", "best_value"),
        made(6, ADA, replace(lamp, call_id="call_1"), "send", "asked"),
        made(7, ADA, replace(lamp, is_test=True), "send", "owed"),
    ]
    save_people(store, person("p_a", "Ada"), person("p_b", "Bruno"))
    save_graph(
        store,
        nodes=(node(ADA, "p_a"), node(BRUNO, "p_b")),
        clusters=(cluster("p_a"), cluster("p_b")),
    )
    append(store, *entries)
    projector = Projector()
    for one in entries:
        projector.add(one)
    project(store, decisions=projector.done().decisions)
    return store


def test_decisions_are_read_newest_first_by_any_part_of_their_kind(lived: Store) -> None:
    with read(lived) as reading:
        found = reading.decisions
        assert [row.number for row in found.latest(DecisionKind())] == [5, 4, 3, 2, 1]
        assert [row.number for row in found.latest(SENT)] == [5, 2]
        assert [row.number for row in found.latest(SENT, before=5)] == [2]
        assert [row.number for row in found.latest(DecisionKind(), limit=2)] == [5, 4]
        wanted = DecisionKind(engagement="lamp", reason="no_consent")
        assert [(row.number, row.label) for row in found.latest(wanted)] == [(3, "Bruno")]
        assert found.latest(DecisionKind(channel="sms")) == []


def test_decisions_about_one_person_and_one_engagement(lived: Store) -> None:
    with read(lived) as reading:
        about = reading.decisions.about
        assert [row.number for row in about("p_a")] == [4, 2, 1]
        assert [row.number for row in about("p_a", "lamp")] == [2, 1]
        assert [row.number for row in about("p_a", "lamp", before=2)] == [1]
        assert [row.number for row in about("p_a", limit=1)] == [4]
        assert about("p_nobody") == []


def test_one_decision_is_read_by_its_place_whatever_it_was(lived: Store) -> None:
    with read(lived) as reading:
        found = reading.decisions.one(6)
        assert found is not None
        assert (found.decision.reason, found.cause, found.person_id) == ("asked", 1, "p_a")
        assert reading.decisions.one(99) is None


def test_counts_tell_new_offers_from_holds_decided_again(lived: Store) -> None:
    with read(lived) as reading:
        counts = {(c.kind.engagement, c.kind.verdict): c for c in reading.decisions.counts()}
        assert (counts["lamp", "hold"].count, counts["lamp", "hold"].new_count) == (1, 1)
        assert (counts["lamp", "send"].count, counts["lamp", "send"].new_count) == (1, 0)
        assert {c.day for c in counts.values()} == {"2026-03-02"}
        assert reading.decisions.counts("2026-03-03") == []


def test_counts_of_one_kind_and_totals_over_all_days(lived: Store) -> None:
    with read(lived) as reading:
        found = reading.decisions
        every, totals = found.counts(), found.totals("2026-03-01")
        assert {c.kind: (c.count, c.new_count) for c in totals} == {
            c.kind: (c.count, c.new_count) for c in every
        }
        assert {c.day for c in totals} == {"2026-03-01"}
        assert found.totals("2026-03-03") == []
        assert found.sent("2026-03-02") == [
            (one.day, one.kind.engagement, one.count) for one in every if one.kind.verdict == "send"
        ]
        assert found.sent("2026-03-03") == []
        own = [c for c in every if c.kind.engagement == "lamp"]
        assert found.counts("2026-03-02", "lamp") == own
        assert found.counts("2026-03-02", "lam") == []
        assert found.counts("2026-03-03", "lamp") == []


def test_decisions_are_a_view_of_the_journal(lived: Store) -> None:
    lived.forget_views()
    with read(lived) as reading:
        assert reading.decisions.latest(DecisionKind()) == []
        assert reading.decisions.counts() == []
        assert reading.decisions.totals() == []
