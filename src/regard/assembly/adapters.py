"""An adapter for every channel that `regard.toml` names, or everything that is wrong with them."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from regard.channels import make_adapter
from regard.core.clock import Clock
from regard.core.errors import Problem, Refused
from regard.core.ports import ChannelAdapter
from regard.core.program import Program
from regard.core.settings import Channel

MakeAdapter = Callable[[Channel, Program], ChannelAdapter]


def standard_adapters(
    environ: Mapping[str, str], clock: Clock, public_url: str = ""
) -> MakeAdapter:
    """Return the maker of the adapters that `regard.toml` names; `environ` holds their secrets.

    `public_url` is where their providers find us.
    """

    def make(channel: Channel, program: Program) -> ChannelAdapter:
        return make_adapter(channel, program, environ, clock, public_url=public_url)

    return make


def make_adapters(program: Program, make: MakeAdapter) -> dict[str, ChannelAdapter]:
    """Return an adapter for every channel, not yet opened.

    Raise `Refused` with everything that is wrong with the settings of all of them.
    """
    adapters: dict[str, ChannelAdapter] = {}
    problems: list[Problem] = []
    for channel in program.channels.values():
        try:
            adapters[channel.id] = make(channel, program)
        except Refused as error:
            problems += error.problems or (Problem(message=error.message, hint=error.hint),)
    if problems:
        listed = "".join(f"\n  {problem}" for problem in problems)
        raise Refused(
            f"The channels cannot be opened:{listed}\n",
            code="channel_settings",
            hint="Correct regard.toml; docs/channels.md lists every setting.",
            problems=problems,
        )
    return adapters
