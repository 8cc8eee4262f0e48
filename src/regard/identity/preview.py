"""What an act would do, without doing it: who would be whom, and what would move where.

In: the graph as it is read, an act, the rules. Out: `Preview`. The console shows it before anybody
presses a button, the API answers with it, and what would change nothing is refused by it.
"""

from __future__ import annotations

from datetime import datetime

from msgspec import Struct

from regard.core.event import Identifier, IdentityAct
from regard.core.facts import EvidenceRefused
from regard.core.graph import Ruling
from regard.core.ports import GraphReader
from regard.core.rules import IdentityRules
from regard.core.rulings import named
from regard.identity.naming import names_of
from regard.identity.partition import partition
from regard.identity.reach import around
from regard.identity.work import Look

NOBODY_NEW = -1
"""The offset of no event: in a preview nothing is seen for the first time."""


class Move(Struct, frozen=True, kw_only=True):
    """An identifier, with all that hangs on it, leaves one person for another."""

    identifier: Identifier
    before: str
    after: str


class Party(Struct, frozen=True, kw_only=True):
    """A person (or place, `shared_by` the rule) as they would be."""

    person_id: str
    identifiers: tuple[Identifier, ...]
    shared_by: str = ""


class Preview(Struct, frozen=True, kw_only=True):
    """Who would be whom around an act. `unconfirmed` are joined by probability alone.

    `refused` are words that would be in vain, with what forbids them.
    """

    parties: tuple[Party, ...]
    moves: tuple[Move, ...]
    refused: tuple[EvidenceRefused, ...] = ()
    unconfirmed: tuple[Identifier, ...] = ()
    is_whole: bool = True
    """Whether all that is concerned was looked at; else the act would be told to be too large."""


def preview(graph: GraphReader, act: IdentityAct, at: datetime, rules: IdentityRules) -> Preview:
    """Return what `act` would do if it were said at `at`; nothing is written."""
    look = Look(graph, {kind.kind: kind for kind in rules.kinds})
    stretch = around(look, named(act))
    ruling = Ruling(act=act, at=at, offset=0)
    found = partition(
        stretch.nodes,
        stretch.edges,
        look.kinds,
        stretch.border,
        rulings=[*stretch.rulings, ruling],
    )
    names = names_of(graph, stretch.nodes, found, look.kinds, NOBODY_NEW)
    parties: dict[str, list[int]] = {}
    for identity in sorted(stretch.nodes, key=lambda i: (stretch.nodes[i].offset, i)):
        parties.setdefault(names.labels[identity], []).append(identity)
    key = {identity: node.identifier for identity, node in stretch.nodes.items()}
    return Preview(
        parties=tuple(
            Party(
                person_id=person_id,
                identifiers=tuple(key[identity] for identity in group),
                shared_by=found.shared.get(group[0], ""),
            )
            for person_id, group in parties.items()
        ),
        moves=tuple(
            Move(identifier=key[i], before=stretch.nodes[i].person_id, after=names.labels[i])
            for group in parties.values()
            for i in group
            if stretch.nodes[i].person_id != names.labels[i]
        ),
        refused=tuple(
            EvidenceRefused(
                left=key[link.pair[0]],
                right=key[link.pair[1]],
                rule=refusal.rule,
                act_id=refusal.act_id,
            )
            for link, refusal in found.overruled
            if link.ruling is ruling
        ),
        unconfirmed=tuple(key[i] for i, own in sorted(found.apart.items()) if not own.is_confirmed),
        is_whole=stretch.is_whole,
    )
