"""Held candidates as a fold, and how they come back to the gate.

Decisions in, `Person.held` out; a due timer or a withdrawn message in, the candidate out again.
The latest decision about a hold wins by its stamp. `Person.released` remembers which holds are
over, so that folding a hold after its release does not bring it back.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from msgspec.structs import replace

from regard.core.event import MessageOutcome, TimerDue
from regard.core.facts import Candidate, Decided, Entry
from regard.core.person import Held, Person
from regard.decisions.reasons import OFFERED_AGAIN

TIMER = "held:"

HELD_MAX = 50
"""Candidates held for one person. The gate refuses to hold more (`held_limit`), so none is lost
by folding; two merged persons may have twice as many for a while."""

RELEASED_MAX = 20
"""Former holds remembered. A hold and its release hang on one identity and are folded in order
nearly always, so a few are plenty."""


def with_hold(person: Person, decided: Decided, entry: Entry) -> Person:
    """Return the person with a candidate held, held again or released by a decision."""
    held_id = decided.candidate.held_id
    if decided.verdict == "hold" and decided.wake_at is not None:
        held_id = held_id or decided.decision_id
        candidate = replace(decided.candidate, held_id=held_id)
        held = Held(candidate=candidate, wake_at=decided.wake_at, stamp=entry.stamp)
        return _with(person, {held_id: held}, {})
    return _with(person, {}, {held_id: entry.stamp}) if held_id else person


def joined(winner: Person, loser: Person) -> Person:
    """Return `winner` with what is held for `loser` as well."""
    if not loser.held and not loser.released:
        return winner
    return _with(winner, loser.held, loser.released)


def offered_again(person: Person, timer: TimerDue, now: datetime) -> tuple[Candidate, ...]:
    """Return all candidates whose holds are over when the timer of one of them is due at `now`.

    Each one attempt further; nothing for other timers. So those that wait for the same moment are
    weighed against each other, and what the first timer brings back the next one finds gone.
    """
    if not timer.ref.startswith(TIMER):
        return ()
    own = person.held.get(timer.ref.removeprefix(TIMER))
    if own is None or own.wake_at > now:
        return ()
    due = sorted(
        (hold for hold in person.held.values() if hold.wake_at <= now),
        key=lambda hold: (hold.stamp, hold.candidate.held_id),
    )
    return tuple(replace(h.candidate, attempt=h.candidate.attempt + 1) for h in due)


def withdrawn(person: Person, outcome: MessageOutcome) -> tuple[Candidate, ...]:
    """Return the candidate of a message that was withdrawn for a reason that passes.

    A repair of a missed promise is not offered again: its promise takes the next step at once.
    """
    if outcome.outcome != "withdrawn" or outcome.reason not in OFFERED_AGAIN:
        return ()
    touch = person.touches.get(outcome.message_id)
    if touch is None or touch.state != "withdrawn" or touch.candidate is None:
        return ()
    candidate = touch.candidate
    state = person.promises.get(candidate.ref) if candidate.origin == "promise" else None
    if state is not None and state.change.status != "expected":
        return ()
    return (replace(candidate, attempt=candidate.attempt + 1, held_id=""),)


def _with(person: Person, holds: Mapping[str, Held], releases: Mapping[str, int]) -> Person:
    held, released = dict(person.held), dict(person.released)
    for held_id, stamp in releases.items():
        released[held_id] = max(stamp, released.get(held_id, 0))
    for held_id, hold in holds.items():
        old = held.get(held_id)
        if old is None or hold.stamp > old.stamp:
            held[held_id] = hold
    for held_id in [key for key in held if held[key].stamp < released.get(key, 0)]:
        del held[held_id]
    if len(released) > RELEASED_MAX:
        ranked = sorted(released, key=lambda key: (released[key], key))
        released = {key: released[key] for key in ranked[-RELEASED_MAX:]}
    return replace(person, held=held, released=released)
