"""The living world: simulated customers who live through Regard's public HTTP API, and only that.

`live` runs it against a server; `plan_day` shows what a seed intends, without any server. The
sources and the events are those of `examples/airline`.
"""

from regard.world.day import plan_day
from regard.world.living import Inbox, live
from regard.world.people import settle
from regard.world.records import SOURCES, Letter, WorldSettings, WorldSummary
from regard.world.tempo import Tempo

__all__ = [
    "SOURCES",
    "Inbox",
    "Letter",
    "Tempo",
    "WorldSettings",
    "WorldSummary",
    "live",
    "plan_day",
    "settle",
]
