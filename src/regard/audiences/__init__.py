"""Audiences that people enter and leave at the right second.

Offers `Audiences`, a stage of the loop that takes part before the others: who belongs where is
known before anybody acts on it. It looks only where an entry, or time, may have changed something.
`changed_audiences` names those that a new program asks to be looked at for everybody.
"""

from regard.audiences.changes import changed_audiences
from regard.audiences.stage import Audiences

__all__ = ["Audiences", "changed_audiences"]
