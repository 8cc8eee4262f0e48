"""Learning from what became of decisions, while acting: a policy, its proof, and its reports.

What decides (`policy`, `snapshot`, `scheme`) is plain Python and cheap; what learns (`training`,
`fitting`, `tailoring`, `estimating`) brings numpy and is imported by name, by whoever learns.
Experiments and holdouts are told by `reports`.
"""

from regard.learning.policy import LearnedPolicy, policy_of
from regard.learning.scheme import Scheme, scheme_of
from regard.learning.snapshot import Snapshot, decode_snapshot, encode_snapshot

__all__ = [
    "LearnedPolicy",
    "Scheme",
    "Snapshot",
    "decode_snapshot",
    "encode_snapshot",
    "policy_of",
    "scheme_of",
]
