"""The one way to make an SVG element, so that no text gets into a drawing unescaped.

Names and attributes in, `Markup` out. Attribute names: ``class_`` is class, ``text_anchor`` is
text-anchor; None leaves one out.
"""

from __future__ import annotations

from markupsafe import Markup

Attribute = str | float | int | None
_OPEN = Markup("<{name}{attributes}>{inner}</{name}>")
_ATTRIBUTE = Markup(' {name}="{value}"')


def element(tag: str, *children: str, **attributes: Attribute) -> Markup:
    """Return one element; plain strings among the children are escaped, `Markup` is not."""
    shown = Markup("").join(
        _ATTRIBUTE.format(name=name.rstrip("_").replace("_", "-"), value=_plain(value))
        for name, value in attributes.items()
        if value is not None
    )
    return _OPEN.format(name=tag, attributes=shown, inner=Markup("").join(children))


def _plain(value: str | float | int) -> str:
    return f"{value:.2f}".rstrip("0").rstrip(".") if isinstance(value, float) else str(value)
