"""The commands on their shelf: each is what its line says, and none is imported to be listed."""

from __future__ import annotations

import subprocess
import sys

import click
import pytest

from regard.cli import main

CONTEXT = click.Context(main)


@pytest.mark.parametrize("name", main.list_commands(CONTEXT))
def test_command_is_what_its_line_says(name):
    command = main.get_command(CONTEXT, name)
    assert command is not None
    assert command.name == name
    assert command.get_short_help_str(limit=100) == main.help_of(name)


def test_who_asks_for_help_waits_for_no_room_of_the_house():
    listing = (
        "import sys; from regard.cli import main; main(['--help'], standalone_mode=False);"
        "sys.exit(' '.join(m for m in sys.modules if m.count('.') == 1 and m[:6] == 'regard'))"
    )
    asked = subprocess.run(
        [sys.executable, "-c", listing], capture_output=True, text=True, check=False
    )
    assert "serve      Run the whole house in one process" in asked.stdout
    assert set(asked.stderr.split()) == {"regard.cli", "regard.core"}


def test_a_command_that_is_not_there_is_refused_with_what_is_near(run):
    refused = run("serv")
    assert refused.exit_code == 2
    assert "No such command 'serv'. Did you mean serve?" in refused.output
