"""What differs between two models: which elements and flows go, stay, come or change.

Two models in, one `Change` for every element of either out: in the order of the old one, then
what comes. The same id is the same thing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import Any

from regard.core.model import Change, Model
from regard.model.saying import joined

SECTIONS: Mapping[str, str] = {
    "customers": "customer",
    "needs": "need",
    "channels": "channel",
    "organisations": "organisation",
    "applications": "application",
    "stores": "store",
    "flows": "flow",
    "promises": "promise",
}

_IDENTITY = {"id", "title"}


def compare(old: Model, new: Model) -> tuple[Change, ...]:
    """Return what becomes of every element and flow on the way from `old` to `new`."""
    changes: list[Change] = []
    for section, kind in SECTIONS.items():
        before: Mapping[str, Any] = getattr(old, section)
        after: Mapping[str, Any] = getattr(new, section)
        for name, thing in before.items():
            key, title = f"{kind}:{name}", title_of(old, kind, thing)
            if name not in after:
                changes.append(Change(key=key, title=title, fate="goes"))
                continue
            words = _differences(thing, after[name])
            changes.append(
                Change(key=key, title=title, fate="changes" if words else "stays", words=words)
            )
        changes += [
            Change(key=f"{kind}:{name}", title=title_of(new, kind, thing), fate="comes")
            for name, thing in after.items()
            if name not in before
        ]
    return tuple(changes)


def title_of(model: Model, kind: str, thing: Any) -> str:
    """Return the title of an element, or of a flow from its ends."""
    if kind != "flow":
        return str(thing.title)
    return f"{model.stores[thing.source].title} to {model.stores[thing.target].title}"


def _differences(old: Any, new: Any) -> str:
    """Return which fields differ, in words; titles may be reworded."""
    names = [
        field.name.replace("_", " ")
        for field in fields(old)
        if field.name not in _IDENTITY and getattr(old, field.name) != getattr(new, field.name)
    ]
    return joined(names) if names else ""
