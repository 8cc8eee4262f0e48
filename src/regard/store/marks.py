"""Marks of a move: a store that went elsewhere never opens for writing again.

A store that is half of an unfinished move does not either, until the move was run to its end. Both
are read as they stand, and neither opens by `--adopt`.
"""

from __future__ import annotations

from regard.core.errors import Refused
from regard.core.storage import ARRIVING, MOVED


def refuse_marked(marks: dict[str, str], place: str) -> None:
    """Raise `Refused` when the marks of a store say that it has moved, or is moving in."""
    moved, arriving = marks.get(MOVED, ""), marks.get(ARRIVING, "")
    if moved:
        raise Refused(
            f"The store {place} has moved to {moved}: only that one may go on.",
            code="moved_store",
            hint=f'Say store = "{moved}" in regard.toml, or --store.',
        )
    if arriving:
        raise Refused(
            f"The store {place} is half of a move that did not come to its end.",
            code="unfinished_move",
            hint="Run the same `regard move` again, or remove this store; the other one is whole.",
        )
