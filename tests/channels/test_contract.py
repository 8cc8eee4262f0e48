"""What every adapter promises, shown for each against its real counterpart.

Misbehaving twins of the counterparts play along: an adapter may refuse, fail or not know, but it
answers with an outcome of the message it was given, and raises nothing.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import timedelta

import pytest
from msgspec.structs import replace

from regard.channels import ADAPTERS, make_adapter
from regard.core.event import MessageOutcome
from regard.core.ports import Asking, ChannelAdapter, Message
from regard.testing import VirtualClock
from tests.channels.cast import NOW, SECRET, channel, message
from tests.channels.mail_twins import MAIL_TWINS
from tests.channels.servers import DROP, Endpoint, Inbox, ScriptedMail, mail_server
from tests.channels.service import ACCOUNT, TOKEN, Browser, PushService, TextService, serve
from tests.channels.test_push import KEY, device

World = Callable[[], AbstractAsyncContextManager[ChannelAdapter]]


def opened(adapter: str, **settings: object) -> ChannelAdapter:
    environ = {"HOOK_SECRET": SECRET, "SMS_TOKEN": TOKEN, "PUSH_KEY": KEY}
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


def texts(url: str) -> ChannelAdapter:
    return opened(
        "sms",
        api_url=url,
        account_sid=ACCOUNT,
        auth_token_env="SMS_TOKEN",
        allow_internal=True,
        timeout_s=0.2,
    )


def text_world(*script: str | int, is_silent: bool = False) -> World:
    @asynccontextmanager
    async def world() -> AsyncIterator[ChannelAdapter]:
        if is_silent:
            async with Endpoint(lambda _n: None).serve() as url:
                yield texts(url)
            return
        async with serve(TextService(VirtualClock(NOW), list(script) * 20)) as url:
            yield texts(url)

    return world


@asynccontextmanager
async def nobody_texts() -> AsyncIterator[ChannelAdapter]:
    async with serve(lambda _asked: None) as url:
        pass
    yield texts(url)


class Equipped:
    """An adapter that is handed the devices of a person, as the dispatcher hands them over."""

    def __init__(self, adapter: ChannelAdapter, browsers: list[Browser], url: str) -> None:
        self._adapter = adapter
        self._devices = tuple(device(one, url) for one in browsers)

    async def open(self) -> None:
        await self._adapter.open()

    async def send(self, message: Message) -> MessageOutcome:
        return await self._adapter.send(replace(message, devices=self._devices))

    async def close(self) -> None:
        await self._adapter.close()


def push_world(*statuses: int | None) -> World:
    @asynccontextmanager
    async def world() -> AsyncIterator[ChannelAdapter]:
        browsers = [Browser(f"b{number}") for number in range(len(statuses))]
        answers = {one.name: status for one, status in zip(browsers, statuses, strict=True)}
        async with serve(PushService(browsers, **answers)) as url:
            about = {"vapid_key_env": "PUSH_KEY", "contact": "mailto:a@b.example"}
            adapter = opened("push", **about, allow_internal=True, timeout_s=5.0)
            yield Equipped(adapter, browsers, url)

    return world


@asynccontextmanager
async def feed() -> AsyncIterator[ChannelAdapter]:
    yield opened("feed")


GOOD: dict[str, World] = {
    "post_room": post_room,
    "smtp": smtp,
    "webhook": webhook,
    "sms": text_world(),
    "push": push_world(201, 201),
    "feed": feed,
}
BAD: dict[str, World] = {
    "mail refuses": broken_mail(rcpt="550 no"),
    "mail is busy": broken_mail(mail="450 busy"),
    "mail drops at once": broken_mail(greeting=DROP),
    "mail drops before the content": broken_mail(data=DROP),
    "mail drops after the content": broken_mail(content=DROP),
    "mail speaks nonsense": broken_mail(mail="\x00\x01 hello"),
    "mail is away": nobody_mail,
    **{f"mail {what}": world for what, (world, kind, _) in MAIL_TWINS.items() if kind != "sent"},
    "hook refuses": broken_hook(400),
    "hook redirects": broken_hook(301),
    "hook fails": broken_hook(500),
    "hook is away": nobody_hook,
    "texts are refused": text_world(21211),
    "texts are stopped": text_world(21610),
    "texts are busy": text_world(429),
    "texts fail": text_world(500),
    "texts are lost": text_world("lost"),
    "texts are dropped": text_world("dropped"),
    "texts are answered with garbage": text_world("garbage"),
    "texts are answered never": text_world(is_silent=True),
    "texts are away": nobody_texts,
    "push is gone": push_world(410, 404),
    "push is busy": push_world(429),
    "push fails for one of two": push_world(500, 201),
    "push fails": push_world(502, 503),
    "push drops": push_world(None),
    "push refuses us": push_world(403),
    "push has nobody": push_world(),
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


ASKED: dict[str, tuple[World, str | None]] = {
    "texts that were taken": (text_world("lost"), "sent"),
    "texts that were not": (text_world("dropped"), "try_again"),
    "texts of a service that is away": (nobody_texts, None),
}
"""Adapters whose providers can be asked, and what they know of a message handed over before."""


def ask(world: World, ago: timedelta) -> MessageOutcome | None:
    async def scene() -> MessageOutcome | None:
        async with world() as adapter:
            assert isinstance(adapter, Asking)
            await adapter.open()
            one = message(decided_at=NOW - ago)
            await adapter.send(one)
            found = await adapter.ask(one, NOW - ago)
            await adapter.close()
            return found

    return asyncio.run(scene())


@pytest.mark.parametrize(("world", "known"), ASKED.values(), ids=ASKED)
def test_a_provider_is_asked_what_became_of_a_message(world, known):
    outcome = ask(world, timedelta(hours=1))
    assert (outcome and outcome.outcome) == known
    if outcome is not None and known == "try_again":
        assert outcome.retry_at > NOW


def test_what_a_list_does_not_show_yet_stays_unknown():
    assert ask(text_world("dropped"), timedelta(minutes=1)) is None


@every
def test_an_adapter_can_be_closed_and_closed_again(world):
    async def scene() -> None:
        async with world() as adapter:
            await adapter.open()
            await adapter.send(message())
            await adapter.close()
            await adapter.close()

    asyncio.run(scene())
