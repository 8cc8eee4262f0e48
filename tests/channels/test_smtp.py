"""The SMTP adapter against real mail servers, and against one that breaks where it is told to."""

from __future__ import annotations

import asyncio
import ssl
from datetime import timedelta
from email import message_from_bytes, policy

import pytest
import trustme

from regard.channels.smtp import SmtpAdapter
from regard.channels.smtp.pool import Pool
from regard.channels.smtp.session import Session
from regard.channels.smtp.settings import parse_settings
from regard.core.event import MessageOutcome
from regard.core.ports import Message
from regard.testing import VirtualClock
from tests.channels.cast import NOW, channel, message
from tests.channels.servers import DROP, SILENCE, Inbox, ScriptedMail, mail_server


def adapter(port: int, environ: dict[str, str] | None = None, **settings: object) -> SmtpAdapter:
    given = {"host": "localhost", "port": port, "tls": "none", "connections": 2} | settings
    return SmtpAdapter(parse_settings(channel("smtp", **given), environ or {}), VirtualClock(NOW))


async def send_all(smtp: SmtpAdapter, *messages: Message) -> list[MessageOutcome]:
    await smtp.open()
    try:
        return [await smtp.send(one) for one in messages]
    finally:
        await smtp.close()


def script(messages: int = 1, extensions: str = "", **stages: str | list[str]):
    """Send messages to a scripted server; return it and the outcomes."""

    async def play() -> tuple[ScriptedMail, list[MessageOutcome]]:
        server = ScriptedMail(extensions, **stages)
        async with server.serve() as port:
            # Only what stays silent is given little time: a busy machine must not look silent.
            is_silent = SILENCE in stages.values()
            limits = {"answer_timeout_s": 0.05} if "content" in stages else {"timeout_s": 0.05}
            smtp = adapter(port, **(limits if is_silent else {}))
            sent = [message(message_id=f"m{n}") for n in range(messages)]
            return server, await send_all(smtp, *sent)

    return asyncio.run(play())


def test_what_arrives_is_what_was_said():
    async def play() -> None:
        inbox = Inbox()
        async with mail_server(inbox) as port:
            (outcome,) = await send_all(adapter(port), message(text="Hello Dalia\n.dots\n..\n"))
        assert (outcome.outcome, outcome.provider_id) == ("sent", "4bXq")
        (envelope,) = inbox.envelopes
        assert envelope.mail_from == "hello@skylark.example"
        assert envelope.rcpt_tos == ["ada@example.com"]
        mail = message_from_bytes(envelope.content, policy=policy.default)
        plain = mail.get_body(("plain",)).get_content().replace("\r\n", "\n")
        assert plain == "Hello Dalia\n.dots\n..\n"

    asyncio.run(play())


def test_a_fifth_of_temporary_failures_delays_only_those():
    async def play() -> None:
        count = 0

        def at_data(_envelope: object) -> str:
            nonlocal count
            count += 1
            return "451 4.3.0 try later" if count % 5 == 0 else "250 OK"

        inbox = Inbox(at_data=at_data)
        async with mail_server(inbox) as port:
            smtp = adapter(port)
            sent = [message(message_id=f"m{n}") for n in range(20)]
            outcomes = await asyncio.gather(*(smtp.send(one) for one in sent))
            await smtp.close()
        later = [o for o in outcomes if o.outcome == "try_again"]
        assert (len(inbox.envelopes), len(later)) == (16, 4)
        for outcome in later:
            assert outcome.reason == "provider_busy"
            assert timedelta(seconds=30) <= outcome.retry_at - NOW < timedelta(seconds=38)

    asyncio.run(play())


@pytest.mark.parametrize("extensions", ["", "PIPELINING"])
def test_a_connection_is_kept_for_the_next_message(extensions):
    server, outcomes = script(messages=3, extensions=extensions)
    assert [o.outcome for o in outcomes] == ["sent"] * 3
    assert (server.connection_count, len(server.contents)) == (1, 3)


def test_commands_are_pipelined_only_where_the_server_offers_it():
    offered, _ = script(extensions="PIPELINING")
    assert any(b"RCPT TO" in batch and b"DATA" in batch for batch in offered.batches)
    not_offered, _ = script()
    assert not any(b"RCPT TO" in batch and b"DATA" in batch for batch in not_offered.batches)


@pytest.mark.parametrize("extensions", ["", "PIPELINING"])
@pytest.mark.parametrize(
    ("stages", "kind", "reason"),
    [
        ({"rcpt": "550 no such user"}, "refused", "address_unknown"),
        ({"rcpt": "550 5.7.1 blocked"}, "refused", "policy_refused"),
        ({"rcpt": "551 moved"}, "refused", "address_moved"),
        ({"rcpt": "553 5.1.3 bad"}, "refused", "address_invalid"),
        ({"rcpt": "552 5.2.2 full"}, "refused", "mailbox_full"),
        ({"rcpt": "451 4.7.1 greylisted"}, "try_again", "provider_busy"),
        ({"rcpt": "421 4.7.0 too fast"}, "try_again", "slow_down"),
        ({"content": "451 4.7.28 unusual rate"}, "try_again", "slow_down"),
        ({"rcpt": "450 4.2.1 mailbox is busy"}, "try_again", "provider_busy"),
        ({"mail": "550 5.1.8 bad sender"}, "refused", "policy_sender"),
        ({"mail": "421 too busy"}, "try_again", "provider_busy"),
        ({"data": "554 no"}, "refused", "policy_refused"),
        ({"content": "554 5.6.0 spam"}, "refused", "content_refused"),
        ({"content": "550 5.7.1 spam"}, "refused", "policy_refused"),
        ({"content": "552 too large"}, "refused", "content_too_large"),
        ({"content": "452 full"}, "try_again", "provider_busy"),
        ({"greeting": "554 go away"}, "try_again", "connect_refused"),
    ],
)
def test_an_answer_becomes_the_outcome_it_stands_for(extensions, stages, kind, reason):
    _, (outcome,) = script(extensions=extensions, **stages)
    assert (outcome.outcome, outcome.reason) == (kind, reason)
    assert (outcome.retry_at is not None) == (kind == "try_again")


@pytest.mark.parametrize("extensions", ["", "PIPELINING"])
@pytest.mark.parametrize("failure", [DROP, SILENCE])
def test_a_lost_answer_to_the_content_is_unknown(extensions, failure):
    server, (outcome,) = script(extensions=extensions, content=failure)
    assert (outcome.outcome, outcome.reason) == ("unknown", "no_reply_after_content")
    assert outcome.retry_at is None
    assert len(server.contents) == 1  # never handed over a second time


@pytest.mark.parametrize("extensions", ["", "PIPELINING"])
@pytest.mark.parametrize("stage", ["greeting", "mail", "rcpt", "data"])
@pytest.mark.parametrize("failure", [DROP, SILENCE])
def test_a_failure_before_the_content_may_be_tried_again(extensions, stage, failure):
    server, (outcome,) = script(extensions=extensions, **{stage: failure})
    assert (outcome.outcome, outcome.reason) == ("try_again", "connection_failed")
    assert server.contents == []


@pytest.mark.parametrize("failure", [DROP, "421 4.4.2 idle for too long"])
def test_a_kept_connection_that_went_stale_is_opened_again(failure):
    server, outcomes = script(messages=2, mail=["250 OK", failure])
    assert [o.outcome for o in outcomes] == ["sent", "sent"]
    assert (server.connection_count, len(server.contents)) == (2, 2)


def test_a_kept_connection_is_opened_again_only_once():
    server, outcomes = script(messages=2, mail=["250 OK", DROP, DROP])
    assert [o.outcome for o in outcomes] == ["sent", "try_again"]
    assert server.connection_count == 2


@pytest.mark.parametrize("extensions", ["", "PIPELINING"])
def test_a_refused_recipient_leaves_the_connection_usable(extensions):
    server, outcomes = script(messages=2, extensions=extensions, rcpt=["550 no", "250 OK"])
    assert [o.outcome for o in outcomes] == ["refused", "sent"]
    assert server.connection_count == 1
    assert [content for content in server.contents if content] == server.contents[-1:]


def test_a_reply_that_nobody_asked_for_shifts_no_other():
    server, outcomes = script(messages=2, content=["250 OK\r\n250 OK again", "554 5.6.0 spam"])
    assert [o.outcome for o in outcomes] == ["sent", "refused"]
    assert server.connection_count == 2


def test_a_server_that_does_not_speak_smtp_ends_the_connection():
    _, (outcome,) = script(mail="HTTP/1.1 400 Bad Request")
    assert (outcome.outcome, outcome.reason) == ("try_again", "connection_failed")


def test_a_mail_larger_than_the_server_takes_is_not_even_begun():
    server, (outcome,) = script(extensions="SIZE=100")
    assert (outcome.outcome, outcome.reason) == ("refused", "content_too_large")
    assert "mail" not in server.stages


def test_a_foreign_mailbox_is_sent_with_smtputf8_or_refused():
    async def play() -> None:
        inbox, server = Inbox(), ScriptedMail()
        sent = message(address="ädä@example.com")
        async with mail_server(inbox) as port, server.serve() as old_port:
            (taken,) = await send_all(adapter(port), sent)
            (refused,) = await send_all(adapter(old_port), sent)
        assert taken.outcome == "sent"
        assert inbox.envelopes[0].rcpt_tos == ["ädä@example.com"]
        assert (refused.outcome, refused.reason) == ("refused", "address_needs_smtputf8")

    asyncio.run(play())


def test_nobody_listening_is_try_again():
    async def play() -> None:
        async with mail_server(Inbox()) as port:
            pass
        (outcome,) = await send_all(adapter(port), message())
        assert (outcome.outcome, outcome.reason) == ("try_again", "connection_failed")

    asyncio.run(play())


@pytest.fixture(scope="module")
def authority():
    return trustme.CA()


# aiosmtpd knows encryption by STARTTLS only and warns when a login comes over implicit TLS.
@pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS")
@pytest.mark.parametrize("mode", ["starttls", "tls"])
@pytest.mark.parametrize("password", ["right-password", "wrong-password"])
def test_it_encrypts_and_logs_in(authority, tmp_path, mode, password):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(context)
    ca_file = tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(str(ca_file))

    async def play() -> MessageOutcome:
        inbox = Inbox()
        async with mail_server(inbox, tls=context, mode=mode, login="right-password") as port:
            smtp = adapter(
                port,
                {"MAIL_PASSWORD": password},
                tls=mode,
                username="regard",
                password_env="MAIL_PASSWORD",
                ca_file=str(ca_file),
            )
            outcomes = await send_all(smtp, message(), message(message_id="m2"))
            assert len(inbox.envelopes) == (2 if password == "right-password" else 0)
            return outcomes[0]

    outcome = asyncio.run(play())
    if password == "right-password":
        assert outcome.outcome == "sent"
    else:  # our account, not this message: it must not be lost for it
        assert (outcome.outcome, outcome.reason) == ("try_again", "login_refused")


def test_a_certificate_from_nobody_we_trust_hands_nothing_over(authority):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(context)

    async def play() -> None:
        inbox = Inbox()
        async with mail_server(inbox, tls=context, mode="starttls") as port:
            (outcome,) = await send_all(adapter(port, tls="starttls"), message())
        assert (outcome.outcome, outcome.reason) == ("try_again", "connection_failed")
        assert inbox.envelopes == []

    asyncio.run(play())


def test_a_cancelled_hand_over_does_not_poison_the_connection():
    async def play() -> None:
        server = ScriptedMail(content=[SILENCE])
        async with server.serve() as port:
            smtp = adapter(port, connections=1)
            sending = asyncio.create_task(smtp.send(message()))
            while not server.contents:
                await asyncio.sleep(0)
            sending.cancel()
            await asyncio.gather(sending, return_exceptions=True)
            outcome = await smtp.send(message(message_id="m2"))
            await smtp.close()
        assert (outcome.outcome, server.connection_count) == ("sent", 2)

    asyncio.run(play())


def test_a_connection_that_cannot_be_closed_still_frees_its_place():
    class Stuck(Session):
        def close(self) -> None:
            raise OSError("the transport is gone")

    async def lend_again() -> Session:
        settings = parse_settings(channel("smtp", host="localhost", tls="none", connections=1), {})
        pool = Pool(settings)
        await pool.take()
        with pytest.raises(OSError, match="gone"):
            pool.give_back(Stuck(settings))
        return await asyncio.wait_for(pool.take(), 1)

    assert not asyncio.run(lend_again()).is_open
