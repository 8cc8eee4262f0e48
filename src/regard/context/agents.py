"""User agents as people would say them: the system, the browser and the model of a device.

The text of a user agent in; a system, a browser and a model out, empty where it does not tell.
Parsed by ua-parser (the rules of uap-core), once for each text that is met.
"""

from __future__ import annotations

from functools import lru_cache

from msgspec import Struct
from ua_parser import parse

AGENTS_MAX = 4_096
"""Answers kept; people of one company use some hundred browsers."""

CHARS_MAX = 512
"""A longer user agent is not one."""

_GENERIC = frozenset({"Other", "Mac", "Smartphone", "Generic Smartphone", "K"})
"""Models that say nothing: browsers hide the real one behind them."""


class Agent(Struct, frozen=True, kw_only=True):
    """What a user agent tells."""

    system: str = ""
    browser: str = ""
    model: str = ""


@lru_cache(maxsize=AGENTS_MAX)
def agent_of(text: str) -> Agent:
    """Return what a user agent tells; nothing for one that is too long."""
    if not text or len(text) > CHARS_MAX:
        return Agent()
    found = parse(text)
    system = "" if found.os is None else found.os.family
    browser = "" if found.user_agent is None else found.user_agent.family
    model = "" if found.device is None else found.device.model or found.device.family
    return Agent(
        system="" if system == "Other" else system,
        browser="" if browser == "Other" else browser,
        model="" if model in _GENERIC else model,
    )
