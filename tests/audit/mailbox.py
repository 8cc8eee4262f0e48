"""A real mail server (aiosmtpd) on loopback that misbehaves as told and remembers what it took.

It runs in a thread of its own, so that a test can wait for mails while Regard is killed and
started again. A mail whose connection it drops after the content counts as taken: nobody but the
mail server knows, and that is the point.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from email import message_from_bytes
from email.policy import default
from threading import Condition, Thread
from typing import Any

from aiosmtpd.smtp import SMTP, Envelope

DROP = "drop"
TAKEN = "250 OK"

Rule = Callable[[str], str]
"""A recipient (at RCPT) or a token (after the content) to an SMTP answer, or `DROP`."""


@dataclass(frozen=True, kw_only=True)
class Mail:
    """One mail that was taken: its subject is the token of its order."""

    token: str
    message_id: str
    recipient: str
    at_s: float


class Mailbox:
    """What arrived. `at_recipient` and `at_content` may be given other rules at any time."""

    def __init__(self) -> None:
        self.mails: list[Mail] = []
        self.attempt_count = 0
        self.at_recipient: Rule = lambda _recipient: TAKEN
        self.at_content: Rule = lambda _token: TAKEN
        self.port = 0
        self._changed = Condition()

    def counts(self) -> Counter[str]:
        """Return how often each order's mail was taken."""
        return Counter(mail.token for mail in list(self.mails))

    def wait_for(self, tokens: set[str], within_s: float = 60.0) -> None:
        """Return when a mail of every token has come; fail naming those that have not."""
        if not self._wait(lambda: tokens <= set(self.counts()), within_s):
            missing = sorted(tokens - set(self.counts()))
            raise AssertionError(f"{len(missing)} mails did not come: {missing[:10]}")

    def wait_since(self, moment_s: float, within_s: float = 60.0) -> float:
        """Return when, on the monotonic clock, the first mail since `moment_s` was taken."""
        self._wait(lambda: bool(self.mails) and self.mails[-1].at_s >= moment_s, within_s)
        since = [mail.at_s for mail in list(self.mails) if mail.at_s >= moment_s]
        assert since, "no mail came"
        return since[0]

    def wait_count(self, count: int, within_s: float = 60.0) -> None:
        """Return when `count` mails were taken, doubles included."""
        if not self._wait(lambda: len(self.mails) >= count, within_s):
            raise AssertionError(f"only {len(self.mails)} of {count} mails came")

    def wait_attempts(self, count: int, within_s: float = 60.0) -> None:
        """Return when a recipient was named `count` times, whatever the answers were."""
        if not self._wait(lambda: self.attempt_count >= count, within_s):
            raise AssertionError(f"only {self.attempt_count} of {count} attempts were made")

    def note_attempt(self, recipient: str) -> str:
        """Take note that a mail is offered for a recipient; return the answer."""
        with self._changed:
            self.attempt_count += 1
            self._changed.notify_all()
        return self.at_recipient(recipient)

    def take(self, envelope: Envelope) -> str:
        """Answer to a whole mail, and keep it unless the answer refuses it."""
        parsed = message_from_bytes(envelope.content or b"", policy=default)
        token = str(parsed["Subject"])
        answer = self.at_content(token)
        if answer == DROP or answer.startswith("2"):
            mail = Mail(
                token=token,
                message_id=str(parsed["Message-ID"]),
                recipient=envelope.rcpt_tos[0],
                at_s=time.monotonic(),
            )
            with self._changed:
                self.mails.append(mail)
                self._changed.notify_all()
        return answer

    @contextmanager
    def serve(self) -> Iterator[Mailbox]:
        """Serve on a free port while the block runs."""
        loop = asyncio.new_event_loop()
        thread = Thread(target=loop.run_forever, name="mailbox")
        thread.start()
        try:
            handler = _Handler(self)
            making = loop.create_server(
                lambda: SMTP(handler, loop=loop, hostname="localhost"), "127.0.0.1", 0
            )
            server = asyncio.run_coroutine_threadsafe(making, loop).result()
            self.port = server.sockets[0].getsockname()[1]
            yield self
            asyncio.run_coroutine_threadsafe(_close(server), loop).result()
        finally:
            loop.call_soon_threadsafe(loop.stop)
            thread.join()
            loop.close()

    def _wait(self, condition: Callable[[], bool], within_s: float) -> bool:
        with self._changed:
            return self._changed.wait_for(condition, within_s)


class _Handler:
    def __init__(self, mailbox: Mailbox) -> None:
        self._mailbox = mailbox

    async def handle_RCPT(
        self, _server: SMTP, _session: Any, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        answer = self._mailbox.note_attempt(address)
        if answer.startswith("2"):
            envelope.rcpt_tos.append(address)
        return answer

    async def handle_DATA(self, server: SMTP, _session: Any, envelope: Envelope) -> str:
        answer = self._mailbox.take(envelope)
        if answer == DROP and server.transport is not None:
            server.transport.abort()
        return TAKEN if answer == DROP else answer


async def _close(server: asyncio.Server) -> None:
    """Close the server and end the connections that Regard keeps open."""
    server.close()
    sessions = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
    for session in sessions:
        session.cancel()
    await asyncio.gather(*sessions, return_exceptions=True)
