"""The outcomes of a comparison: small numbers with a meaning, shared by all who read them."""

from __future__ import annotations

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

Levels = NDArray[np.int8]
Rows = NDArray[np.int32]

MISSING_LEVEL = 0
SAME = 1
RELATED = 2
TYPO = 3
CLOSE = 4
PART = 5
VAGUE = 6
SWAPPED = 7
DIFFERENT = 8
GENERATION = 9
LONE = 10
"""A different given name that one of the two records alone bears: a slip, or a relative."""

LEVEL_COUNT = 11


class Comparison(Struct, frozen=True, kw_only=True):
    """One comparison of all pairs: a level each, and how rare the value is where it is the same.

    `sharers` is the natural logarithm of how many records share the value (0 elsewhere).
    """

    name: str
    levels: Levels
    sharers: NDArray[np.float32]
