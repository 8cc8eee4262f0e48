"""broadcasts/*.yaml -> one-offs to many: what, to whom, how fast, until when, who may see it first.

A broadcast has no event, so its facts are those that its file gives. A held-back share of people
is not known here: who is in the audience and passes the gate gets it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from regard.core.offers import Broadcast
from regard.project.expressions import FactKinds, Kind
from regard.project.reading import Table, check_reference
from regard.project.triggers import Known, read_expression
from regard.project.words import id_of

SEEDS_MAX = 50
"""People to whom a broadcast may be shown before it starts: colleagues, not a list of customers."""

_KINDS: Mapping[type, Kind] = {bool: "boolean", int: "number", float: "number", str: "text"}


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadBroadcast:
    """A broadcast as read, and what its engagement will see."""

    id: str
    offers: tuple[str, ...]
    facts: FactKinds
    definition: Broadcast | None


def read_broadcast(table: Table, known: Known) -> ReadBroadcast:
    """Return the broadcast of one file; every slip is reported."""
    broadcast_id = table.word("id", id_of, "", required=True)
    engagement = table.text("engagement", required=True)
    if engagement:
        check_reference(table.at("engagement"), engagement, known.engagements, "engagement")
    audience = table.text("audience")
    if audience:
        check_reference(table.at("audience"), audience, known.audiences, "audience")
    facts, kinds = _facts(table.table("facts"))
    to = read_expression(table, "to", known, kinds, "condition")
    definition = Broadcast(
        id=broadcast_id,
        title=table.text("title") or broadcast_id,
        engagement=engagement,
        audience=audience,
        to=to,
        pace_per_s=float(table.number("pace_per_s", 0.0, low=0, high=100_000)),
        expires_after=table.duration("expires"),
        seeds=_seeds(table),
        facts=facts,
    )
    table.close()
    is_whole = broadcast_id and engagement and (to is not None or "to" not in table)
    return ReadBroadcast(
        id=broadcast_id,
        offers=(engagement,) if engagement else (),
        facts=kinds,
        definition=definition if is_whole else None,
    )


def _facts(table: Table | None) -> tuple[dict[str, Any], FactKinds]:
    """Return the facts that a broadcast's texts see, moments as ISO 8601 texts, and their kinds."""
    facts: dict[str, Any] = {}
    kinds: dict[str, Kind | FactKinds] = {}
    for key in table.data if table is not None else ():
        value = table.any(key) if table is not None else None
        if isinstance(value, datetime | date):
            facts[key], kinds[key] = _iso(value), "timestamp"
        elif type(value) in _KINDS:
            facts[key], kinds[key] = value, _KINDS[type(value)]
        elif table is not None:
            table.at(key).problem("a fact is a text, a number, a moment, true or false")
    return facts, FactKinds(kinds, is_open=False)


def _iso(value: date) -> str:
    if isinstance(value, datetime) and value.tzinfo is None:
        return value.replace(tzinfo=UTC).isoformat()
    return value.isoformat()


def _seeds(table: Table) -> tuple[str, ...]:
    seeds = table.texts("seeds")
    if len(seeds) > SEEDS_MAX:
        table.at("seeds").problem(f"at most {SEEDS_MAX} people, here are {len(seeds)}")
    return seeds
