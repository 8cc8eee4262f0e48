"""Whether mailbox providers will take bulk mail from us: what the DNS says, how much goes where.

`Bulk` is asked before each mail; `check_sender` tells each finding with what to do about it.
"""

from regard.channels.smtp.readiness.bulk import Bulk
from regard.channels.smtp.readiness.checks import Finding, check_one_click, check_sender
from regard.channels.smtp.readiness.names import Names

__all__ = ["Bulk", "Finding", "Names", "check_one_click", "check_sender"]
