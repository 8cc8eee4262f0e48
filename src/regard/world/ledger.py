"""The world's own books: what was said, what was acknowledged, what arrived."""

from __future__ import annotations

from collections import Counter

from regard.world.records import Letter, Parcel, WorldSummary


class Ledger:
    """Counts as it happens; `summary` closes the books."""

    def __init__(self) -> None:
        self.requests = 0
        self.answers = 0
        self._counts = {name: Counter[str]() for name in _COLUMNS}
        self._letters: Counter[str] = Counter()
        self._seen: set[str] = set()
        self._doubled_letters = 0

    def note(self, column: str, source: str, count: int) -> None:
        """Count items of a source: accepted, repeated, broken, refused or lost."""
        if count:
            self._counts[column][source] += count

    def accept(self, parcel: Parcel, count: int) -> None:
        """Count what a parcel's acknowledged request carried, its broken item included."""
        self.note("accepted", parcel.source, count)
        self.note("broken", parcel.source, 1 if parcel.broken else 0)

    def is_new(self, letter: Letter) -> bool:
        """Count a letter; return False when it came before."""
        if letter.message_id in self._seen:
            self._doubled_letters += 1
            return False
        self._seen.add(letter.message_id)
        self._letters[letter.channel] += 1
        return True

    def summary(self, people: int) -> WorldSummary:
        """Return what the world knows."""
        columns = {name: dict(sorted(counts.items())) for name, counts in self._counts.items()}
        return WorldSummary(
            people=people,
            requests=self.requests,
            letters=dict(sorted(self._letters.items())),
            doubled_letters=self._doubled_letters,
            answers=self.answers,
            **columns,
        )


_COLUMNS = ("accepted", "repeated", "broken", "refused", "lost")
