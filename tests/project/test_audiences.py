"""audiences/*.yaml: what is read, what is refused, and triggers that wait for a membership."""

from __future__ import annotations

import pytest

from regard.project import load_text
from tests.project.hotel import HOTEL, changed, found, warned

VIP = {"audiences/vip.yaml": "id: vip\ntitle: Our best\nmembers: traits.tier = 'gold'\n"}


def slips(members: str, **files: str) -> list[str]:
    """Return what is said of an audience `it` with this condition."""
    file = "audiences/it.yaml"
    given = {**HOTEL, **VIP, **files, file: f'id: it\nmembers: "{members}"\n'}
    assert all(problem.line == 2 for problem in found(given))
    return [problem.message for problem in found(given)]


def test_an_audience_knows_what_may_change_it() -> None:
    condition = (
        "count_events('Signed Up', '3 days') + count_events('Booking Confirmed') >= 2"
        " and traits.guest.tier = 'gold' and has_consent('offers', 'email')"
        " and in_audience('vip')"
    )
    file = {"audiences/it.yaml": f'id: it\nmembers: "{condition}"\n'}
    program = load_text({**HOTEL, **VIP, **file}, {})
    audience = program.audiences["it"]
    assert (audience.title, program.audiences["vip"].title) == ("it", "Our best")
    assert audience.events == {"Signed Up", "Booking Confirmed"}
    assert (audience.traits, audience.purposes, audience.asks) == ({"guest"}, {"offers"}, {"vip"})
    assert not audience.any_event
    index = program.audiences_by_event
    assert index.ranks["vip"] < index.ranks["it"]
    assert [a.id for a in index.askers["vip"]] == ["it"]
    assert index.at_birth == ()


def test_the_definition_is_that_of_the_meaning_and_not_of_the_spelling() -> None:
    def definition(members: str) -> str:
        file = {"audiences/it.yaml": f'id: it\nmembers: "{members}"\n'}
        return load_text({**HOTEL, **file}, {}).audiences["it"].definition

    assert definition("traits.a = 1") == definition("(traits.a)   =  1")
    assert definition("traits.a = 1") != definition("traits.a = 2")


@pytest.mark.parametrize(
    ("members", "told"),
    [
        ("count_events('Signed Up', '30 days') >= 40", "a count in a window ends at 32, so"),
        ("count_events('Signed Up', '30 days') > 31.5", "a count in a window ends at 32, so"),
        (
            "count_events('Signed Up', '9 days') + count_events('Signed Up', '1 day') + 2 >= 35",
            "a count in a window ends at 32, so",
        ),
        ("count_events('Signed Up', '9 days') > traits.limit", "a count in a window ends at 32:"),
        ("count_events('Signed Up', '9 days') * 2 >= 4", "a count in a window ends at 32:"),
        ("coalesce(count_events('Signed Up', '9 days'), 0) >= 40", "a count in a window ends"),
        (
            "last_event_at('Signed Up') + (now() - last_event_at('Signed Up')) * 2 > now()",
            "now() can only be moved by intervals",
        ),
        ("now() in (last_event_at('Signed Up'))", "nobody can tell when this changes"),
        ("facts.total > 1", "there are no facts here"),
        ("event.name = 'Signed Up'", "what holds of the event at hand is over"),
        ("in_audience('vips')", "there is no audience 'vips'"),
        ("in_audience('it')", "the audiences 'it' ask for each other in a circle"),
        ("count_events('Audience Left|it') = 0", "the audiences 'it' ask for each other"),
        ("5", "this is not a condition"),
    ],
)
def test_what_nobody_could_watch_is_refused_where_it_stands(members: str, told: str) -> None:
    (slip,) = slips(members)
    assert slip.startswith(told)


@pytest.mark.parametrize(
    "members",
    [
        "count_events('Signed Up', '30 days') >= 32",
        "count_events('Signed Up', '30 days') + 5 >= 37",
        "count_events('Signed Up') >= 4000",
        "count_events('Signed Up', '1 day') between 3 and 31",
        "now() - interval '2 days' > coalesce(last_event_at('Signed Up'), person.first_seen_at)",
        "not (last_event_at('Signed Up') is null) is true",
        "last_fact('Booking Confirmed', 'arrival_at') - now() < interval '1 day' * 2",
    ],
)
def test_what_can_be_watched_is_taken(members: str) -> None:
    assert slips(members) == []


def test_a_circle_over_two_is_told_once_with_both_names() -> None:
    other = {"audiences/other.yaml": "id: other\nmembers: in_audience('it')\n"}
    given = {**HOTEL, **other, "audiences/it.yaml": "id: it\nmembers: in_audience('other')\n"}
    (problem,) = found(given)
    assert "'it', 'other' ask for each other in a circle" in problem.message


def test_slips_of_the_file_itself_are_told() -> None:
    files = {
        "audiences/one.yaml": "id: vip\nmembers: traits.a = 1\nmember: 1\n",
        "audiences/two.yaml": "title: Nobody\n",
        "audiences/vip.yaml": "id: vip\nmembers: traits.a = 1\n",
    }
    told = {(p.file, p.message) for p in found({**HOTEL, **files})}
    assert ("audiences/one.yaml", "unknown key 'member'") in told
    assert ("audiences/two.yaml", "'id' is missing") in told
    assert ("audiences/two.yaml", "'members' is missing") in told
    assert ("audiences/vip.yaml", "'vip' is defined in audiences/one.yaml too") in told


def test_triggers_wait_for_what_regard_notes() -> None:
    files = changed("journeys/welcome.yaml", "start: {event: Signed Up}", "start: {audience: vip}")
    files |= VIP
    files["journeys/welcome.yaml"] += (
        "exit_when:\n"
        "  - {audience: vip, on: leave, when: \"facts.since < now() and facts.audience = 'vip'\"}\n"
        "  - {promise: reminder, on: broken}\n"
        "  - {promise: reminder}\n"
    )
    journey = load_text(files, {}).journeys["welcome"]
    assert journey.start.event == "Audience Entered|vip"
    assert [trigger.event for trigger in journey.exit_when] == [
        "Audience Left|vip",
        "Promise Broken|reminder",
        "Promise Missed|reminder",
    ]


@pytest.mark.parametrize(
    ("start", "told"),
    [
        ("{audience: vips}", "there is no audience 'vips'"),
        ("{audience: vip, on: arrive}", "'arrive' is not known here"),
        ("{audience: vip, event: Signed Up}", "waits for an event or for the audience"),
        ("{promise: remindr, on: missed}", "there is no promise 'remindr'"),
        ("{rhythm: monthly}", "there is no rhythm 'monthly'"),
        ("{audience: vip, when: facts.tier = 1}", "there is no fact 'tier'"),
    ],
)
def test_slips_in_such_triggers_are_told(start: str, told: str) -> None:
    files = changed("journeys/welcome.yaml", "{event: Signed Up}", start) | VIP
    assert any(told in problem.message for problem in found(files))


def test_other_expressions_may_ask_for_a_membership() -> None:
    old = "has_consent('offers')"
    files = changed("journeys/welcome.yaml", old, "in_audience('vip')") | VIP
    assert found(files) == []
    problems = found(changed("journeys/welcome.yaml", old, "in_audience('vip')"))
    assert "no audience is declared yet" in [problem.hint for problem in problems]


def test_what_regard_notes_is_an_event_that_needs_no_file() -> None:
    members = "count_events('Promise Missed|reminder', '30 days') >= 2"
    given = {**HOTEL, "audiences/it.yaml": f'id: it\nmembers: "{members}"\n'}
    assert [p for p in (*found(given), *warned(given)) if p.file.startswith("audiences/")] == []
