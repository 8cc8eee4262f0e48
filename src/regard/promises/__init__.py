"""What a person may expect from us, whether it came, and what we do when it did not.

Offers `Promises`, a stage of the loop. A promise is a state machine over `PromiseChanged` facts:
made, offered, then kept or missed, repaired or broken; each ends in exactly one outcome.
"""

from regard.promises.stage import Promises

__all__ = ["Promises"]
