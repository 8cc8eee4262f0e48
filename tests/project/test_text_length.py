"""`regard check` warns of text messages that cost many parts, before anybody is sent one."""

from __future__ import annotations

import pytest

from regard.project import check_text

HOUSE = 'id = "airline"\nname = "Skylark Air"\n[channels.sms]\n[channels.email]\n'
ENGAGEMENT = "purpose: travel\nclass: service\nchannels: [sms]\n"


def warnings(**templates: str) -> list[str]:
    files = {
        "regard.toml": HOUSE,
        "consent.yaml": "purposes: {travel: {title: Travel, needs_consent: false}}\n",
        "engagements/hello/engagement.yaml": ENGAGEMENT,
        **{f"engagements/hello/{name.replace('_', '.')}": text for name, text in templates.items()},
    }
    found = check_text(files, {})
    assert not [problem for problem in found if not problem.is_warning]
    return [str(problem) for problem in found if "text message" in problem.message]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("a" * 459, ""),
        ("a" * 460, "some 4 segments, GSM-7"),
        ("{{ person.name }}" * 57, ""),
        ("{{ person.name }}" * 58, "some 4 segments, GSM-7"),
        ("{% if person.x %}a{% endif %}" * 100, ""),
        ("“" + "a" * 210, "'“' is outside the GSM alphabet"),
    ],
)
def test_a_long_text_is_told(text, told):
    found = warnings(core_txt=text)
    assert (told == "") == (found == [])
    assert all(told in one and "core.txt:1" in one for one in found)


def test_a_short_text_of_its_own_settles_it():
    assert warnings(core_txt="a" * 2_000, core_sms_txt="short") == []
