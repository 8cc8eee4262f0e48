"""`regard init`: a small folder that works, copied from the package's own `starter` folder.

One promise, one journey, two engagements and a story of a small hotel; or a whole example company.
A folder that already holds something is refused; nothing is overwritten.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterator
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

from regard.core.errors import Refused
from regard.project.examples import copy_example

NAME_MAX = 80


def init(folder: Path, name: str, example: str = "") -> list[Path]:
    """Write a working project for the company `name`, or that example; return the files, sorted.

    Raise `Refused` when `folder` is not empty or the name cannot be one.
    """
    if not name.strip() or len(name) > NAME_MAX or not name.isprintable():
        raise Refused(
            f"{name[:NAME_MAX]!r} cannot be the name of a company.",
            code="bad_name",
            hint=f"Use 1 to {NAME_MAX} printable characters.",
        )
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise Refused(
            f"{folder} is not an empty folder.", code="folder_not_empty", hint="Choose a new one."
        )
    if example:
        return copy_example(example, folder)
    written = []
    for path, text in _starter(files("regard.project") / "starter", ""):
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(_named(text, name.strip()), encoding="utf-8")
        written.append(target)
    return sorted(written)


def _starter(place: Traversable, inside: str) -> Iterator[tuple[str, str]]:
    for item in place.iterdir():
        path = f"{inside}{item.name}"
        if item.is_dir():
            yield from _starter(item, f"{path}/")
        else:
            yield path, item.read_text(encoding="utf-8")


def _named(text: str, name: str) -> str:
    """Put the company's name and id into the two quoted places of regard.toml."""
    quoted = json.dumps(name, ensure_ascii=False)  # a JSON string is a TOML string
    return text.replace('"{{company_id}}"', f'"{_id(name)}"').replace('"{{company_name}}"', quoted)


def _id(name: str) -> str:
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    words = re.sub(r"[^a-z0-9]+", "_", plain).strip("_")
    return words[:40] if words[:1].isalpha() else f"company_{words[:40]}".rstrip("_")
