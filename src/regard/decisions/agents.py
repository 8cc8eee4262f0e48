"""What somebody of the house wants to offer becomes a candidate like any other.

An agent's wish in, its candidate out; the stage brings it to the gate. Agents speak with one voice
with all others: caps, quiet hours, consent and value hold for them, too.
"""

from __future__ import annotations

from regard.core.event import AgentOffered
from regard.core.facts import Candidate, Entry


def candidate_of(offered: AgentOffered, entry: Entry) -> Candidate:
    """Return the candidate of an agent's offer."""
    return Candidate(
        engagement=offered.engagement,
        origin="agent",
        ref=offered.offer_id,
        made_at=entry.received_at,
        facts=offered.facts,
        channels=offered.channels,
    )
