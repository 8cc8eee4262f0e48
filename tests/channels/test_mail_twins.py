"""What becomes of a message at mail servers that misbehave as real ones do."""

from __future__ import annotations

import asyncio

import pytest

from regard.core.event import MessageOutcome
from tests.channels.cast import message
from tests.channels.mail_twins import MAIL_TWINS, World
from tests.channels.servers import ScriptedMail
from tests.channels.test_smtp import adapter


def outcome_at(world: World) -> MessageOutcome:
    async def scene() -> MessageOutcome:
        async with world() as adapter:
            await adapter.open()
            try:
                return await adapter.send(message())
            finally:
                await adapter.close()

    return asyncio.run(scene())


@pytest.mark.parametrize(("world", "kind", "reason"), MAIL_TWINS.values(), ids=MAIL_TWINS)
def test_a_server_that(world, kind, reason):
    outcome = outcome_at(world)
    assert outcome.outcome == kind, outcome
    assert outcome.reason == reason or (not reason and kind != "sent"), outcome


@pytest.mark.parametrize("extensions", ["", "PIPELINING", "SIZE=100000"])
def test_without_8bitmime_nothing_but_ascii_goes_over_the_wire(extensions):
    async def scene() -> None:
        from_wien = message(subject="Grüße", text="Grüße aus Wien", html="<p>你好</p>")
        server = ScriptedMail(extensions)
        async with server.serve() as port:
            smtp = adapter(port)
            assert (await smtp.send(from_wien)).outcome == "sent"
            foreign = await smtp.send(message(address="müller@example.com"))
            await smtp.close()
        assert (foreign.outcome, foreign.reason) == ("refused", "address_needs_smtputf8")
        assert server.contents[0].isascii()
        assert len(server.contents) == 1

    asyncio.run(scene())
