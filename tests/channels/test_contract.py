"""What every adapter promises, shown for each against its real counterpart.

Misbehaving twins of the counterparts play along: an adapter may refuse, fail or not know, but it
answers with an outcome of the message it was given, and raises nothing.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager

import pytest

from regard.channels import ADAPTERS, make_adapter
from regard.core.event import MessageOutcome
from regard.core.ports import ChannelAdapter
from regard.testing import VirtualClock
from tests.channels.cast import NOW, SECRET, channel, message
from tests.channels.servers import DROP, Endpoint, Inbox, ScriptedMail, mail_server

World = Callable[[], AbstractAsyncContextManager[ChannelAdapter]]


def opened(adapter: str, **settings: object) -> ChannelAdapter:
    environ = {"HOOK_SECRET": SECRET}
    return make_adapter(channel(adapter, **settings), None, environ, VirtualClock(NOW))


def mail(port: int) -> ChannelAdapter:
    return opened("smtp", host="127.0.0.1", port=port, tls="none", connections=3)


def hook(url: str) -> ChannelAdapter:
    return opened("webhook", url=url, secret_env="HOOK_SECRET", allow_internal=True, timeout_s=5.0)


@asynccontextmanager
async def post_room() -> AsyncIterator[ChannelAdapter]:
    yield opened("post_room")


@asynccontextmanager
async def smtp() -> AsyncIterator[ChannelAdapter]:
    async with mail_server(Inbox()) as port:
        yield mail(port)


@asynccontextmanager
async def webhook() -> AsyncIterator[ChannelAdapter]:
    async with Endpoint(lambda _n: (200, {}, b"ok")).serve() as url:
        yield hook(url)


def broken_mail(**script: str | list[str]) -> World:
    @asynccontextmanager
    async def world() -> AsyncIterator[ChannelAdapter]:
        async with ScriptedMail("PIPELINING", **script).serve() as port:
            yield mail(port)

    return world


def broken_hook(status: int) -> World:
    @asynccontextmanager
    async def world() -> AsyncIterator[ChannelAdapter]:
        async with Endpoint(lambda _n: (status, {}, b"\xff\xfe\x00")).serve() as url:
            yield hook(url)

    return world


@asynccontextmanager
async def nobody_mail() -> AsyncIterator[ChannelAdapter]:
    async with mail_server(Inbox()) as port:
        pass
    yield mail(port)


@asynccontextmanager
async def nobody_hook() -> AsyncIterator[ChannelAdapter]:
    async with Endpoint(lambda _n: None).serve() as url:
        pass
    yield hook(url)


GOOD: dict[str, World] = {"post_room": post_room, "smtp": smtp, "webhook": webhook}
BAD: dict[str, World] = {
    "mail refuses": broken_mail(rcpt="550 no"),
    "mail is busy": broken_mail(mail="450 busy"),
    "mail drops at once": broken_mail(greeting=DROP),
    "mail drops before the content": broken_mail(data=DROP),
    "mail drops after the content": broken_mail(content=DROP),
    "mail speaks nonsense": broken_mail(mail="\x00\x01 hello"),
    "mail is away": nobody_mail,
    "hook refuses": broken_hook(400),
    "hook redirects": broken_hook(301),
    "hook fails": broken_hook(500),
    "hook is away": nobody_hook,
}
good = pytest.mark.parametrize("world", GOOD.values(), ids=GOOD)
every = pytest.mark.parametrize("world", [*GOOD.values(), *BAD.values()], ids=[*GOOD, *BAD])


def play(world: World, *texts: str, attempt: int = 1) -> list[MessageOutcome]:
    async def scene() -> list[MessageOutcome]:
        async with world() as adapter:
            await adapter.open()
            sent = [message(message_id=text, attempt=attempt) for text in texts]
            outcomes = await asyncio.gather(*(adapter.send(one) for one in sent))
            await adapter.close()
            return outcomes

    return asyncio.run(scene())


def test_every_adapter_is_in_this_suite():
    assert set(GOOD) == set(ADAPTERS)


@good
def test_a_message_is_sent(world):
    (outcome,) = play(world, "m1")
    assert (outcome.outcome, outcome.reason, outcome.retry_at) == ("sent", "", None)


@good
def test_many_are_sent_at_once_and_none_is_mixed_up(world):
    names = [f"m{n}" for n in range(20)]
    outcomes = play(world, *names)
    assert [o.message_id for o in outcomes] == names
    assert {o.outcome for o in outcomes} == {"sent"}


@every
def test_an_outcome_names_its_message_channel_and_attempt(world):
    for outcome in play(world, "m1", "m2", attempt=3):
        assert outcome.message_id in ("m1", "m2")
        assert (outcome.channel, outcome.attempt) == ("email", 3)
        assert outcome.outcome in ("sent", "refused", "try_again", "unknown")
        assert len(outcome.detail) <= 500


@every
def test_only_what_is_tried_again_has_a_moment_and_it_is_ahead(world):
    for outcome in play(world, "m1"):
        if outcome.outcome == "try_again":
            assert outcome.retry_at > NOW
        else:
            assert outcome.retry_at is None


@every
def test_what_was_not_sent_says_why(world):
    for outcome in play(world, "m1"):
        assert (outcome.reason == "") == (outcome.outcome == "sent")


@every
def test_the_next_moment_follows_from_message_and_attempt_alone(world):
    assert [o.retry_at for o in play(world, "m1")] == [o.retry_at for o in play(world, "m1")]


@every
def test_an_adapter_can_be_closed_and_closed_again(world):
    async def scene() -> None:
        async with world() as adapter:
            await adapter.open()
            await adapter.send(message())
            await adapter.close()
            await adapter.close()

    asyncio.run(scene())
