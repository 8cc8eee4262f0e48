"""The page docs/pains.md, made of the scenarios and of what they measured in this very run.

In: the scenario modules. Out: Markdown, the same on every machine: no timings. `--write` writes
it; without it the page goes to the terminal. `test_page.py` holds the file to it.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from tests.pains import (
    test_late,
    test_measured,
    test_pages,
    test_person,
    test_real,
    test_timing,
    test_twice,
)
from tests.pains.scenario import Scenario, scenarios_of

PAGE = Path(__file__).parents[2] / "docs" / "pains.md"

COMMAND = ".venv/bin/python -m tests.pains.page --write"

CHAPTERS = {
    "The same message twice": test_twice,
    "Lost, stuck or late": test_late,
    "Wrong person": test_person,
    "Consent and timing": test_timing,
    "Over real adapters and servers": test_real,
    "On pages: the feed over HTTP, and its stream": test_pages,
    "Measured by ourselves": test_measured,
}

_HEAD = """\
# What goes wrong elsewhere, and what happens here

Each row is a failure that users of well-known engagement tools reported in public, that their
vendors document, or that we measured. Each is a **scenario that runs in the suite**
(`tests/pains`): it plays the trigger in a real house (intake, identity, stages, gate, dispatcher;
only time and the providers are virtual) and looks at what people got. The last column is what it
measured.

{count} scenarios, {passed} hold{missing}.

*This page is generated: `{command}`. A test fails when it is not current.*
"""

_TABLE = """\

## {title}
| scenario | elsewhere | what Regard does | measured here |
|---|---|---|---|
"""

_THREAD = re.compile(r"^([\w.-]+/[\w.-]+)(#| PR#)(\d+)$")


def scenarios() -> list[Scenario]:
    """Return all scenarios, chapter by chapter."""
    return [found for module in CHAPTERS.values() for found in scenarios_of(module)]


def page() -> str:
    """Return the page; plays every scenario that was not played in this process yet."""
    found = scenarios()
    waiting = [one for one in found if one.waits_for]
    missing = f", {len(waiting)} wait for what is not built yet and say so" if waiting else ""
    passed = len(found) - len(waiting)
    head = _HEAD.format(count=len(found), passed=passed, missing=missing, command=COMMAND)
    return head + "".join(_chapters())


def _chapters() -> Iterator[str]:
    for title, module in CHAPTERS.items():
        yield _TABLE.format(title=title)
        found = scenarios_of(module)
        yield from (f"| {' | '.join(_cells(one))} |\n" for one in found)
        yield "\nAlso played over real processes, in stories, or in more detail:\n"
        yield from (_also(one) for one in found if one.also)


def _cells(one: Scenario) -> tuple[str, str, str, str]:
    threads = ", ".join(_linked(thread) for thread in one.threads)
    elsewhere = f"{one.elsewhere} ({threads})" if threads else one.elsewhere
    result = f"**not yet** ({one.waits_for}): " if one.waits_for else ""
    return one.name, elsewhere, one.here, f"{result}{one.play()} (`{one.test}`)"


def _also(one: Scenario) -> str:
    return f"- {one.name}: {', '.join(f'`{name}`' for name in one.also)}\n"


def _linked(thread: str) -> str:
    """Return a link to a thread (``owner/name#1``, ``owner/name PR#1``), or the words it is."""
    found = _THREAD.match(thread)
    if found is None:
        return thread
    repository, mark, number = found.groups()
    kind = "pull" if "PR" in mark else "issues"
    return f"[{repository}#{number}](https://github.com/{repository}/{kind}/{number})"


def main(arguments: Sequence[str]) -> None:
    """Print the page, or write it."""
    if "--write" in arguments:
        PAGE.write_text(page(), encoding="utf-8")
    else:
        print(page(), end="")


if __name__ == "__main__":
    main(sys.argv[1:])
