"""The wrong-person scenarios: whose life is whose, told through what people see."""

from __future__ import annotations

from regard.core.facts import IdentityShared, PersonsMerged
from tests.identity.conftest import Registry, event


def test_anonymous_past_joins_the_known_person(registry: Registry) -> None:
    registry.see(event(0, "browse", anonymous_id="laptop"))
    registry.see(event(5, "login", user_id="ada", anonymous_id="laptop"))
    ada = registry.person("user_id", "ada")
    assert ada is not None
    assert registry.lives(ada) == ["browse", "login"]


def test_borrowed_laptop_starts_a_new_session_and_merges_nobody(registry: Registry) -> None:
    registry.see(event(0, "past", anonymous_id="laptop"))
    registry.see(event(1, "ada in", user_id="ada", anonymous_id="laptop"))
    registry.see(event(2, "ada reads", anonymous_id="laptop"))
    registry.see(event(3, "bruno in", user_id="bruno", anonymous_id="laptop"))
    registry.see(event(4, "bruno reads", anonymous_id="laptop"))
    registry.see(event(5, "ada back", user_id="ada", anonymous_id="laptop"))
    registry.see(event(6, "ada reads on", anonymous_id="laptop"))
    ada, bruno = registry.person("user_id", "ada"), registry.person("user_id", "bruno")
    assert ada
    assert bruno
    assert ada != bruno
    assert registry.lives(ada) == ["past", "ada in", "ada reads", "ada back", "ada reads on"]
    assert registry.lives(bruno) == ["bruno in", "bruno reads"]
    assert [f for f in registry.facts if isinstance(f, IdentityShared)]


def test_late_login_moves_what_happened_after_it(registry: Registry) -> None:
    registry.see(event(1, "ada in", user_id="ada", anonymous_id="laptop"))
    registry.see(event(9, "bruno in", user_id="bruno", anonymous_id="laptop"))
    registry.see(event(6, "somebody reads", anonymous_id="laptop"))
    ada, bruno = registry.person("user_id", "ada"), registry.person("user_id", "bruno")
    assert registry.lives(str(ada)) == ["ada in", "somebody reads"]
    registry.see(event(5, "bruno earlier", user_id="bruno", anonymous_id="laptop"))
    assert registry.lives(str(bruno)) == ["bruno in", "somebody reads", "bruno earlier"]
    assert registry.lives(str(ada)) == ["ada in"]


def test_family_phone_links_nobody(registry: Registry) -> None:
    for minute, name in enumerate(["amara", "chidi", "ngozi"]):
        registry.see(event(minute, name, user_id=name, phone="+436641112223"))
    persons = {registry.person("user_id", name) for name in ["amara", "chidi", "ngozi"]}
    assert len(persons) == 3
    shared = [f for f in registry.facts if isinstance(f, IdentityShared)]
    assert [str(f.identifier) for f in shared] == ["phone:+436641112223"]


def test_twins_with_one_mailbox_stay_two(registry: Registry) -> None:
    registry.see(event(0, "dalia", user_id="dalia", email="twins@example.com"))
    registry.see(event(1, "dario", user_id="dario", email="twins@example.com"))
    assert registry.person("user_id", "dalia") != registry.person("user_id", "dario")


def test_kiosk_collects_no_mega_person(registry: Registry) -> None:
    names = [f"guest-{number}" for number in range(60)]
    for minute, name in enumerate(names):
        registry.see(event(minute, name, user_id=name, device_id="kiosk"))
    persons = {registry.person("user_id", name) for name in names}
    assert len(persons) == 60
    assert all(registry.lives(str(registry.person("user_id", n))) == [n] for n in names)


def test_two_contacts_of_one_person_merge_with_evidence(registry: Registry) -> None:
    registry.see(event(0, "mail", email="ada@example.com"))
    registry.see(event(1, "call", phone="+436641234567"))
    registry.see(event(2, "both", email="ada@example.com", phone="+436641234567"))
    person = registry.person("email", "ada@example.com")
    assert person == registry.person("phone", "+436641234567")
    assert registry.lives(str(person)) == ["mail", "call", "both"]
    merge = next(f for f in registry.facts if isinstance(f, PersonsMerged))
    assert {str(merge.left), str(merge.right)} == {"email:ada@example.com", "phone:+436641234567"}


def test_chain_over_devices_never_joins_two_users(registry: Registry) -> None:
    registry.see(event(0, "1", email="home@example.com", anonymous_id="tablet"))
    registry.see(event(1, "2", user_id="ada", email="home@example.com"))
    registry.see(event(2, "3", user_id="bruno", anonymous_id="tablet"))
    assert registry.person("user_id", "ada") != registry.person("user_id", "bruno")
