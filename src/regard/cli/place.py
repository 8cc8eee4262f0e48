"""Where a project keeps what it runs on: the store, the secrets, the lock of the one writer.

All of it lives in ``.regard/`` inside the project folder unless told otherwise. The lock is the
operating system's: a killed process releases it, and a second writer is told which one runs.
"""

from __future__ import annotations

import fcntl
import os
import secrets
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import blake2b
from pathlib import Path

import msgspec

from regard.assembly.keys import Keys
from regard.core.errors import Refused
from regard.store import held_database, is_address

FOLDER = ".regard"


class Saved(msgspec.Struct, frozen=True, kw_only=True):
    """The secrets as kept in ``keys.json`` (readable by the owner only)."""

    console_secret: str
    api_token: str
    signing_key: str


def data_folder(project: Path) -> Path:
    """Return the folder for data of a project, created when it is new."""
    folder = project / FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def was_served(project: Path) -> bool:
    """Return whether a house has run for the project in this folder."""
    return (project / FOLDER).is_dir()


def store_path(project: Path, store: str) -> str:
    """Return the location of the store: as told, as in ``regard.toml``, else in the project."""
    return store or _store_of(project) or str(project / FOLDER / "regard.db")


def store_mark(location: str) -> str:
    """Return by what a store is known again; of an address nothing that is secret."""
    if is_address(location):
        return blake2b(location.encode(), digest_size=16).hexdigest()
    return str(Path(location).resolve())


def _store_of(project: Path) -> str:
    try:
        said = tomllib.loads((project / "regard.toml").read_text(encoding="utf-8")).get("store")
    except (OSError, ValueError):
        return ""  # who loads the project is told what is wrong with it
    return said if isinstance(said, str) else ""


def read_keys(folder: Path) -> tuple[Keys, bool]:
    """Return the secrets of a data folder, and whether they were made just now.

    Where several machines run one house, each is told the same ones in its environment:
    ``REGARD_CONSOLE_SECRET``, ``REGARD_API_TOKEN``, ``REGARD_SIGNING_KEY`` go before the folder's.
    """
    told = {name: os.environ.get(f"REGARD_{name.upper()}", "") for name in Saved.__struct_fields__}
    if all(told.values()):
        return Keys(**told), False
    path = folder / "keys.json"
    is_new = not path.exists()
    if is_new:
        saved = Saved(
            console_secret=secrets.token_urlsafe(18),
            api_token=secrets.token_urlsafe(24),
            signing_key=secrets.token_urlsafe(32),
        )
        is_new = _written_first(path, msgspec.json.format(msgspec.json.encode(saved)))
    try:
        found = msgspec.json.decode(path.read_bytes(), type=Saved)
    except msgspec.DecodeError as error:
        raise Refused(
            f"{path} is not readable: {error}.",
            hint="Restore it, or delete it to make new secrets.",
        ) from error
    kept = msgspec.structs.asdict(found)
    return Keys(**(kept | {name: value for name, value in told.items() if value})), is_new


def _written_first(path: Path, content: bytes) -> bool:
    """Write a secret file as a whole; return False when another process was first."""
    own = path.with_name(f"{path.name}.{os.getpid()}")
    handle = os.open(own, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(content)
    try:
        os.link(own, path)
    except FileExistsError:
        return False
    finally:
        own.unlink()
    return True


@contextmanager
def writer_lock(location: str, *, shares: bool = False) -> Iterator[None]:
    """Hold the lock of the one writer of a store; raise `Refused` when another process has it.

    One that `shares` a database excludes only those that want it for themselves.
    """
    if is_address(location):
        with held_database(location, shares=shares):
            yield
        return
    path = Path(f"{location}.lock")
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            file.seek(0)
            holder = file.read().strip() or "another process"
            raise Refused(
                f"The store {location} is being written by {holder}.",
                code="store_in_use",
                hint="Stop it first, or send events to it by POST /v1/events.",
            ) from error
        file.truncate(0)
        file.write(f"process {os.getpid()}")
        file.flush()
        yield
