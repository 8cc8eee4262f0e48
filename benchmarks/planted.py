"""A world in which the best action is known: contexts, customer types, and tastes that change.

Seeded; numpy alone, so that rivals in an environment of their own live in the very same world. Each
round a person of some type comes with a context; each action has a planted chance.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

CONTEXT = 6
TYPES = 4
ACTIONS = 6


class World:
    """Rounds of one seed. `differing` scales how much types differ (0: one core fits all)."""

    def __init__(self, seed: int, rounds: int, differing: float, *, drifts: bool) -> None:
        rng = np.random.default_rng(seed)
        self.contexts: Array = rng.uniform(-1, 1, (rounds, CONTEXT))
        self.types = rng.integers(0, TYPES, rounds)
        self.persons = rng.integers(0, 2_000, rounds)
        self._luck: Array = rng.uniform(0, 1, (rounds, ACTIONS))
        base = rng.uniform(0.05, 0.25, ACTIONS)
        slopes = rng.normal(0, 0.06, (ACTIONS, CONTEXT))
        own = rng.normal(0, 0.12 * differing, (ACTIONS, TYPES))
        chances = base + self.contexts @ slopes.T + own.T[self.types]
        if drifts:
            later = rng.permutation(ACTIONS)
            share = np.linspace(0, 1, rounds)[:, None]
            changed = (base + self.contexts @ slopes.T + own.T[self.types])[:, later]
            chances = (1 - share) * chances + share * changed
        self.chances: Array = np.clip(chances, 0.01, 0.95)

    def __len__(self) -> int:
        return len(self.types)

    def takes(self, turn: int, action: int) -> bool:
        """Return whether the action is taken up in a round."""
        return bool(self._luck[turn, action] < self.chances[turn, action])

    def regret(self, choices: NDArray[np.int64]) -> float:
        """Return by how many successes the choices fall behind the best ones."""
        chosen = self.chances[np.arange(len(choices)), choices]
        return float(np.sum(np.max(self.chances[: len(choices)], axis=1) - chosen))

    def rows(self) -> Array:
        """Return what a learner without levels sees: bias, context and the type as one-hot."""
        kinds = np.eye(TYPES)[self.types]
        return np.hstack([np.ones((len(self), 1)), self.contexts, kinds])
