"""Identity: events to persons, by evidence, in the transaction that appends them.

`resolve` attaches, merges and (where two persons meet or somebody said something) recomputes one
bounded stretch of the graph. `partition` is the canonical rule that it follows.
"""

from regard.identity.partition import CROWD, HARD, KEPT_APART, LIMIT, SOFT, Partition, partition
from regard.identity.stage import Resolution, resolve

__all__ = [
    "CROWD",
    "HARD",
    "KEPT_APART",
    "LIMIT",
    "SOFT",
    "Partition",
    "Resolution",
    "partition",
    "resolve",
]
