"""Dead letters: what breaks again and again steps aside, and comes back when it is mended."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from regard.core.errors import Refused
from regard.core.event import MessageOutcome
from regard.core.ports import Message
from regard.core.rows import Claimed, Mended, MessageRow, Replay
from regard.delivery.outcomes import CRASHES_MAX
from regard.steering.acts import Acts
from regard.steering.publishing import InForce
from regard.store import MemoryStore, SqliteStore
from tests.pains.house import (
    DAY,
    RECEIPT,
    SERVICE,
    Deed,
    House,
    Provider,
    company,
    engagement,
    newsletter,
)

BROKEN_TEXT = "{% for n in (1..100000) %}{{ n }}{% endfor %}"
PLAIN = "purpose: travel\nclass: service\nchannels: [email]"
ORDERS = {"promises/receipt.yaml": RECEIPT.replace("1 hour", "30 days")}


@pytest.fixture(params=["memory", "sqlite"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[MemoryStore | SqliteStore]:
    found = MemoryStore() if request.param == "memory" else SqliteStore(str(tmp_path / "r.db"))
    yield found
    found.close()


def acts_of(house: House) -> Acts:
    return Acts(house.ledger, InForce(house.program))


def replay(house: House, **wanted: object) -> list[Mended]:
    done = acts_of(house).replay(Replay(**wanted), house.clock.now(), "ada")
    house.settle()
    return done


def rows(house: House, state: str = "") -> list[MessageRow]:
    with house.store.reading() as reading:
        return [row for row, _ in reading.registers.messages(state=state)]


def raising_for(*names: str) -> Provider:
    addresses = {f"{name}@example.com" for name in names}

    def deed(message: Message) -> Deed:
        return "raises" if message.address in addresses else "sent"

    return Provider(deed)


def test_a_message_that_breaks_its_adapter_steps_aside_and_holds_up_nobody(store):
    house = House(company({**ORDERS, **SERVICE}), store=store, provider=raising_for("guest1"))
    house.crowd(4, "Order Placed")
    house.wait(DAY)
    [dead] = rows(house, "dead")
    assert (dead.reason, dead.crashes, dead.unknowns) == (
        "poisoned_adapter",
        CRASHES_MAX,
        CRASHES_MAX,
    )
    assert len(house.provider.asked) == 3 + CRASHES_MAX
    assert house.provider.copies() == {1: 3}
    told = house.outcomes("refused")[-1][1]
    assert "ConnectionResetError" in told.detail


def test_what_could_not_be_composed_is_replayed_once_it_is_mended(store):
    broken = {**ORDERS, **engagement("receipt", PLAIN, BROKEN_TEXT)}
    house = House(company(broken), store=store)
    house.crowd(3, "Order Placed")
    assert [row.reason for row in rows(house, "dead")] == ["template_failed"] * 3
    house.wait(DAY)
    assert len(rows(house, "dead")) == 3  # kept for ever
    house.program = company({**ORDERS, **SERVICE})
    mended = House(house.program, store=store, clock=house.clock, provider=house.provider)
    done = replay(mended, engagement="receipt")
    assert [one.is_done for one in done] == [True] * 3
    assert mended.provider.copies() == {1: 3}
    assert mended.messages() == {"sent": 3}
    assert {m.message_id for m in mended.provider.got} == {one.message_id for one in done}
    assert {row.attempt for row in rows(mended)} == {2}
    again = replay(mended, messages=(done[0].message_id,))
    assert again == [Mended(message_id=done[0].message_id, is_done=False, reason="not_dead")]


def test_a_replay_passes_the_gate_again():
    broken = {**newsletter(), **engagement("spring", _offer(), BROKEN_TEXT)}
    house = House(company(broken))
    house.readers(3)
    house.broadcast("spring")
    house.wait(DAY)
    assert house.messages() == {"dead": 3}
    house.event("Unsubscribed", "guest1", purpose="offers", channel="*")
    mended = house.next_process(program=company(newsletter()))
    replay(mended, engagement="spring")
    assert mended.messages() == {"sent": 2, "withdrawn": 1}
    assert [o.reason for _, o in mended.outcomes("withdrawn")] == ["objected"]


def _offer() -> str:
    return "purpose: offers\nclass: marketing\nvalue: {customer: 5, company: 5}\nchannels: [email]"


def test_what_may_have_arrived_is_not_replayed_by_a_slip(store):
    house = House(company({**ORDERS, **SERVICE}), store=store, provider=raising_for("guest0"))
    house.crowd(1, "Order Placed")
    house.wait(DAY)
    [dead] = rows(house, "dead")
    house.provider.deed = lambda _message: "sent"
    [done] = replay(house, messages=(dead.message_id,))
    assert (done.is_done, done.reason) == (False, "may_have_arrived")
    assert not house.provider.got
    with pytest.raises(Refused, match="needs words"):
        replay(house, messages=(dead.message_id,), is_forced=True)
    words = "the provider's log does not have it"
    [done] = replay(house, messages=(dead.message_id,), is_forced=True, words=words)
    assert done.is_done
    assert [m.message_id for m in house.provider.got] == [dead.message_id]
    assert any(o.detail == f"ada: {words}" for _, o in house.outcomes("try_again"))


def test_an_unknown_message_is_forced_or_told_by_its_receipt():
    files = {**ORDERS, **engagement("receipt", f"{PLAIN}\nif_unknown: ask")}
    house = House(company(files), provider=Provider(lambda _m: "lost"))
    house.crowd(2, "Order Placed")
    first, second = rows(house, "unknown")
    house.provider.deed = lambda _message: "sent"
    for row in (first, second):
        assert not replay(house, messages=(row.message_id,))[0].is_done
    replay(house, messages=(first.message_id,), is_forced=True, words="not in their log")
    facts = {"message_id": second.message_id, "address": second.address}
    house.take("mail", {"event": "Email Delivered", "user_id": "x", "properties": facts})
    assert house.messages() == {"sent": 1, "delivered": 1}


def test_a_receipt_proves_a_dead_letter_wrong():
    house = House(company({**ORDERS, **SERVICE}), provider=raising_for("guest0"))
    house.crowd(1, "Order Placed")
    house.wait(DAY)
    [dead] = rows(house, "dead")
    facts = {"message_id": dead.message_id, "address": dead.address}
    house.take("mail", {"event": "Email Delivered", "user_id": "guest0", "properties": facts})
    assert house.messages() == {"delivered": 1}


def test_a_dead_letter_is_discarded_with_words_and_stays_in_the_journal(store):
    house = House(company({**ORDERS, **engagement("receipt", PLAIN, BROKEN_TEXT)}), store=store)
    house.crowd(1, "Order Placed")
    [dead] = rows(house, "dead")
    wanted = Replay(messages=(dead.message_id,))
    with pytest.raises(Refused, match="needs words"):
        acts_of(house).discard(wanted, house.clock.now(), "ada")
    wanted = Replay(messages=(dead.message_id,), words="a test order")
    [done] = acts_of(house).discard(wanted, house.clock.now(), "ada")
    house.settle()
    assert done.is_done
    assert [row.reason for row in rows(house, "withdrawn")] == ["discarded"]


def test_nobody_is_replayed_who_is_not_there():
    house = House(company({**ORDERS, **SERVICE}))
    with pytest.raises(Refused, match="no message m_nobody"):
        replay(house, messages=("m_nobody",))
    with pytest.raises(Refused, match="No message is named"):
        replay(house)


def test_two_who_replay_at_once_send_once(store):
    house = House(company({**ORDERS, **engagement("receipt", PLAIN, BROKEN_TEXT)}), store=store)
    house.crowd(1, "Order Placed")
    [dead] = rows(house, "dead")
    mended = House(
        company({**ORDERS, **SERVICE}), store=store, clock=house.clock, provider=house.provider
    )
    wanted, now = Replay(messages=(dead.message_id,)), house.clock.now()
    for _ in range(2):
        acts_of(mended).replay(wanted, now, "ada")
    mended.settle()
    assert mended.provider.copies() == {1: 1}


def test_what_is_said_about_an_attempt_is_too_late_when_the_next_one_has_begun(store):
    house = House(company({**ORDERS, **SERVICE}), store=store, provider=Provider(lambda _m: "lost"))
    house.crowd(1, "Order Placed")
    house.provider.deed = lambda _message: "sent"
    house.wait(DAY)
    [row] = rows(house)
    assert (row.state, row.attempt) == ("sent", 2)
    late = MessageOutcome(
        message_id=row.message_id,
        channel="email",
        outcome="try_again",
        attempt=1,
        retry_at=house.clock.now(),
        is_answer=True,
    )
    claimed = Claimed(row=row, person=house.person("guest0"), token=0)
    house.ledger.answered([(claimed, late)], house.clock.now())
    house.settle()
    assert house.messages() == {"sent": 1}
    assert len(house.provider.got) == 2
