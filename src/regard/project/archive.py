"""A folder as one archive, kept beside the journal: every version that was in force can come back.

In: the texts of a folder as the Program read them, and those of its engagement model, which decides
nothing and so is in no hash of a Program. Out: a tar of exactly these, byte for byte the same for
the same texts. Secrets are not in it, because no file of a folder holds one: `regard.toml`
names environment variables.
"""

from __future__ import annotations

import io
import tarfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from regard.core.errors import Refused
from regard.core.program import Program
from regard.project.compiling import compile_texts
from regard.project.folder import (
    FILES_MAX,
    is_kept,
    read_folder,
    read_model_texts,
)
from regard.project.refusing import accepted

ARCHIVE_MAX = 64_000_000
"""Bytes of one archive; 5,000 files of usual size are a tenth of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Edition:
    """A checked folder: its Program, and the archive that it can be read from again."""

    program: Program
    archive: bytes


def edition_of(folder: Path, environ: Mapping[str, str]) -> Edition:
    """Return the edition of a folder; raise `Refused` with all problems."""
    texts, problems = read_folder(folder)
    program = accepted(*compile_texts(texts, environ, problems), str(folder))
    models, _ = read_model_texts(folder)
    return Edition(program=program, archive=pack({**texts, **models}))


def edition_in(archive: bytes, environ: Mapping[str, str]) -> Edition:
    """Return the edition that an archive holds; raise `Refused` with all problems."""
    texts = unpack(archive)
    program = accepted(*compile_texts(texts, environ), "this archive")
    return Edition(program=program, archive=pack(texts))


def pack(texts: Mapping[str, str]) -> bytes:
    """Return the archive of a folder's texts by relative path; other files are left out."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for path in sorted(texts):
            if is_kept(path):
                data = texts[path].encode()
                entry = tarfile.TarInfo(path)
                entry.size = len(data)
                archive.addfile(entry, io.BytesIO(data))
    return buffer.getvalue()


def unpack(archive: bytes) -> dict[str, str]:
    """Return the texts of an archive by relative path; raise `Refused` when it is none of ours."""
    if len(archive) > ARCHIVE_MAX:
        raise _refused(f"is larger than {ARCHIVE_MAX:,} bytes")
    texts: dict[str, str] = {}
    try:
        with tarfile.open(fileobj=io.BytesIO(archive), mode="r:") as opened:
            for entry in opened:
                file = opened.extractfile(entry) if entry.isfile() else None
                if file is None or not is_kept(entry.name) or len(texts) >= FILES_MAX:
                    raise _refused(f"holds {entry.name[:80]!r}, which no folder does")
                texts[entry.name] = file.read().decode()
    except (tarfile.TarError, UnicodeDecodeError, EOFError) as error:
        raise _refused(f"cannot be read: {error}") from error
    return texts


def _refused(told: str) -> Refused:
    return Refused(f"The archive {told}.", code="bad_archive", hint="`regard publish` makes one.")
