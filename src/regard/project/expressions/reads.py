"""What an expression reads of a person: which entries may change its value.

A typed tree in; names of events, traits, purposes, audiences and needs out. Time is not among
them, see `horizons`.
"""

from __future__ import annotations

from dataclasses import dataclass

from regard.project.expressions import tree
from regard.project.expressions.horizons import parts_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Reads:
    """Names by what they are of; `any_event` when every event of the person may change it."""

    events: frozenset[str] = frozenset()
    traits: frozenset[str] = frozenset()
    purposes: frozenset[str] = frozenset()
    audiences: frozenset[str] = frozenset()
    needs: frozenset[str] = frozenset()
    any_event: bool = False
    has_event: bool = False
    """Asks for the event at hand, which is there for a moment only."""


def reads_of(node: tree.Node) -> Reads:
    """Return what a node and everything below it reads."""
    found: dict[str, set[str]] = {name: set() for name in Reads.__slots__}
    _collect(node, found)
    return Reads(
        events=frozenset(found["events"]),
        traits=frozenset(found["traits"]),
        purposes=frozenset(found["purposes"]),
        audiences=frozenset(found["audiences"]),
        needs=frozenset(found["needs"]),
        any_event=bool(found["any_event"]),
        has_event=bool(found["has_event"]),
    )


def _collect(node: tree.Node, found: dict[str, set[str]]) -> None:
    match node:
        case tree.Field(root="traits"):
            found["traits"].add(node.keys[0])
        case tree.CountEvents() | tree.LastEventAt() | tree.LastFact():
            found["events"].add(node.event)
        case tree.HasConsent():
            found["purposes"].add(node.purpose)
        case tree.InAudience():
            found["audiences"].add(node.audience)
        case tree.NeedBelief():
            found["needs"].add(node.need)
        case tree.IsHere() | tree.SessionMinutes():
            found["any_event"].add("here")
        case tree.LocalHour():
            found["traits"].add("time_zone")
        case tree.Context():
            is_event = node.name.startswith("event.")
            found["has_event" if is_event else "any_event"].add(node.name)
    for part in parts_of(node):
        _collect(part, found)
