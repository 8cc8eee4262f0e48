"""Mail that comes in: by LMTP from a mail system, and out of a maildir, into a running house."""

from __future__ import annotations

import asyncio
import smtplib
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest

from regard.assembly.house import House, Plan
from regard.assembly.keys import Keys
from regard.channels.smtp.doors import LmtpDoor, MaildirDoor, Unread
from regard.channels.smtp.doors import unread as unread_module
from regard.core.clock import SystemClock
from regard.core.errors import Refused, Unavailable
from regard.core.event import Event, Identifier
from regard.core.ports import Message
from regard.core.rows import Rejected
from regard.core.settings import InboundMail
from regard.project import load_text
from regard.store import MemoryStore
from regard.testing import RecordingChannel
from tests.channels.test_letters import letter
from tests.channels.test_reports import complaint

FILES = {
    "regard.toml": """
id = "skylark"
name = "Skylark Air"
[channels.email]
from = "Skylark Air <hello@skylark.example>"
[inbound.mail]
lmtp = "127.0.0.1:0"
size_max_mb = 0.2
[sources.website]
key = "skylark-website"
""",
    "consent.yaml": "purposes: {offers: {title: Offers, needs_consent: true}}",
    "events/signed_up.yaml": "name: Signed Up",
    "journeys/hello.yaml": "id: hello\nstart: {event: Signed Up}\nsteps: [{id: say, offer: hello}]",
    "engagements/hello/engagement.yaml": "subject: Hello\npurpose: offers\nclass: marketing\n"
    "value: {customer: 5, company: 5}\nchannels: [email]",
    "engagements/hello/core.email.txt": "Hello.",
    "engagements/hello/core.email.mjml": "<mjml><mj-body><mj-section><mj-column>"
    "<mj-text>Hello.</mj-text></mj-column></mj-section></mj-body></mjml>",
}


class Sky:
    """A running house that has written to Ada, and its door for mail."""

    def __init__(self, house: House, email: RecordingChannel, store: MemoryStore) -> None:
        self.house, self.email, self.store = house, email, store
        [self.door] = house.mail_doors
        assert isinstance(self.door, LmtpDoor)

    @property
    def message(self) -> Message:
        return self.email.messages[-1]

    async def write(self, mail: bytes, sender: str = "ada@example.com", to: str = "hello@x") -> str:
        """Hand a mail over as a mail system does; return its answer."""
        return await asyncio.to_thread(handed_over, self.door.port, mail, sender, to)

    def answer(self, text: str, **headers: str) -> bytes:
        ours = f"<{self.message.message_id}@skylark.example>"
        return letter(text, **{"In_Reply_To": ours} | headers).as_bytes()

    def lives(self, kind: str, value: str) -> list[Event]:
        with self.store.reading() as reading:
            person_id = reading.people.find(Identifier(kind, value))
            found = reading.people.timeline(person_id) if person_id else ()
        return [e.body for e in reversed(found) if isinstance(e.body, Event)]

    def rejected(self) -> list[Rejected]:
        with self.store.reading() as reading:
            return list(reading.registers.sources("inbound.email")[1])


def handed_over(port: int, mail: bytes, sender: str, to: str) -> str:
    with smtplib.LMTP("127.0.0.1", port) as system:
        try:
            system.sendmail(sender, [to], mail)
        except (smtplib.SMTPDataError, smtplib.SMTPSenderRefused) as error:
            return str(error.smtp_code)
        except smtplib.SMTPRecipientsRefused as error:
            return str(error.recipients[to][0])
    return "250"


@asynccontextmanager
async def sky(tmp_path: Path) -> AsyncIterator[Sky]:
    store, email = MemoryStore(), RecordingChannel(clock=SystemClock())
    house = House(
        Plan(
            program=load_text(FILES, {}),
            store=store,
            clock=SystemClock(),
            keys=Keys(console_secret="s", api_token="t", signing_key="a key of sixteen bytes"),
            public_url="https://engage.example",
            make_adapter=lambda _channel, _program: email,
            unread=tmp_path / "unread",
        )
    )
    async with house.running():
        found = Sky(house, email, store)
        await greet(house, email)
        yield found


async def greet(house: House, email: RecordingChannel) -> None:
    """Let Ada agree and sign up, and wait until she was written to."""
    ada = {"user_id": "ada", "traits": {"email": "ada@example.com"}}
    agreed = {"purpose": "offers", "channel": "*"}
    items = [
        {"id": "1", "event": "Consent Granted", "properties": agreed, **ada},
        {"id": "2", "event": "Signed Up", **ada},
    ]
    transport = httpx.ASGITransport(app=house.app)
    async with httpx.AsyncClient(transport=transport, base_url="https://engage.example") as client:
        key = {"x-write-key": "skylark-website"}
        assert (await client.post("/v1/events", json={"events": items}, headers=key)).is_success
    while not email.messages:
        await asyncio.sleep(0)


def play(tmp_path: Path, scene: Callable[[Sky], object]) -> None:
    async def run() -> None:
        async with sky(tmp_path) as found:
            await scene(found)  # type: ignore[misc]

    asyncio.run(asyncio.wait_for(run(), timeout=20))


def test_an_answer_reaches_the_person_and_the_message_before_it_is_acknowledged(tmp_path):
    async def scene(sky: Sky) -> None:
        assert await sky.write(sky.answer("I am late.")) == "250"
        event = sky.lives("user_id", "ada")[-1]
        assert (event.name, event.facts["text"]) == ("Message Received", "I am late.")
        assert event.facts["message_id"] == sky.message.message_id
        assert event.facts["engagement"] == "hello"

    play(tmp_path, scene)


def test_the_same_mail_delivered_twice_is_one_touch(tmp_path):
    async def scene(sky: Sky) -> None:
        for _ in range(2):
            assert await sky.write(sky.answer("I am late.")) == "250"
        assert [e.name for e in sky.lives("user_id", "ada")].count("Message Received") == 1

    play(tmp_path, scene)


def test_a_stranger_becomes_a_person_by_their_address(tmp_path):
    async def scene(sky: Sky) -> None:
        mail = letter("Do you fly to Graz?", From="Chen Li <chen@example.com>", In_Reply_To="")
        assert await sky.write(mail.as_bytes()) == "250"
        [event] = sky.lives("email", "chen@example.com")
        assert (event.name, event.facts["text"]) == ("Message Received", "Do you fly to Graz?")

    play(tmp_path, scene)


def test_somebody_else_who_answers_our_message_is_not_taken_for_whom_it_was_for(tmp_path):
    async def scene(sky: Sky) -> None:
        await sky.write(sky.answer("Ada asked me to answer.", From="bruno@example.com"))
        [event] = sky.lives("email", "bruno@example.com")
        assert event.facts["message_id"] == sky.message.message_id
        assert "Message Received" not in [e.name for e in sky.lives("user_id", "ada")]

    play(tmp_path, scene)


@pytest.mark.parametrize("sender", ["ada@example.com", "ada@work.example"])
def test_stop_objects_to_the_purpose_of_the_message_whoever_passes_it_on(tmp_path, sender):
    async def scene(sky: Sky) -> None:
        await sky.write(sky.answer("STOP", From=sender))
        event = sky.lives("user_id", "ada")[-1]
        assert event.name == "Unsubscribed"
        assert (event.facts["purpose"], event.facts["channel"]) == ("offers", "email")

    play(tmp_path, scene)


def test_stop_out_of_the_blue_means_every_purpose(tmp_path):
    async def scene(sky: Sky) -> None:
        await sky.write(letter("Unsubscribe", In_Reply_To="").as_bytes())
        event = sky.lives("user_id", "ada")[-1]
        assert (event.name, event.facts["purpose"]) == ("Unsubscribed", "*")

    play(tmp_path, scene)


def test_a_complaint_is_an_objection_too(tmp_path):
    async def scene(sky: Sky) -> None:
        mail = complaint().replace(b"5f2c9a01bb3d7e44", sky.message.message_id.encode())
        assert await sky.write(mail, sender="") == "250"
        told = {e.name: e.facts for e in sky.lives("user_id", "ada")[-2:]}
        assert set(told) == {"Email Marked as Spam", "Unsubscribed"}
        assert told["Unsubscribed"]["purpose"] == "offers"

    play(tmp_path, scene)


def test_the_holiday_auto_reply_is_told_and_objects_to_nothing(tmp_path):
    async def scene(sky: Sky) -> None:
        before = sky.lives("user_id", "ada")
        await sky.write(sky.answer("STOP", Auto_Submitted="auto-replied"), sender="")
        *same, event = sky.lives("user_id", "ada")
        assert (same, event.name) == (before, "Automatic Reply Received")

    play(tmp_path, scene)


def test_a_machine_that_answers_nobody_makes_no_person(tmp_path):
    async def scene(sky: Sky) -> None:
        mail = letter("Win a yacht", From="news@shop.example", Precedence="bulk", In_Reply_To="")
        assert await sky.write(mail.as_bytes()) == "250"
        assert sky.lives("email", "news@shop.example") == []
        assert [one.code for one in sky.rejected()] == ["automatic"]

    play(tmp_path, scene)


def test_a_broken_mail_is_kept_whole_and_told(tmp_path):
    async def scene(sky: Sky) -> None:
        raw = b"Subject: from nobody\r\n\r\n" + b"x" * 50 + b"\r\n"
        for _ in range(2):
            assert await sky.write(raw) == "250"
        [file] = (tmp_path / "unread").iterdir()
        assert file.read_bytes() == raw
        assert file.name in sky.rejected()[0].message
        assert sky.rejected()[0].code == "no_sender"

    play(tmp_path, scene)


def test_what_is_too_large_is_refused_by_its_size(tmp_path):
    async def scene(sky: Sky) -> None:
        assert await sky.write(letter("word " * 100_000).as_bytes()) == "552"

    play(tmp_path, scene)


def test_what_cannot_be_taken_now_stays_with_the_mail_system():
    taker = Kept()
    door = LmtpDoor(replace_mail(), taker)
    mail = letter().as_bytes()

    async def scene() -> list[str]:
        await door.open()
        answers = []
        for taker.is_available in (False, True):
            answers.append(await asyncio.to_thread(handed_over, door.port, mail, "a@b", "c@d"))
        await door.close()
        return answers

    assert asyncio.run(scene()) == ["451", "250"]
    assert len(taker.taken) == 1


def test_of_many_recipients_each_gets_a_transaction_of_its_own(tmp_path):
    def two(port: int, mail: bytes) -> dict[str, tuple[int, bytes]]:
        with smtplib.LMTP("127.0.0.1", port) as system:
            return system.sendmail("ada@example.com", ["a@x", "b@x"], mail)

    async def scene(sky: Sky) -> None:
        refused = await asyncio.to_thread(two, sky.door.port, sky.answer("I am late."))
        assert {name: code for name, (code, _) in refused.items()} == {"b@x": 452}

    play(tmp_path, scene)


def test_a_taken_port_is_told_before_the_house_begins(tmp_path):
    async def scene(sky: Sky) -> None:
        settings = replace_mail(lmtp_port=sky.door.port)
        with pytest.raises(Refused, match="Cannot take mail"):
            await LmtpDoor(settings, Kept()).open()

    play(tmp_path, scene)


def replace_mail(**changes: object) -> InboundMail:
    given = {"lmtp_host": "127.0.0.1", "lmtp_port": 0, "maildir": "", "bytes_max": 10_000}
    return InboundMail(channel="email", **{**given, **changes})


class Kept:
    """A taker that keeps what it is given, and does as it is told."""

    def __init__(self) -> None:
        self.taken: list[bytes] = []
        self.told: list[str] = []
        self.is_available = True

    async def take(self, raw: bytes, sender: str | None, *, is_kept: bool = False) -> bool:
        if not self.is_available:
            raise Unavailable("not now")
        self.taken.append(raw)
        return not raw.startswith(b"broken")

    async def tell(self, code: str, message: str, item: str) -> None:
        self.told.append(code)


def test_a_maildir_is_read_once_in_order_and_nothing_is_lost(tmp_path):
    taker = Kept()
    door = MaildirDoor(replace_mail(maildir=str(tmp_path)), taker)

    async def scene() -> None:
        await door.open()
        await door.close()
        for name, raw in (("2.b", b"broken"), ("1.a", b"first"), ("3.c", b"x" * 10_001)):
            (tmp_path / "new" / name).write_bytes(raw)
        taker.is_available = False
        assert await door.look() == 0
        assert len(list((tmp_path / "new").iterdir())) == 3
        taker.is_available = True
        assert await door.look() == 3
        assert await door.look() == 0

    asyncio.run(scene())
    assert taker.taken == [b"first", b"broken"]
    assert taker.told == ["too_large"]
    assert sorted(path.name for path in (tmp_path / "cur").iterdir()) == [
        "1.a:2,S",
        "2.b:2,F",
        "3.c:2,F",
    ]


def test_a_maildir_that_cannot_be_is_told(tmp_path):
    (tmp_path / "file").write_text("")
    door = MaildirDoor(replace_mail(maildir=str(tmp_path / "file")), Kept())
    with pytest.raises(Refused, match="Cannot take mail out of"):
        asyncio.run(door.open())


def test_a_full_folder_of_unread_mails_is_not_now(tmp_path, monkeypatch):
    monkeypatch.setattr(unread_module, "FILES_MAX", 2)
    unread = Unread(tmp_path / "unread")
    paths = {unread.keep(raw) for raw in (b"a", b"b", b"a")}
    assert len(paths) == 2
    with pytest.raises(Unavailable, match="unread mails wait"):
        unread.keep(b"c")
