"""A public kit to test your own engagements, channels and stages with; Regard's suite uses it too.

`VirtualClock` is time that moves when told. `RecordingChannel` keeps what it was given and answers
by a rule. `MisbehavingChannel` refuses, fails, times out after accepting and raises, by a seed.
"""

from regard.testing.channels import MisbehavingChannel, Misbehaviour, RecordingChannel
from regard.testing.clock import VirtualClock

__all__ = ["MisbehavingChannel", "Misbehaviour", "RecordingChannel", "VirtualClock"]
