"""How a command reaches the house: over HTTP when one runs, on the store itself when none does.

A house that serves leaves its address in ``.regard/house.json`` (for the owner only) and takes it
away when it ends; after a crash the address answers nobody and counts as none. Either way acts go
through the same verbs, so a terminal, the console and a script cannot differ.
"""

from __future__ import annotations

import getpass
import os
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

import httpx
import msgspec

from regard.assembly import build_ledger
from regard.cli.place import FOLDER, data_folder, read_keys, store_mark, store_path, writer_lock
from regard.core.errors import Refused, Unavailable
from regard.core.event import (
    Identifier,
    IdentityAct,
    IdentityVerb,
    ProgramPublished,
    RolloutChanged,
)
from regard.core.program import Program
from regard.core.rows import Mended, Outlook, Replay, RolloutProgress, RolloutRow
from regard.identity import Wish
from regard.intake import Drafter
from regard.project import Edition, edition_in, edition_of
from regard.runtime.previews import Progress
from regard.steering.acts import Acts
from regard.steering.publishing import InForce
from regard.store import is_there, open_library, open_store

NAME = "house.json"

PATIENCE_S = 600.0
"""A preview over a million people takes minutes."""

T = TypeVar("T")


class Running(msgspec.Struct, frozen=True, kw_only=True):
    """Where a house answers, and which store it writes."""

    url: str
    store: str
    pid: int


@contextmanager
def told_address(folder: Path, url: str, store: str) -> Iterator[None]:
    """Leave the address of a house while it serves."""
    path = data_folder(folder) / NAME
    running = Running(url=url, store=store_mark(store), pid=os.getpid())
    path.unlink(missing_ok=True)
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(msgspec.json.encode(running))
    try:
        yield
    finally:
        path.unlink(missing_ok=True)


def running_house(folder: Path, store: str) -> RunningHouse | None:
    """Return the house that serves a store just now, None when nobody answers."""
    path = folder / FOLDER / NAME
    try:
        found = msgspec.json.decode(path.read_bytes(), type=Running)
    except (OSError, msgspec.DecodeError):
        return None
    if found.store != store_mark(store_path(folder, store)):
        return None
    keys, _ = read_keys(data_folder(folder))
    house = RunningHouse(found.url, keys.console_secret)
    return house if house.answers() else None


class RunningHouse:
    """A house that serves, asked over HTTP."""

    def __init__(self, url: str, secret: str) -> None:
        headers = {"authorization": f"Bearer {secret}", "x-regard-by": whoami()}
        self._client = httpx.Client(
            base_url=url, headers=headers, trust_env=False, timeout=PATIENCE_S
        )

    def answers(self) -> bool:
        """Return whether somebody is there."""
        try:
            self._client.get("/health", timeout=5)
        except httpx.HTTPError:
            return False
        return True

    def broadcast(self, broadcast_id: str, act: str) -> RolloutChanged:
        """Start, pause, resume or cancel a broadcast."""
        told = self._post(f"/v1/broadcasts/{broadcast_id}/{act}")
        return msgspec.convert(told["change"], RolloutChanged)

    def test(self, broadcast_id: str) -> list[str]:
        """Send a broadcast to its seed list; return who is not known."""
        return list(self._post(f"/v1/broadcasts/{broadcast_id}/test")["missing"])

    def preview(self, broadcast_id: str, _progress: Progress) -> Outlook:
        """Return what a broadcast would come to if it went now."""
        found = self._reply(self._client.get(f"/v1/broadcasts/{broadcast_id}/preview"))
        return msgspec.convert(found, Outlook)

    def say(self, verb: IdentityVerb, wish: Mapping[str, Any]) -> IdentityAct:
        """Say who is one person, or who is not, in the fields of the API."""
        told = self._post(f"/v1/identity/{verb}", msgspec.json.encode(wish))
        return msgspec.convert(told["act"], IdentityAct)

    def publish(self, edition: Edition) -> ProgramPublished:
        """Let an edition take over."""
        return msgspec.convert(self._post("/v1/versions", edition.archive), ProgramPublished)

    def undo(self) -> ProgramPublished:
        """Bring back the version before."""
        return msgspec.convert(self._post("/v1/versions/undo"), ProgramPublished)

    def replay(self, wanted: Replay) -> list[Mended]:
        """Let dead or unknown messages come again."""
        return self._mend("replay", wanted)

    def discard(self, wanted: Replay) -> list[Mended]:
        """End dead letters for good."""
        return self._mend("discard", wanted)

    def _mend(self, act: str, wanted: Replay) -> list[Mended]:
        told = self._post(f"/v1/messages/{act}", msgspec.json.encode(wanted))
        return msgspec.convert(told["messages"], list[Mended])

    def learn(self) -> dict[str, Any]:
        """Learn now; return what was learned, its `version` empty when there is nothing new."""
        return dict(self._post("/v1/learn"))

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def _post(self, path: str, body: bytes = b"") -> Any:
        return self._reply(self._client.post(path, content=body))

    def _reply(self, reply: httpx.Response) -> Any:
        found = reply.json()
        if reply.status_code == httpx.codes.OK:
            return found
        kind = Unavailable if reply.status_code in (429, 503) else Refused
        raise kind(str(found.get("message", reply.text)), code=str(found.get("code", "refused")))


class QuietHouse:
    """A store that nobody serves; acts are journaled, and done when the next house starts."""

    def __init__(self, acts: Acts, in_force: InForce) -> None:
        self._acts = acts
        self._in_force = in_force

    def broadcast(self, broadcast_id: str, act: str) -> RolloutChanged:
        """Start, pause, resume or cancel a broadcast."""
        return self._acts.broadcast(broadcast_id, act, _now(), whoami())

    def test(self, broadcast_id: str) -> list[str]:
        """Send a broadcast to its seed list; return who is not known."""
        return self._acts.test(broadcast_id, _now())

    def preview(self, broadcast_id: str, progress: Progress) -> Outlook:
        """Return what a broadcast would come to if it went now."""
        return self._acts.preview(broadcast_id, _now(), progress=progress)

    def say(self, verb: IdentityVerb, wish: Mapping[str, Any]) -> IdentityAct:
        """Say who is one person, or who is not, in the fields of the API."""
        drafter = Drafter(self._in_force())
        fields = dict(wish)
        for side in ("left", "right"):
            fields[side] = tuple(_identifier(drafter, name) for name in wish.get(side, ()))
        wish_id = f"{whoami()}:{fields.pop('messageId')}"
        return self._acts.say(Wish(wish_id=wish_id, verb=verb, by=whoami(), **fields), _now())

    def publish(self, edition: Edition) -> ProgramPublished:
        """Let an edition take over."""
        return self._acts.take_over(edition, os.environ, _now(), whoami())

    def replay(self, wanted: Replay) -> list[Mended]:
        """Let dead or unknown messages come again when the next house starts."""
        return self._acts.replay(wanted, _now(), whoami())

    def discard(self, wanted: Replay) -> list[Mended]:
        """End dead letters for good."""
        return self._acts.discard(wanted, _now(), whoami())

    def undo(self) -> ProgramPublished:
        """Bring back the version before."""
        return self._acts.undo(os.environ, _now(), whoami())


def _identifier(drafter: Drafter, name: str) -> Identifier:
    kind, _, value = name.partition(":")
    found = drafter.identifier(kind, value)
    if found is None:
        raise Refused(
            f"{name!r} is no identifier here.",
            code="bad_identifier",
            hint="Write kind:value; kinds are in identity.yaml.",
        )
    return found


House = RunningHouse | QuietHouse


@contextmanager
def house_of(folder: Path, store: str) -> Iterator[House]:
    """Yield the house that serves the project's store, else the store itself, locked meanwhile."""
    running = running_house(folder, store)
    if running is not None:
        with closing(running):
            yield running
        return
    location = store_path(folder, store)
    data_folder(folder)
    with writer_lock(location), closing(open_store(location)) as opened:
        in_force = InForce(program_in_force(folder, store))
        yield QuietHouse(Acts(build_ledger(opened, in_force), in_force), in_force)


def program_in_force(folder: Path, store: str) -> Program:
    """Return the published program of a store; the folder's while nothing was published."""
    archive = kept_in_force(folder, store)
    if archive is None:
        return edition_of(folder, os.environ).program
    return edition_in(archive, os.environ).program


def kept_in_force(folder: Path, store: str) -> bytes | None:
    """Return the folder that is in force, as it was published; None when none was kept."""
    location = store_path(folder, store)
    if not is_there(location):
        return None
    with open_library(location).reading() as reading:
        versions = reading.rollouts.versions(1)
        return reading.rollouts.program(versions[0].published.hash) if versions else None


def read_broadcasts(folder: Path, store: str) -> list[tuple[RolloutRow, RolloutProgress]]:
    """Return the broadcasts that were started, newest first, and how far they have come."""
    location = store_path(folder, store)
    if not is_there(location):
        return []
    with open_library(location).reading() as reading:
        rows = [row for row in reading.rollouts.latest() if row.change.rollout == "broadcast"]
        return [(row, reading.rollouts.progress(row)) for row in rows]


def whoami() -> str:
    """Return the name by which the machine knows who acts."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return ""


def _now() -> datetime:
    return datetime.now(UTC)
