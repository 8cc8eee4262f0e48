"""The stage and the arbiter of `decisions`: touches and holds folded, candidates decided.

Called by the kernel for every entry (`fold`, `react`) and for every set of candidates (`decide`);
by the dispatcher, on another thread, right before a hand-over (`recheck`). Pure, no state.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from regard.core.event import AgentOffered, MessageOutcome, TimerDue
from regard.core.facts import Answered, Candidate, Decided, Derived, Entry
from regard.core.person import Person
from regard.core.program import Program
from regard.core.rows import Claimed
from regard.core.standing import AT_REST, Standing
from regard.decisions import agents, arbiter, calls, holds, recheck, touches


class Decisions:
    """The one gate and the one arbiter. Implements `core.ports.Stage` and `core.ports.Arbiter`."""

    def fold(self, person: Person, entry: Entry) -> Person:
        """Return the person with one entry taken in; the same object when it says nothing."""
        person = touches.with_entry(person, entry)
        return holds.with_hold(person, entry.body, entry) if type(entry.body) is Decided else person

    def join(self, winner: Person, loser: Person) -> Person:
        """Return `winner` with the touches and holds of `loser`."""
        return holds.joined(touches.joined(winner, loser), loser)

    def react(
        self,
        person: Person,
        entry: Entry,
        program: Program,  # noqa: ARG002 - the port hands it to every stage
    ) -> Sequence[Derived | Candidate]:
        """Return what comes to the gate (again), and what was decided to answer a request.

        A held candidate that is due, one whose message was withdrawn for a while, an agent's.
        """
        body = entry.body
        kind = type(body)
        if kind is TimerDue:
            return holds.offered_again(person, body, entry.received_at)  # type: ignore[arg-type]
        if kind is MessageOutcome:
            return holds.withdrawn(person, body)  # type: ignore[arg-type]
        if kind is Answered:
            return body.decisions  # type: ignore[union-attr]
        if kind is AgentOffered:
            return (agents.candidate_of(body, entry),)  # type: ignore[arg-type]
        return ()

    def decide(
        self,
        person: Person,
        candidates: Sequence[Candidate],
        entry: Entry,
        program: Program,
        standing: Standing = AT_REST,
    ) -> Sequence[Derived]:
        """Return one `Decided` for every candidate, the best first; `entry.received_at` is now."""
        return arbiter.decide(person, candidates, entry, program, standing)

    def recheck(self, claimed: Claimed, program: Program, now: datetime) -> str:
        """Return the reason code of a hard rule that now forbids the message, or ``""``."""
        candidate = claimed.row.decision.candidate
        if candidate.call_id:
            return calls.refusal(claimed.person, candidate, program, now)
        return recheck.refusal(claimed, program, now)
