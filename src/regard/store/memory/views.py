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
        yield (*pair, to_us(e.at), e.offset, e.source, e.rule)


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
        yield (ref, t.identity, to_us(t.at), to_us(t.due_at))


def _promises(tables: Tables) -> Rows:
    for promise_id, p in sorted(tables.promises.items()):
        yield (promise_id, p.identity, *_all_us(p.at, p.changed_at), encode(p.change))


def _messages(tables: Tables) -> Rows:
    for message_id, kept in sorted(tables.messages.items()):
        m = kept.row
        moments = _all_us(m.decided_at, m.state_at, m.not_before)
        progress = (m.state, m.attempt, m.reason)
        yield (message_id, m.identity, to_us(m.at), *progress, *moments, encode(m.decision))


def _cases(tables: Tables) -> Rows:
    for case_id, c in sorted(tables.cases.items()):
        yield (case_id, c.identity, to_us(c.opened_at), encode(c.case))


def _tallies(tables: Tables) -> Rows:
    return ((*key, count) for key, count in sorted(tables.tallies.items()))


def _all_us(*moments: datetime) -> tuple[int, ...]:
    return tuple(to_us(moment) for moment in moments)


VIEWS: Mapping[str, Callable[[Tables], Rows]] = MappingProxyType(
    {
        "identifiers": _identifiers,
        "evidence": _evidence,
        "clusters": _clusters,
        "logins": _logins,
        "forwards": _forwards,
        "persons": _persons,
        "timers": _timers,
        "promises": _promises,
        "messages": _messages,
        "cases": _cases,
        "tallies": _tallies,
    }
)
"""The rows of every view by its name."""
