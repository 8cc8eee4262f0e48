"""What people think of a model: who agrees, who does not, what was decided.

Remarks as they stand in the journal in, an `Opinion` for each thing that somebody spoke of out. A
vote replaces the earlier one of the same name. A disagreement is open until something is decided
after it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from regard.core.event import Vote
from regard.core.rows import RemarkRow

DISCONNECT = "disconnect:"
"""How the key of a disconnect begins, before its id."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Opinion:
    """What was said about one thing of one version; each list is in the order of the journal."""

    model: str
    about: str
    votes: tuple[RemarkRow, ...] = ()
    comments: tuple[RemarkRow, ...] = ()
    decisions: tuple[RemarkRow, ...] = ()

    def count(self, vote: Vote) -> int:
        """Return how many people vote so now."""
        return sum(row.remark.vote == vote for row in self.votes)

    @property
    def is_disputed(self) -> bool:
        """Tell whether somebody disagrees and nothing was decided since."""
        against = [row.offset for row in self.votes if row.remark.vote == "disagree"]
        settled = self.decisions[-1].offset if self.decisions else 0
        return bool(against) and max(against) > settled


Key = tuple[str, str]
"""The version and the key that somebody spoke of."""


def opinions_of(rows: Iterable[RemarkRow]) -> Mapping[Key, Opinion]:
    """Return the opinions by version and key, from remarks in any order."""
    found: dict[Key, list[RemarkRow]] = {}
    for row in sorted(rows, key=lambda row: row.offset):
        found.setdefault((row.remark.model, row.remark.about), []).append(row)
    return {key: _opinion(key, said) for key, said in found.items()}


def disputed(opinions: Mapping[Key, Opinion], model: str) -> frozenset[str]:
    """Return the keys of a version about which people disagree."""
    return frozenset(
        about
        for (version, about), opinion in opinions.items()
        if version == model and opinion.is_disputed
    )


def _opinion(key: Key, said: list[RemarkRow]) -> Opinion:
    votes = {row.remark.by.casefold(): row for row in said if row.remark.act == "vote"}
    return Opinion(
        model=key[0],
        about=key[1],
        votes=tuple(sorted(votes.values(), key=lambda row: row.offset)),
        comments=tuple(row for row in said if row.remark.act == "comment"),
        decisions=tuple(row for row in said if row.remark.act == "decide"),
    )
