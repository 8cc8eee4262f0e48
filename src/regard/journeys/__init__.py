"""Steps over time that a person walks, one run at a time.

Offers `Journeys`, a stage of the loop. A run waits, branches, offers, opens cases and ends; the
next step is decided when a wait ends, with that day's facts and that day's program.
"""

from regard.journeys.stage import Journeys

__all__ = ["Journeys"]
