"""The one gate and the one arbiter: every outward act passes here, sent or not.

`Decisions` implements both `core.ports.Stage` and `core.ports.Arbiter`. `reasons` names every code
it gives, `docs/reasons.md` explains them.
"""

from regard.decisions.reasons import REASONS
from regard.decisions.stage import Decisions

__all__ = ["REASONS", "Decisions"]
