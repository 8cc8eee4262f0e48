"""What somebody does to the house as a whole: broadcasts, and which program is in force.

`Acts` are the verbs, over one ledger; `InForce` is the program that everybody asks at each use. The
server, the CLI, stories and the simulator act through them, so they cannot differ.
"""

from regard.steering.acts import Acts
from regard.steering.publishing import VERSIONS_MAX, InForce, undone

__all__ = ["VERSIONS_MAX", "Acts", "InForce", "undone"]
