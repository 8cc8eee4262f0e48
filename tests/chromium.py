"""A Chromium for tests that need a real browser: found, installed, or a failure that says why.

`CHROMIUM` names one by its path. Otherwise the usual names are looked for, and as root on Debian
it is installed. Never skipped: what no browser showed is not proven.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")
FLAGS = (
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
)
"""Headless in a container, and quiet: nothing that phones home."""


@contextmanager
def launched() -> Iterator[Browser]:
    """A running Chromium, driven by Playwright."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=[*FLAGS])
        yield browser
        browser.close()


def chromium() -> str:
    """Return the path of a Chromium; install Debian's when there is none and we are root."""
    named = os.environ.get("CHROMIUM", "")
    if named and not Path(named).exists():
        pytest.fail(f"CHROMIUM names {named}, which does not exist.")
    found = named or _find()
    if not found and os.getuid() == 0 and shutil.which("apt-get"):
        subprocess.run(["apt-get", "update"], check=False, capture_output=True)
        subprocess.run(["apt-get", "install", "-y", "chromium"], check=False, capture_output=True)
        found = _find()
    if not found:
        pytest.fail("No Chromium was found. Install it (apt-get install chromium) or set CHROMIUM.")
    return found


def _find() -> str:
    return next((path for name in NAMES if (path := shutil.which(name))), "")
