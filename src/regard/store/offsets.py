"""The one rule of the journal's numbers: they start at 1 and have no gaps. Both stores use it."""

from __future__ import annotations

from collections.abc import Sequence

from regard.core.errors import Broken
from regard.core.facts import Entry


def check_offsets(last: int, entries: Sequence[Entry]) -> None:
    """Raise `Broken` unless the entries continue a journal that ends at `last`."""
    for expected, entry in enumerate(entries, last + 1):
        if entry.offset != expected:
            raise Broken(f"Entry {entry.offset} does not continue the journal at {expected - 1}.")
