"""Holds back what a mailbox provider would turn away: bulk mail of a sender who is not ready.

In: each mail that is to go, and each that went. Out: why it must not, ``""`` else. Until a provider
got `bulk_per_day` mails on one UTC day nothing is asked of anybody; beyond it the checks decide.
Counts are this process's own and begin anew with it. A DNS that does not answer holds nothing back.
"""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Sequence
from datetime import date, datetime, timedelta

from regard.channels.smtp.readiness.checks import Finding, check_one_click, check_sender
from regard.channels.smtp.readiness.names import Names, NamesUnavailable
from regard.channels.smtp.readiness.providers import PROVIDER_OF, provider_of_exchangers
from regard.channels.smtp.settings import SmtpSettings
from regard.core.ports import Message

GOOD_FOR = timedelta(hours=1)
BAD_FOR = timedelta(minutes=5)
"""A record that was mended is seen soon; one that stands is not asked for with every mail."""

UNKNOWN_FOR = timedelta(minutes=1)

DOMAINS_MAX = 20_000
"""Domains whose provider and count are remembered; further ones count for themselves."""

_log = logging.getLogger("regard.mail")


class Bulk:
    """Counts by provider and keeps the verdict of the checks; used by many senders at once."""

    def __init__(self, settings: SmtpSettings, names: Names | None = None) -> None:
        self._settings = settings
        self._names = names or Names(settings.dns_server)
        self._day: date | None = None
        self._total = 0
        self._by_domain: Counter[str] = Counter()
        self._by_provider: Counter[str] = Counter()
        self._providers: dict[str, str] = dict(PROVIDER_OF)
        self._findings: Sequence[Finding] = ()
        self._valid_until: datetime | None = None
        self._asking = asyncio.Lock()

    def note(self, domain: str, now: datetime) -> None:
        """Count a mail that went to a domain."""
        if not self._settings.bulk_per_day:
            return
        self._turn(now)
        self._total += 1
        if domain in self._by_domain or len(self._by_domain) < DOMAINS_MAX:
            self._by_domain[domain] += 1
        provider = self._providers.get(domain)
        if provider is not None:
            self._by_provider[provider] += 1

    async def refusal(self, message: Message, domain: str, now: datetime) -> str:
        """Return why a mail to a domain must not go: what is not ready, and what to do."""
        limit = self._settings.bulk_per_day
        self._turn(now)
        if not limit or self._total < limit:
            return ""
        provider = await self._provider(domain)
        if self._by_provider[provider] < limit:
            return ""
        bad = [f for f in await self._checked(now) if not f.is_good]
        if message.message_class == "marketing":
            one_click = check_one_click(message.headers)
            bad += [] if one_click.is_good else [one_click]
        if not bad:
            return ""
        told = " ".join(f"{f.name}: {f.found}. {f.advice}" for f in bad)
        return f"{provider} got {self._by_provider[provider]} mails today. {told}"

    def _turn(self, now: datetime) -> None:
        """Begin a new day."""
        if now.date() != self._day:
            self._day, self._total = now.date(), 0
            self._by_domain.clear()
            self._by_provider.clear()

    async def _provider(self, domain: str) -> str:
        """Return the provider of a domain, looked up once; what went there counts to it then."""
        known = self._providers.get(domain)
        if known is not None:
            return known
        try:
            provider = provider_of_exchangers(domain, await self._names.exchangers(domain))
        except NamesUnavailable:
            return domain
        if domain not in self._providers and len(self._providers) < DOMAINS_MAX:
            self._providers[domain] = provider
            self._by_provider[provider] += self._by_domain[domain]
        return provider

    async def _checked(self, now: datetime) -> Sequence[Finding]:
        """Return the findings, not older than they are good for; one asker at a time."""
        async with self._asking:
            if self._valid_until is not None and now < self._valid_until:
                return self._findings
            try:
                self._findings = await check_sender(self._settings, self._names)
            except NamesUnavailable as error:
                # What was known last stands; a resolver that is down refuses nobody.
                _log.warning("sender_unchecked", extra={"reason": str(error)})
                self._valid_until = now + UNKNOWN_FOR
                return self._findings
            is_good = all(finding.is_good for finding in self._findings)
            self._valid_until = now + (GOOD_FOR if is_good else BAD_FOR)
            return self._findings
