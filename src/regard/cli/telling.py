"""How the terminal tells results and errors: plain lines, one exit code per kind of error."""

from __future__ import annotations

import sys
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import click
from msgspec.structs import replace

from regard.core.errors import Broken, Problem, Refused, RegardError, Unavailable

EXIT_CODES: Sequence[tuple[type[RegardError], int]] = ((Refused, 1), (Unavailable, 3), (Broken, 4))


class Told(click.Group):
    """A group whose commands end in a sentence and an exit code, never in a traceback of ours."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; turn errors of ours into their exit codes."""
        try:
            return super().invoke(ctx)
        except RegardError as error:
            click.secho(str(error), fg="red", err=True)
            for problem in error.problems if isinstance(error, Refused) else ():
                if str(problem) not in error.message:
                    click.echo(f"  {problem}", err=True)
            if isinstance(error, Broken):
                traceback.print_exc(file=sys.stderr)
            codes = [code for kind, code in EXIT_CODES if isinstance(error, kind)]
            ctx.exit(codes[0] if codes else 1)


def tell_problems(problems: Sequence[Problem]) -> bool:
    """Print every problem and warning; return whether there was a problem."""
    for problem in problems:
        color = "yellow" if problem.is_warning else "red"
        word = "warning" if problem.is_warning else "problem"
        click.secho(f"{word}  ", fg=color, nl=False)
        click.echo(str(replace(problem, is_warning=False)))  # the word stands in front
    return any(not problem.is_warning for problem in problems)


@contextmanager
def told_progress(label: str) -> Iterator[Callable[[int, int], None]]:
    """Show a bar on standard error; the yielded function takes (done, total)."""
    with click.progressbar(length=1_000, label=label, file=sys.stderr) as bar:

        def progress(done: int, total: int) -> None:
            bar.update(1_000 * done // max(total, 1) - bar.pos)

        yield progress


def tell_counts(title: str, counts: dict[str, int]) -> None:
    """Print named counts below a title, aligned."""
    click.secho(title, bold=True)
    for name, count in counts.items():
        click.echo(f"  {count:>8,}  {name}")
