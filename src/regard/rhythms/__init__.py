"""The customer's silence: who is late by their own rhythm.

Offers `Rhythms`, a stage of the loop, and `beat_of`, the rhythm of a row of moments.
"""

from regard.rhythms.gaps import Beat, beat_of
from regard.rhythms.stage import Rhythms

__all__ = ["Beat", "Rhythms", "beat_of"]
