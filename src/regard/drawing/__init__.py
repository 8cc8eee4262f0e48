"""Drawings of journeys and promises: what a step does, where it leads, and what passed there.

`journey_flow` and `promise_flow` make a `Flow` of a definition, `traffic_of` counts what passed it,
`draw` makes SVG. Pure; console and terminal draw with the same hand.
"""

from regard.drawing.flow import (
    END,
    START,
    Flow,
    Load,
    Passing,
    Station,
    Traffic,
    Trail,
    Way,
)
from regard.drawing.journey import journey_flow
from regard.drawing.painting import Shown, describe, draw, style
from regard.drawing.promise import promise_flow
from regard.drawing.traffic import observed_flow, taken_ways, traffic_of

__all__ = [
    "END",
    "START",
    "Flow",
    "Load",
    "Passing",
    "Shown",
    "Station",
    "Traffic",
    "Trail",
    "Way",
    "describe",
    "draw",
    "journey_flow",
    "observed_flow",
    "promise_flow",
    "style",
    "taken_ways",
    "traffic_of",
]
