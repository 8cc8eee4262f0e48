"""Pages that the terminal writes into files: their templates, strict and escaped."""

from __future__ import annotations

from jinja2 import Environment, PackageLoader, StrictUndefined


def page_environment() -> Environment:
    """Return the templates of this room; what a template asks for and nobody gave is an error."""
    return Environment(
        loader=PackageLoader("regard.cli"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
