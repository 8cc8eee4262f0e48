"""Records of the pages about who is one person: identity, moves, acts and reviews."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from msgspec import Struct

from regard.console.records import Tone
from regard.console.views import IdentifierItem
from regard.core.event import Identifier

Bond = Literal["links", "unsure", "cut"]
"""What evidence does: it links, it links by probability alone, it links nobody."""

Side = Literal["stays", "leaves", "both"]
"""Where an identifier goes in a split; what is of both is named by neither side."""


class KeyItem(Struct, frozen=True, kw_only=True):
    """One identifier of a person, and which side of a split is chosen for it."""

    identity: str
    identifier: Identifier
    first_at: datetime
    side: Side
    is_unconfirmed: bool


class BondItem(Struct, frozen=True, kw_only=True):
    """One piece of evidence in words; `by` is the source, or who said it."""

    left: Identifier
    right: Identifier
    words: str
    by: str
    at: datetime
    offset: int
    confidence: float
    bond: Bond
    act_id: str


class PlaceItem(Struct, frozen=True, kw_only=True):
    """A shared identifier: why it links nobody, and who else stands at it: (id, label, since)."""

    identifier: Identifier
    word: str
    why: str
    persons: tuple[tuple[str, str, datetime], ...]
    more_count: int


class PastItem(Struct, frozen=True, kw_only=True):
    """One thing that happened to who is who: an act, or what evidence did.

    `stands` is None for what is no act. `follows` tells what came of it. `loser` is the id that a
    merge by evidence ended: what it brought may be taken apart again.
    """

    offset: int
    at: datetime
    text: str
    tone: Tone
    by: str
    why: str
    act_id: str
    stands: bool | None
    may_undo: bool
    follows: tuple[str, ...]
    loser: str


class IdentityView(Struct, frozen=True, kw_only=True):
    """Why is this one person? `chain` joins `chain_from` and `chain_to` (empty: nothing does).

    `place` is ``household`` or ``place`` where it is no person, but a shared identifier.
    """

    person_id: str
    label: str
    place: str
    now: datetime
    zone: str
    identifiers: tuple[IdentifierItem, ...]
    keys: tuple[KeyItem, ...]
    bonds: tuple[BondItem, ...]
    chain_from: str
    chain_to: str
    chain: tuple[BondItem, ...]
    places: tuple[PlaceItem, ...]
    past: tuple[PastItem, ...]
    is_cut: bool


class PartItem(Struct, frozen=True, kw_only=True):
    """One person before or after a move: what is theirs.

    `keeps_id`: they bear an id that they bore before. `reached_at` are the address and the number
    that messages would go to, `consents` the words that stand.
    """

    person_id: str
    label: str
    keeps_id: bool
    is_place: bool
    identifiers: tuple[Identifier, ...]
    reached_at: tuple[str, ...]
    event_count: int
    message_count: int
    promises: tuple[str, ...]
    runs: tuple[str, ...]
    consents: tuple[str, ...]


class ConsentMove(Struct, frozen=True, kw_only=True):
    """What becomes of consent about one thing for somebody after a move, if it is not as it is.

    States are ``granted``, ``withdrawn`` and ``not said``; `now` has them by label. `why` tells
    which two were weighed where a grant falls.
    """

    label: str
    about: str
    now: tuple[tuple[str, str], ...]
    then: str
    why: str


class MoveView(Struct, frozen=True, kw_only=True):
    """What would a merge, a split or an undo move? `fields` go with its form to `action`.

    `told` are the facts that it would bring; `consents` what would become of words of consent.
    """

    kind: Literal["merge", "split", "undo"]
    title: str
    person_id: str
    label: str
    now: datetime
    zone: str
    before: tuple[PartItem, ...]
    after: tuple[PartItem, ...]
    told: tuple[str, ...]
    consents: tuple[ConsentMove, ...]
    moves_anything: bool
    is_cut: bool
    action: str
    fields: tuple[tuple[str, str], ...]


class Candidate(Struct, frozen=True, kw_only=True):
    """Somebody with whom a person might be one."""

    person_id: str
    label: str
    known_by: tuple[str, ...]
    last_seen_at: datetime | None


class MergeView(Struct, frozen=True, kw_only=True):
    """With whom is this person one? A search, before a `MoveView`."""

    person_id: str
    label: str
    now: datetime
    zone: str
    text: str
    people: tuple[Candidate, ...]


class ActView(Struct, frozen=True, kw_only=True):
    """One act: what was said, by whom and why, whether it stands, and what its undo would move."""

    now: datetime
    zone: str
    person_id: str
    past: PastItem
    undo: MoveView | None


class Facet(Struct, frozen=True, kw_only=True):
    """One thing about two persons beside each other; ``one``: nothing to compare, or to learn."""

    name: str
    left: str
    right: str
    state: Literal["same", "differs", "one"]


class Weight(Struct, frozen=True, kw_only=True):
    """One step of a waterfall: what moved the sum of log-odds, from where to where."""

    words: str
    value: float
    start: float
    end: float
    tone: Tone


class ReviewItem(Struct, frozen=True, kw_only=True):
    """One question in the queue."""

    review_id: str
    kind: str
    word: str
    tone: Tone
    who: str
    about: str
    confidence: float | None
    opened_at: datetime


class ReviewDetail(Struct, frozen=True, kw_only=True):
    """The question that is open: in words, both sides, what was weighed, what may be answered.

    `people` are (id, label) of the sides; `answers` are (key, value, words). `forbidden_by` is the
    act that stands against it. `is_settled`: both sides are one person already.
    """

    item: ReviewItem
    asks: str
    detail: str
    left: tuple[Identifier, ...]
    right: tuple[Identifier, ...]
    people: tuple[tuple[str, str], ...]
    more_count: int
    facets: tuple[Facet, ...]
    weights: tuple[Weight, ...]
    forbidden_by: str
    is_settled: bool
    answered: str
    answers: tuple[tuple[str, str, str], ...]


class ReviewsView(Struct, frozen=True, kw_only=True):
    """Who might be who? `kind` filters, `open` is shown; `done` is the act just said, in words."""

    now: datetime
    zone: str
    kind: str
    kinds: tuple[tuple[str, str], ...]
    items: tuple[ReviewItem, ...]
    open: ReviewDetail | None
    before_id: str
    next_id: str
    done: str
    done_act: str
    is_full: bool
