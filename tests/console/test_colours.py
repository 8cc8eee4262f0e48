"""Contrast of every token pair that occurs, in both themes (WCAG 2.2, 1.4.3 and 1.4.11)."""

from __future__ import annotations

import math
import re
from importlib.resources import files

import pytest

_TOKEN = re.compile(r"--([a-z-]+): light-dark\(oklch\(([^)]+)\), oklch\(([^)]+)\)\)")
GROUNDS = ("ground", "panel", "sunk")
TONES = ("accent", "good", "warn", "bad", "mend")
TEXT = [
    *((ink, ground) for ink in ("ink", "dim", *TONES) for ground in GROUNDS),
    *((tone, f"{tone}-soft") for tone in TONES),
    *(("ink", f"{tone}-soft") for tone in (*TONES, "quiet")),
    ("dim", "quiet-soft"),
    ("dim", "accent-soft"),
    ("on-accent", "accent"),
]
MARKS = [
    *((mark, ground) for mark in ("edge", "quiet", *TONES) for ground in ("ground", "panel")),
    ("quiet", "quiet-soft"),
    ("accent", "accent-soft"),
]


def tokens() -> dict[str, tuple[str, str]]:
    css = (files("regard.console") / "static" / "tokens.css").read_text()
    return {name: (light, dark) for name, light, dark in _TOKEN.findall(css)}


def luminance(oklch: str) -> float:
    """Return relative luminance of ``L C H``, by the OKLab matrices of B. Ottosson."""
    lightness, chroma, hue = (float(part) for part in oklch.split())
    a = chroma * math.cos(math.radians(hue))
    b = chroma * math.sin(math.radians(hue))
    long = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3
    middle = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3
    short = (lightness - 0.0894841775 * a - 1.2914855480 * b) ** 3
    red = 4.0767416621 * long - 3.3077115913 * middle + 0.2309699292 * short
    green = -1.2684380046 * long + 2.6097574011 * middle - 0.3413193965 * short
    blue = -0.0041960863 * long - 0.7034186147 * middle + 1.7076147010 * short
    clipped = [min(max(part, 0.0), 1.0) for part in (red, green, blue)]
    return 0.2126 * clipped[0] + 0.7152 * clipped[1] + 0.0722 * clipped[2]


def contrast(one: str, other: str) -> float:
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
@pytest.mark.parametrize(("pairs", "least"), [(TEXT, 4.5), (MARKS, 3.0)], ids=["text", "marks"])
def test_token_pairs_have_enough_contrast(
    theme: int, pairs: list[tuple[str, str]], least: float
) -> None:
    known = tokens()
    found = {pair: contrast(known[pair[0]][theme], known[pair[1]][theme]) for pair in pairs}
    assert {pair: round(ratio, 2) for pair, ratio in found.items() if ratio < least} == {}


def test_own_script_stays_small() -> None:
    script = (files("regard.console") / "static" / "console.js").read_text()
    assert len(script.splitlines()) < 300
