"""Occasions: what competed for one person at one moment, what was chosen, and what came of it.

Journal entries with their persons go in, in order; an `Occasion` comes out when the time of all its
successes is over. Each says what the policy saw and how probable the choice was, so that any other
policy can be judged by it. What was owed, and what no policy saw, is no occasion.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime

from msgspec import Struct
from msgspec.structs import replace

from regard.core.event import Event
from regard.core.facts import Decided, Entry
from regard.core.offers import Success
from regard.core.program import Program
from regard.learning.outcomes import Watch, events_of
from regard.learning.snapshot import scheme_in

COMPETED = ("best_value", "outvalued", "silence_worth_more")
"""Reasons of those that passed the gate and competed."""


class Option(Struct, frozen=True, kw_only=True):
    """One engagement that competed: its score is ``gain`` times the chance, less ``cost``.

    `worth` is what a success is worth to both sides. `decision_id` seeds its draws, `chance` is
    how probable it was that this one would be sent.
    """

    engagement: str
    decision_id: str
    gain: float
    cost: float
    worth: float
    chance: float
    factors: dict[str, float] = {}
    took: bool = False


class Occasion(Struct, frozen=True, kw_only=True):
    """One competition. `chosen` is the place of what was sent, -1 for silence.

    `probability` is the chance that this choice had, `silence` what an offer must be worth more
    than. `features` end with the keys of type and person (`learning.scheme`). Where some of what
    competed is not known (`is_whole` false), it teaches chances, and no policy is judged by it.
    """

    at: datetime
    person_id: str
    seed: str
    features: tuple[float, ...]
    options: tuple[Option, ...]
    chosen: int
    probability: float
    silence: float
    policy: str
    is_whole: bool = True

    @property
    def has_success(self) -> bool:
        """Return whether any of what competed was taken up, offered or not."""
        return any(option.took for option in self.options)

    @property
    def value(self) -> float:
        """Return what was taken up came to."""
        return sum(option.worth for option in self.options if option.took)


class Occasions:
    """Collects the occasions of one program's engagements, of one scheme of features."""

    def __init__(self, program: Program, scheme_id: str) -> None:
        self._successes: Mapping[str, Success] = {
            name: engagement.success
            for name, engagement in program.engagements.items()
            if engagement.success is not None
        }
        self._events = events_of(self._successes.values())
        self._scheme_id = scheme_id
        self._watch: Watch[Occasion] = Watch()
        self._key: tuple[int, str, frozenset[str]] = (0, "", frozenset())
        self._round: list[Decided] = []
        self._at: datetime | None = None
        self.read_to = 0

    def take(self, entry: Entry, person_id: str) -> None:
        """Take one entry of the journal and whose it is (``""``: the house's own)."""
        self.read_to = entry.offset
        body = entry.body
        if type(body) is Decided:
            # An answer on request holds decisions too; the loop journals each of them by itself.
            if person_id and body.reason in COMPETED:
                self._decided(entry, body, person_id)
            return
        self._close()
        if type(body) is Event and body.name in self._events:
            self._watch.see(person_id, body)

    def ended(self, now: datetime) -> Iterator[Occasion]:
        """Yield the occasions whose time was over by `now`, with what came of them."""
        if self._at is not None and now > self._at:
            self._close()
        for occasion, took in self._watch.ended(now):
            options = tuple(
                replace(option, took=True) if has_come else option
                for option, has_come in zip(occasion.options, took, strict=True)
            )
            yield replace(occasion, options=options)

    def _decided(self, entry: Entry, decided: Decided, person_id: str) -> None:
        names = frozenset({decided.candidate.engagement, *decided.rivals})
        key = (entry.cause or entry.offset, person_id, names)
        if key != self._key:
            self._close()
        self._key, self._at = key, entry.received_at
        self._round.append(decided)

    def _close(self) -> None:
        """Wait for the outcome of the round of decisions that has come to its end."""
        if not self._round:
            return
        decided, self._round = self._round, []
        assert self._at is not None
        seen = next((found for found in decided if found.features), None)
        successes = [
            (self._successes.get(found.candidate.engagement), found.decision_id)
            for found in decided
        ]
        if seen is None or scheme_in(seen.policy) != self._scheme_id:
            return
        if any(success is not None for success, _ in successes):
            occasion = _occasion(decided, seen, self._key[1], self._at)
            self._watch.add(occasion, occasion.person_id, occasion.at, successes)


def _occasion(decided: list[Decided], seen: Decided, person_id: str, at: datetime) -> Occasion:
    chosen = next((i for i, found in enumerate(decided) if found.verdict == "send"), -1)
    return Occasion(
        at=at,
        person_id=person_id,
        seed=decided[0].decision_id,
        features=seen.features,
        options=tuple(_option(found) for found in decided),
        chosen=chosen,
        probability=_probability(decided, chosen),
        silence=seen.factors.get("silence", 0.0),
        policy=seen.policy,
        is_whole=set(seen.rivals) <= {found.candidate.engagement for found in decided},
    )


def _probability(decided: list[Decided], chosen: int) -> float:
    """Return the chance of the choice: of silence, what the chances of all offers leave."""
    if chosen >= 0:
        return decided[chosen].probability
    return 1.0 - sum(1.0 - found.probability for found in decided)


def _option(decided: Decided) -> Option:
    """Return what competed; its score was linear in the chance, so any other can be put in."""
    factors = decided.factors
    chance, cost = factors.get("propensity", 0.0), factors.get("fatigue", 0.0)
    return Option(
        engagement=decided.candidate.engagement,
        decision_id=decided.decision_id,
        gain=(decided.score + cost) / chance if chance > 0 else 0.0,
        cost=cost,
        worth=factors.get("value_customer", 0.0) + factors.get("value_company", 0.0),
        chance=decided.probability if decided.verdict == "send" else 1.0 - decided.probability,
        factors=factors,
    )
