"""The outlines of stations: one path for every shape, inside a box of a width and a height."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from regard.drawing.flow import Shape
from regard.drawing.svg import plain

POINT = 14.0
"""How far hexagons and slanted boxes come in at their sides."""
CORNER = 6.0
FOLD = 14.0

INSET: Mapping[Shape, float] = {"start": 6.0, "pill": 6.0, "end": 6.0, "hexagon": POINT}
"""Room that a shape takes from the text at each side; the others take none."""

Path = tuple[str | float, ...]


def outline(shape: Shape, width: float, height: float) -> str:
    """Return the path of a shape whose box begins at 0, 0."""
    return " ".join(plain(part) for part in _OUTLINES[shape](width, height))


def _rounded(width: float, height: float, radius: float) -> Path:
    r = min(radius, height / 2)
    return (
        *("M", r, 0.0, "H", width - r, "A", r, r, 0, 0, 1, width, r, "V", height - r),
        *("A", r, r, 0, 0, 1, width - r, height, "H", r, "A", r, r, 0, 0, 1, 0.0, height - r),
        *("V", r, "A", r, r, 0, 0, 1, r, 0.0, "Z"),
    )


def _card(width: float, height: float) -> Path:
    return _rounded(width, height, CORNER)


def _pill(width: float, height: float) -> Path:
    return _rounded(width, height, 22.0)


def _hexagon(width: float, height: float) -> Path:
    half = height / 2
    top = ("M", POINT, 0.0, "H", width - POINT, "L", width, half, "L", width - POINT, height)
    return (*top, "H", POINT, "L", 0.0, half, "Z")


def _slant(width: float, height: float) -> Path:
    lean = POINT / 2
    return ("M", lean, 0.0, "H", width, "L", width - lean, height, "H", 0.0, "Z")


def _folder(width: float, height: float) -> Path:
    corner = ("M", 0.0, 0.0, "H", width - FOLD, "L", width, FOLD, "V", height, "H", 0.0, "Z")
    return (*corner, "M", width - FOLD, 0.0, "V", FOLD, "H", width)


def _frame(width: float, height: float) -> Path:
    inner = ("M", 4.0, 4.0, "H", width - 4, "V", height - 4, "H", 4.0, "Z")
    return (*_card(width, height), *inner)


_OUTLINES: Mapping[Shape, Callable[[float, float], Path]] = {
    "start": _pill,
    "pill": _pill,
    "hexagon": _hexagon,
    "card": _card,
    "frame": _frame,
    "slant": _slant,
    "folder": _folder,
    "end": _pill,
}
