"""A one-off to many: each person whom a rollout reaches is offered it once, through the one gate.

`Broadcasts` is the stage, `is_recipient` the rule of whom a broadcast is for, `changed` and
`tested` what follows when somebody acts, `Outlooks` adds a preview up. Everything is pure.
"""

from regard.broadcasts.changing import ACTS, broadcast_of, changed, started, tested
from regard.broadcasts.previewing import Outlooks
from regard.broadcasts.recipients import is_recipient
from regard.broadcasts.stage import Broadcasts

__all__ = [
    "ACTS",
    "Broadcasts",
    "Outlooks",
    "broadcast_of",
    "changed",
    "is_recipient",
    "started",
    "tested",
]
