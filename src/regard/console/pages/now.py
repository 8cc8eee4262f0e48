"""Now: what are customers doing? The newest rows; the live stream goes on behind them."""

from __future__ import annotations

from regard.console.live import Live
from regard.console.views import NowView


def now_view(live: Live) -> NowView:
    """Return the newest rows and the offset after which the stream must go on."""
    last, rows = live.newest()
    return NowView(last_offset=last, rows=rows)
