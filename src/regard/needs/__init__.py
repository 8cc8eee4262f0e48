"""What people want to achieve now: evidence for and against it, and the belief that it comes to.

Offers `Needs`, a stage that learns before the others act; `Offers`, which offers what answers a
need that is felt; and `told_needs`, belief with its reasons, for those who want to see them.
"""

from regard.needs.offering import Offers
from regard.needs.stage import Needs
from regard.needs.telling import Reason, ToldNeed, told_needs

__all__ = ["Needs", "Offers", "Reason", "ToldNeed", "told_needs"]
