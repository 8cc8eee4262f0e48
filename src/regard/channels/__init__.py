"""The outward and inward halves of every channel: one folder an adapter, all of one anatomy.

`make_adapter` chooses the adapter that a channel of the project names. Refused: a name that is not
known, with the list of those that are, and settings that are wrong, with every problem.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from regard.channels.post_room import PostRoom
from regard.channels.post_room.settings import check_settings
from regard.channels.smtp import SmtpAdapter
from regard.channels.smtp.settings import parse_settings as parse_smtp
from regard.channels.webhook import WebhookAdapter
from regard.channels.webhook.settings import parse_settings as parse_webhook
from regard.core.clock import Clock, SystemClock
from regard.core.errors import Problem, Refused
from regard.core.ports import ChannelAdapter
from regard.core.program import Program
from regard.core.settings import Channel

__all__ = ["ADAPTERS", "make_adapter"]

Maker = Callable[[Channel, Mapping[str, str], Clock], ChannelAdapter]


def _post_room(channel: Channel, environ: Mapping[str, str], clock: Clock) -> ChannelAdapter:  # noqa: ARG001
    check_settings(channel)
    return PostRoom()


def _smtp(channel: Channel, environ: Mapping[str, str], clock: Clock) -> ChannelAdapter:
    return SmtpAdapter(parse_smtp(channel, environ), clock)


def _webhook(channel: Channel, environ: Mapping[str, str], clock: Clock) -> ChannelAdapter:
    return WebhookAdapter(parse_webhook(channel, environ), clock)


ADAPTERS: Mapping[str, Maker] = {"post_room": _post_room, "smtp": _smtp, "webhook": _webhook}
"""Every adapter by the name that `regard.toml` uses."""


def make_adapter(
    channel: Channel,
    program: Program,  # noqa: ARG001 - adapters may need the company or its languages
    environ: Mapping[str, str],
    clock: Clock | None = None,
) -> ChannelAdapter:
    """Return the adapter that `channel` names; `environ` holds the secrets it refers to.

    Raise `Refused` for an unknown adapter or wrong settings. `clock` is the wall clock by default.
    """
    make = ADAPTERS.get(channel.adapter)
    if make is None:
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
    return make(channel, environ, clock or SystemClock())
