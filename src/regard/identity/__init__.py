"""Identity: events to persons, by evidence, in the transaction that appends them.

`resolve` attaches, merges and (where two persons meet) recomputes one bounded stretch of the
graph. `partition` is the canonical rule that it follows. `default_kinds` are the identifiers
every company has.
"""

from regard.identity.partition import HARD, SOFT, Partition, partition
from regard.identity.stage import Resolution, resolve

__all__ = ["HARD", "SOFT", "Partition", "Resolution", "partition", "resolve"]
