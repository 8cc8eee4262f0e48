"""The one way to make an SVG element, so that no text gets into a drawing unescaped.

Names and attributes in, `Markup` out. Attribute names: ``class_`` is class, ``text_anchor`` is
text-anchor; None leaves one out.
"""

from __future__ import annotations

from functools import lru_cache

from markupsafe import Markup, escape

Attribute = str | float | int | None


def element(tag: str, *children: str, **attributes: Attribute) -> Markup:
    """Return one element; plain strings among the children are escaped, `Markup` is not."""
    shown = "".join(
        [
            f' {_spelled(name)}="{value if type(value) is int else escape(plain(value))}"'
            for name, value in attributes.items()
            if value is not None
        ]
    )
    inner = "".join(map(escape, children))
    return Markup(f"<{tag}{shown}>{inner}</{tag}>")  # noqa: S704 (all parts are escaped above)


@lru_cache(maxsize=256)
def _spelled(name: str) -> str:
    return name.rstrip("_").replace("_", "-")


def plain(value: str | float | int) -> str:
    """Return a value as attributes write it: two decimals at most, none that say nothing."""
    return f"{value:.2f}".rstrip("0").rstrip(".") if isinstance(value, float) else str(value)
