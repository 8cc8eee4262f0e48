"""What to change first: the changes on the way to the future that take most cost away, soonest.

Two models in, moves in order out. Nothing is guessed from names: a move is made on a copy of
today's model and the disconnects are looked for again. What cannot be changed alone comes along
(who read a store that goes, the stores for whose sake a flow goes), so a move is as large as it is.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import chain
from typing import Any

from regard.core.model import NOTHING, Advice, Change, Disconnect, Model, Range
from regard.model.comparing import SECTIONS, compare
from regard.model.disconnects import find
from regard.model.saying import joined

MOVES_MAX = 8
"""Moves that are told; what comes first is what one asks for."""

NAMED_MAX = 3
"""Changes and disconnects that the words for a move name; its lists have them all."""

FATES = ("comes", "changes", "goes", "stays")

_SECTION_OF: Mapping[str, str] = {kind: section for section, kind in SECTIONS.items()}
Keys = frozenset[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """Changes that belong together, the disconnects that go with them, and their cost a year.

    `brings` are disconnects that there are from then on until a later move, or for good.
    """

    changes: tuple[Change, ...]
    removes: tuple[Disconnect, ...]
    brings: tuple[Disconnect, ...]
    saves: Range


def cost_of(disconnects: Iterable[Disconnect]) -> Range:
    """Return the sum of what disconnects cost; costs of several may overlap."""
    found = NOTHING
    for one in disconnects:
        found = found.plus(one.opportunity).plus(one.running)
    return found


def headline(move: Move) -> str:
    """Return a move in some words, what comes before what goes."""
    ranked = sorted(move.changes, key=lambda change: FATES.index(change.fate))
    named = [f"{change.title} {change.fate}" for change in ranked[:NAMED_MAX]]
    count = len(ranked) - len(named)
    return joined([*named, f"{count} more"] if count else named)


def why_words(move: Move) -> str:
    """Return why a move stands where it does."""
    changes, gone = len(move.changes), len(move.removes)
    named = "; ".join(one.title for one in move.removes[:NAMED_MAX])
    more = f"; and {gone - NAMED_MAX} more" if gone > NAMED_MAX else ""
    those = f"{changes} changes that take" if changes > 1 else "1 change that takes"
    return f"{those} away {gone} disconnect{'s' if gone > 1 else ''}: {named}{more}."


def first_moves(as_is: Model, future: Model, advice: Iterable[Advice]) -> tuple[Move, ...]:
    """Return the moves, the one that takes most cost away for each change first."""
    way = _Way(as_is, future)
    wishes = [frozenset(c.key for c in one.by) for one in advice if one.by]
    wishes += [frozenset([key]) for key in way.changes]
    everything = frozenset(way.changes)
    done: Keys = frozenset()
    moves: list[Move] = []
    while len(moves) < MOVES_MAX:
        judged = [(way.worth(done, wish), wish) for wish in wishes]
        worth, best = max(judged, key=_rank, default=(0.0, everything))
        if worth <= 0:
            worth, best = way.worth(done, everything), everything
        if worth <= 0:
            break
        needed = way.least(done, best)
        moves.append(way.move(done, needed))
        done |= way.closed(needed)
    return tuple(moves)


def _rank(judged: tuple[float, Keys]) -> tuple[float, int, list[str]]:
    worth, wish = judged
    return worth, -len(wish), sorted(wish)


class _Way:
    """The way from one model to another, of which any part can be gone."""

    def __init__(self, as_is: Model, future: Model) -> None:
        self._as_is, self._future = as_is, future
        self.changes = {c.key: c for c in compare(as_is, future) if c.fate != "stays"}
        self._found: dict[Keys, tuple[Disconnect, ...]] = {}
        self._closed: dict[Keys, Keys] = {}

    def worth(self, done: Keys, wish: Keys) -> float:
        """Return the cost that goes with a wish for each change that it takes."""
        new = self.closed(wish) - done
        if not new or not _gone(self.left(done), self.left(done | new)):
            return 0.0
        return self._saved(done, wish) / len(new)

    def least(self, done: Keys, wish: Keys) -> Keys:
        """Return the wish without what it does not need."""
        saved = self._saved(done, wish)
        for key in sorted(wish):
            less = wish - {key}
            if less and self._saved(done, less) >= saved:
                wish = less
        return wish

    def move(self, done: Keys, wish: Keys) -> Move:
        """Return the move that a wish is after what was done."""
        new = self.closed(wish) - done
        before, after = self.left(done), self.left(done | new)
        removes, brings = _gone(before, after), _gone(after, before)
        return Move(
            changes=tuple(change for key, change in self.changes.items() if key in new),
            removes=removes,
            brings=brings,
            saves=cost_of(removes),
        )

    def left(self, done: Keys) -> tuple[Disconnect, ...]:
        """Return the disconnects when some changes were made."""
        if done not in self._found:
            self._found[done] = tuple(find(self._partly(done)))
        return self._found[done]

    def closed(self, wish: Keys) -> Keys:
        """Return a wish with all that has to change with it."""
        if wish not in self._closed:
            found, waiting = set(wish), list(wish)
            while waiting:
                new = {key for key in self._with(waiting.pop()) if key in self.changes} - found
                found |= new
                waiting += sorted(new)
            self._closed[wish] = frozenset(found)
        return self._closed[wish]

    def _saved(self, done: Keys, wish: Keys) -> float:
        return _middle(self.left(done)) - _middle(self.left(done | self.closed(wish)))

    def _with(self, key: str) -> Iterator[str]:
        """Yield what has to change with one element: whom it needs, and who needs it."""
        kind, _, name = key.partition(":")
        after: Mapping[str, Any] = getattr(self._future, _SECTION_OF[kind])
        if name in after:
            needed = references(kind, after[name])
            yield from (one for one in needed if self._fate(one) == "comes")
            if kind == "store":
                users = _users(self._future, key)
                yield from (one for one in users if one.startswith("flow:"))
        if self.changes[key].fate == "goes" or kind == "store":
            yield from _users(self._as_is, key)
        if kind == "flow" and name in self._as_is.flows:
            yield from references(kind, self._as_is.flows[name])

    def _fate(self, key: str) -> str:
        return self.changes[key].fate if key in self.changes else "stays"

    def _partly(self, done: Keys) -> Model:
        sections: dict[str, Any] = {}
        for section, kind in SECTIONS.items():
            before: Mapping[str, Any] = getattr(self._as_is, section)
            after: Mapping[str, Any] = getattr(self._future, section)
            names = dict.fromkeys(chain(before, after))
            sections[section] = {
                name: source[name]
                for name in names
                if name in (source := after if f"{kind}:{name}" in done else before)
            }
        return replace(self._as_is, **sections)


def references(kind: str, thing: Any) -> Iterator[str]:
    """Yield the keys of the elements that one element names."""
    match kind:
        case "need":
            yield from (f"customer:{one}" for one in thing.customers)
            yield from (f"channel:{one}" for one in thing.channels)
        case "channel":
            yield from (f"application:{one}" for one in thing.applications)
        case "organisation":
            yield from (f"application:{one}" for one in thing.uses)
        case "application":
            yield from (f"store:{one}" for one in dict.fromkeys((*thing.reads, *thing.writes)))
        case "flow":
            yield from (f"store:{thing.source}", f"store:{thing.target}")
        case "promise":
            yield from (f"application:{thing.application}", f"store:{thing.store}")
            if thing.need:
                yield f"need:{thing.need}"
        case "customer":
            yield from (f"channel:{one}" for one in thing.prefers)
    if kind in ("need", "channel", "application") and thing.organisation:
        yield f"organisation:{thing.organisation}"


def _users(model: Model, key: str) -> Iterator[str]:
    """Yield the keys of the elements that name an element."""
    for section, kind in SECTIONS.items():
        things: Mapping[str, Any] = getattr(model, section)
        yield from (f"{kind}:{n}" for n, thing in things.items() if key in references(kind, thing))


def _gone(before: Iterable[Disconnect], after: Iterable[Disconnect]) -> tuple[Disconnect, ...]:
    left = {one.id for one in after}
    return tuple(one for one in before if one.id not in left)


def _middle(disconnects: Iterable[Disconnect]) -> float:
    cost = cost_of(disconnects)
    return (cost.low + cost.high) / 2
