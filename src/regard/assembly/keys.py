"""The secrets of one house, wherever they are kept."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Keys:
    """The secrets of one house: who may see the console, read people, and what signs links."""

    console_secret: str
    api_token: str
    signing_key: str
