"""Asks the DNS for texts and mail exchangers; tells "there is none" from "nobody answered".

In: a name. Out: what is published. `NamesUnavailable` when no server answered: a broken resolver
must never look like a record that is missing. `dnspython` speaks the protocol.
"""

from __future__ import annotations

from dns.asyncresolver import Resolver
from dns.exception import DNSException
from dns.name import from_text
from dns.rdtypes.ANY.MX import MX
from dns.rdtypes.ANY.TXT import TXT
from dns.resolver import NXDOMAIN, NoAnswer, NoResolverConfiguration

PORT = 53
LIFETIME_S = 5.0
"""How long one question may take, all servers together."""


class NamesUnavailable(Exception):
    """No server of the DNS gave an answer."""


class Names:
    """One resolver: the system's, or `server` (``address`` or ``address:port``)."""

    def __init__(self, server: str = "") -> None:
        self._server = server
        self._resolver: Resolver | None = None

    async def texts(self, name: str) -> tuple[str, ...]:
        """Return the TXT records of a name, each in one piece; empty when it has none."""
        records = [r for r in await self._ask(name, "TXT") if isinstance(r, TXT)]
        return tuple(b"".join(r.strings).decode("utf-8", "replace") for r in records)

    async def exchangers(self, domain: str) -> tuple[str, ...]:
        """Return the hosts that take mail for a domain, the preferred first."""
        records = [r for r in await self._ask(domain, "MX") if isinstance(r, MX)]
        records.sort(key=lambda record: record.preference)
        return tuple(str(record.exchange).rstrip(".").lower() for record in records)

    async def _ask(self, name: str, kind: str) -> list[object]:
        try:
            answer = await self._opened().resolve(
                from_text(name), kind, lifetime=LIFETIME_S, search=False
            )
        except (NXDOMAIN, NoAnswer):
            return []
        except (DNSException, OSError, UnicodeError) as error:
            raise NamesUnavailable(f"{name}: {error}"[:300]) from error
        return list(answer)

    def _opened(self) -> Resolver:
        if self._resolver is None:
            self._resolver = self._made()
        return self._resolver

    def _made(self) -> Resolver:
        if not self._server:
            try:
                return Resolver()
            except NoResolverConfiguration as error:
                raise NamesUnavailable("this machine has no resolver") from error
        resolver = Resolver(configure=False)
        host, _, port = self._server.rpartition(":") if _has_port(self._server) else ("", "", "")
        resolver.nameservers = [(host or self._server).strip("[]")]
        resolver.port = int(port) if port else PORT
        return resolver


def _has_port(server: str) -> bool:
    """Return whether a port follows: `[::1]:53` and `9.9.9.9:53`, not `[::1]`."""
    return ":" in server.rpartition("]")[2]
