"""The lean mail server of the benchmarks, asked by the standard library's client and by our own."""

from __future__ import annotations

import asyncio
import smtplib
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Thread

import pytest
from benchmarks.mail_server import SIZE_MAX, Mail, MailServer

from regard.channels.smtp import SmtpAdapter
from regard.channels.smtp.settings import parse_settings
from regard.core.clock import SystemClock
from tests.channels.cast import channel, message

CONTENT = b"Subject: dots\r\n\r\n.\r\n..\r\n.x\r\nlast"


@contextmanager
def mail_server(mails: list[Mail]) -> Iterator[int]:
    """Run the server in a thread; yield its port."""
    loop = asyncio.new_event_loop()
    thread = Thread(target=loop.run_forever)
    thread.start()

    def take(mail: Mail) -> str:
        mails.append(mail)
        return "250 2.0.0 taken"

    making = loop.create_server(lambda: MailServer(take), "127.0.0.1", 0)
    server = asyncio.run_coroutine_threadsafe(making, loop).result()
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        loop.call_soon_threadsafe(server.close)
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


@pytest.fixture
def mails() -> list[Mail]:
    return []


@pytest.fixture
def client(mails) -> Iterator[smtplib.SMTP]:
    with mail_server(mails) as port, smtplib.SMTP("127.0.0.1", port) as found:
        yield found


def test_dots_are_taken_off_and_one_connection_takes_many(client, mails) -> None:
    for _ in range(2):
        refused = client.sendmail("us@a.example", ["ada@b.example", "bo@b.example"], CONTENT)
        assert refused == {}
    assert client.has_extn("pipelining")
    assert client.has_extn("8bitmime")
    assert [mail.content for mail in mails] == [CONTENT + b"\r\n"] * 2
    assert mails[0].sender == b"us@a.example"
    assert mails[0].recipients == [b"ada@b.example", b"bo@b.example"]


def test_commands_out_of_order_or_unreadable_are_refused(client, mails) -> None:
    said = [
        "MAIL FROM:<a@b.example>",
        "EHLO x",
        "RCPT TO:<a@b.example>",
        "DATA",
        "MAIL a@b.example",
    ]
    said += ["MAIL FROM:<>", "MAIL FROM:<>", "RCPT TO:<>", "RSET", "RCPT TO:<a@b.example>"]
    said += ["NOOP", "VRFY a", "HELO", "HELO x", "XYZ", f"MAIL FROM:<> SIZE={SIZE_MAX + 1}"]
    assert [client.docmd(line)[0] for line in said] == [
        *(503, 250, 503, 503, 501),
        *(250, 503, 501, 250, 503),
        *(250, 252, 501, 250, 500, 552),
    ]
    assert mails == []


def test_a_mail_in_pieces_and_commands_together_are_understood(client, mails) -> None:
    client.ehlo()
    client.send(b"MAIL FROM:<a@b.example>\r\nRCPT TO:<c@d.example>\r\nDATA\r\n")
    assert [client.getreply()[0] for _ in range(3)] == [250, 250, 354]
    for piece in (b"one\r", b"\n.", b"\r", b"\nNOOP\r\n"):
        client.send(piece)
    assert [client.getreply()[0] for _ in range(2)] == [250, 250]
    assert [mail.content for mail in mails] == [b"one\r\n"]


def test_our_own_adapter_speaks_to_it(mails) -> None:
    async def send(port: int) -> list[str]:
        settings = parse_settings(channel("smtp", host="127.0.0.1", port=port, tls="none"), {})
        adapter = SmtpAdapter(settings, SystemClock())
        outcomes = await asyncio.gather(*(adapter.send(message()) for _ in range(20)))
        await adapter.close()
        return [one.outcome for one in outcomes]

    with mail_server(mails) as port:
        assert asyncio.run(send(port)) == ["sent"] * 20
    assert len({mail.content for mail in mails}) in (1, 2)  # a second may pass
    assert len(mails) == 20
