"""What people want to achieve, as a company declares it: needs, and what is evidence of them.

`project` makes them, `needs` reads them by index: the cost of an event does not grow with the
number of needs. Conditions arrive as compiled callables, phrases as rows of words.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TypeVar

from regard.core.belief import Curve
from regard.core.flows import Trigger
from regard.core.offers import Engagement

T = TypeVar("T")

NEEDS_MAX = 200
"""Needs of one folder, and those that a person's record keeps evidence of."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Silence:
    """That `event` did not come for `wait` after the latest `after`."""

    event: str
    after: str
    wait: timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class EvidenceLine:
    """One line of a need: what is evidence, and its weight in log-odds (negative: against).

    It is an event (or what Regard notes), words, or a silence. `phrases` are looked for in the
    texts under `keys` of the facts of `events` (empty: of every event). `id` is a hash of what the
    line looks for; `told` says it to people.
    """

    id: str
    told: str
    weight: float
    trigger: Trigger | None = None
    phrases: tuple[tuple[str, ...], ...] = ()
    keys: tuple[str, ...] = ()
    events: frozenset[str] = frozenset()
    silence: Silence | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Need:
    """Something that a person may want to achieve now.

    It is felt from the moment on at which the belief in it reaches `felt_at`. `met_by` ends it:
    what was evidence until then counts no more.
    """

    id: str
    title: str
    curve: Curve
    felt_at: float = 0.6
    lines: tuple[EvidenceLine, ...] = ()
    met_by: tuple[Trigger, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Phrase:
    """Words that are evidence, and of which line of which need."""

    words: tuple[str, ...]
    need: Need
    line: EvidenceLine


@dataclass(frozen=True, slots=True, kw_only=True)
class NeedIndex:
    """Needs by what concerns them.

    `by_word` has phrases by their first word, `texts` the keys of facts that they are looked for
    in, `talking` the events that are read for words (None: every event). `offers` are the
    engagements that are offered when a need is felt, by need.
    """

    by_event: Mapping[str, tuple[tuple[Need, EvidenceLine], ...]] = field(default_factory=dict)
    by_word: Mapping[str, tuple[Phrase, ...]] = field(default_factory=dict)
    texts: frozenset[str] = frozenset()
    talking: frozenset[str] | None = frozenset()
    by_silence: Mapping[str, tuple[tuple[Need, EvidenceLine], ...]] = field(default_factory=dict)
    met_by: Mapping[str, tuple[tuple[Need, Trigger], ...]] = field(default_factory=dict)
    offers: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def __contains__(self, name: str) -> bool:
        """Tell whether an event, or something noted, of that name concerns a need."""
        return name in self.by_event or name in self.met_by or name in self.by_silence


def needs_index(needs: Mapping[str, Need], engagements: Mapping[str, Engagement]) -> NeedIndex:
    """Index needs by the events, words and silences that concern them, and by who answers them."""
    by_event: dict[str, list[tuple[Need, EvidenceLine]]] = {}
    by_word: dict[str, list[Phrase]] = {}
    by_silence: dict[str, list[tuple[Need, EvidenceLine]]] = {}
    met_by: dict[str, list[tuple[Need, Trigger]]] = {}
    for need in needs.values():
        for trigger in need.met_by:
            met_by.setdefault(trigger.event, []).append((need, trigger))
        for line in need.lines:
            if line.trigger is not None:
                by_event.setdefault(line.trigger.event, []).append((need, line))
            if line.silence is not None:
                by_silence.setdefault(line.silence.after, []).append((need, line))
            for words in line.phrases:
                by_word.setdefault(words[0], []).append(Phrase(words=words, need=need, line=line))
    wordy = [line for need in needs.values() for line in need.lines if line.phrases]
    return NeedIndex(
        by_event=_frozen(by_event),
        by_word=_frozen(by_word),
        texts=frozenset(key for line in wordy for key in line.keys),
        talking=_talking(wordy),
        by_silence=_frozen(by_silence),
        met_by=_frozen(met_by),
        offers=_frozen(_offers(engagements.values())),
    )


def _talking(wordy: Iterable[EvidenceLine]) -> frozenset[str] | None:
    events: set[str] = set()
    for line in wordy:
        if not line.events:
            return None
        events |= line.events
    return frozenset(events)


def _offers(engagements: Iterable[Engagement]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for engagement in engagements:
        if engagement.offer_when == "needed":
            found.setdefault(engagement.need, []).append(engagement.id)
    return found


def _frozen(index: Mapping[str, list[T]]) -> dict[str, tuple[T, ...]]:
    return {name: tuple(found) for name, found in index.items()}
