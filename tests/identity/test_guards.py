"""What one person may have, and one value may be seen with; what the presets of the field do."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
import pytest

from regard.core.errors import Refused
from regard.core.event import Event, Identifier
from regard.core.facts import IdentityShared
from regard.core.ports import Draft
from regard.intake import Arrival, Drafter
from regard.project import load_text
from tests.identity.house import HOUSE, KINDS, LINKING, START, Registry, event


def with_kind(old: str, new: str) -> Registry:
    """Return a house in whose rules one text is another."""
    assert old in KINDS
    return Registry(KINDS.replace(old, new))


def test_what_is_beyond_the_count_is_set_aside_and_told_and_the_person_served() -> None:
    registry = with_kind("normalise: email", "normalise: email, count_max: 2")
    registry.see(*(event(n, f"u:ada e:e{n}@x.at", f"E{n}") for n in range(4)))
    ada = registry.id("u:ada")
    assert [registry.id(f"e:e{n}@x.at") == ada for n in range(4)] == [True, True, False, False]
    assert registry.lives("u:ada") == ["E0", "E1", "E2", "E3"]
    told = registry.facts(IdentityShared)
    assert [(str(f.identifier), f.rule) for f in told] == [
        ("email:e2@x.at", "too_many"),
        ("email:e3@x.at", "too_many"),
    ]
    assert {row.review.kind for row in registry.reviews()} == {"limit"}
    with registry.store.reading() as reading:
        rows, _ = reading.people.identifiers(str(ada))
    assert {str(row.identifier): row.rule for row in rows if row.is_shared} == {
        "email:e2@x.at": "too_many",
        "email:e3@x.at": "too_many",
    }


def test_a_count_in_a_window_lets_a_long_life_have_many() -> None:
    registry = with_kind("normalise: email", "normalise: email, count_max: 2, within: 5 minutes")
    registry.see(*(event(10 * n, f"u:ada e:e{n}@x.at") for n in range(5)))
    assert len({registry.id(f"e:e{n}@x.at") for n in range(5)}) == 1
    registry.see(*(event(50 + n, f"u:ada e:f{n}@x.at") for n in range(3)))
    assert registry.id("e:f2@x.at") != registry.id("u:ada") == registry.id("e:f1@x.at")


def test_a_kiosk_of_guests_without_accounts_links_nobody() -> None:
    registry = Registry()
    registry.see(*(event(n, f"e:guest{n}@x.at d:kiosk", f"E{n}") for n in range(40)))
    assert len({registry.id(f"e:guest{n}@x.at") for n in range(40)}) == 40
    assert all(registry.lives(f"e:guest{n}@x.at") == [f"E{n}"] for n in range(40))
    registry.see(event(60, "d:kiosk", "Screensaver"))
    assert registry.lives("e:guest39@x.at") == ["E39", "Screensaver"], "whoever was there last"


def test_a_stronger_limit_makes_a_family_tablet_shared_sooner() -> None:
    registry = with_kind("normalise: email", "normalise: email, count_max: 1")
    registry.see(event(0, "e:amara@x.at d:tablet"), event(1, "e:chidi@x.at d:tablet"))
    assert registry.id("e:amara@x.at") != registry.id("e:chidi@x.at")


def test_two_loyalty_numbers_keep_their_person_and_set_the_younger_aside() -> None:
    registry = Registry()
    registry.see(event(0, "u:ada l:L1"), event(1, "u:ada l:L2"), event(2, "l:L2", "Till"))
    assert registry.id("l:L1") == registry.id("u:ada") != registry.id("l:L2")


@pytest.mark.parametrize(
    ("preset", "joined"),
    [
        ("link", {"new": True, "known": True, "contact": True}),
        ("convert_anonymous", {"new": True, "known": False, "contact": True}),
        ("isolate", {"new": False, "known": False, "contact": True}),
        ("best_match", {"new": True, "known": True, "contact": True}),
    ],
)
def test_presets_say_whose_the_anonymous_past_is(preset: str, joined: dict[str, bool]) -> None:
    """A visitor signs up; another one, who has an account, logs in; a third gives an address."""
    registry = Registry(more=f"\npreset: {preset}\n")
    registry.see(event(0, "a:one", "Past"), event(1, "u:ada a:one"))
    registry.see(event(2, "u:bruno"), event(3, "a:two", "Past"), event(4, "u:bruno a:two"))
    registry.see(event(5, "u:chen e:chen@x.at"))
    found = {
        "new": registry.id("u:ada") == registry.id("a:one"),
        "known": registry.id("u:bruno") == registry.id("a:two"),
        "contact": registry.id("u:chen") == registry.id("e:chen@x.at"),
    }
    assert found == joined
    assert registry.changed_by_rebuild() == []


@pytest.mark.parametrize(
    ("kinds", "preset", "is_one", "is_with_ada"),
    [
        (LINKING, "link", True, True),
        (KINDS, "link", False, False),
        (KINDS, "best_match", False, True),
    ],
)
def test_whose_a_phone_is_that_two_addresses_were_seen_with(
    kinds: str,
    preset: str,
    is_one: bool,
    is_with_ada: bool,
) -> None:
    registry = Registry(kinds, more=f"\npreset: {preset}\n")
    registry.see(event(0, "e:ada@x.at p:1"), event(1, "e:bruno@x.at p:1"))
    assert (registry.id("e:ada@x.at") == registry.id("e:bruno@x.at")) is is_one
    assert (registry.id("e:ada@x.at") == registry.id("p:1")) is is_with_ada


def test_a_device_joins_an_address_to_an_account_but_never_two_addresses() -> None:
    registry = Registry()
    registry.see(event(0, "e:ada@x.at a:laptop"), event(1, "u:ada a:laptop"))
    assert registry.id("e:ada@x.at") == registry.id("u:ada")
    registry.see(event(2, "e:bruno@x.at a:laptop"))
    assert len({registry.id(n) for n in ("e:ada@x.at", "e:bruno@x.at", "a:laptop")}) == 3
    registry.see(event(3, "u:ada e:ada@x.at"), event(4, "u:ada e:bruno@x.at"))
    assert len({registry.id(n) for n in ("e:ada@x.at", "e:bruno@x.at", "a:laptop")}) == 1


def test_a_kind_says_itself_what_links_it_whatever_the_preset() -> None:
    kinds = KINDS.replace("device: true, count_max: 100", "device: true, links: every")
    registry = Registry(kinds, more="\npreset: isolate\n")
    registry.see(event(0, "a:one"), event(1, "u:ada a:one"))
    assert registry.id("u:ada") == registry.id("a:one")


@pytest.mark.parametrize(
    ("more", "told"),
    [
        ("{exclusive: true, count_max: 2}", "a person has one value of an exclusive kind"),
        ("{exclusive: true, within: 3 days}", "a person has one value of an exclusive kind, ever"),
        ("{exclusive: true, links: never}", "an exclusive kind tells persons apart"),
        ("{links: sometimes}", "'sometimes' is not known here"),
        ("{validator: lunh}", "did you mean 'luhn'"),
        ("{pattern: '('}", "is not a regular expression"),
        ("{persons_max: 0}", "persons_max"),
        ("{within: soon}", "within"),
    ],
)
def test_rules_that_contradict_themselves_are_problems(more: str, told: str) -> None:
    kind = "{paths: [traits.card], " + more.removeprefix("{")
    with pytest.raises(Refused, match=told):
        load_text({"regard.toml": HOUSE, "identity.yaml": f"kinds:\n  card: {kind}\n"}, {})


@pytest.mark.parametrize(
    ("address", "is_known"),
    [
        ("none@none.com", False),
        ("Test@test.at", False),
        ("noreply@shop.example", False),
        ("do-not-reply@shop.example", False),
        ("test@shop.example", True),
        ("smith@smith.example", True),
        ("nobody.knows@shop.example", True),
    ],
)
def test_addresses_that_nobody_reads_are_nobody(address: str, is_known: bool) -> None:
    found = read("user_id", "ada", email=address)
    assert [i.kind for i in found] == ["user_id", "email"][: 1 + is_known]


@pytest.mark.parametrize(
    ("value", "is_known"),
    [
        ("{{userId}}", False),
        ("web-{{ user.id }}", False),
        ("${user_id}", False),
        ("%%user_id%%", False),
        ("%USER_ID%", False),
        ("*|UNIQID|*", False),
        ("{% user_id %}", False),
        ("<%= user.id %>", False),
        ("#{user_id}", False),
        ("{user_id}", False),
        ("{7f9c24e8-3b12-4fef-91e0-56a2d5a1b0c4}", True),
        ("auth0|5f7c8ec7c33c6c004bbafe82", True),
        ("100%", True),
    ],
)
def test_a_template_that_nobody_filled_in_is_nobody(value: str, is_known: bool) -> None:
    found = read("anonymous_id", "a1", user_id=value)
    assert [i.kind for i in found] == ["user_id", "anonymous_id"][1 - is_known :]


def read(kind: str, value: str, **more: str) -> Sequence[Identifier]:
    """Return the identifiers of an event that states these."""
    program = load_text({"regard.toml": HOUSE}, {})
    arrival = Arrival(
        source=next(iter(program.sources.values())), received_at=START, dialect="plain"
    )
    item = {"id": "1", "event": "Seen", kind: value, "identifiers": more}
    draft = Drafter(program).draft(msgspec.json.encode(item), arrival)
    assert isinstance(draft, Draft)
    assert isinstance(draft.body, Event)
    return draft.body.identifiers


def test_an_address_that_is_typed_with_every_phone_is_nobodys() -> None:
    registry = Registry()
    registry.see(*(event(n, f"e:shop@x.at p:{n}", f"E{n}") for n in range(12)))
    assert len({registry.id(f"p:{n}") for n in range(12)}) == 12
    assert {str(f.identifier): f.rule for f in registry.facts(IdentityShared)} == {
        "email:shop@x.at": "many_persons"
    }
    registry.see(event(20, "u:ada p:3"))
    assert registry.id("p:3") == registry.id("u:ada")
    assert registry.changed_by_rebuild() == []


def test_an_unknown_preset_is_a_problem() -> None:
    with pytest.raises(Refused, match="did you mean 'isolate'"):
        load_text({"regard.toml": HOUSE, "identity.yaml": "preset: isolated\n"}, {})


def folded_again(registry: Registry) -> frozenset[str]:
    """Return the persons who wait to be folded again from all that they ever did."""
    with registry.store.writing() as writing:
        return writing.states.pending().stale


def test_two_logins_of_one_order_cost_nobody_their_whole_history() -> None:
    registry = Registry()
    registry.see(event(1, "u:ada o:7", "Bought"), *(event(n, "u:ada") for n in range(2, 9)))
    registry.see(event(9, "u:bob o:7", "Joined"), is_stepped=False)
    assert [f.rule for f in registry.facts(IdentityShared)]
    assert not folded_again(registry)
    registry.see()
    assert registry.id("o:7") not in {registry.id("u:ada"), registry.id("u:bob")}
    assert registry.lives("u:ada")[0] == "Bought"
    assert registry.lives("u:bob") == ["Joined"]
    assert registry.changed_by_rebuild() == []


def test_what_was_told_of_an_order_alone_leaves_with_it() -> None:
    registry = Registry()
    registry.see(event(1, "u:ada o:7", "Bought"), event(2, "o:7", "Delivered"))
    ada = registry.id("u:ada")
    assert registry.lives("u:ada") == ["Bought", "Delivered"]
    registry.see(event(9, "u:bob o:7", "Joined"), is_stepped=False)
    assert ada in folded_again(registry)
    registry.see()
    assert registry.lives("u:ada") == ["Bought"]
    assert registry.lives("o:7") == ["Delivered"]
    assert registry.changed_by_rebuild() == []


def test_an_order_between_two_contacts_is_more_than_a_rim() -> None:
    registry = Registry()
    registry.see(event(1, "e:ada@x.at o:7", "Bought"), event(2, "p:1 o:7", "Called"))
    registry.see(event(3, "e:ada@x.at p:1", "Wrote"))
    assert registry.lives("e:ada@x.at") == ["Bought", "Called", "Wrote"]
    registry.see(event(4, "u:ada e:ada@x.at", "In"), event(5, "u:bob o:7"), is_stepped=False)
    assert registry.id("u:ada") in folded_again(registry), "since when two are one may be another"
    registry.see()
    assert registry.lives("u:ada") == ["Bought", "Called", "Wrote", "In"]
    assert registry.changed_by_rebuild() == []
