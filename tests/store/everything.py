"""Every read of a store at once: two stores that answer the same here are the same."""

from __future__ import annotations

from typing import Any

from regard.core.rows import DecisionKind
from regard.core.storage import Store
from regard.store.outcome_counts import BUCKET
from tests.store.cast import ADA, ADA_EMAIL, BRUNO, CHEN, LAPTOP, PHONE, identity, key, moment

CAST = (ADA, ADA_EMAIL, BRUNO, CHEN, LAPTOP, PHONE)
PEOPLE = ("p_a", "p_b", "p_c", "p_d", "p_e", "p_f")
AUDIENCES = ("vip", "lapsing", "nobody")
REMARKED = ("channel:email", "disconnect:late:order", "nobody")
MESSAGES = ("m1", "m2", "m3", "m4")
KINDS = (DecisionKind(), DecisionKind(verdict="send"), DecisionKind(engagement="nobody"))
STAMPS = (0, 2 << 10, (3 << 10) + 1, 2**62)


def everything(store: Store) -> dict[str, Any]:
    """Return what a store answers to every question that the contract knows."""
    drawers = {"digest": store.digest(), **_drawers(store)}
    return drawers | _people(store) | _registers(store) | _runs(store) | _audiences(store)


def _audiences(store: Store) -> dict[str, Any]:
    with store.reading() as reading:
        audiences = reading.audiences
        return {
            "counts": audiences.counts(),
            "remarks": [reading.remarks.latest(about, 2) for about in ("", *REMARKED)],
            "decided": [reading.decisions.latest(kind, limit=2) for kind in KINDS],
            "decided_about": [reading.decisions.about(person_id, limit=3) for person_id in PEOPLE],
            "decision_counts": reading.decisions.counts(),
            "decision": [reading.decisions.one(number) for number in range(9)],
            "members": [audiences.members(name) for name in AUDIENCES],
            "members_behind": [audiences.members("vip", after, 1) for after in PEOPLE],
            "latest_members": [audiences.latest(name, 2) for name in AUDIENCES],
        }


def _drawers(store: Store) -> dict[str, Any]:
    identities = [identity(identifier) for identifier in CAST]
    with store.writing() as writing:
        journal, graph = writing.journal, writing.graph
        states, registers = writing.states, writing.registers
        return {
            "known": journal.known([key(n) for n in range(8)]),
            "inputs": [journal.inputs(after, 2) for after in range(4)],
            "of_identities": [journal.of_identities(identities, stamp) for stamp in STAMPS],
            "nodes": graph.nodes(identities),
            "edges": [graph.edges([i]) for i in identities],
            "pairs": graph.edges(pairs=[e.pair for e in graph.edges(identities)]),
            "clusters": graph.clusters(PEOPLE),
            "bare": graph.clusters(PEOPLE, with_members=False),
            "logins": graph.logins(identities),
            "load": states.load(PEOPLE),
            "pending": states.pending(),
            "cursor": states.cursor("lake"),
            "due": [registers.due(moment(m), limit) for m in (-9, 1, 9) for limit in (1, 9)],
            "queued": [registers.queued(moment(m), limit) for m in (-9, 1, 9) for limit in (1, 9)],
        }


def _people(store: Store) -> dict[str, Any]:
    with store.reading() as reading:
        people = reading.people
        return {
            "find": [people.find(identifier) for identifier in CAST],
            "read": [people.read(person_id) for person_id in PEOPLE],
            "search": [people.search(text, 3) for text in ("", "ada", "EXAMPLE", "p_b", "%")],
            "identifiers": [people.identifiers(person_id) for person_id in PEOPLE],
            "timeline": [people.timeline(person_id) for person_id in PEOPLE],
            "pages": [people.timeline(person_id, 5, 2) for person_id in PEOPLE],
            "count": reading.count_persons(),
            "last": reading.tail.last(),
            "stepped": reading.tail.stepped("lake"),
            "due_timers": [reading.tail.due(moment(m), limit) for m in (1, 9) for limit in (1, 9)],
            "after": [reading.tail.after(offset, 3) for offset in range(4)],
        }


def _registers(store: Store) -> dict[str, Any]:
    with store.reading() as reading:
        registers = reading.registers
        return {
            "promises": registers.promises(limit=3),
            "of_status": [registers.promises(s) for s in ("expected", "missed", "kept")],
            "changed_last": registers.promises(newest_first=True),
            "of_status_changed_last": registers.promises("kept", limit=2, newest_first=True),
            "of_definition": registers.promises("", "check_in_reminder"),
            "messages": registers.messages(limit=3),
            "message": [registers.messages(message_id=m) for m in MESSAGES],
            "of_state": [registers.messages(state=s) for s in ("queued", "claimed", "delivered")],
            "of_both": registers.messages(message_id="m1", state="sent"),
            "cases": [
                registers.cases(limit=2),
                registers.cases("1"),
                registers.cases(is_done=True),
            ],
            "sources": [registers.sources(source, 2) for source in ("", "website")],
            "tallies": [registers.tallies(day) for day in ("", "2026-03-02")],
        }


def _runs(store: Store) -> dict[str, Any]:
    with store.reading() as reading:
        runs = reading.runs
        standing = runs.standing("welcome")
        return {
            "run": [runs.run(run_id) for run_id in "124"],
            "standing": standing,
            "standing_at": [runs.standing("welcome", s, limit=2) for s in ("pause", "look")],
            "behind": [runs.standing("welcome", after=row, limit=1) for row in standing],
            "behind_at": [runs.standing("welcome", "pause", after=row) for row in standing],
            "latest": [runs.latest(journey, 2) for journey in ("welcome", "other")],
            "passages": runs.passages(),
            "of_flow": runs.passages("journey:welcome"),
            "outcomes": [runs.outcomes(moment(m)) for m in (-99, 3, 30)],
            "by_span": [runs.outcomes(moment(-99), s) for s in (BUCKET, 12 * BUCKET)],
        }
