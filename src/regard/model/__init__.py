"""The declared engagement model: compared, checked for disconnects, costed, and drawn on one page.

In: two `core.model.Model`, as `project` read them. `find` gives the disconnects of one,
`compare` what differs between two, `advise` what of the future removes which disconnect.
"""

from regard.model.comparing import compare
from regard.model.disconnects import find
from regard.model.remedies import advise, fresh

__all__ = ["advise", "compare", "find", "fresh"]
