"""Which facts are questions for a human, and what answers them: facts and acts in, reviews out.

A question has an id of its own, so that the same one is asked once, and again only when it comes up
again.
"""

from __future__ import annotations

from msgspec.structs import replace

from regard.core.event import Identifier, IdentityAct
from regard.core.facts import Entry, EvidenceRefused, IdentityShared, LimitReached
from regard.core.ids import derived_id
from regard.core.rows import Review, ReviewKind
from regard.identity.partition import CROWD, LIMIT

LIMITS = ("identifiers", "identity_reach", "identity_facts")
"""Limits of `LimitReached` that are about who is who."""


def review_of(entry: Entry) -> Review | None:
    """Return the question that an entry raises."""
    match entry.body:
        case IdentityShared(identifier=identifier, rule=rule):
            kind: ReviewKind = "limit" if rule in (LIMIT, CROWD) else "shared"
            return _review(entry, kind, (identifier,), rule=rule)
        case EvidenceRefused(left=left, right=right, rule=rule, act_id=act_id):
            return _review(entry, "refused", (left,), (right,), rule=rule, act_id=act_id)
        case LimitReached(limit=limit, detail=detail, identifier=at) if limit in LIMITS:
            return _review(entry, "limit", (at,) if at else (), rule=limit, detail=detail)
        case IdentityAct(act="propose") as act:
            found = _review(entry, "proposed", act.left, act.right, rule=act.rule, detail=act.why)
            return replace(found, act_id=act.act_id, confidence=act.confidence, reasons=act.reasons)
    return None


def answer_of(act: IdentityAct, offset: int) -> tuple[str, str, int] | None:
    """Return (review id, act id, offset) of what an act answers; undone, nothing answers it."""
    if not act.answers:
        return None
    return act.answers, "" if act.act == "undo" else act.act_id, offset


def _id_of(
    kind: ReviewKind, left: tuple[Identifier, ...], right: tuple[Identifier, ...], rule: str
) -> str:
    names = sorted(str(identifier) for identifier in (*left, *right))
    return derived_id("review", kind, rule if kind == "limit" else "", *names)


def _review(
    entry: Entry,
    kind: ReviewKind,
    left: tuple[Identifier, ...],
    right: tuple[Identifier, ...] = (),
    *,
    rule: str,
    detail: str = "",
    act_id: str = "",
) -> Review:
    return Review(
        review_id=_id_of(kind, left, right, rule),
        kind=kind,
        left=left,
        right=right,
        opened_at=entry.received_at,
        offset=entry.cause or entry.offset,
        rule=rule,
        detail=detail,
        act_id=act_id,
    )
