"""The views of the in-memory store as rows, column by column what sql/views.sql selects.

So the digests of two stores over the same journal are equal, whatever they are kept in.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Any

from regard.core.clock import to_us
from regard.store.encoding import encode
from regard.store.memory.tables import Tables

Rows = Iterable[tuple[Any, ...]]


def _identifiers(tables: Tables) -> Rows:
    for identity, n in sorted(tables.nodes.items()):
        key = (identity, n.identifier.kind, n.identifier.value, tables.folded[identity])
        yield (*key, n.person_id, to_us(n.first_at), n.offset, n.shared)


def _evidence(tables: Tables) -> Rows:
    for pair, e in sorted(tables.edges.items()):
        yield (*pair, to_us(e.at), e.offset, e.source, e.rule, e.refused)


def _rulings(tables: Tables) -> Rows:
    for act_id, ruling in sorted(tables.rulings.items()):
        yield (act_id, ruling.offset, to_us(ruling.at), encode(ruling.act))


def _reviews(tables: Tables) -> Rows:
    for review_id, kept in sorted(tables.reviews.items()):
        review = kept.review
        moment = to_us(review.opened_at)
        yield (review_id, review.kind, moment, kept.answered_by, encode(review))


def _clusters(tables: Tables) -> Rows:
    return ((person_id, encode(c)) for person_id, c in sorted(tables.clusters.items()))


def _logins(tables: Tables) -> Rows:
    for device, logins in sorted(tables.logins.items()):
        yield from ((device, to_us(at), anchor) for at, anchor in logins)


def _forwards(tables: Tables) -> Rows:
    return sorted(tables.forwards.items())


def _persons(tables: Tables) -> Rows:
    for person_id, p in sorted(tables.persons.items()):
        seen_us = to_us(p.last_seen_at) if p.last_seen_at else 0
        yield (person_id, p.label, p.folded, seen_us, p.last_channel, p.state)


def _timers(tables: Tables) -> Rows:
    for ref, t in sorted(tables.timers.items()):
        yield (ref, t.identity, to_us(t.at), to_us(t.due_at), t.number)


def _promises(tables: Tables) -> Rows:
    for promise_id, p in sorted(tables.promises.items()):
        place = (p.identity, to_us(p.at), p.standing.step)
        counted_us = to_us(p.standing.counted_at) if p.standing.counted_at else None
        moments = (*_all_us(p.standing.since, p.changed_at), counted_us)
        yield (promise_id, *place, *moments, encode(p.change))


def _runs(tables: Tables) -> Rows:
    for run_id, r in sorted(tables.runs.items()):
        moments = _all_us(r.at, r.standing.since, r.changed_at)
        yield (run_id, r.identity, *moments, encode(r.change))


def _passages(tables: Tables) -> Rows:
    return ((*place, *counted) for place, counted in sorted(tables.passages.items()))


def _outcomes(tables: Tables) -> Rows:
    return ((*place, count) for place, count in sorted(tables.outcomes.items()))


def _messages(tables: Tables) -> Rows:
    for message_id, kept in sorted(tables.messages.items()):
        m = kept.row
        moments = _all_us(m.decided_at, m.state_at, m.not_before)
        progress = (m.state, m.attempt, m.reason)
        placed = (message_id, m.number, m.identity, to_us(m.at))
        yield (*placed, *progress, *moments, m.tries, m.crashes, m.unknowns, encode(m.decision))


def _rollouts(tables: Tables) -> Rows:
    for rollout_id, row in sorted(tables.rollouts.items()):
        change = row.change
        moments = _all_us(change.started_at, row.changed_at)
        yield (rollout_id, change.status, *moments, encode(change))


def _versions(tables: Tables) -> Rows:
    for offset, row in sorted(tables.versions.items()):
        yield (offset, to_us(row.at), encode(row.published))


def _remarks(tables: Tables) -> Rows:
    for offset, row in sorted(tables.remarks.items()):
        yield (offset, row.remark.about, to_us(row.at), encode(row.remark))


def _decisions(tables: Tables) -> Rows:
    for number, kept in sorted(tables.decisions.items()):
        yield (number, kept.identity, kept.engagement, kept.kind)


def _decision_counts(tables: Tables) -> Rows:
    return ((*place, *counts) for place, counts in sorted(tables.decision_counts.items()))


def _audience_members(tables: Tables) -> Rows:
    for audience, members in sorted(tables.audience_members.items()):
        yield from ((audience, p, to_us(since)) for p, since in sorted(members.items()))


def _cases(tables: Tables) -> Rows:
    for case_id, c in sorted(tables.cases.items()):
        state, at, by, note = c.moved
        moved_us = None if at is None else to_us(at)
        yield (case_id, c.identity, to_us(c.opened_at), encode(c.case), state, moved_us, by, note)


def _tallies(tables: Tables) -> Rows:
    return ((*key, count) for key, count in sorted(tables.tallies.items()))


def _all_us(*moments: datetime) -> tuple[int, ...]:
    return tuple(to_us(moment) for moment in moments)


VIEWS: Mapping[str, Callable[[Tables], Rows]] = MappingProxyType(
    {
        "identifiers": _identifiers,
        "evidence": _evidence,
        "rulings": _rulings,
        "reviews": _reviews,
        "clusters": _clusters,
        "logins": _logins,
        "forwards": _forwards,
        "persons": _persons,
        "timers": _timers,
        "promises": _promises,
        "runs": _runs,
        "passages": _passages,
        "outcomes": _outcomes,
        "messages": _messages,
        "rollouts": _rollouts,
        "versions": _versions,
        "remarks": _remarks,
        "decisions": _decisions,
        "decision_counts": _decision_counts,
        "audience_members": _audience_members,
        "cases": _cases,
        "tallies": _tallies,
    }
)
"""The rows of every view by its name."""
