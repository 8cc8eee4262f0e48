"""What a linking comes to: pairs of persons to link or to ask about, each with its reasons.

Only what is not decided yet: two logins are two people, what was asked or answered is not asked
again, and of a chain of likenesses only what clusters together is linked.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np
from msgspec import Struct

from regard.core.event import Identifier
from regard.core.ids import identity_of
from regard.core.ports import GraphReader
from regard.core.rulings import named, standing
from regard.linking.bands import LINK, REVIEW
from regard.linking.levels import (
    CLOSE,
    DIFFERENT,
    GENERATION,
    LONE,
    MISSING_LEVEL,
    PART,
    RELATED,
    SAME,
    SWAPPED,
    TYPO,
    VAGUE,
)
from regard.linking.linked import Linked
from regard.linking.people import Gathered

REASONS_MAX = 12
"""Reasons that are told; the others are summed up in one."""

RULE = "linked:"
"""How the rule of an act that a linker says begins; the hash of its scorer follows."""

WORDS: Mapping[int, str] = {
    MISSING_LEVEL: "known of one only",
    SAME: "the same",
    RELATED: "a nickname",
    TYPO: "a typo apart",
    CLOSE: "close",
    PART: "a part agrees",
    VAGUE: "vaguely alike",
    SWAPPED: "swapped",
    DIFFERENT: "different",
    GENERATION: "a generation apart",
    LONE: "different, and nobody else at home bears it",
}
NAMESAKES: Mapping[int, str] = {
    VAGUE: "one has a namesake at home",
    PART: "namesakes at home",
    CLOSE: "two of that name live here",
}
SHARED: Mapping[int, str] = {
    RELATED: "the same, of the household",
    VAGUE: "different, one of the household",
}
"""Words where a phone or a mailbox is used by a third name."""

HOME_WORDS = ("", "the same", "nearly the same", "mostly", "more than half", "half", "little",
              "hardly", "another")  # fmt: skip


class Proposal(Struct, frozen=True, kw_only=True):
    """Two persons who may be one: by which identifiers, how probable, and why (log-odds by words).

    The reasons add up; the one without a name is where the sum starts. `is_link`: of the link band.
    """

    left: Identifier
    right: Identifier
    persons: tuple[str, str]
    probability: float
    is_link: bool
    rule: str
    reasons: dict[str, float]


def proposals(linked: Linked, gathered: Gathered) -> Iterator[Proposal]:
    """Yield proposals, the most probable first, one for two persons."""
    met: set[tuple[str, str]] = set()
    pairs = np.flatnonzero(linked.bands >= REVIEW)
    for pair in pairs[np.argsort(-linked.odds[pairs], kind="stable")].tolist():
        left, right = int(linked.left[pair]), int(linked.right[pair])
        one, two = sorted((gathered.persons[left], gathered.persons[right]))
        if (one, two) not in met and _may_be_one(one, two, gathered.logins):
            met.add((one, two))
            yield _proposal(linked, gathered, pair)


def _may_be_one(one: str, two: str, logins: Mapping[str, str]) -> bool:
    return one != two and not (one in logins and two in logins)


def _proposal(linked: Linked, gathered: Gathered, pair: int) -> Proposal:
    left, right = int(linked.left[pair]), int(linked.right[pair])
    is_one_cluster = linked.clusters[left] == linked.clusters[right]
    return Proposal(
        left=gathered.names[left],
        right=gathered.names[right],
        persons=(gathered.persons[left], gathered.persons[right]),
        probability=float(linked.probabilities[pair]),
        is_link=bool(linked.bands[pair] == LINK and is_one_cluster),
        rule=f"{RULE}{linked.model}",
        reasons=told_reasons(linked, pair),
    )


def told_reasons(linked: Linked, pair: int) -> dict[str, float]:
    """Return the waterfall of a pair in words: contributions in log-odds that add up."""
    start, *parts = linked.reasons(pair)
    told = {"": round(start.weight, 3)}
    for part in parts[:REASONS_MAX]:
        told[words_of(part.comparison, part.level)] = round(part.weight, 3)
    rest = sum(part.weight for part in parts[REASONS_MAX:])
    return {**told, "everything else": round(rest, 3)} if parts[REASONS_MAX:] else told


def words_of(comparison: str, level: int) -> str:
    """Return a comparison and its outcome in words: ``date of birth: a generation apart``."""
    if comparison == "namesake":
        return f"namesake: {NAMESAKES.get(level, 'nobody')}"
    if comparison == "home":
        return f"home: {HOME_WORDS[level]}"
    words = SHARED.get(level) if comparison.startswith(("phone", "email")) else None
    return f"{comparison.replace('_', ' ')}: {words or WORDS[level]}"


def is_said(graph: GraphReader, proposal: Proposal) -> bool:
    """Return whether somebody asked or said something about the two before, and it stands."""
    one, two = (identity_of(i.kind, i.value) for i in (proposal.left, proposal.right))
    rulings = standing(graph.rulings([one]))
    return any(two in named(ruling.act) for ruling in rulings)
