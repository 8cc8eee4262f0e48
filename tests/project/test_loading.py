"""A folder as a Program: what is compiled, and every way in which a definition is refused."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from regard.core.errors import Refused
from regard.core.program import Program
from regard.project import check, check_text, load, load_text, parse_yaml
from tests.project.hotel import HOTEL, changed, found, scope, warned

PROMISE, JOURNEY = "promises/reminder.yaml", "journeys/welcome.yaml"
ENGAGEMENT, EVENT = "engagements/reminder/engagement.yaml", "events/booking_confirmed.yaml"


@pytest.fixture(scope="module")
def hotel() -> Program:
    return load_text(HOTEL, {})


def written(folder: Path, files: dict[str, str]) -> Path:
    for path, text in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text, encoding="utf-8")
    return folder


def test_the_hotel_has_nothing_wrong() -> None:
    assert check_text(HOTEL, {}) == ()


def test_definitions_are_indexed_by_what_triggers_them(hotel: Program) -> None:
    roles = {name: [t.role for t in found] for name, found in hotel.promises_by_event.items()}
    assert roles == {"Booking Confirmed": ["made"], "Booking Cancelled": ["void"]}
    roles = {name: [t.role for t in found] for name, found in hotel.journeys_by_event.items()}
    assert roles == {
        "Signed Up": ["start"],
        "Booking Confirmed": ["await"],
        "Journey Called|welcome": ["start"],
    }


def test_a_promise_is_compiled_with_its_defaults(hotel: Program) -> None:
    promise = hotel.promises["reminder"]
    booked = scope(booking_number="SK1", arrival_at="2026-03-07T14:00:00Z")
    assert promise.made_by.when is not None
    assert promise.made_by.when(booked) is True
    assert promise.about(booked) == "SK1"
    assert promise.act_at(booked) == promise.due_at(booked)
    assert (promise.grace, promise.objective) == (timedelta(minutes=15), 0.999)
    assert [(r.engagement, r.department, r.wait) for r in promise.repairs] == [
        ("reminder", "", timedelta(0)), ("", "desk", timedelta(hours=1)),
    ]  # fmt: skip


def test_a_journey_is_compiled_step_by_step(hotel: Program) -> None:
    steps = hotel.journeys["welcome"].steps
    assert [s.kind for s in steps] == [
        "offer", "wait", "wait_until", "exit", "branch", "offer", "case", "exit",
    ]  # fmt: skip
    assert (steps[2].wait_for, steps[2].on_timeout) == (timedelta(days=14), "ask")
    assert [(arm[0].text, arm[1]) for arm in steps[4].arms] == [
        ("has_consent('offers')", "hello_again")
    ]


def test_the_tracking_plan_says_what_is_wrong_without_repeating_it(hotel: Program) -> None:
    violations = hotel.events["Booking Confirmed"].violations
    assert violations({"booking_number": "SK1", "total": 1}) == ()
    told = violations({"total": "ada@example.com", "arrival_at": "soon"})
    assert sorted(told) == [
        'properties.arrival_at: the value is not a "date-time"',
        'properties.total: the value is not of type "number"',
        'properties: "booking_number" is a required property',
    ]
    assert len(violations({str(i): 1 for i in range(50)})) == 1


def test_channels_know_how_they_reach_and_disturb(hotel: Program) -> None:
    told = {c.id: (c.reaches_by, c.disturbs) for c in hotel.channels.values()}
    assert told == {
        "email": ("email", False), "sms": ("phone", True), "push.web": ("push_token", True),
    }  # fmt: skip


@pytest.mark.parametrize(
    ("setting", "expected"),
    [("", {"visitor", "tablet"}), ('anonymous = "always"', {"user_id", "visitor", "tablet"})],
)
def test_push_knows_which_identifiers_name_nobody(setting: str, expected: set[str]) -> None:
    files = changed("regard.toml", '[channels."push.web"]', '[channels."push.web"]\n'
                    f'reaches_by = "push_subscription"\n{setting}')  # fmt: skip
    files["identity.yaml"] = (
        "kinds:\n  user_id: {paths: [userId]}\n  visitor: {paths: [anonymousId]}\n"
        "  tablet: {paths: [context.device.id], device: true}\n"
    )
    channels = load_text(files, {}).channels
    assert channels["push.web"].unproven_kinds >= expected
    assert ("user_id" in channels["push.web"].unproven_kinds) == ("user_id" in expected)
    assert channels["email"].unproven_kinds == frozenset()


def test_the_hash_is_over_every_file_that_is_read(hotel: Program) -> None:
    assert load_text({**HOTEL, "stories/a.yaml": "x", "README.md": "y"}, {}).hash == hotel.hash
    assert load_text(changed(PROMISE, "title: Call", "title:  Call"), {}).hash != hotel.hash
    assert load_text(dict(reversed(HOTEL.items())), {}).hash == hotel.hash


def test_a_folder_is_its_texts(tmp_path: Path, hotel: Program) -> None:
    folder = written(tmp_path, {**HOTEL, "notes.txt": "x", ".git/x.yaml": "a: ["})
    assert load(folder, {}).hash == hotel.hash
    assert check(folder, {}) == ()


def test_no_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Refused, match="no folder"):
        load(tmp_path / "nowhere", {})


def test_an_empty_folder_says_where_to_start(tmp_path: Path) -> None:
    (problem,) = check(tmp_path, {})
    assert (problem.file, problem.message) == ("regard.toml", "is missing")


def test_files_that_nobody_reads_are_warnings(tmp_path: Path) -> None:
    extra = {"promise/x.yaml": "a: 1", "events/more.yml": "a: 1", "stories/s.yaml": "a: ["}
    told = check(written(tmp_path, {**HOTEL, **extra}), {})
    assert [(p.file, p.is_warning) for p in told] == [
        ("events/more.yml", True),
        ("promise/x.yaml", True),
    ]
    assert told[0].hint == "name it events/more.yaml"


def test_a_link_out_of_the_folder_is_refused(tmp_path: Path) -> None:
    folder = written(tmp_path / "hotel", HOTEL)
    (tmp_path / "secret.yaml").write_text("name: Secret")
    (folder / "events" / "secret.yaml").symlink_to(tmp_path / "secret.yaml")
    assert "link out of the folder" in str(check(folder, {})[0])


def test_a_file_that_is_not_utf8_is_a_problem(tmp_path: Path) -> None:
    folder = written(tmp_path, HOTEL)
    (folder / "consent.yaml").write_bytes(b"purposes: {a: \xff}")
    told = [str(p) for p in check(folder, {}) if p.file == "consent.yaml"]
    assert told == ["consent.yaml:1: has a letter that is not UTF-8 (save it as UTF-8)"]


def test_what_all_build_upon_is_told_first() -> None:
    problems = found(changed("regard.toml", "[channels", "[chanels[") | {"consent.yaml": "a: b"})
    files = [p.file for p in problems]
    assert files[0] == "regard.toml"
    assert files.index("consent.yaml") < files.index(ENGAGEMENT)


def test_a_tab_is_told_with_what_to_write_instead() -> None:
    (problem,) = found(changed(PROMISE, "about:", "\tabout:"))
    assert problem.hint == "indent with spaces"


def test_all_problems_are_told_at_once() -> None:
    files = changed(PROMISE, "due_at: facts", "due: facts")
    files["consent.yaml"] = "purposes: [\n"
    files["events/signed_up.yaml"] = "nam: Signed Up\n"
    with pytest.raises(Refused) as caught:
        load_text(files, {})
    told = {p.file for p in caught.value.problems}
    assert {"consent.yaml", "events/signed_up.yaml", PROMISE} <= told
    assert "problems:\n  consent.yaml:2: " in str(caught.value)
    assert not any(p.is_warning for p in caught.value.problems)


@pytest.mark.parametrize(
    ("file", "old", "new", "path", "message"),
    [
        ("regard.toml", 'zone = "Europe/Vienna"', 'zone = "Vienna"', "zone", "not a time zone"),
        ("regard.toml", '"de"]', '"german"]', "languages.1", "not a language"),
        ("regard.toml", 'id = "hotel"', "", "", "'id' is missing"),
        ("regard.toml", 'name = "Har', 'nam = "Har', "nam", "unknown key 'nam'"),
        ("regard.toml", 'key = "hotel-website"', "", "sources.website", "has no key"),
        ("regard.toml", 'key = "hotel-website"', 'key = "a:b c"', "sources.website", "no colon"),
        (
            "regard.toml",
            'key = "hotel',
            'trust = "x"\nkey = "hotel',
            "sources.website.trust",
            "'x'",
        ),
        (
            "regard.toml",
            "[departments.desk]",
            '[departments.desk]\nopens = "8"',
            "departments.desk.opens",
            "time of day",
        ),
        (
            "regard.toml",
            "[departments.desk]",
            "[departments.desk]\nweekdays = [7]",
            "departments.desk.weekdays",
            "0 (Monday)",
        ),
        (
            "regard.toml",
            "[channels.sms]",
            '[channels.sms]\nadapter = "smpt"',
            "channels.sms.adapter",
            "'smpt'",
        ),
        (
            "regard.toml",
            '[channels."push.web"]',
            "[channels.push.web]",
            "channels.push.web",
            "a setting is",
        ),
        (
            "consent.yaml",
            "needs_consent: false",
            "needs_consent: maybe",
            "purposes.stay.needs_consent",
            "not true or false",
        ),
        ("policies.yaml", "from: 21:00", "from: 9pm", "quiet_hours.0.from", "time of day"),
        ("policies.yaml", "at_most: 3", "at_most: many", "caps.0.at_most", "not a number"),
        ("policies.yaml", "within: 7 days", "within: 7", "caps.0.within", "no unit"),
        (
            "policies.yaml",
            "for: [marketing]}]\ncaps",
            "for: [adverts]}]\ncaps",
            "quiet_hours.0.for.0",
            "message class",
        ),
        (
            EVENT,
            "type: number",
            "type: nmber",
            "properties.properties.total.type",
            "not a JSON Schema",
        ),
        ("events/signed_up.yaml", "Signed Up", "Booking Confirmed", "name", "described in"),
        (
            EVENT,
            "type: number",
            "$ref: 'http://127.0.0.1/x'",
            "properties",
            "Retrieval is disabled",
        ),
        (PROMISE, "id: reminder", "id: Check-in", "id", "not an id"),
        (PROMISE, "about: facts.booking_number\nd", "d", "", "'about' is missing"),
        (
            PROMISE,
            "about: facts.booking_number\nd",
            "about: facts.booking_nr\nd",
            "about",
            "no fact 'booking_nr'",
        ),
        (PROMISE, "interval '2 days'\n", "interval '2 month'\n", "due_at", "no fixed length"),
        (
            PROMISE,
            "due_at: facts.arrival_at - interval '2 days'",
            "due_at: facts.total",
            "due_at",
            "not a moment",
        ),
        (
            PROMISE,
            "engagement: reminder",
            "engagement: remindr",
            "engagement",
            "no engagement 'remindr'",
        ),
        (PROMISE, "engagement: reminder\n", "", "", "nothing can keep"),
        (
            PROMISE,
            "engagement: reminder",
            "kept_by: {receipt: sent}",
            "kept_by.receipt",
            "Regard sends nothing",
        ),
        (
            PROMISE,
            "engagement: r",
            "kept_by: {receipt: opened}\nengagement: r",
            "kept_by.receipt",
            "'opened'",
        ),
        (
            PROMISE,
            "department: desk",
            "department: dsk",
            "if_missed.1.case.department",
            "no department 'dsk'",
        ),
        (PROMISE, "offer: reminder", "offr: reminder", "if_missed.0", "an offer or a case"),
        (PROMISE, "engagement: r", "grace: soon\nengagement: r", "grace", "not a duration"),
        (
            PROMISE,
            "engagement: r",
            "service_level: {objective: 200}\nengagement: r",
            "service_level.objective",
            "0 to 100",
        ),
        (JOURNEY, "offer: welcome}", "offer: welcom}", "steps.0.offer", "no engagement 'welcom'"),
        (JOURNEY, "id: pause", "id: hello", "steps.1", "two steps 'hello'"),
        (JOURNEY, "on_timeout: ask", "on_timeout: aks", "steps.2.on_timeout", "no step 'aks'"),
        (JOURNEY, "goto: hello_again", "goto: hello_agian", "steps.4.branch.0.goto", "no step"),
        (JOURNEY, "otherwise: look", "otherwise: lok", "steps.4.otherwise", "no step 'lok'"),
        (
            JOURNEY,
            "on_timeout: ask",
            "on_timeout: done",
            "steps.4",
            "nothing leads to the step 'ask'",
        ),
        (
            JOURNEY,
            "title: Look}}",
            "title: Look}, goto: ask}",
            "steps.4",
            "go round without waiting",
        ),
        (JOURNEY, "wait: 3 days", "wait: 3 days, offer: welcome", "steps.1", "does wait and offer"),
        (JOURNEY, "wait: 3 days", "note: x", "steps.1", "does nothing"),
        (JOURNEY, "wait: 3 days", "wait: {untl: now()}", "steps.1.wait", "'until' is missing"),
        (JOURNEY, ", within: 14 days", "", "steps.2", "'within' is missing"),
        (
            JOURNEY,
            "has_consent('offers')",
            "has_consent('ofers')",
            "steps.4.branch.0.when",
            "no purpose",
        ),
        (
            JOURNEY,
            "happy, exit: true",
            "happy, exit: true, goto: done",
            "steps.3.goto",
            "after an exit",
        ),
        (JOURNEY, "start: {event: Signed Up}", "reentry: often", "reentry", "'often'"),
        (ENGAGEMENT, "id: reminder", "id: remind", "id", "name of the folder"),
        (ENGAGEMENT, "purpose: stay", "purpose: sty", "purpose", "no purpose 'sty'"),
        (ENGAGEMENT, "class: service\n", "", "", "'class' is missing"),
        (ENGAGEMENT, "class: service", "class: advert", "class", "'advert'"),
        (ENGAGEMENT, "sms]", "fax]", "channels.1", "no channel 'fax'"),
        (ENGAGEMENT, "subject:", "subjct:", "", "'subject' is missing"),
        (
            ENGAGEMENT,
            "useful_until",
            "useful_for: 1 day\nuseful_until",
            "useful_until",
            "exclude each other",
        ),
        (ENGAGEMENT, "facts.total > 0", "facts.total > 'a'", "eligibility", "a number with a text"),
        (ENGAGEMENT, "purpose: stay", "purpose: stay\npropensity: 2", "propensity", "0 to 1"),
    ],
)
def test_every_slip_has_its_place(file: str, old: str, new: str, path: str, message: str) -> None:
    problems = found(changed(file, old, new))
    hits = [p for p in problems if message in p.message]
    assert hits, problems
    assert (hits[0].file, hits[0].path) == (file, path)
    assert hits[0].line


@pytest.mark.parametrize(
    ("file", "old", "new", "told"),
    [
        (PROMISE, "about: facts.booking_number\nd", "d", "about: facts.booking_number"),
        (PROMISE, "about:", "abuot:", "write 'about' for 'abuot'"),
        (ENGAGEMENT, "class: service\n", "", "class: service, or marketing"),
    ],
)
def test_what_is_missing_is_told_with_the_line_it_misses_in_and_what_to_write(
    file: str, old: str, new: str, told: str
) -> None:
    missing = [p for p in found(changed(file, old, new)) if "is missing" in p.message]
    assert [(p.file, p.line, p.hint) for p in missing] == [(file, 2, told)]


def test_an_unknown_key_is_asked_about() -> None:
    (problem,) = found(changed(PROMISE, "engagement: r", "gracee: 1 day\nengagement: r"))
    assert (problem.line, problem.path, problem.hint) == (6, "gracee", "did you mean 'grace'?")


def test_an_engagement_without_a_template_for_any_channel_is_a_problem() -> None:
    files = changed(ENGAGEMENT, "[email, sms]", "[sms]")
    del files["engagements/reminder/core.txt"]
    assert found(files)[0].message == "there is no template for any of its channels"


def test_templates_without_an_engagement_are_a_problem() -> None:
    files = {**HOTEL, "engagements/lost/core.txt": "x"}
    assert found(files)[0].message == "the engagement has templates but no engagement.yaml"


def test_two_definitions_with_one_id_are_a_problem() -> None:
    files = {**HOTEL, "promises/twin.yaml": HOTEL[PROMISE]}
    (problem,) = found(files)
    assert (problem.file, problem.message) == (
        "promises/twin.yaml", "'reminder' is defined in promises/reminder.yaml too",
    )  # fmt: skip


def test_secrets_come_from_the_environment() -> None:
    files = changed("regard.toml", 'key = "hotel-website"', 'key_env = "KEY_WEBSITE"')
    (problem,) = found(files)
    assert problem.message == "the environment variable KEY_WEBSITE is not set"
    assert load_text(files, {"KEY_WEBSITE": "s3cret-key"}).sources["website"].key == "s3cret-key"
    smtp = '[channels.email]\nadapter = "smtp"\nhost = "mail"\npassword_env = "MAIL_PASSWORD"'
    files = changed("regard.toml", "[channels.email]", smtp)
    assert "MAIL_PASSWORD is not set" in found(files)[0].message
    settings = load_text(files, {"MAIL_PASSWORD": "x"}).channels["email"].settings
    assert settings["password_env"] == "MAIL_PASSWORD"
    assert "x" not in settings.values()


def test_two_sources_never_share_a_key() -> None:
    twin = '[sources.twin]\nkey = "hotel-website"\n[departments.desk]'
    (problem,) = found(changed("regard.toml", "[departments.desk]", twin))
    assert problem.message == "has the same key as the source 'website'"


def test_an_engagement_sees_what_everything_that_offers_it_has() -> None:
    files = changed(JOURNEY, "offer: welcome}", "offer: reminder}")
    files["events/signed_up.yaml"] = (
        "name: Signed Up\nproperties: {properties: {plan: {type: string}}}\n"
    )
    assert not found(files)
    files["engagements/reminder/core.txt"] = "{{ facts.plan }} {{ facts.total }} {{ facts.nope }}"
    assert [w.message for w in warned(files)] == ["no event that leads here has the fact 'nope'"]
    files = changed(ENGAGEMENT, "facts.total > 0", "facts.totl > 0")
    assert "no fact 'totl'" in found(files)[0].message


def test_an_event_that_no_file_describes_is_a_warning() -> None:
    files = changed(JOURNEY, "start: {event: Signed Up}", "start: {event: Signd Up}")
    (warning,) = warned(files)
    assert (warning.path, warning.hint) == ("start.event", "did you mean 'Signed Up'?")
    assert not found(files)


def test_identity_rules_have_defaults_that_a_file_replaces() -> None:
    rules = load_text(HOTEL, {}).identity
    assert [k.kind for k in rules.kinds][:3] == ["user_id", "loyalty_number", "email"]
    assert "anonymous" in rules.blocked_values
    text = "kinds: {email: {paths: [traits.email]}}\nblocked: [Desk@Hotel.example]\n"
    rules = load_text({**HOTEL, "identity.yaml": text}, {}).identity
    assert [(k.kind, k.priority, k.count_max) for k in rules.kinds] == [("email", 1, 10)]
    assert {"desk@hotel.example", "null"} <= rules.blocked_values


@pytest.mark.parametrize(
    ("text", "path", "message"),
    [
        ("kinds: {email: {paths: [mail]}}", "kinds.email.paths.0", "not a place in an event"),
        ("kinds: {email: {}}", "kinds.email", "has no paths"),
        ("kinds: {email: {paths: [userId], normalise: trim}}", "kinds.email.normalise", "'trim'"),
        ("phone_region: Austria", "phone_region", "not a region"),
        ("blocked_patterns: ['(']", "blocked_patterns.0", "not a regular expression"),
        ("[1]", "", "a list stands where"),
        ("", "", "nothing stands where"),
    ],
)
def test_identity_slips(text: str, path: str, message: str) -> None:
    (problem,) = found({**HOTEL, "identity.yaml": text})
    assert problem.path == path
    assert message in problem.message


def test_a_thousand_definitions_are_read_in_seconds_and_findings_are_bounded() -> None:
    files = {**HOTEL, **{f"events/e{i}.yaml": "nme: x\n" for i in range(1_200)}}
    told = found(files)
    assert len(told) == 1_001
    assert "more findings are not shown" in told[-1].message


def test_the_airline_of_the_examples_has_nothing_wrong() -> None:
    folder = Path(__file__).parents[2] / "examples" / "airline"
    assert [str(p) for p in check(folder, {}) if not p.is_warning] == []


def places(value: object) -> list[tuple[str | int, ...]]:
    """Return the path of everything inside a document."""
    pairs = list(value.items()) if isinstance(value, dict) else []
    pairs += list(enumerate(value)) if isinstance(value, list) else []
    return [path for key, inner in pairs for path in [(key,), *((key, *p) for p in places(inner))]]


def with_value(value: Any, path: tuple[str | int, ...], new: object) -> Any:
    """Return a document with one value replaced."""
    if not path:
        return new
    copy = dict(value) if isinstance(value, dict) else list(value)
    copy[path[0]] = with_value(value[path[0]], path[1:], new)
    return copy


DOCUMENTS = {f: parse_yaml(text)[0].data for f, text in HOTEL.items() if f.endswith(".yaml")}
PLACES = [(file, path) for file, data in DOCUMENTS.items() for path in places(data)]
ODD = [None, 5, -1.5, True, "", "x", "facts.total >", [], [5], [[]], {}, {"a": [1]}, "x" * 300]


@settings(max_examples=40, deadline=None)
@given(st.sampled_from(PLACES), st.sampled_from(ODD))
def test_no_odd_value_crashes_the_check(
    place: tuple[str, tuple[str | int, ...]], odd: object
) -> None:
    file, path = place
    text = json.dumps(with_value(DOCUMENTS[file], path, odd))  # JSON is YAML
    check_text({**HOTEL, file: text}, {})


@settings(max_examples=40, deadline=None)
@given(st.sampled_from(sorted(HOTEL)), st.data())
def test_no_slip_of_the_pen_crashes_the_check(file: str, data: st.DataObject) -> None:
    text = HOTEL[file]
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, min(start + 20, len(text))))
    new = data.draw(st.text(alphabet="ab{}[]:%'\"-\n\\<> ", max_size=8))
    check_text({**HOTEL, file: text[:start] + new + text[end:]}, {})
