"""Since when the identities of a person are one, as far as words of consent hang on them.

In: the graph, a person, and the identities on which words were said. Out: joints, a tree over them.
Two are one since the earliest moment at which evidence, or what somebody said, had joined them,
directly or over others (the bottleneck of a minimum spanning tree; Kruskal 1956). A function of the
evidence alone, so that no order of arrival changes it. The loop, a rebuild and rehearsals share it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from itertools import groupby
from typing import Protocol, runtime_checkable

from regard.core.facts import Entry
from regard.core.graph import Apart, Joint, Ruling
from regard.core.person import Person
from regard.core.ports import GraphReader
from regard.core.rulings import joined, standing

NEVER = datetime(9999, 12, 31, tzinfo=UTC)
"""Since when those are one whom nothing known joins."""

Tie = tuple[bool, datetime, int, int]
"""Whether probability alone ties, since when, and two identities: in the order of taking them."""


@runtime_checkable
class Listening(Protocol):
    """Who weighs words by since when those are one on whom they were said: a stage, the kernel."""

    def unjoined(self, person: Person, entry: Entry | None = None) -> Collection[int]:
        """Return the speakers whose joints must be read before an entry is folded; mostly none.

        Without an entry all, if they are several: other entries, or persons, came together.
        """
        ...

    def weighed(
        self, person: Person, joints: Sequence[Joint], ahead: Iterable[Entry] = ()
    ) -> Person:
        """Return the person with joints, and the words that stand then.

        Joints are kept of those whose words count, and of who speaks in the entries `ahead`, which
        are folded next: what they said before may just have been ended.
        """
        ...


def heard(
    graph: GraphReader, listening: Listening, person: Person, entry: Entry | None = None
) -> Person:
    """Return the person with since when those who spoke are one, where that may be news.

    Before `entry` is folded; without one after many were, or after persons were joined.
    """
    ahead = () if entry is None else (entry,)
    return with_joints(graph, listening, person, listening.unjoined(person, entry), ahead)


def with_joints(
    graph: GraphReader,
    listening: Listening,
    person: Person,
    speakers: Collection[int],
    ahead: Iterable[Entry] = (),
) -> Person:
    """Return the person with the joints of `speakers`, and the words that stand then.

    `ahead` are the entries that are folded next.
    """
    if not speakers:
        return person
    return listening.weighed(person, joints_of(graph, person.id, speakers), ahead)


def joints_of(graph: GraphReader, person_id: str, speakers: Collection[int]) -> tuple[Joint, ...]:
    """Return the joints of `speakers` in a person, the latest last."""
    found = graph.clusters([person_id]).get(person_id)
    if found is None:
        return ()
    cluster, members = found
    own = {node.identity for node in members}
    ties: list[Tie] = [
        (False, edge.at, edge.left, edge.right)
        for edge in graph.edges(sorted(own))
        if edge.left in own and edge.right in own and not edge.refused
    ]
    if cluster.apart:
        ties += _said(graph.rulings(sorted(own)), own, cluster.apart)
    ties += _logins(graph, own, sorted(set(speakers) - own))
    first = min(speakers)
    ties += [(True, NEVER, first, other) for other in speakers]
    return reduced(_tree(sorted(ties)), speakers)


def reduced(joints: Iterable[Joint], speakers: Collection[int]) -> tuple[Joint, ...]:
    """Return joints that say the same of `speakers` alone, the latest last.

    At each moment the least of those who become one is joined to the least of each other group: so
    what says the same has the same bytes, whoever else was asked about before.
    """
    roots: dict[int, int] = {}
    voices = {identity: identity for identity in speakers}
    found: list[Joint] = []
    for since, level in groupby(sorted(joints, key=_order), key=lambda joint: joint.since):
        pairs = [(joint.left, joint.right) for joint in level]
        before = {_root(roots, identity) for pair in pairs for identity in pair}
        for left, right in pairs:
            roots[_root(roots, left)] = _root(roots, right)
        groups: dict[int, list[int]] = {}
        for root in before:
            if root in voices:
                groups.setdefault(_root(roots, root), []).append(voices.pop(root))
        for root, heard in groups.items():
            voices[root], *others = sorted(heard)
            found += [Joint(voices[root], other, since) for other in others]
    return tuple(sorted(found, key=_order))


def _order(joint: Joint) -> tuple[datetime, int, int]:
    return (joint.since, joint.left, joint.right)


def _said(rulings: Iterable[Ruling], own: Collection[int], apart: Mapping[str, Apart]) -> list[Tie]:
    """Return the ties that somebody's word made between parts that evidence does not join."""

    def part(identity: int) -> str:
        one = apart.get(str(identity))
        return "" if one is None else one.part

    return [
        (ruling.act.confidence < 1, ruling.at, first, other)
        for ruling in standing(rulings)
        for first, *others in joined(ruling.act)
        for other in others
        if first in own and other in own and part(first) != part(other)
    ]


def _logins(graph: GraphReader, own: Collection[int], devices: Collection[int]) -> list[Tie]:
    """Return a tie from each shared device to whoever of `own` logged in there first.

    One only: what two people did on a device does not make them one.
    """
    first: dict[int, Tie] = {}
    for login in graph.logins(sorted(devices)) if devices else ():
        tie = (False, login.at, login.device, login.anchor)
        if login.anchor in own and tie < first.get(login.device, (True, NEVER, 0, 0)):
            first[login.device] = tie
    return list(first.values())


def _tree(ties: Iterable[Tie]) -> list[Joint]:
    """Return those ties that join what earlier ones did not."""
    roots: dict[int, int] = {}
    tree: list[Joint] = []
    for _, at, left, right in ties:
        one, other = _root(roots, left), _root(roots, right)
        if one != other:
            roots[other] = one
            tree.append(Joint(left, right, at))
    return tree


def _root(roots: dict[int, int], identity: int) -> int:
    while (above := roots.get(identity, identity)) != identity:
        roots[identity] = roots.get(above, above)
        identity = above
    return identity
