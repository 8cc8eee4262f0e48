"""`regard serve` and `regard work` as processes: asked by monitoring, logs read by a machine."""

from __future__ import annotations

import json
import logging
import os
import re
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from regard.cli.logs import JsonLines, TextLines
from tests.audit.serving import REGARD, new_client
from tests.operating.house import ENVIRON, NOWHERE, SCRAPER, folder_of, samples_of


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, text in folder_of(NOWHERE).items():
        path = tmp_path / "shop" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return tmp_path / "shop"


@contextmanager
def process(folder: Path, *command: str) -> Iterator[tuple[str, Path]]:
    """Run a command over the folder; yield the address that it tells, and the file of its log."""
    log = folder.parent / f"{command[0]}.log"
    words = [*REGARD, command[0], str(folder), *command[1:]]
    environ = {**os.environ, **ENVIRON, "PYTHONUNBUFFERED": "1", "NO_COLOR": "1"}
    with log.open("w") as errors:
        running = subprocess.Popen(
            words, stdout=subprocess.PIPE, stderr=errors, text=True, env=environ
        )
        try:
            assert running.stdout is not None
            told = (re.search(r"http://\S+", line) for line in running.stdout)
            found = next((match for match in told if match), None)
            assert found is not None, log.read_text()
            yield found[0], log
            running.send_signal(signal.SIGTERM)
            assert running.wait(30) == 0, log.read_text()
        finally:
            running.kill()
            running.wait()
            running.stdout.close()  # type: ignore[union-attr]


@pytest.mark.slow
def test_a_server_tells_monitoring_and_logs_json_with_fields(folder: Path) -> None:
    serve = ("serve", "--port", "0", "--log", "json")
    with process(folder, *serve) as (url, log), new_client() as client:
        items = [
            {
                "id": f"lamp-{n}",
                "event": "Order Placed",
                "user_id": f"user-{n}",
                "traits": {"email": f"user-{n}@example.com"},
                "properties": {"token": f"lamp-{n}"},
            }
            for n in range(12)
        ]
        key = {"x-write-key": "shop-key"}
        assert client.post(f"{url}/v1/events", json=items, headers=key).status_code == 200
        assert client.get(f"{url}/health/live").json() == {"ok": True}
        assert client.get(f"{url}/health/ready").json()["lags"] == []
        assert client.get(f"{url}/metrics").status_code == 401
        token = {"authorization": f"Bearer {SCRAPER}"}
        paused = "regard_warnings_total{event=channel_paused,level=warning}"
        while samples_of(client.get(f"{url}/metrics", headers=token).text).get(paused) != 1:
            pass
    lines = [json.loads(line) for line in log.read_text().splitlines()]
    found = next(line for line in lines if line["event"] == "channel_paused")
    assert (found["level"], found["channel"]) == ("warning", "chat")
    assert found["process"] > 0
    assert "example.com" not in log.read_text()


@pytest.mark.slow
def test_a_worker_answers_monitoring_and_nothing_else(folder: Path) -> None:
    with process(folder, "work", "--watch", "127.0.0.1:0") as (url, _), new_client() as client:
        assert client.get(f"{url}/health/ready").json()["ok"] is True
        token = {"authorization": f"Bearer {SCRAPER}"}
        assert samples_of(client.get(f"{url}/metrics", headers=token).text)["regard_ready"] == 1
        for path in ("/", "/v1/people/user_id/ada", "/v1/events"):
            assert client.get(f"{url}{path}").status_code == 404


def record(**fields: object) -> logging.LogRecord:
    made = logging.makeLogRecord(
        {"name": "regard.engine", "levelname": "WARNING", "levelno": 30, "msg": "step_delayed"}
    )
    vars(made).update(fields)
    return made


def test_a_line_of_json_holds_event_fields_and_traceback() -> None:
    try:
        raise ValueError("no such thing")
    except ValueError as error:
        about = (ValueError, error, error.__traceback__)
    line = JsonLines().format(
        record(reason="disk_full", trace_id="ab", path=Path("x"), exc_info=about)
    )
    assert "\n" not in line
    told = json.loads(line)
    assert (told["event"], told["level"], told["logger"]) == (
        "step_delayed",
        "warning",
        "regard.engine",
    )
    assert (told["reason"], told["trace_id"], told["path"]) == ("disk_full", "ab", "x")
    assert "no such thing" in told["traceback"]


def test_a_line_of_text_ends_in_its_fields() -> None:
    line = TextLines().format(record(reason="disk_full"))
    assert line.endswith("step_delayed reason=disk_full")
    assert "WARNING regard.engine[" in line
