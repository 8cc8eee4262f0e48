"""Finds out where a webhook's host is, and refuses to go to internal addresses.

In: a host name. Out: the public IP address to connect to. The address that was checked is the one
that is used: asking the name server again when connecting would let a name change its mind in
between (DNS rebinding). Refused: any name of which one address is not a public one.
"""

from __future__ import annotations

import asyncio
import socket
from ipaddress import ip_address

from regard.core.errors import Refused


async def public_address(host: str, port: int) -> str:
    """Return an IP address of `host`.

    Raise `Refused` when one of its addresses is internal, `OSError` when the name is unknown now.
    """
    loop = asyncio.get_running_loop()
    found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    addresses = [str(info[4][0]) for info in found]
    internal = [address for address in addresses if not is_public(address)]
    if internal or not addresses:
        raise Refused(
            f"{host} is at {', '.join(internal) or 'no address'}, which is not public.",
            code="policy_internal_address",
            hint="Set allow_internal = true in regard.toml if that is meant.",
        )
    return addresses[0]


def is_public(address: str) -> bool:
    """Whether an IP address belongs to the public internet (IPv4 inside IPv6 is looked into)."""
    ip = ip_address(address.partition("%")[0])
    embedded = getattr(ip, "ipv4_mapped", None) or getattr(ip, "sixtofour", None)
    if embedded is not None:
        ip = embedded
    return ip.is_global and not ip.is_multicast
