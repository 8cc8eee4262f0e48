"""Holdouts: people from whom marketing is withheld, so that its effect can be told.

A person, an engagement and the holdouts of the program in; the holdout that withholds it out. Who
is in one follows from its id, its version and the person alone: a share that grows or shrinks moves
only the people at its border, a new version draws anew. What is owed is never withheld: promises,
service messages, and what the house shows itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import NamedTuple

from regard.core.facts import Candidate
from regard.core.ids import point_of
from regard.core.offers import Engagement
from regard.core.rules import Holdout
from regard.decisions import reasons
from regard.decisions.records import Case


class Spell(NamedTuple):
    """That a person was in a holdout from `since` on, until `until` (None: still)."""

    holdout: str
    version: int
    since: datetime
    until: datetime | None


def is_held_out(holdout: Holdout, person_id: str) -> bool:
    """Return whether a person is in a holdout."""
    return point_of("holdout", holdout.id, str(holdout.version), person_id) < holdout.share


def withholding(
    holdouts: Sequence[Holdout], engagement: Engagement, candidate: Candidate, person_id: str
) -> Holdout | None:
    """Return the holdout that withholds an offer, global ones before others; None: nothing does."""
    if not holdouts or engagement.message_class == "service":
        return None
    if candidate.origin == "promise" or candidate.is_test or candidate.call_id:
        return None
    own = [h for h in holdouts if not h.engagements or engagement.id in h.engagements]
    found = [h for h in own if is_held_out(h, person_id)]
    return min(found, key=lambda holdout: bool(holdout.engagements), default=None)


def refusal(case: Case) -> str:
    """Return why an offer is withheld from the person; empty: it is not."""
    found = withholding(case.program.holdouts, case.engagement, case.candidate, case.person.id)
    if found is None:
        return ""
    return reasons.HOLDOUT if found.engagements else reasons.HOLDOUT_GLOBAL


def name_of(holdout: Holdout) -> str:
    """Return the name under which decisions keep a holdout."""
    return f"{holdout.id}@{holdout.version}"


def spells(person_id: str, versions: Iterable[tuple[datetime, Sequence[Holdout]]]) -> list[Spell]:
    """Return when a person was in which holdout.

    `versions` are what was published, the oldest first: since when, and its holdouts. A spell goes
    on over publications that do not move the person.
    """
    open_since: dict[tuple[str, int], datetime] = {}
    found: list[Spell] = []
    for since, holdouts in versions:
        inside = {(h.id, h.version) for h in holdouts if is_held_out(h, person_id)}
        for key in [key for key in open_since if key not in inside]:
            found.append(Spell(*key, since=open_since.pop(key), until=since))
        for key in inside - open_since.keys():
            open_since[key] = since
    found += [Spell(*key, since=since, until=None) for key, since in open_since.items()]
    return sorted(found, key=lambda spell: (spell.since, spell.holdout, spell.version))
