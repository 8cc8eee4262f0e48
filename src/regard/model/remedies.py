"""What of the future model removes which disconnect of today, and which nobody removes.

Removed is what is not found in the future model any more. Named as its remedy are the changes of
elements along its path, and new flows and stores that touch it.
"""

from __future__ import annotations

from collections.abc import Sequence

from regard.core.model import Advice, Change, Disconnect, Model
from regard.model.comparing import compare
from regard.model.disconnects import find


def advise(as_is: Model, future: Model | None) -> tuple[Advice, ...]:
    """Return every disconnect of `as_is`, the costliest first, with what removes it."""
    found = sorted(find(as_is), key=_cost)
    if future is None:
        return tuple(Advice(disconnect=one, is_removed=False) for one in found)
    left = {one.id for one in find(future)}
    moving = [change for change in compare(as_is, future) if change.fate != "stays"]
    return tuple(
        Advice(
            disconnect=one,
            is_removed=one.id not in left,
            by=() if one.id in left else _remedies(one, moving, future),
        )
        for one in found
    )


def fresh(as_is: Model, future: Model) -> tuple[Disconnect, ...]:
    """Return the disconnects that only the future has."""
    known = {one.id for one in find(as_is)}
    return tuple(one for one in find(future) if one.id not in known)


def _cost(one: Disconnect) -> tuple[float, str]:
    return (-(one.opportunity.high + one.running.high), one.id)


def _remedies(one: Disconnect, moving: Sequence[Change], future: Model) -> tuple[Change, ...]:
    """Return the changes along a path; else those that touch what it needs."""
    path = {*one.path}
    stores = {key.removeprefix("store:") for key in path if key.startswith("store:")}
    near = [
        change
        for change in moving
        if change.key in path or (change.fate == "comes" and _touches(change, stores, future))
    ]
    if near:
        return tuple(near)
    needs = {f"need:{need}" for need in one.needs}
    return tuple(change for change in moving if change.key in needs)


def _touches(change: Change, stores: set[str], future: Model) -> bool:
    kind, _, name = change.key.partition(":")
    if kind == "flow":
        flow = future.flows[name]
        return bool({flow.source, flow.target} & stores)
    return False
