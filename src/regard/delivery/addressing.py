"""Where a message goes by now: hours may lie between its decision and its hand-over.

In: a claimed message with the person of now. Out: the same to the address at which the person is
reached now. It may have changed; or a merge was undone, and the old one was never theirs.
"""

from __future__ import annotations

from msgspec.structs import replace

from regard.core.program import Program
from regard.core.reaching import SELF, SUBSCRIPTION, address_on
from regard.core.rows import Claimed


def readdressed(claimed: Claimed, program: Program) -> Claimed:
    """Return a claimed message to where its person is reached now; ``""``: nowhere any more."""
    channel = program.channels.get(claimed.row.channel)
    if channel is None or channel.reaches_by in (SELF, SUBSCRIPTION):
        return claimed  # a feed is the person's own; of devices each was weighed on its own
    address = address_on(claimed.person, channel)
    if address == claimed.row.address:
        return claimed
    return replace(claimed, row=replace(claimed.row, address=address))
