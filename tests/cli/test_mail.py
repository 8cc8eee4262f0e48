"""`regard mail check`: what is missing is told with what to do, out of a real DNS server."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.channels.test_dkim import environ
from tests.channels.test_readiness import SELECTOR, good_records
from tests.channels.zone import Zone, served
from tests.cli.conftest import Run


@pytest.fixture
def zone() -> Iterator[Zone]:
    with served(Zone(good_records())) as found:
        yield found


@pytest.fixture
def sky(folder: Path, zone: Zone, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a project that sends mail itself and signs it."""
    monkeypatch.setitem(os.environ, "DKIM_KEY", environ()["ED"])
    text = (
        (folder / "regard.toml").read_text().split("[channels.email]")[0]
        + f"""
[channels.email]
adapter = "smtp"
from = "Skylark Air <hello@skylark.example>"
host = "mx.skylark.example"
tls = "none"
dkim_selector = "may"
dkim_key_env = "DKIM_KEY"
dns_server = "{zone.place}"
[channels.email.domains]
"gmail.com" = 20
[channels.sms]
[sources.website]
key = "starter-website"
[departments.front_desk]
title = "Front desk"
"""
    )
    (folder / "regard.toml").write_text(text)
    return folder


def test_a_sender_who_is_ready_is_told_so(run: Run, sky: Path) -> None:
    done = run("mail", "check", sky, "--public-url", "https://engage.example")
    assert done.exit_code == 0, done.output
    assert done.output.count("good") == 4
    assert SELECTOR in done.output


def test_what_is_missing_is_told_with_the_record_to_publish(
    run: Run, sky: Path, zone: Zone
) -> None:
    zone.records = {}
    done = run("mail", "check", sky, "--public-url", "http://localhost:8600")
    assert done.exit_code == 1
    assert done.output.count("missing ") == 4
    assert "v=DKIM1; k=ed25519; p=" in done.output
    assert "v=DMARC1; p=none" in done.output


def test_it_is_told_as_json_too(run: Run, sky: Path) -> None:
    done = run("mail", "check", sky, "--json")
    found = json.loads(done.output)
    assert [one["name"] for one in found["email"]] == ["spf", "dkim", "dmarc"]


def test_a_dns_that_does_not_answer_is_try_again_later(run: Run, sky: Path, zone: Zone) -> None:
    zone.is_down = True
    done = run("mail", "check", sky)
    assert done.exit_code == 3
    assert "does not answer" in done.output


def test_a_project_that_sends_no_mail_has_nothing_to_check(run: Run, folder: Path) -> None:
    done = run("mail", "check", folder)
    assert done.exit_code == 1
    assert "sends no mail itself" in done.output
