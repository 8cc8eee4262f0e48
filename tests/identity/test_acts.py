"""What people say about identifiers: link, never, split, and back again."""

from __future__ import annotations

import pytest

from regard.core.facts import EvidenceRefused, PersonsMerged, PersonSplit
from tests.identity.house import START, Registry, event, said


@pytest.fixture
def registry() -> Registry:
    return Registry()


def test_a_link_makes_two_one_and_its_undo_leaves_no_trace(registry: Registry) -> None:
    registry.see(event(0, "u:ada e:ada@x.at", "A"), event(1, "u:adele p:1", "B"))
    before = registry.views()
    link = said(2, "link", "u:ada", "u:adele", why="called in")
    registry.see(link)
    assert registry.id("u:ada") == registry.id("u:adele") == registry.id("p:1")
    assert registry.lives("u:adele") == ["A", "B"]
    assert registry.person("u:ada").seen["A"].count == 1
    assert [f.rule for f in registry.facts(PersonsMerged)] == ["human"]
    registry.see(said(3, "undo", "u:ada", "u:adele", undoes=link[1].act_id))
    assert registry.lives("u:ada") == ["A"]
    assert registry.lives("u:adele") == ["B"]
    assert len(registry.facts(PersonSplit)) == 1
    assert registry.views() == before
    assert registry.changed_by_rebuild() == []


def test_a_split_gives_each_their_own_and_the_stronger_keeps_the_id(registry: Registry) -> None:
    registry.see(event(0, "a:laptop", "Browsed"))
    registry.see(event(1, "u:ada e:bruno@x.at a:laptop", "Wrong"), event(2, "e:bruno@x.at", "B"))
    ada = registry.id("u:ada")
    assert ada == registry.id("e:bruno@x.at")
    split = said(3, "split", "e:bruno@x.at", "u:ada a:laptop", person_id=str(ada))
    registry.see(split)
    assert registry.id("u:ada") == registry.id("a:laptop") == ada
    assert registry.id("e:bruno@x.at") != ada
    assert registry.lives("u:ada") == ["Browsed", "Wrong"]
    assert registry.lives("e:bruno@x.at") == ["B"]
    assert registry.changed_by_rebuild() == []
    registry.see(said(4, "undo", "e:bruno@x.at", "u:ada a:laptop", undoes=split[1].act_id))
    assert registry.lives("u:ada") == ["Browsed", "Wrong", "B"]
    assert registry.id("e:bruno@x.at") == ada


def test_splitting_off_the_first_device_leaves_the_id_with_the_user(registry: Registry) -> None:
    registry.see(event(0, "a:kiosk", "Browsed"), event(1, "u:ada a:kiosk", "Login"))
    ada = registry.id("u:ada")
    registry.see(said(2, "split", "a:kiosk", "u:ada"))
    assert registry.id("u:ada") == ada
    assert registry.id("a:kiosk") not in (None, ada)
    assert registry.changed_by_rebuild() == []


def test_new_evidence_against_a_split_is_refused_and_told_once(registry: Registry) -> None:
    registry.see(event(0, "e:ada@x.at p:1"), event(1, "e:bruno@x.at p:2"))
    registry.see(said(2, "never", "e:ada@x.at p:1", "e:bruno@x.at p:2"))
    registry.see(event(3, "e:ada@x.at p:2", "Typo"))
    registry.see(event(4, "e:ada@x.at p:2", "Again"), event(5, "e:ada@x.at p:2", "And again"))
    assert registry.id("e:ada@x.at") != registry.id("p:2") == registry.id("e:bruno@x.at")
    refused = registry.facts(EvidenceRefused)
    assert [(str(f.left), str(f.right), f.rule) for f in refused] == [
        ("email:ada@x.at", "phone:2", "never"),
        ("email:ada@x.at", "phone:2", "never"),
    ] or [(str(f.right), str(f.left), f.rule) for f in refused] == [
        ("email:ada@x.at", "phone:2", "never"),
        ("email:ada@x.at", "phone:2", "never"),
    ]
    assert [row.review.kind for row in registry.reviews()] == ["refused"]
    assert registry.lives("e:ada@x.at") == ["Seen", "Typo", "Again", "And again"]


def test_a_human_makes_one_of_two_users_who_share_a_phone(registry: Registry) -> None:
    registry.see(event(0, "u:ada p:1", "A"), event(1, "u:adele p:1", "B"), event(2, "p:1", "Call"))
    assert registry.id("u:ada") != registry.id("u:adele") != registry.id("p:1")
    link = said(3, "link", "u:ada", "u:adele")
    registry.see(link)
    assert registry.id("u:ada") == registry.id("u:adele") == registry.id("p:1")
    assert registry.lives("u:ada") == ["A", "B", "Call"]
    registry.see(said(4, "undo", "u:ada", "u:adele", undoes=link[1].act_id))
    assert len({registry.id("u:ada"), registry.id("u:adele"), registry.id("p:1")}) == 3


def test_a_no_is_stronger_than_a_yes_until_it_is_undone(registry: Registry) -> None:
    registry.see(event(0, "e:ada@x.at"), event(0, "p:1"))
    never = said(1, "never", "e:ada@x.at", "p:1")
    registry.see(said(2, "link", "e:ada@x.at", "p:1"), never)
    assert registry.id("e:ada@x.at") != registry.id("p:1")
    registry.see(said(3, "undo", "e:ada@x.at", "p:1", undoes=never[1].act_id))
    assert registry.id("e:ada@x.at") == registry.id("p:1")


def test_a_linker_never_makes_two_users_one(registry: Registry) -> None:
    registry.see(event(0, "u:ada e:ada@x.at"), event(0, "u:bruno p:1"))
    registry.see(said(1, "link", "e:ada@x.at", "p:1", rule="splink", confidence=0.99))
    assert registry.id("u:ada") != registry.id("u:bruno")
    assert [f.rule for f in registry.facts(EvidenceRefused)] == ["two_persons"]


def test_whom_a_phone_belongs_to_can_be_said(registry: Registry) -> None:
    """A typo named Bruno with Ada's phone: said to be not his, it is hers again."""
    registry.see(
        event(0, "u:ada p:1", "A"), event(1, "u:bruno p:1", "Typo"), event(2, "p:1", "Call")
    )
    assert registry.id("p:1") != registry.id("u:ada")
    registry.see(said(3, "never", "p:1", "u:bruno"))
    assert registry.id("p:1") == registry.id("u:ada")
    assert registry.lives("u:ada") == ["A", "Call"]
    assert registry.lives("u:bruno") == ["Typo"]
    assert registry.changed_by_rebuild() == []


def test_a_proposal_asks_and_a_dismissal_answers(registry: Registry) -> None:
    registry.see(event(0, "e:ada@x.at"), event(0, "p:1"))
    before = registry.views()
    reasons = {"same surname": 3.1}
    registry.see(said(1, "propose", "e:ada@x.at", "p:1", confidence=0.8, reasons=reasons))
    [row] = registry.reviews("proposed")
    assert (row.review.confidence, row.review.reasons) == (0.8, reasons)
    assert [person for person, _ in row.persons] == [registry.id("e:ada@x.at"), registry.id("p:1")]
    dismissal = said(2, "dismiss", "e:ada@x.at", "p:1", answers=row.review.review_id)
    registry.see(dismissal)
    assert registry.reviews() == []
    assert registry.views() == before
    undo = said(3, "undo", "e:ada@x.at", undoes=dismissal[1].act_id, answers=row.review.review_id)
    registry.see(undo)
    assert len(registry.reviews()) == 1
    assert row.review.opened_at > START
