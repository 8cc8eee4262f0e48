"""The needs of one person as the fold of their facts: newest evidence, latest change, last met.

Facts or another person's needs in, the joined needs out. Of each line only the newest few count
(who looks at one page ten times has not ten reasons), of all lines the newest; what came before
the need was met is over. All three cut from the old end, so joining is free of order.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from regard.core.clock import to_us
from regard.core.facts import NeedChanged, NeedEvidence, SilenceWatched
from regard.core.needs import NEEDS_MAX
from regard.core.person import NeedState, WatchState, Weighed

EVIDENCE_MAX = 32
"""Pieces of evidence that are kept of one need; the journal has the others."""

REPEATS_MAX = 3
"""Pieces of evidence of one line that count."""

ANSWER = "answer"
"""The line of what the person said when asked; the last word alone counts."""

BLANK = NeedState()


def weighed(fact: NeedEvidence, stamp: int) -> NeedState:
    """Return what a piece of evidence alone comes to."""
    piece = Weighed(to_us(fact.at), fact.weight, fact.line, fact.told, stamp)
    return NeedState(evidence=(piece,))


def changed(fact: NeedChanged, stamp: int) -> NeedState:
    """Return what a change alone comes to."""
    met_us = 0 if fact.met_at is None else to_us(fact.met_at)
    return NeedState(change=fact, stamp=stamp, met_us=met_us)


def watched(fact: SilenceWatched, stamp: int) -> NeedState:
    """Return what a silence that is waited for alone comes to."""
    return NeedState(watched={fact.line: WatchState(change=fact, stamp=stamp)})


def with_needs(
    current: Mapping[str, NeedState], other: Mapping[str, NeedState]
) -> dict[str, NeedState]:
    """Return both joined, bounded. Commutative and associative."""
    merged = dict(current)
    for need, state in other.items():
        old = merged.get(need)
        merged[need] = state if old is None else joined(old, state)
    if len(merged) > NEEDS_MAX:
        newest = sorted(merged, key=lambda need: (_stamp(merged[need]), need), reverse=True)
        merged = {need: merged[need] for need in newest[:NEEDS_MAX]}
    return merged


def joined(one: NeedState, two: NeedState) -> NeedState:
    """Return what two states of one need come to together."""
    latest = one if one.stamp >= two.stamp else two
    met_us = max(one.met_us, two.met_us)
    return NeedState(
        evidence=_newest({*one.evidence, *two.evidence}, met_us),
        change=latest.change,
        stamp=latest.stamp,
        met_us=met_us,
        watched=_latest(one.watched, two.watched),
    )


def _newest(evidence: Iterable[Weighed], met_us: int) -> tuple[Weighed, ...]:
    kept: list[Weighed] = []
    repeats: dict[str, int] = {}
    for piece in sorted(evidence, key=_age, reverse=True):
        if piece.at_us <= met_us or len(kept) == EVIDENCE_MAX:
            break
        count = repeats[piece.line] = repeats.get(piece.line, 0) + 1
        if count <= (1 if piece.line == ANSWER else REPEATS_MAX):
            kept.append(piece)
    return tuple(kept)


def _age(piece: Weighed) -> tuple[int, int, str]:
    return (piece.at_us, piece.stamp, piece.line)


def _latest(one: dict[str, WatchState], two: Mapping[str, WatchState]) -> dict[str, WatchState]:
    if not two:
        return one
    merged = dict(one)
    for line, state in two.items():
        old = merged.get(line)
        if old is None or state.stamp > old.stamp:
            merged[line] = state
    return merged


def _stamp(state: NeedState) -> int:
    return max(state.stamp, *(p.stamp for p in state.evidence), 0, 0)
