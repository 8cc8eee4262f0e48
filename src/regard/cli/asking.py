"""Answers to SQL on the terminal: as a table, CSV or JSON; and the conversation of `regard sql`.

An answer's columns and rows in, text out. CSV and JSON are written as they come, so they may be as
long as they like; a table ends after some hundred rows and says so.
"""

from __future__ import annotations

import csv
import io
import readline
import shutil
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date, datetime
from itertools import islice
from typing import Any

import click
import msgspec

from regard.core.errors import RegardError

ROWS_SHOWN = 200
CELL_MAX = 60
NUMERIC = ("INTEGER", "BIGINT", "HUGEINT", "UBIGINT", "DOUBLE", "DECIMAL", "FLOAT")

Rows = Iterable[tuple[Any, ...]]
Writer = Callable[[Sequence[str], Sequence[str], Rows], None]

WELCOME = """Tables: {tables}.
End a question with ; and leave with \\q. Nothing that is asked can change anything."""


def write_table(names: Sequence[str], types: Sequence[str], rows: Rows) -> None:
    """Print rows as an aligned table."""
    found = iter(rows)
    shown = [[_cell(value) for value in row] for row in islice(found, ROWS_SHOWN)]
    widths = [
        max([len(name), *(len(row[place]) for row in shown)]) for place, name in enumerate(names)
    ]
    is_right = [kind.startswith(NUMERIC) for kind in types]
    click.secho(_line(names, widths, is_right), bold=True)
    for row in shown:
        click.echo(_line(row, widths, is_right))
    if next(found, None) is not None:
        click.secho(
            f"… more than {ROWS_SHOWN} rows; add LIMIT, or write them with --csv or --json.",
            fg="yellow",
            err=True,
        )


def write_csv(names: Sequence[str], types: Sequence[str], rows: Rows) -> None:  # noqa: ARG001
    """Print rows as CSV (RFC 4180) with a header; nothing is an empty field."""
    text = io.StringIO()
    write = csv.writer(text)
    write.writerow(names)
    for row in rows:
        write.writerow([_field(value) for value in row])
        click.echo(_drained(text), nl=False)
    click.echo(_drained(text), nl=False)


def write_json(names: Sequence[str], types: Sequence[str], rows: Rows) -> None:
    """Print rows as a JSON list of objects; columns of JSON are part of it, moments are UTC."""
    is_json = [kind == "JSON" for kind in types]
    click.echo("[", nl=False)
    for number, row in enumerate(rows):
        item = {
            name: msgspec.Raw(value.encode()) if raw and value is not None else _plain(value)
            for name, value, raw in zip(names, row, is_json, strict=True)
        }
        click.echo(",\n " if number else "\n ", nl=False)
        click.echo(msgspec.json.encode(item, enc_hook=str).decode(), nl=False)
    click.echo("\n]")


def converse(lake: Any) -> None:
    """Take questions from a terminal until its end; a mistake is told and the next one taken."""
    readline.set_auto_history(True)
    tables = ", ".join(row[0] for row in lake.ask("SHOW TABLES").rows())
    click.echo(WELCOME.format(tables=tables))
    for question in _questions():
        try:
            answer = lake.ask(question)
            write_table(answer.names, answer.types, answer.rows())
        except RegardError as error:
            click.secho(str(error), fg="red", err=True)
        except KeyboardInterrupt:
            click.secho("Interrupted.", fg="yellow", err=True)


def _questions() -> Iterator[str]:
    held = ""
    while True:
        try:
            line = input("  …> " if held else "sql> ")
        except EOFError:
            click.echo()
            return
        except KeyboardInterrupt:
            click.echo()
            held = ""
            continue
        if not held and line.strip() in ("\\q", "exit", "quit", "exit;", "quit;"):
            return
        held = f"{held}\n{line}" if held else line
        if held.rstrip().endswith(";"):
            yield held
            held = ""
        elif not held.strip():
            held = ""


def _line(cells: Sequence[str], widths: Sequence[int], is_right: Sequence[bool]) -> str:
    parts = [
        cell.rjust(width) if right else cell.ljust(width)
        for cell, width, right in zip(cells, widths, is_right, strict=True)
    ]
    return "  ".join(parts).rstrip()


def _cell(value: Any) -> str:
    text = " ".join(str(_field(value)).split())
    width = max(CELL_MAX, shutil.get_terminal_size().columns // 2) if sys.stdout.isatty() else None
    return text if width is None or len(text) <= width else text[: width - 1] + "…"


def _field(value: Any) -> Any:
    if value is None:
        return ""
    if isinstance(value, datetime):
        return value.isoformat(sep=" ")
    if isinstance(value, list | dict):
        return msgspec.json.encode(_plain(value), enc_hook=str).decode()
    return value


def _plain(value: Any) -> Any:
    """Return a value as JSON can say it: a moment without a zone is UTC here."""
    if isinstance(value, datetime):
        return f"{value.isoformat()}Z" if value.tzinfo is None else value.isoformat()
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, list):
        return [_plain(one) for one in value]
    if isinstance(value, dict):
        return {str(key): _plain(one) for key, one in value.items()}
    return value


def _drained(text: io.StringIO) -> str:
    found = text.getvalue()
    text.seek(0)
    text.truncate()
    return found
