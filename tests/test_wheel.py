"""The wheel that a company installs holds every file of the source: SQL, pages, styles, all,
and the example companies."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from zipfile import ZipFile

import pytest

ROOT = Path(__file__).parents[1]
LEFT_OUT = {"__pycache__", ".DS_Store", ".regard"}


def in_source() -> set[str]:
    """Return every file of the package and of the examples, as the wheel is to name it."""
    source, examples = ROOT / "src", ROOT / "examples"
    found = {path.relative_to(source) for path in source.rglob("*") if path.is_file()}
    found |= {
        Path("regard") / path.relative_to(ROOT)
        for folder in examples.iterdir()
        for path in folder.rglob("*")
        if path.is_file()
    }
    return {path.as_posix() for path in found if not LEFT_OUT & set(path.parts)}


@pytest.mark.slow
def test_wheel_holds_all_that_the_package_has(tmp_path: Path) -> None:
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)],
        cwd=ROOT,
        env={**os.environ, "PIP_NO_INDEX": "1"},
        check=True,
        capture_output=True,
    )
    (wheel,) = tmp_path.glob("regard-*.whl")
    with ZipFile(wheel) as packed:
        names = set(packed.namelist())
        told = {name.partition("/")[2]: name for name in names if ".dist-info/" in name}
        scripts = packed.read(told["entry_points.txt"]).decode()
        metadata = packed.read(told["METADATA"]).decode()
    assert names - set(told.values()) == in_source()
    assert {Path(name).suffix for name in names} >= {".sql", ".html", ".css", ".js", ".yaml"}
    assert "licenses/LICENSE" in told
    assert "regard = regard.cli:main" in scripts
    assert "Provides-Extra: postgresql" in metadata
