"""Identity: events to persons, by evidence, in the transaction that appends them.

`resolve` attaches, merges and (where two persons meet or somebody said something) recomputes one
bounded stretch of the graph. `partition` is the canonical rule that it follows. `act_of` makes an
act of what somebody wishes to say, `preview` tells what it would do.
"""

from regard.identity.acts import Wish, act_of, draft_of
from regard.identity.partition import CROWD, HARD, KEPT_APART, LIMIT, SOFT, Partition, partition
from regard.identity.preview import Move, Party, Preview, preview
from regard.identity.reviews import answer_of, review_of
from regard.identity.stage import Resolution, resolve

__all__ = [
    "CROWD",
    "HARD",
    "KEPT_APART",
    "LIMIT",
    "SOFT",
    "Move",
    "Partition",
    "Party",
    "Preview",
    "Resolution",
    "Wish",
    "act_of",
    "answer_of",
    "draft_of",
    "partition",
    "preview",
    "resolve",
    "review_of",
]
