"""What a person may expect from us, whether it came, and what we do when it did not.

Offers `Promises`, a stage of the loop. A promise is a state machine over `PromiseChanged` facts:
made, offered, then kept or missed, repaired or broken; each ends in exactly one outcome. Beside
it `read_levels`: how all of them stand against their objectives.
"""

from regard.promises.levels import BUCKET, count_of, has_calmed, read_levels
from regard.promises.records import Burn, Count, ServiceLevel, Severity
from regard.promises.stage import Promises

__all__ = [
    "BUCKET",
    "Burn",
    "Count",
    "Promises",
    "ServiceLevel",
    "Severity",
    "count_of",
    "has_calmed",
    "read_levels",
]
