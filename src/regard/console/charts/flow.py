"""A flow on a page: the drawing with its counts, each step leading to who stands there."""

from __future__ import annotations

from markupsafe import Markup

from regard.drawing import Flow, Shown, Traffic, Trail, draw


def flow_drawing(
    flow: Flow,
    traffic: Traffic | None = None,
    trail: Trail | None = None,
    *,
    leads_to: str = "",
) -> Markup:
    """Return the drawing; a step is a link to ``<leads_to>?step=<step>#runs`` when that is set."""

    def href(step: str) -> str:
        return f"{leads_to}?step={step}#runs"

    return draw(flow, Shown(traffic=traffic, trail=trail, href=href if leads_to else None))
