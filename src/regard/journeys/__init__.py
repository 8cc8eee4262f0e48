"""Steps over time that a person walks, one run at a time.

Offers `Journeys`, a stage of the loop. A run waits, branches, offers, asks other systems, makes
promises, opens cases and ends; the next step is decided when a wait ends, with that day's facts
and that day's program. `next_start` tells when a schedule starts a journey, `reread_effect` what
an edit would do to somebody who stands in one.
"""

from regard.journeys.rereading import Effect, reread_effect
from regard.journeys.schedules import next_start
from regard.journeys.stage import Journeys

__all__ = ["Effect", "Journeys", "next_start", "reread_effect"]
