"""The documents tell the truth: README's commands are executed, links lead somewhere, every
command, option and key of regard.toml has its line, and every test that is named exists."""

from __future__ import annotations

import ast
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import click
import pytest

from regard.cli import main

ROOT = Path(__file__).parents[1]
SOURCE = ROOT / "src" / "regard"
DOCUMENTS = [*sorted(ROOT.glob("*.md")), *sorted(ROOT.glob("docs/*.md"))]
EVERYTHING = "\n".join(path.read_text(encoding="utf-8") for path in DOCUMENTS)
README = (ROOT / "README.md").read_text(encoding="utf-8")
PORT = "8600"
SCRIPT_WITHIN_S = 180
"""A busy machine of two cores needs 15 to 60 seconds."""

PICTURE_BYTES_MAX = 300_000


def commands() -> str:
    """Return README's shell blocks as one script; what `make` would do is only printed."""
    blocks = re.findall(r"^```sh\n(.*?)^```", README, flags=re.DOTALL | re.MULTILINE)
    assert len(blocks) >= 3
    return re.sub(r"^make ", "make -n ", "\n".join(blocks), flags=re.MULTILINE)


def run_whole(script: str, folder: Path) -> tuple[int, str]:
    """Run a script; whatever it started is gone afterwards, even when it takes too long."""
    running = subprocess.Popen(
        ["bash", "-c", script],
        cwd=folder,
        env={**os.environ, "NO_PROXY": "127.0.0.1", "no_proxy": "127.0.0.1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    try:
        told, _ = running.communicate(timeout=SCRIPT_WITHIN_S)
    finally:
        with suppress(ProcessLookupError):
            os.killpg(running.pid, signal.SIGKILL)
    return running.returncode, told


@pytest.mark.slow
def test_commands_of_the_readme_work(tmp_path: Path) -> None:
    assert shutil.which("curl"), "README uses curl; install it (apt-get install curl)."
    for name in ("Makefile", "pyproject.toml"):
        shutil.copy(ROOT / name, tmp_path)
    (tmp_path / ".venv").symlink_to(sys.prefix)
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = str(free.getsockname()[1])
    script = "set -e\ntrap 'kill $(jobs -p) 2>/dev/null || true' EXIT\n" + commands()
    code, told = run_whole(script.replace(PORT, port), tmp_path)
    assert code == 0, told
    for part in ("1 hold, 0 fail", '{"success":true}', "Ada", "The books balance."):
        assert part in told


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.stem)
def test_links_lead_somewhere(path: Path) -> None:
    text = re.sub(r"```.*?```", "", path.read_text(encoding="utf-8"), flags=re.DOTALL)
    aims = [aim for aim in re.findall(r"\]\(([^)\s]+)\)", text) if "://" not in aim]
    dead = [aim for aim in aims if not (path.parent / aim.partition("#")[0]).exists()]
    assert not dead


def test_pictures_are_small() -> None:
    large = [p.name for p in ROOT.glob("docs/pictures/*") if p.stat().st_size > PICTURE_BYTES_MAX]
    assert not large


@pytest.mark.parametrize("command", main.commands.values(), ids=main.commands)
def test_every_command_and_option_has_its_line(command: click.Command) -> None:
    table = (ROOT / "docs" / "operating.md").read_text(encoding="utf-8")
    lines = [line for line in table.splitlines() if line.startswith(f"| `regard {command.name}")]
    assert len(lines) == 1
    options = [option for option in command.params if isinstance(option, click.Option)]
    assert not [o.opts[-1] for o in options if f"`{o.opts[-1]}`" not in lines[0]]
    assert command.help
    assert command.get_short_help_str(limit=80).rstrip(".…") in (command.short_help or "")


def keys_read(path: Path, methods: set[str], names: set[str]) -> set[str]:
    """Return the texts that a reading room asks its table for: ``given.flag("disturbs")``."""
    return {
        str(call.args[0].value)
        for call in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(call, ast.Call)
        and isinstance(call.func, ast.Attribute)
        and call.func.attr in methods
        and isinstance(call.func.value, ast.Name)
        and call.func.value.id in names
        and call.args
        and isinstance(call.args[0], ast.Constant)
    }


def test_every_key_of_regard_toml_has_its_line() -> None:
    methods = {"text", "word", "words", "choice", "number", "flag", "any", "named_tables"}
    keys = keys_read(SOURCE / "project" / "company.py", methods, {"table", "given"})
    methods = {"text", "choice", "number", "whole", "flag", "secret"}
    for path in SOURCE.glob("channels/*/settings.py"):
        keys |= keys_read(path, methods, {"read"})
    assert {"zone", "weekdays", "pace_per_s", "tls", "secret_env"} <= keys
    assert not [key for key in sorted(keys) if not re.search(rf"\b{key}\b", EVERYTHING)]


def test_every_test_and_story_that_is_named_exists() -> None:
    named = re.findall(r"`((?:tests|examples)/[\w./]+)(?:::(\w+))?`", EVERYTHING)
    assert len(named) > 40
    for place, test in named:
        path = ROOT / place
        assert path.exists(), place
        assert not test or f"def {test}(" in path.read_text(encoding="utf-8"), f"{place}::{test}"


def test_every_expectation_of_a_story_has_its_line() -> None:
    text = (ROOT / "docs" / "stories.md").read_text(encoding="utf-8")
    source = (SOURCE / "testing" / "expectations.py").read_text(encoding="utf-8")
    kinds = re.findall(r'^    "(\w+)": (?:_telling|_check)', source, flags=re.MULTILINE)
    assert len(kinds) > 8
    assert not [kind for kind in kinds if f"`{kind}:" not in text]
