"""Chance that can be repeated: every decision of the world is thrown from a seed and a name.

Two throws with different names never influence each other, so adding a behaviour does not
change anybody else's day.
"""

from __future__ import annotations

from random import Random


def dice(*names: object) -> Random:
    """Return a generator that depends on nothing but `names`."""
    return Random(":".join(str(name) for name in names))  # noqa: S311 - play, not secrets
