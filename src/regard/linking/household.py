"""What a pair of records is beside the others of its home: twins, namesakes, shared numbers.

Two records alone do not tell a relative from a slip of the pen; the others at that home do. A
number that a third name uses is the household's. A name that nobody else there bears may be a slip,
one that recurs is somebody. Where a father and his junior live, a record of that name may be
either's. And names that meet in family after family are one name.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from regard.linking.levels import (
    CLOSE,
    DIFFERENT,
    GENERATION,
    LONE,
    MISSING_LEVEL,
    PART,
    RELATED,
    SAME,
    TYPO,
    VAGUE,
    Comparison,
    Levels,
    Marks,
    Rows,
    among,
)
from regard.linking.reading import Codes, Field, Table, derive

_ALIKE = (SAME, RELATED, TYPO, CLOSE, PART)
_NEAR = (SAME, RELATED, TYPO)
_AT_HOME = ("home", "phone", "email")


class Neighbours(Struct, frozen=True, kw_only=True):
    """What other records tell of each record: `has_twin` (one more of that name where it belongs),
    and whether two people of its name are at home there (`is_proven`, or `is_near` such a one).
    """

    has_twin: Marks | None
    is_proven: Marks | None
    is_near: Marks | None
    nicknames: NDArray[np.int64]


def neighbours(
    table: Table, left: Rows, right: Rows, found: Mapping[str, Comparison]
) -> Neighbours:
    """Return what the compared pairs tell of each record."""
    if "given_name" not in found:
        nobody = np.empty(0, dtype=np.int64)
        return Neighbours(has_twin=None, is_proven=None, is_near=None, nicknames=nobody)
    belongs = _belongs(found)
    nicknames = _nicknames(table, left, right, found, belongs)
    _call(table.fields["given_name"], left, right, found["given_name"].levels, nicknames)
    twins = among(found["given_name"].levels, _ALIKE) & belongs
    proven, near = _namesakes(table.count, left, right, found)
    return Neighbours(
        has_twin=_marked(table.count, left, right, twins),
        is_proven=proven,
        is_near=near,
        nicknames=nicknames,
    )


def place(
    table: Table, left: Rows, right: Rows, found: dict[str, Comparison], known: Neighbours
) -> None:
    """Refine levels by what the neighbours tell, in place, and add ``namesake``."""
    if known.has_twin is not None:
        levels = found["given_name"].levels
        _call(table.fields["given_name"], left, right, levels, known.nicknames)
        lone = ~(known.has_twin[left] & known.has_twin[right])
        levels[(levels == DIFFERENT) & lone] = LONE
    if known.is_proven is not None and known.is_near is not None:
        found["namesake"] = _namesake(left, right, found, known.is_proven, known.is_near)
    if "given_name" in table.fields:
        initials = derive(table.fields["given_name"], lambda text: text[:1]).codes
        for name in (*table.named("phone"), *table.named("email")):
            _mark_shared(table.fields[name], initials, left, right, found[name].levels)


def _belongs(found: Mapping[str, Comparison]) -> Marks:
    """Return where two records agree in what ties a name to a place, or failing all in surname."""
    ties = [found[n].levels <= TYPO for n in found if n.startswith(("home", "phone", "email"))]
    ties += [found[n].levels == SAME for n in ("date_of_birth",) if n in found]
    known = [found[n].levels > 0 for n in found if n.startswith((*_AT_HOME, "date_of_birth"))]
    if ties:
        return np.asarray(np.any([t & k for t, k in zip(ties, known, strict=True)], axis=0))
    if "surname" in found:
        return among(found["surname"].levels, _ALIKE)
    return np.ones(len(found["given_name"].levels), dtype=bool)


NICKNAME_MIN = 5
"""Families in which two given names must meet before they may be one person's."""

NICKNAME_LIFT = 4.0
"""How many times as often as by chance: names of one fashion meet in families, but not so often."""


def _nicknames(
    table: Table, left: Rows, right: Rows, found: Mapping[str, Comparison], belongs: Marks
) -> NDArray[np.int64]:
    """Return the pairs of given names that meet in families far more often than chance has it.

    Relatives' names meet by chance; Poldi meets Leopold wherever he goes. So nicknames of any
    language are learned from the records; each family counts once (by its surname).
    """
    given = table.fields["given_name"].codes
    rows = belongs & among(found["given_name"].levels, (PART, VAGUE, DIFFERENT))
    if "surname" in found:
        rows &= among(found["surname"].levels, _NEAR)
    pairs = _names_met(table.fields["given_name"], left[rows], right[rows])
    if "surname" in found:
        family = table.fields["surname"].codes[left[rows]]
        pairs = np.unique(np.stack([pairs, family]), axis=1)[0]
    met, often = np.unique(pairs, return_counts=True)
    one, two = np.divmod(met, len(table.fields["given_name"].texts))
    size = int(given.max(initial=0)) + 1
    each = np.bincount(one, weights=often, minlength=size)
    each += np.bincount(two, weights=often, minlength=size)
    others = (each[one] - often + 1) * (each[two] - often + 1)
    by_chance = others / max(1.0, 2.0 * float(often.sum()))
    surely = often - 2.5 * np.sqrt(often)
    return np.asarray(met[(often >= NICKNAME_MIN) & (surely >= NICKNAME_LIFT * by_chance)])


def _names_met(given: Field, left: Rows, right: Rows) -> NDArray[np.int64]:
    a, b = given.codes[left].astype(np.int64), given.codes[right].astype(np.int64)
    return np.asarray(np.minimum(a, b) * len(given.texts) + np.maximum(a, b))


def _call(
    given: Field, left: Rows, right: Rows, levels: Levels, nicknames: NDArray[np.int64]
) -> None:
    """Mark pairs whose names are nicknames by what the records say, in place."""
    if len(nicknames):
        levels[np.isin(_names_met(given, left, right), nicknames) & (levels > RELATED)] = RELATED


def _marked(count: int, left: Rows, right: Rows, pairs: Marks) -> Marks:
    marked = np.zeros(count, dtype=bool)
    marked[left[pairs]] = marked[right[pairs]] = True
    return marked


def _namesakes(
    count: int, left: Rows, right: Rows, found: Mapping[str, Comparison]
) -> tuple[Marks | None, Marks | None]:
    """Return the records that prove two people of one name at one home, and others of that name.

    The proof is another birth date, or that only one of them is called junior.
    """
    proofs = [found[n].levels for n in ("date_of_birth", "suffix") if n in found]
    if not proofs or "surname" not in found:
        return None, None
    named = among(found["given_name"].levels, _NEAR) & among(found["surname"].levels, _NEAR)
    shared = np.zeros(len(left), dtype=bool)
    for name in _AT_HOME:
        if name in found:
            shared |= found[name].levels == SAME
    together = named & shared
    apart = np.zeros(len(left), dtype=bool)
    for levels in proofs:
        apart |= among(levels, (DIFFERENT, GENERATION))
    if "suffix" in found:
        apart |= found["suffix"].levels == PART
    proven = _marked(count, left, right, together & apart)
    reached = together & (proven[left] | proven[right])
    return proven, _marked(count, left, right, reached)


def _namesake(
    left: Rows, right: Rows, found: Mapping[str, Comparison], proven: Marks, near: Marks
) -> Comparison:
    """Return how far a pair is of a name that two bear: nobody, one of them, both."""
    count = (proven | near)[left].astype(np.int8) + (proven | near)[right]
    levels = np.choose(count, (MISSING_LEVEL, VAGUE, PART)).astype(np.int8)
    levels[(levels == PART) & ~(proven[left] | proven[right])] = CLOSE
    if "date_of_birth" in found:
        levels[among(found["date_of_birth"].levels, (SAME, TYPO))] = MISSING_LEVEL
    return Comparison(name="namesake", levels=levels, sharers=np.zeros(len(left), dtype=np.float32))


def _mark_shared(field: Field, initials: Codes, left: Rows, right: Rows, levels: Levels) -> None:
    """Tell a household's number from a person's, in place: a third name uses it too."""
    names = _names_of(field, initials)
    a, b = field.codes[left], field.codes[right]
    one, two = initials[left], initials[right]
    own = (one >= 0).astype(np.int32) + ((two >= 0) & (one != two))
    levels[(levels == SAME) & (names[a] > own)] = RELATED
    levels[(levels == DIFFERENT) & ((names[a] > 1) | (names[b] > 1))] = VAGUE


def _names_of(field: Field, initials: Codes) -> NDArray[np.int32]:
    """Return how many names, told apart by their first letter, use each value."""
    known = (field.codes >= 0) & (initials >= 0)
    many = int(initials.max(initial=0)) + 1
    used = np.sort(field.codes[known].astype(np.int64) * many + initials[known])
    used = used[np.flatnonzero(np.diff(used, prepend=-1))]  # each once
    return np.bincount(used // many, minlength=len(field.texts) + 1).astype(np.int32)
