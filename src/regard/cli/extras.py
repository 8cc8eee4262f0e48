"""Parts of the house that need an extra of the package: imported when a command asks for them."""

from __future__ import annotations

from importlib import import_module
from types import ModuleType

from regard.core.errors import Refused


def room_of(name: str, extra: str, *, what: str = "This", otherwise: str = "") -> ModuleType:
    """Return the module `name`; raise `Refused` without the extra that `what` needs.

    `otherwise` is what can be done instead of installing it.
    """
    try:
        return import_module(name)
    except ImportError as error:
        hint = f"pip install 'regard[{extra}]'"
        raise Refused(
            f"{what} needs the extra regard[{extra}]: {error}.",
            code="extra_missing",
            hint=f"{hint}, {otherwise}" if otherwise else hint,
        ) from error
