"""The terminal door: `regard COMMAND`. Each command says what it does, and errors what to do next.

Exit codes: 0 done, 1 refused or not balanced (their input, or findings), 2 wrong usage, 3 try
again later, 4 a bug of ours.
"""

from __future__ import annotations

import click

from regard import __version__
from regard.cli.broadcast import broadcast
from regard.cli.data import audit_command, explain, export, import_command, rebuild_command
from regard.cli.draw import draw_command
from regard.cli.identity import identity
from regard.cli.lake import lake_command, sql_command
from regard.cli.learn import evaluate_command, learn_command
from regard.cli.link import link_command
from regard.cli.living import demo
from regard.cli.mail import mail
from regard.cli.messages import messages
from regard.cli.model import model_group
from regard.cli.moving import move_command
from regard.cli.plan import plan
from regard.cli.project import check_command, init_command
from regard.cli.project import test as run_stories
from regard.cli.publish import publish
from regard.cli.retention import retain_command
from regard.cli.serving import serve
from regard.cli.simulate import simulate
from regard.cli.telling import Told
from regard.cli.working import work

__all__ = ["main"]


@click.group(cls=Told, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="regard")
def main() -> None:
    """Regard, the engagement ledger: one customer, every promise kept once, one voice.

    Start with `regard init my-company`, then `regard check`, `regard test` and `regard serve`.
    """


for command in (
    init_command,
    check_command,
    run_stories,
    draw_command,
    plan,
    publish,
    broadcast,
    identity,
    link_command,
    learn_command,
    evaluate_command,
    mail,
    messages,
    model_group,
    serve,
    work,
    demo,
    simulate,
    explain,
    import_command,
    export,
    audit_command,
    rebuild_command,
    move_command,
    retain_command,
    lake_command,
    sql_command,
):
    main.add_command(command)
