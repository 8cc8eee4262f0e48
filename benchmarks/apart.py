"""Environments of their own for rivals whose needs we do not share: made once, in `.regard/`.

`run` executes a script of this folder in one of them and returns what it printed as JSON.
"""

from __future__ import annotations

import subprocess
import sys
import venv
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

PLACE = Path(".regard/rivals")

NEEDS: Mapping[str, Sequence[Sequence[str]]] = {
    "mabwiser": [["mabwiser==2.7.4"]],
    # obp's estimators read their data with pandas 1; what it asks for beyond that (torch) is only
    # for policies that are not measured here, and 0.4.0 is the last version that leaves it alone.
    "obp": [
        ["pandas<2", "numpy<2", "scikit-learn<1.4", "scipy<1.14", "matplotlib<3.9", "seaborn<0.14"],
        ["pyyaml", "tqdm", "mypy-extensions"],
        ["--no-deps", "obp==0.4.0"],
    ],
    "pseudopeople": [["pseudopeople==1.3.1"]],  # 640 MB with its simulator
}
"""What is installed by name, step by step."""


def run(name: str, script: str, arguments: Sequence[str]) -> Any:
    """Run a script in the environment of that name; raise when it fails."""
    python = _python(name)
    path = Path(__file__).with_name(script)
    command = [str(python), "-W", "ignore", str(path), *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{script} failed in {name}:\n{done.stderr[-2_000:]}")
    return msgspec.json.decode(done.stdout.splitlines()[-1])


def _python(name: str) -> Path:
    place = PLACE / name
    python, ready = place / "bin" / "python", place / "ready"
    if ready.exists():
        return python
    print(f"Installing {name} into {place} …", file=sys.stderr)
    venv.create(place, with_pip=True, clear=True)
    for step in NEEDS[name]:
        subprocess.run([str(python), "-m", "pip", "install", "--quiet", *step], check=True)
    ready.touch()
    return python
