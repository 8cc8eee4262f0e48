"""What a broadcast would come to if it went now: the sum of the gate's real decisions.

In: for each recipient what a dry run of the kernel decided. Out: an `Outlook`. Of people who share
an address one counts as sent, as only one gets it. Nothing here is estimated.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from regard.core.facts import Candidate, Decided, Entry
from regard.core.rows import Outlook


class Outlooks:
    """Adds up the decisions about one broadcast, recipient by recipient."""

    def __init__(self) -> None:
        self._recipients = 0
        self._same_address = 0
        self._unmoved = 0
        self._channels: Counter[str] = Counter()
        self._holds: Counter[str] = Counter()
        self._silences: Counter[str] = Counter()
        self._said: set[tuple[str, str]] = set()

    def take(self, ref: str, facts: Iterable[Entry]) -> None:
        """Take what followed from reaching one recipient; `ref` is the broadcast's id."""
        self._recipients += 1
        decisions = [f.body for f in facts if isinstance(f.body, Decided)]
        own = [d for d in decisions if _is_of(d.candidate, ref)]
        if not own:
            self._unmoved += 1
        for decided in own:
            self._decided(decided)

    def done(self) -> Outlook:
        """Return the sum."""
        return Outlook(
            recipients=self._recipients,
            sent=self._channels.total(),
            same_address=self._same_address,
            held=self._holds.total(),
            unmoved=self._unmoved,
            channels=dict(sorted(self._channels.items())),
            holds=dict(sorted(self._holds.items())),
            silences=dict(sorted(self._silences.items())),
        )

    def _decided(self, decided: Decided) -> None:
        if decided.verdict == "hold":
            self._holds[decided.reason] += 1
        elif decided.verdict == "silence":
            self._silences[decided.reason] += 1
        elif (decided.channel, decided.address) in self._said:
            self._same_address += 1
        else:
            self._said.add((decided.channel, decided.address))
            self._channels[decided.channel] += 1


def _is_of(candidate: Candidate, ref: str) -> bool:
    return candidate.origin == "broadcast" and candidate.ref == ref
