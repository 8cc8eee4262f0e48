"""A move: all that a store holds into an empty one, which then goes on exactly where it stopped.

In: two stores that this process has for itself, the kernel, the rules of identity. The journal, its
message keys and what is kept beside it are copied as rows, the views are made anew from the copy
and compared, byte for byte, with those that the source has lived. Only then the source is marked:
it never opens for writing again. A move that was cut off goes on where it stopped; until it has
come to its end the target opens for nobody else, and the source is as it was.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from typing import get_args

from msgspec import Struct

from regard.core.errors import Refused
from regard.core.ports import LOOP
from regard.core.rules import IdentityRules
from regard.core.storage import (
    ARRIVING,
    BEGINNINGS,
    LEAVING,
    MOVED,
    Kept,
    Key,
    Renewed,
    Store,
)
from regard.runtime.kernel import Kernel
from regard.runtime.rebuild import Progress, rebuild

PAGE = 2_000
"""Rows written in one transaction: some megabytes, of which the first is soon durable."""

RENEWED: Sequence[Renewed] = get_args(Renewed)
KEPT: Sequence[Kept] = ("journal", "key", *RENEWED)

Telling = Callable[[str], AbstractContextManager[Progress]]
"""Shows how far one part of the move has come."""


class Moving(Struct, frozen=True, kw_only=True):
    """Who moves where: a new `name` for this move, and how the target is called from now on."""

    name: str
    target: str


class Moved(Struct, frozen=True, kw_only=True):
    """What was moved: rows by kind, and the entries that were folded to make the views anew."""

    counts: dict[str, int]
    folded: int


def begin(source: Store, target: Store, moving: Moving) -> bool:
    """Mark both stores as taking part in one move; return whether it only has to be ended.

    Raises `Refused` when the source has moved elsewhere, or the target holds something else.
    """
    with source.writing() as writing:
        moved, leaving = writing.marks.get(MOVED), writing.marks.get(LEAVING)
    with target.writing() as writing:
        arriving, last = writing.marks.get(ARRIVING), writing.journal.last()
        gone = writing.marks.get(MOVED)
    if leaving and leaving == arriving:
        return bool(moved)
    if moved:
        raise Refused(f"This store has moved to {moved} before.", code="moved_store")
    if arriving or last or gone:
        raise Refused(
            f"{moving.target} is not empty: it holds {last:,} entries of another house.",
            code="target_not_empty",
            hint="Name a new file, or an empty database.",
        )
    with source.writing() as writing:
        writing.marks.set(LEAVING, moving.name)
    with target.writing() as writing:
        writing.marks.set(ARRIVING, moving.name)
    return False


def carry(
    source: Store, target: Store, kernel: Kernel, rules: IdentityRules, telling: Telling
) -> Moved:
    """Copy everything, make the views anew, and compare all of it; nobody is marked yet.

    Everything in the source has been stepped. Raises `Refused` when its views are not those that
    its journal and the rules of today make.
    """
    counts: dict[str, int] = {}
    for kind in KEPT:
        counts[kind] = _copied(source, target, kind, telling)
    _stand_at_the_end(target)
    with telling("rebuilding") as progress:
        folded = rebuild(target, kernel, rules, progress)
    _compare(source, target, telling)
    return Moved(counts=counts, folded=folded)


def finish(source: Store, target: Store, moving: Moving) -> None:
    """Let the target go on instead of the source; neither store is of use to this process then."""
    with source.writing() as writing:
        writing.marks.set(MOVED, moving.target)
        token = writing.token
    with target.writing() as writing:
        writing.marks.set(ARRIVING, "")
        # A claim of a process that is gone must never look like one of a process to come.
        writing.marks.outrank(token)


def _copied(source: Store, target: Store, kind: Kept, telling: Telling) -> int:
    """Copy the rows of one kind; of the journal those that are not there yet."""
    after: Key = BEGINNINGS[kind]
    with target.writing() as writing:
        if kind == "journal":
            after = writing.journal.last()
        elif kind != "key":
            writing.belongings.clear(kind)
    with source.writing() as writing:
        total = writing.journal.last()
    count = 0
    with telling(f"copying {kind}") as progress:
        while True:
            with source.writing() as writing:
                rows = writing.belongings.page(kind, after, PAGE)
            if not rows:
                progress(1, 1)
                return count
            with target.writing() as writing:
                writing.belongings.put(kind, rows)
            count, after = count + len(rows), rows[-1][0]
            progress(min(count, total), total)


def _stand_at_the_end(target: Store) -> None:
    """Let a reader that counts offsets stand where that of the source does: nothing waits."""
    with target.writing() as writing:
        if writing.queue.take(1):
            seen = writing.states.cursor(LOOP)
            writing.states.advance(LOOP, seen, writing.journal.last())


def _compare(source: Store, target: Store, telling: Telling) -> None:
    """Raise `Refused` unless both stores hold the same bytes."""
    with telling("comparing") as progress:
        for number, kind in enumerate(KEPT):
            progress(number, len(KEPT) + 1)
            with source.writing() as ours, target.writing() as theirs:
                is_same = ours.belongings.digest(kind) == theirs.belongings.digest(kind)
            if not is_same:
                raise Refused(
                    f"What was copied of {kind} is not what the source holds.",
                    code="move_differs",
                    hint="Something was changed meanwhile: begin again with an empty target.",
                )
        lived, made = source.digest(), target.digest()
        progress(1, 1)
    differing = sorted(name for name in lived if lived[name] != made.get(name))
    if differing:
        raise Refused(
            f"Views made anew from the copy differ from those of the source: "
            f"{', '.join(differing)}.",
            code="move_differs",
            hint="Rules may have changed: `regard rebuild` the source first, then move again.",
        )
