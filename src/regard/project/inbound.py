"""What regard.toml says about mail beside its channels: where it comes in, and paces by domain.

In: the tables `[inbound.mail]` and `[channels.<id>.domains]`. Out: `InboundMail` and the paces.
Reported: a channel that goes to no mailbox, places to listen on that are none, paces that are none.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import PurePosixPath

from regard.core.settings import Channel, InboundMail
from regard.project.reading import Table, check_reference

LMTP_DEFAULT = "127.0.0.1:8624"
MEGABYTE = 1_000_000

_PLACE = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9.-]+):([0-9]{1,5})")
_DOMAIN = re.compile(r"[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)+")


def read_inbound_mail(table: Table | None, channels: Mapping[str, Channel]) -> InboundMail | None:
    """Return where mail comes in; None when the folder says nothing about it."""
    mail = None if table is None else table.table("mail")
    if table is not None:
        table.close()
    if mail is None:
        return None
    channel = mail.text("channel", "email")
    known = [c.id for c in channels.values() if c.reaches_by == "email"]
    check_reference(mail.at("channel"), channel, known, "channel that goes to mailboxes")
    maildir = mail.text("maildir")
    if maildir and not PurePosixPath(maildir).is_absolute():
        mail.at("maildir").problem("is not a whole path", "begin it with /")
    host, port = _place(mail, mail.text("lmtp", "" if maildir else LMTP_DEFAULT))
    size_mb = mail.number("size_max_mb", 25, low=0.01, high=50)
    mail.close()
    return InboundMail(
        channel=channel,
        lmtp_host=host,
        lmtp_port=port,
        maildir=maildir,
        bytes_max=int(size_mb * MEGABYTE),
    )


def read_domain_paces(given: Table) -> dict[str, float]:
    """Return the paces by the recipient's domain, in messages a second."""
    table = given.table("domains")
    paces: dict[str, float] = {}
    for domain in table.data if table is not None else ():
        assert table is not None
        if not _DOMAIN.fullmatch(domain):
            table.at(domain).problem("is not a domain in small letters", '"gmail.com" = 20')
        pace = table.number(domain, 0.0, low=0.001, high=100_000)
        if pace:
            paces[domain] = float(pace)
    return paces


def _place(mail: Table, text: str) -> tuple[str, int]:
    found = _PLACE.fullmatch(text)
    if found and int(found[2]) <= 65_535:
        return found[1].strip("[]"), int(found[2])
    if text:
        mail.at("lmtp").problem(f"{text!r} is no address with a port", LMTP_DEFAULT)
    return "", 0
