"""What experiments and holdouts came to, counted from the journal.

Entries with their persons go in, in order; `Comparison`s come out. A person counts once, in the arm
of their first message of the experiment's version; in a holdout, by whether they were held out when
they were first considered. Only people whose time for success is over are counted, so that no arm
is ahead for being older.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime

from msgspec import Struct

from regard.core.event import Event
from regard.core.facts import Decided, Entry
from regard.core.offers import Engagement, Success
from regard.core.program import Program
from regard.core.rules import Holdout
from regard.learning.intervals import (
    Difference,
    Rate,
    difference_of,
    rate_of,
    shares_p_value,
)
from regard.learning.outcomes import Watch, events_of

TREATED, HELD_OUT = "treated", "held out"

MISMATCH = 0.01
"""Shares that agree no better than this are a mistake of the set-up."""

HELD_BACK = ("holdout_global", "holdout")
BEFORE_HOLDOUTS = frozenset(
    (
        "engagement_gone", "erased", "frozen", "no_channel_left", "channel_gone", "objected",
        "no_consent", "suppressed", "unreachable", "no_variant", "not_eligible",
        "not_applicable", "not_suitable", "past_use", "promise_ended", "run_ended",
        "need_over", "broadcast_cancelled", "same_address", "already_queued",
        "already_known", "no_customer_value", "unconfirmed_address", "owed", "asked",
    )
)  # fmt: skip
"""Reasons for which somebody was never considered: the gate asks them before the holdouts, so who
is held out was none of them either."""


class Arm(Struct, frozen=True, kw_only=True):
    """One arm: the share it should have, people in it, how many of them took it up.

    `waiting` are people whose time is not over. `against` compares it with the first arm.
    """

    name: str
    share: float
    people: int
    waiting: int
    rate: Rate
    against: Difference | None = None


class Comparison(Struct, frozen=True, kw_only=True):
    """One version of an experiment (``experiment``) or of a holdout (``holdout``).

    `shares_p_value` is of the check whether the arms have the shares they should have.
    """

    kind: str
    name: str
    arms: tuple[Arm, ...]
    shares_p_value: float

    @property
    def is_mismatched(self) -> bool:
        """Return whether something is wrong with who got into which arm."""
        return self.shares_p_value < MISMATCH


class _Sighting(Struct, frozen=True):
    """A person in an arm of something."""

    name: str
    arm: str


class _Group:
    """Counts of one experiment or holdout."""

    def __init__(self) -> None:
        self.first: dict[str, str] = {}
        self.done: dict[str, list[int]] = {}


class Reporter:
    """Counts all experiments and holdouts of one program."""

    def __init__(self, program: Program) -> None:
        self._program = program
        self._experiments: Mapping[str, Engagement] = {
            f"{e.experiment.id}@{e.experiment.version}": e
            for e in program.engagements.values()
            if e.experiment is not None and e.success is not None
        }
        self._holdouts: Mapping[str, Holdout] = {f"{h.id}@{h.version}": h for h in program.holdouts}
        successes = [e.success for e in program.engagements.values()]
        self._events = events_of([*successes, *(h.success for h in program.holdouts)])
        self._watch: Watch[_Sighting] = Watch()
        self._groups = {name: _Group() for name in (*self._experiments, *self._holdouts)}
        self._begun: set[str] = set()

    def take(self, entry: Entry, person_id: str) -> None:
        """Take the next entry of the journal and whose it is."""
        self._settle(entry.received_at)
        body = entry.body
        if not person_id:
            return
        if type(body) is Decided:
            self._decided(body, person_id, entry.received_at)
        if type(body) is Event and body.name in self._events:
            self._watch.see(person_id, body)

    def report(self, now: datetime) -> list[Comparison]:
        """Return what all of them came to by `now`."""
        self._settle(now)
        found = [self._of_experiment(name, e) for name, e in self._experiments.items()]
        return found + [self._of_holdout(name, h) for name, h in self._holdouts.items()]

    def _decided(self, decided: Decided, person_id: str, at: datetime) -> None:
        name = decided.experiment
        engagement = self._program.engagements.get(decided.candidate.engagement)
        if engagement is None:
            return
        if name in self._experiments and decided.arm and engagement.success is not None:
            success = (engagement.success, decided.decision_id)
            self._sight(name, decided.arm, person_id, at, success)
        is_owed = decided.message_class == "service" or decided.candidate.origin == "promise"
        if self._holdouts and not is_owed and decided.reason not in BEFORE_HOLDOUTS:
            self._considered(decided, engagement, person_id, at)

    def _considered(
        self, decided: Decided, engagement: Engagement, person_id: str, at: datetime
    ) -> None:
        """Count somebody in the holdouts that concern them: held out, or treated."""
        withheld = decided.experiment if decided.reason in HELD_BACK else ""
        if withheld in self._holdouts:
            self._begun.add(withheld)
        for name, holdout, success in self._concerned(engagement):
            # Treated people count from the first one on who was held out: before, nobody was.
            if name not in self._begun:
                continue
            if name == withheld:
                self._sight(name, HELD_OUT, person_id, at, (success, ""))
            elif not withheld or (decided.reason == "holdout" and not holdout.engagements):
                self._sight(name, TREATED, person_id, at, (success, ""))

    def _concerned(self, engagement: Engagement) -> Iterator[tuple[str, Holdout, Success]]:
        for name, holdout in self._holdouts.items():
            success = holdout.success or engagement.success
            concerns = not holdout.engagements or engagement.id in holdout.engagements
            if success is not None and concerns:
                yield name, holdout, success

    def _sight(
        self,
        name: str,
        arm: str,
        person_id: str,
        at: datetime,
        success: tuple[Success, str],
    ) -> None:
        first = self._groups[name].first
        if person_id not in first:
            first[person_id] = arm
            self._watch.add(_Sighting(name, arm), person_id, at, [success])

    def _settle(self, now: datetime) -> None:
        for sighting, took in self._watch.ended(now):
            counts = self._groups[sighting.name].done.setdefault(sighting.arm, [0, 0])
            counts[0] += 1
            counts[1] += took[0]

    def _of_experiment(self, name: str, engagement: Engagement) -> Comparison:
        assert engagement.experiment is not None
        shares = {arm: share for share, arm in engagement.experiment.shares}
        return _comparison("experiment", name, shares, self._groups[name])

    def _of_holdout(self, name: str, holdout: Holdout) -> Comparison:
        shares = {HELD_OUT: holdout.share, TREATED: 1 - holdout.share}
        return _comparison("holdout", name, shares, self._groups[name])


def _comparison(kind: str, name: str, shares: Mapping[str, float], group: _Group) -> Comparison:
    people = list(group.first.values())
    arms: list[Arm] = []
    for arm, share in shares.items():
        count, successes = group.done.get(arm, (0, 0))
        rate, there = rate_of(successes, count), people.count(arm)
        arms.append(
            Arm(
                name=arm,
                share=share,
                people=there,
                waiting=there - count,
                rate=rate,
                against=difference_of(rate, arms[0].rate) if arms else None,
            )
        )
    counts = [arm.people for arm in arms]
    return Comparison(
        kind=kind,
        name=name,
        arms=tuple(arms),
        shares_p_value=shares_p_value(counts, list(shares.values())) if any(counts) else 1.0,
    )
