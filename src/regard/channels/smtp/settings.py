"""The settings of an SMTP channel, parsed and checked.

In: a `Channel` and the environment with its password. Out: `SmtpSettings`. Refused with every
problem: a missing host or sender, a password without encryption, numbers out of range.
"""

from __future__ import annotations

import re
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, cast

from regard.channels.settings import SettingsReader
from regard.channels.smtp.dkim import DkimKey, read_key
from regard.channels.smtp.headers import deliverable
from regard.core.errors import Refused
from regard.core.settings import Channel

Tls = Literal["none", "starttls", "tls"]
DEFAULT_PORTS: dict[Tls, int] = {"none": 25, "starttls": 587, "tls": 465}

_HELLO = re.compile(r"[A-Za-z0-9.\[\]:-]+")

CONNECTIONS_DEFAULT = 8
CONNECTIONS_MAX = 64
"""Providers close the door at some tens of connections from one sender."""

BULK_PER_DAY = 5_000
"""From so many mails a day Gmail (since February 2024), Yahoo and Outlook ask bulk senders for SPF,
DKIM, DMARC and one-click unsubscribing, and turn away who has them not."""

_NAME = re.compile(r"[A-Za-z0-9_](?:[A-Za-z0-9_.-]{0,251}[A-Za-z0-9])?")
_SERVER = re.compile(r"(?:\[[0-9A-Fa-f:]+\]|[0-9.]+)(?::[0-9]{1,5})?")

ANSWER_TIMEOUT_S = 300.0
"""How long the answer to a whole message may take. RFC 5321 4.5.3.2.6 wants ten minutes, because
giving up early is what makes doubles; half of that keeps a dead provider from holding every
sender for long."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SmtpSettings:
    """How to reach one SMTP server and who speaks.

    `timeout_s` bounds connecting and each command, `answer_timeout_s` the answer to a message's
    content, `retry_first_s` is the wait after a first failure. Addresses are ready for the wire;
    `return_path` is the envelope sender, where bounces go. `hello_name` is said in EHLO.
    `dkim_keys` sign every mail (none: nobody does, or the provider by `dkim_domain` and
    `dkim_selector`). Beyond `bulk_per_day` mails to one mailbox provider the sender must be ready
    for it (0: no limit); `dns_server` is asked then (empty: the system's).
    """

    host: str
    port: int
    tls: Tls
    username: str
    password: str
    connections: int
    timeout_s: float
    answer_timeout_s: float
    retry_first_s: float
    sender_name: str
    sender_address: str
    return_path: str
    hello_name: str
    tls_context: ssl.SSLContext | None
    dkim_domain: str = ""
    dkim_selector: str = ""
    dkim_keys: tuple[DkimKey, ...] = ()
    bulk_per_day: int = BULK_PER_DAY
    dns_server: str = ""


def parse_settings(channel: Channel, environ: Mapping[str, str]) -> SmtpSettings:
    """Return the checked settings of `channel`; raise `Refused` with every problem."""
    read = SettingsReader(channel, environ)
    sender_name, sender_address = read.sender()
    sender_address = _deliverable(read, "from", sender_address)
    tls = cast(Tls, read.choice("tls", "starttls", tuple(DEFAULT_PORTS)))
    username = read.text("username", "")
    password = read.secret("password_env", is_required=bool(username))
    allow_plain_login = read.flag("allow_plain_login", default=False)
    if username and tls == "none" and not allow_plain_login:
        read.complain("tls", "would send the password in clear", "use starttls or tls")
    own_domain = sender_address.rpartition("@")[2]
    dkim_domain = _named(read, "dkim_domain", own_domain)
    dkim_selector = _named(read, "dkim_selector", "")
    settings = SmtpSettings(
        host=read.text("host"),
        port=read.whole("port", DEFAULT_PORTS[tls], 1, 65_535),
        tls=tls,
        username=username,
        password=password,
        connections=read.whole("connections", CONNECTIONS_DEFAULT, 1, CONNECTIONS_MAX),
        timeout_s=read.number("timeout_s", 30.0, 0.05, 600.0),
        answer_timeout_s=read.number("answer_timeout_s", ANSWER_TIMEOUT_S, 0.05, 1_200.0),
        retry_first_s=channel.retry_first_s,
        sender_name=sender_name,
        sender_address=sender_address,
        return_path=_deliverable(read, "return_path", read.text("return_path", sender_address)),
        hello_name=read.text("hello_name", own_domain or "localhost"),
        tls_context=_tls_context(read, tls),
        dkim_domain=dkim_domain,
        dkim_selector=dkim_selector,
        dkim_keys=_dkim_keys(read, dkim_domain, dkim_selector),
        bulk_per_day=read.whole("bulk_per_day", BULK_PER_DAY, 0, 1_000_000_000),
        dns_server=read.text("dns_server", ""),
    )
    if not _HELLO.fullmatch(settings.hello_name):
        read.complain("hello_name", "is not a host name")
    if settings.dns_server and not _SERVER.fullmatch(settings.dns_server):
        read.complain("dns_server", "is not an address", "9.9.9.9 or 127.0.0.1:5353")
    read.finish()
    return settings


def _named(read: SettingsReader, key: str, default: str) -> str:
    """Return a DNS name in lower case."""
    name = read.text(key, default).lower()
    if name and not _NAME.fullmatch(name):
        read.complain(key, "is not a name of the DNS")
        return "invalid"  # as good as any: `finish` refuses the whole
    return name


def _dkim_keys(read: SettingsReader, domain: str, selector: str) -> tuple[DkimKey, ...]:
    """Return the keys that sign: one, or two of different kinds (RFC 8463 section 3)."""
    keys = []
    second = _named(read, "dkim_second_selector", "")
    for name, secret in (
        (selector, ("dkim_key_env", read.secret("dkim_key_env"))),
        (second, ("dkim_second_key_env", read.secret("dkim_second_key_env"))),
    ):
        key, text = secret
        if text and not name:
            read.complain(key.replace("_key_env", "_selector"), "is required beside the key")
        if not (text and name and domain):
            continue
        try:
            keys.append(DkimKey(domain=domain, selector=name, key=read_key(text)))
        except ValueError as error:
            read.complain(key, str(error))
    return tuple(keys)


def _deliverable(read: SettingsReader, key: str, address: str) -> str:
    """Return an own address ready for the wire, so that no message has to check it again."""
    try:
        return deliverable(address) if address else ""
    except Refused as error:
        read.complain(key, error.message)
        return ""


def _tls_context(read: SettingsReader, tls: Tls) -> ssl.SSLContext | None:
    """Return a verifying context, made once for all connections; `ca_file` names an authority."""
    ca_file = read.text("ca_file", "")
    if tls == "none":
        return None
    try:
        return ssl.create_default_context(cafile=ca_file or None)
    except (OSError, ssl.SSLError) as error:
        read.complain("ca_file", f"cannot be read: {error}")
        return None
