"""The outward and inward halves of every channel: one folder an adapter, all of one anatomy.

`make_adapter` chooses the adapter that a channel of the project names. Refused: a name that is not
known, with the list of those that are, and settings that are wrong, with every problem.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib.metadata import entry_points

from regard.channels import feed, post_room, push, sms, smtp, webhook
from regard.channels.kinds import Kind, Surroundings
from regard.core.clock import Clock, SystemClock
from regard.core.errors import Broken, Problem, Refused
from regard.core.ports import ChannelAdapter
from regard.core.program import Program
from regard.core.settings import Channel

__all__ = ["ADAPTERS", "Kind", "Surroundings", "kind_named", "make_adapter"]

ADAPTERS: Mapping[str, Kind] = {
    "post_room": post_room.KIND,
    "smtp": smtp.KIND,
    "webhook": webhook.KIND,
    "sms": sms.KIND,
    "push": push.KIND,
    "feed": feed.KIND,
}
"""Every adapter of ours by the name that `regard.toml` uses."""

GROUP = "regard.channels"
"""Entry points of this group bring adapters from other packages; each names a `Kind`."""


def kind_named(name: str) -> Kind | None:
    """Return a kind of channel, ours or installed; None when nobody knows it.

    Raise `Broken` when what is installed under the name is no kind.
    """
    if name in ADAPTERS:
        return ADAPTERS[name]
    for point in entry_points(group=GROUP, name=name):
        found = point.load()
        if not isinstance(found, Kind):
            raise Broken(f"The adapter {name} ({point.value}) is no regard.channels.Kind.")
        return found
    return None


def make_adapter(
    channel: Channel,
    program: Program,  # noqa: ARG001 - adapters may need the company or its languages
    environ: Mapping[str, str],
    clock: Clock | None = None,
    *,
    public_url: str = "",
) -> ChannelAdapter:
    """Return the adapter that `channel` names; `environ` holds the secrets it refers to.

    Raise `Refused` for an unknown adapter or wrong settings. `clock` is the wall clock by default,
    `public_url` where providers find us.
    """
    kind = kind_named(channel.adapter)
    if kind is None:
        known = ", ".join(ADAPTERS)
        problem = Problem(
            path=f"channels.{channel.id}.adapter",
            message=f"{channel.adapter!r} is not known",
            hint=f"use one of {known}",
        )
        raise Refused(
            f"Channel {channel.id} names the adapter {channel.adapter!r}; known are {known}.",
            code="channel_adapter",
            problems=(problem,),
        )
    around = Surroundings(environ=environ, clock=clock or SystemClock(), public_url=public_url)
    return kind.make(channel, around)
