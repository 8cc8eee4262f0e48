"""Whose an entry is: the rule by which identities and shared devices name a person.

An entry hangs on an identity. Usually the identity's label is the person. On a shared device
(the borrowed laptop) it is whoever logged in last before the entry's moment, and before the first
login the first one: their anonymous past stays theirs. Stores and the loop share this rule.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from regard.core.facts import Entry
from regard.core.graph import Login, Node
from regard.core.ports import GraphReader

Place = tuple[int, datetime]
"""An identity and a moment: what names a person."""


def owners_of(graph: GraphReader, places: Sequence[Place]) -> list[str]:
    """Return the person behind each place, ``""`` for what hangs on nobody."""
    nodes = graph.nodes(sorted({identity for identity, _ in places}))
    shared = [identity for identity, node in nodes.items() if node.shared]
    if not shared:
        return [nodes[i].person_id if i in nodes else "" for i, _ in places]
    logins = graph.logins(shared)
    groups = by_device(logins)
    anchors = graph.nodes(sorted({login.anchor for login in logins}))
    return [
        holder_of(nodes[i], at, groups.get(i, ()), anchors) if i in nodes else ""
        for i, at in places
    ]


def owners_by_offset(graph: GraphReader, entries: Sequence[Entry]) -> dict[int, str]:
    """Return the person of each entry by its offset; entries of the house itself have none."""
    owners = owners_of(graph, [(entry.identity, entry.at) for entry in entries])
    return {e.offset: owner for e, owner in zip(entries, owners, strict=True) if owner}


def holder_of(
    node: Node, at: datetime, logins: Sequence[Login], anchors: Mapping[int, Node]
) -> str:
    """Return the person who held `node` at `at`.

    `logins` are those on this node by time (empty unless it is a shared device), `anchors` the
    nodes of their anchors.
    """
    if not node.shared or not logins:
        return node.person_id
    place = bisect_right(logins, at, key=lambda login: login.at)
    anchor = logins[max(place - 1, 0)].anchor
    return anchors[anchor].person_id


def by_device(logins: Sequence[Login]) -> dict[int, list[Login]]:
    """Return logins grouped by device, each group by time."""
    groups: dict[int, list[Login]] = {}
    for login in sorted(logins, key=lambda found: (found.device, found.at, found.anchor)):
        groups.setdefault(login.device, []).append(login)
    return groups


def own_entries(
    person_id: str,
    entries: Sequence[Entry],
    devices: Collection[int],
    logins: Sequence[Login],
    anchors: Mapping[int, Node],
) -> list[Entry]:
    """Return those entries that are the person's: all but what others did on shared devices."""
    if not devices:
        return list(entries)
    groups = by_device(logins)
    shared = set(devices)
    return [
        e
        for e in entries
        if e.identity not in shared or _held(person_id, e.at, groups.get(e.identity, []), anchors)
    ]


def _held(
    person_id: str, at: datetime, logins: Sequence[Login], anchors: Mapping[int, Node]
) -> bool:
    place = bisect_right(logins, at, key=lambda login: login.at)
    return bool(logins) and anchors[logins[max(place - 1, 0)].anchor].person_id == person_id
