"""Options that many commands have: which project, and which store."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

FOLDER = click.Path(path_type=Path, file_okay=False)
Command = Callable[..., Any]


def with_place(command: Command) -> Command:
    """Give a command the options that say which project and store."""
    store = click.option("--store", default="", help="The store (default: .regard/regard.db).")
    folder = click.option("--folder", type=FOLDER, default=".", help="The project.")
    return folder(store(command))
