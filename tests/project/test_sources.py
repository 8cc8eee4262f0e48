"""What regard.toml says of sources: what they are trusted with, and how fast they may send."""

from __future__ import annotations

import pytest

from regard.project import load_text
from tests.project.hotel import HOTEL, found, warned

WEBSITE = '[sources.website]\nkey = "hotel-website"\nchannel = "web.desktop"\n'
MAIL = '[sources.mail]\nkey = "hotel-mail"\nmay = ["receipts"]\nlimit_per_s = 2.5\n'


def with_sources(text: str) -> dict[str, str]:
    return HOTEL | {"regard.toml": HOTEL["regard.toml"].replace(WEBSITE, text)}


def test_nobody_may_anything_unless_told() -> None:
    source = load_text(HOTEL, {}).sources["website"]
    assert (source.may, source.limit_per_s) == (frozenset(), 0)
    mail = load_text(with_sources(WEBSITE + MAIL), {}).sources["mail"]
    assert (mail.may, mail.limit_per_s) == (frozenset({"receipts"}), 2.5)


@pytest.mark.parametrize("channel", ["web.desktop", "app.phone"])
def test_a_permission_for_a_public_key_is_warned_of(channel: str) -> None:
    text = WEBSITE.replace("web.desktop", channel) + 'may = ["rights"]\n'
    [warning] = warned(with_sources(text))
    assert warning.path == "sources.website.may"
    assert "whoever reads this key" in warning.message
    assert found(with_sources(text)) == []


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (WEBSITE + 'may = ["receipt"]\n', "there is no permission 'receipt'"),
        (WEBSITE + "limit_per_s = -1\n", "-1 is not from 0"),
        (WEBSITE + MAIL.replace("mail]", "console]"), "'console' is Regard's own source"),
        (WEBSITE + MAIL.replace("mail]", "regard]"), "'regard' is Regard's own source"),
    ],
)
def test_a_slip_in_a_source_is_told(text: str, message: str) -> None:
    assert any(message in str(problem) for problem in found(with_sources(text)))
