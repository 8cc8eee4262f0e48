"""`regard mail check`: whether mailbox providers will take our mail, and what to do."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import click
import msgspec

from regard.channels.smtp.readiness import Finding, Names, check_one_click, check_sender
from regard.channels.smtp.readiness.names import NamesUnavailable
from regard.channels.smtp.settings import SmtpSettings, parse_settings
from regard.cli.options import FOLDER
from regard.core.errors import Refused, Unavailable
from regard.project import load

ONE_CLICK = "List-Unsubscribe=One-Click"


@click.group(short_help="Check whether mail will be taken.")
def mail() -> None:
    """Look after the e-mail of a project."""


@mail.command("check")
@click.argument("folder", type=FOLDER, default=".")
@click.option("--public-url", default="", help="The address that links in mails will begin with.")
@click.option("--json", "as_json", is_flag=True, help="Tell it as JSON.")
@click.pass_context
def check(ctx: click.Context, folder: Path, public_url: str, as_json: bool) -> None:
    """Ask the DNS what mailbox providers will ask: SPF, DKIM, DMARC; and look at one-click.

    Every channel of FOLDER with the adapter `smtp` is checked. Exit code 1: something is missing.
    """
    program = load(folder, os.environ)
    channels = [c for c in program.channels.values() if c.adapter == "smtp"]
    if not channels:
        raise Refused(
            "The project sends no mail itself.",
            hint='Give a channel adapter = "smtp"; docs/channels.md lists its settings.',
        )
    found = {
        channel.id: findings(parse_settings(channel, os.environ), public_url)
        for channel in channels
    }
    if as_json:
        told = {name: [asdict(one) for one in checks] for name, checks in found.items()}
        click.echo(msgspec.json.encode(told))
    else:
        for name, checks in found.items():
            _tell(name, checks)
    if not all(one.is_good for checks in found.values() for one in checks):
        ctx.exit(1)


def findings(settings: SmtpSettings, public_url: str) -> Sequence[Finding]:
    """Return what the DNS says about a channel, and one-click if a public address is given.

    Raise `Unavailable` when no DNS server answers.
    """
    try:
        found = asyncio.run(check_sender(settings, Names(settings.dns_server)))
    except NamesUnavailable as error:
        raise Unavailable(
            f"The DNS does not answer: {error}.",
            retry_after_s=60,
            hint="Try again, or name a resolver with dns_server.",
        ) from error
    if not public_url:
        return found
    link = f"<{public_url.rstrip('/')}/unsubscribe/token>"
    headers = {"List-Unsubscribe": link, "List-Unsubscribe-Post": ONE_CLICK}
    return (*found, check_one_click(headers))


def _tell(channel: str, checks: Sequence[Finding]) -> None:
    click.secho(channel, bold=True)
    for one in checks:
        mark, color = ("good   ", "green") if one.is_good else ("missing", "red")
        click.secho(f"  {mark}  ", fg=color, nl=False)
        click.echo(f"{one.name}: {one.found}")
        if one.advice:
            click.echo(f"           {one.advice}")
