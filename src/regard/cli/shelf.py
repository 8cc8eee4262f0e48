"""The commands by name, each taken from its module when it is asked for.

The house is some 600 modules; `regard check` needs a tenth of them. What is imported is what the
command needs, so `regard --help` and the small commands answer at once.
"""

from __future__ import annotations

from collections.abc import Sequence
from difflib import get_close_matches
from importlib import import_module
from typing import NamedTuple

import click

from regard.cli.telling import Told


class Entry(NamedTuple):
    """A command: its name, its module in `regard.cli`, the object there, its line of help."""

    name: str
    module: str
    attribute: str
    help: str

    def taken(self) -> click.Command:
        """Return the command itself."""
        command = getattr(import_module(f"regard.cli.{self.module}"), self.attribute)
        if not isinstance(command, click.Command):
            raise TypeError(f"regard.cli.{self.module}.{self.attribute} is no command")
        return command


class Shelf(Told):
    """A group that knows its commands by their lines and imports the one that runs."""

    def shelve(self, entries: Sequence[Entry]) -> None:
        """Take `entries` in, in the order in which they are listed."""
        self._entries = {entry.name: entry for entry in entries}

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        """Return the names in the order in which one meets them."""
        return list(self._entries)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Return the command that is meant; refuse an unknown one with what is like it."""
        wanted = args[0]
        if wanted not in self._entries and not wanted.startswith("-"):
            near = get_close_matches(wanted, self._entries, n=3)
            hint = f" Did you mean {' or '.join(near)}?" if near else ""
            ctx.fail(f"No such command '{wanted}'.{hint}")
        return super().resolve_command(ctx, args)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - click's signature
        """Return the command of this name, imported now; none where there is none."""
        entry = self._entries.get(cmd_name)
        return entry.taken() if entry else None

    def help_of(self, name: str) -> str:
        """Return the line of a command."""
        return self._entries[name].help

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002 - click's signature
        """List the commands with their lines, without importing one."""
        with formatter.section("Commands"):
            formatter.write_dl([(entry.name, entry.help) for entry in self._entries.values()])
