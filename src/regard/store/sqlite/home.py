"""The restored snapshot (PAINS): a copy of a store must not say again what the original said.

A store remembers which file it is (device and inode). A backup that is restored, or a file copied
to another machine, is another file: it is refused for writing until somebody says that the
original will never run again (`adopt`). Moving a file within its disk keeps its inode.
"""

from __future__ import annotations

import sqlite3
from pathlib import Path

from regard.core.errors import Refused
from regard.store.statements import load_statements


def check_home(connection: sqlite3.Connection, path: Path, *, adopt: bool) -> None:
    """Remember which file this store is; raise `Refused` when it was another one before."""
    sql = load_statements("fence")
    status = path.stat()
    home = f"{status.st_dev}:{status.st_ino}"
    row = connection.execute(sql["home"]).fetchone()
    if row is not None and row[0] != home and not adopt:
        raise Refused(
            f"The store {path} is a copy: what it holds may have been said by the original since.",
            code="copied_store",
            hint="If the original will never run again, start once with `regard serve --adopt`.",
        )
    if row is None or row[0] != home:
        connection.execute(sql["settle"], (home,)).fetchall()
