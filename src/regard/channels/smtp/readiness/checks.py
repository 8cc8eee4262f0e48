"""Checks what mailbox providers ask of bulk senders: SPF, DKIM, DMARC, one-click unsubscribing.

In: the settings of a channel and the DNS. Out: one `Finding` each, good or not, with what to do.
By the sender guidelines of Gmail and Yahoo (February 2024) and Outlook (May 2025), which ask for
all of them from 5,000 mails a day. Raises `NamesUnavailable` when the DNS does not answer.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from regard.channels.smtp.readiness.names import Names
from regard.channels.smtp.settings import SmtpSettings

PARENTS_MAX = 8
"""How far a DMARC record is looked for above a domain (the tree walk of DMARCbis)."""

_ALL = re.compile(r"(?:^|\s)\+?all(?:\s|$)", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What one check found; `advice` is empty when nothing is to be done."""

    name: str
    is_good: bool
    found: str
    advice: str = ""


async def check_sender(settings: SmtpSettings, names: Names) -> tuple[Finding, ...]:
    """Return what the DNS says about who speaks: SPF, each DKIM key, DMARC."""
    return (
        await _spf(settings, names),
        *await _dkim(settings, names),
        await _dmarc(settings, names),
    )


def check_one_click(headers: Mapping[str, str]) -> Finding:
    """Return whether a marketing mail can be left by one click (RFC 8058)."""
    link = headers.get("List-Unsubscribe", "")
    post = headers.get("List-Unsubscribe-Post", "")
    if post == "List-Unsubscribe=One-Click" and "<https://" in link:
        return Finding(name="one_click", is_good=True, found="https, one click")
    return Finding(
        name="one_click",
        is_good=False,
        found=f"List-Unsubscribe is {link[:60] or 'missing'}",
        advice="Start the house with --public-url https://…, where customers can reach it.",
    )


async def _spf(settings: SmtpSettings, names: Names) -> Finding:
    domain = settings.return_path.rpartition("@")[2].lower()
    records = _beginning(await names.texts(domain), "v=spf1")
    if len(records) != 1:
        found = f"{domain} has {len(records) or 'no'} SPF record{'s' if records else ''}"
        advice = f"Publish exactly one TXT record at {domain} with the hosts of {settings.host}: "
        return _bad("spf", found, advice + '"v=spf1 include:… -all".')
    if _ALL.search(records[0]):
        return _bad("spf", f"{domain} lets everybody send (+all)", "End the record with -all.")
    return Finding(name="spf", is_good=True, found=f"{domain}: {records[0][:100]}")


async def _dkim(settings: SmtpSettings, names: Names) -> list[Finding]:
    if settings.dkim_keys:
        own = [(key.selector, key.record) for key in settings.dkim_keys]
        return [await _published(settings.dkim_domain, *one, names) for one in own]
    if settings.dkim_selector:
        return [await _published(settings.dkim_domain, settings.dkim_selector, "", names)]
    advice = "Set dkim_selector and dkim_key_env; dkim_selector alone if the provider signs."
    return [_bad("dkim", "nobody signs", advice)]


async def _published(domain: str, selector: str, record: str, names: Names) -> Finding:
    """Return whether a key is published; `record` is what must stand there (empty: any key)."""
    place = f"{selector}._domainkey.{domain}"
    texts = [text for text in await names.texts(place) if "p=" in text]
    keys = [_tags(text).get("p", "") for text in texts]
    if len(keys) != 1:
        advice = f'Publish one TXT record at {place}: "{record or "as the provider says"}".'
        return _bad("dkim", f"{place} has {len(keys) or 'no'} key{'s'[: len(keys)]}", advice)
    if not keys[0]:
        return _bad("dkim", f"the key at {place} is revoked", "Take another selector and key.")
    if record and keys[0] != _tags(record)["p"]:
        advice = f'Publish at {place}: "{record}".'
        return _bad("dkim", f"the key at {place} is another than the one that signs", advice)
    return Finding(name="dkim", is_good=True, found=place)


async def _dmarc(settings: SmtpSettings, names: Names) -> Finding:
    domain = settings.sender_address.rpartition("@")[2].lower()
    labels = domain.split(".")
    for start in range(min(len(labels) - 1, PARENTS_MAX)):
        place = "_dmarc." + ".".join(labels[start:])
        records = _beginning(await names.texts(place), "v=dmarc1")
        if records:
            return _aligned(settings, domain, place, records)
    advice = f'Publish a TXT record at _dmarc.{domain}: "v=DMARC1; p=none; rua=mailto:…".'
    return _bad("dmarc", f"{domain} has no DMARC record", advice)


def _aligned(settings: SmtpSettings, domain: str, place: str, records: Sequence[str]) -> Finding:
    policy = _tags(records[0]).get("p", "")
    if len(records) > 1 or policy not in ("none", "quarantine", "reject"):
        return _bad("dmarc", f"{place} is not one valid record", "Publish one with p=none or more.")
    signer = settings.dkim_domain
    if not (signer == domain or signer.endswith(f".{domain}") or domain.endswith(f".{signer}")):
        found = f"mail from {domain} is signed by {signer}"
        return _bad("dmarc", found, f"Sign with dkim_domain {domain}, as `from` says.")
    return Finding(name="dmarc", is_good=True, found=f"{place}: p={policy}")


def _beginning(texts: Sequence[str], mark: str) -> list[str]:
    pattern = re.compile(rf"\s*{re.escape(mark)}(?:[\s;]|$)", re.IGNORECASE)
    return [text for text in texts if pattern.match(text)]


def _tags(record: str) -> dict[str, str]:
    """Return the tags of a record such as ``v=DKIM1; p=…``, values without white space."""
    pairs = (part.partition("=") for part in record.split(";"))
    return {name.strip().lower(): "".join(value.split()) for name, _, value in pairs}


def _bad(name: str, found: str, advice: str) -> Finding:
    return Finding(name=name, is_good=False, found=found, advice=advice)
