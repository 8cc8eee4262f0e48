"""The log of a server on standard error: one event a line, with its fields, as text or as JSON.

In: log records. Out: lines that say when, how bad, which event, from which process and logger, and
every field that came along (``trace_id``, ``channel``, ``message_id`` …). A traceback of JSON lines
is a field; of text it follows the line.
"""

from __future__ import annotations

import logging
import sys
from datetime import UTC, datetime
from typing import Any, Literal

import click
import msgspec

Form = Literal["text", "json"]

LOG = click.option(
    "--log",
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
    help="How lines of the log are written (standard error).",
)
"""The option of every command that serves or works."""

_USUAL = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "color_message"}
"""What every record has; all else are the fields of the event."""


class JsonLines(logging.Formatter):
    """One JSON object a line."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the record as JSON; what JSON cannot say is told as text."""
        line = {
            "at": _at(record).isoformat(),
            "level": record.levelname.lower(),
            "event": record.getMessage(),
            "logger": record.name,
            "process": record.process,
            **_fields(record),
        }
        if record.exc_info:
            line["traceback"] = self.formatException(record.exc_info)
        return msgspec.json.encode(line, enc_hook=str).decode()


class TextLines(logging.Formatter):
    """One line for people, fields behind the event."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the record as a line, and its traceback below it."""
        fields = "".join(f" {name}={value}" for name, value in _fields(record).items())
        head = f"{_at(record):%Y-%m-%d %H:%M:%S.%f}Z {record.levelname} {record.name}"
        line = f"{head}[{record.process}] {record.getMessage()}{fields}"
        return f"{line}\n{self.formatException(record.exc_info)}" if record.exc_info else line


def write_log(form: Form) -> None:
    """Write the log of this process to standard error from now on; called once by a server."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines() if form == "json" else TextLines())
    root = logging.getLogger()
    root.addHandler(handler)
    root.setLevel(logging.WARNING)


def _at(record: logging.LogRecord) -> datetime:
    return datetime.fromtimestamp(record.created, UTC)


def _fields(record: logging.LogRecord) -> dict[str, Any]:
    return {name: value for name, value in vars(record).items() if name not in _USUAL}
