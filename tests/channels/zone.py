"""A small DNS server on loopback, for tests: it answers from a zone, or not at all."""

from __future__ import annotations

import socketserver
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from threading import Thread

import dns.flags
import dns.message
import dns.rcode
import dns.rdatatype
import dns.rrset


class Zone:
    """Names to records: ``{"skylark.example": ["TXT v=spf1 -all", "MX 10 mx.example."]}``.

    `asked` are the questions that came; with `is_down` it answers that it failed.
    """

    def __init__(self, records: Mapping[str, list[str]]) -> None:
        self.records = dict(records)
        self.asked: list[str] = []
        self.is_down = False
        self.place = ""

    def answer(self, data: bytes) -> bytes:
        question = dns.message.from_wire(data)
        asked = question.question[0]
        name, kind = str(asked.name).rstrip(".").lower(), dns.rdatatype.to_text(asked.rdtype)
        self.asked.append(f"{name} {kind}")
        reply = dns.message.make_response(question)
        reply.flags |= dns.flags.RA
        if self.is_down:
            reply.set_rcode(dns.rcode.SERVFAIL)
        elif name not in self.records:
            reply.set_rcode(dns.rcode.NXDOMAIN)
        for line in self.records.get(name, ()):
            given, _, value = line.partition(" ")
            if given == kind:
                text = '"' + '" "'.join(_chunks(value)) + '"' if kind == "TXT" else value
                reply.answer.append(dns.rrset.from_text(asked.name, 60, "IN", kind, text))
        return reply.to_wire()


def _chunks(text: str) -> list[str]:
    return [text[at : at + 200] for at in range(0, len(text), 200)]


@contextmanager
def served(zone: Zone) -> Iterator[Zone]:
    """Serve a zone by UDP; its place is ``address:port``."""

    class Handler(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            data, socket = self.request
            socket.sendto(zone.answer(data), self.client_address)

    with socketserver.UDPServer(("127.0.0.1", 0), Handler) as server:
        zone.place = f"127.0.0.1:{server.server_address[1]}"
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield zone
        finally:
            server.shutdown()
            thread.join()
