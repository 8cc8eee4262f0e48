"""The terminal door: `regard COMMAND`. Each command says what it does, and errors what to do next.

Exit codes: 0 done, 1 refused or not balanced (their input, or findings), 2 wrong usage, 3 try
again later, 4 a bug of ours.
"""

from __future__ import annotations

import click

from regard import __version__
from regard.cli.shelf import Entry, Shelf

__all__ = ["main"]


@click.group(cls=Shelf, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="regard")
def main() -> None:
    """Regard, the engagement ledger: one customer, every promise kept once, one voice.

    Start with `regard init my-company`, then `regard check`, `regard test` and `regard serve`.
    """


main.shelve(
    [
        Entry(
            "init", "project", "init_command", "Write a small working project into a new folder."
        ),
        Entry("check", "project", "check_command", "Report every problem of a project."),
        Entry("test", "stories", "test_command", "Run the project's stories in virtual time."),
        Entry(
            "draw", "draw", "draw_command", "Draw journeys and promises as SVG, with live counts."
        ),
        Entry("plan", "plan", "plan", "Tell what a change would do, before anybody lives it."),
        Entry(
            "publish", "publish", "publish", "Let a checked folder take over, without a restart."
        ),
        Entry(
            "broadcast",
            "broadcast",
            "broadcast",
            "One-offs to many: preview, test, start, pause, resume, cancel.",
        ),
        Entry(
            "identity",
            "identity",
            "identity",
            "Who is one person: link, never, split, undo; what is asked.",
        ),
        Entry("link", "link", "link_command", "Propose who may be one person, by probability."),
        Entry("learn", "learn", "learn_command", "Learn from what became of decisions."),
        Entry(
            "evaluate", "learn", "evaluate_command", "Tell what another policy would have earned."
        ),
        Entry("mail", "mail", "mail", "Check whether mail will be taken."),
        Entry(
            "messages",
            "messages",
            "messages",
            "Dead letters and unknown messages: list, replay, discard.",
        ),
        Entry("model", "model", "model_group", "Check, draw and measure the engagement model."),
        Entry("serve", "serving", "serve", "Run the whole house in one process, until Ctrl-C."),
        Entry(
            "work", "working", "work", "Step people and hand messages over, beside other processes."
        ),
        Entry("demo", "living", "demo", "Run the example company with simulated customers."),
        Entry(
            "simulate",
            "simulate",
            "simulate",
            "Live bad months in virtual time, check every invariant.",
        ),
        Entry("explain", "data", "explain", "Say who a person is, and why what happened happened."),
        Entry(
            "import", "data", "import_command", "Import events from a CSV or JSONL file, each once."
        ),
        Entry("export", "data", "export", "Write the journal as JSON lines."),
        Entry("audit", "data", "audit_command", "Check the books: is everything accounted for?"),
        Entry("rebuild", "data", "rebuild_command", "Make every view anew from the journal."),
        Entry("move", "moving", "move_command", "Move a store into another file or database."),
        Entry("retain", "retention", "retain_command", "Let go what was kept long enough."),
        Entry(
            "lake",
            "lake",
            "lake_command",
            "Bring the lake up to the journal: Parquet files by day.",
        ),
        Entry("sql", "lake", "sql_command", "Ask the lake in SQL; nothing can be changed by it."),
    ]
)
