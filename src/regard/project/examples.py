"""The example companies: in a wheel inside the package, in a clone beside its source.

`regard init --example` copies one, `regard demo` runs one as it stands.
"""

from __future__ import annotations

import shutil
from pathlib import Path

import regard
from regard.core.errors import Refused
from regard.project.findings import did_you_mean, one_of

PACKAGE = Path(regard.__file__).parent
PLACES = (PACKAGE / "examples", PACKAGE.parents[1] / "examples")
"""Where they may be: of a wheel, of a clone."""

LEFT_BEHIND = ".regard"
"""What a house that ran in the folder keeps there: its store and its secrets."""


def example(name: str) -> Path:
    """Return the folder of an example company; raise `Refused` when there is none of this name."""
    found = {
        folder.name: folder
        for place in reversed(PLACES)
        for folder in (place.iterdir() if place.is_dir() else ())
        if (folder / "regard.toml").is_file()
    }
    if name not in found:
        raise Refused(
            f"There is no example {name!r}.",
            code="no_example",
            hint=did_you_mean(name, found, one_of(found)),
        )
    return found[name]


def copy_example(name: str, folder: Path) -> list[Path]:
    """Copy an example into a folder that is empty or new; return the files, sorted."""
    source = example(name)
    shutil.copytree(source, folder, dirs_exist_ok=True, ignore=shutil.ignore_patterns(LEFT_BEHIND))
    return sorted(path for path in folder.rglob("*") if path.is_file())
