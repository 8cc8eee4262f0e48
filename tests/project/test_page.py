"""The reference page is true: its files make a project, and it names every key that is read."""

from __future__ import annotations

import re
from pathlib import Path

from regard.project.expressions import FUNCTIONS
from regard.project.liquid_filters import FILTERS
from tests.project.hotel import MAIL, found

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "project-folder.md").read_text(encoding="utf-8")
MODEL = (ROOT / "docs" / "model.md").read_text(encoding="utf-8")
HEADED = re.compile(
    r"^## (\S+\.(?:toml|yaml))\n```(?:toml|yaml)\n(.*?)^```", re.MULTILINE | re.DOTALL
)
READ = re.compile(
    r"\.(?:text|word|duration|number|whole|flag|choice|texts|words|references|table|tables"
    r"|named_tables|any)\(\s*\"(\w+)\""
)
OFFER = "purpose: offers\nclass: marketing\nchannels: [sms]\n"


def test_the_files_of_the_page_make_a_project() -> None:
    files = {path: text for path, text in HEADED.findall(PAGE) if not path.startswith("stories/")}
    assert len(files) >= 10
    files["engagements/check_in/core.email.mjml"] = MAIL
    files["engagements/check_in/variants/de.email.mjml"] = MAIL
    files["engagements/check_in/core.txt"] = "{{ facts.booking_number }}"
    files["engagements/check_in/variants/large_print/core.email.mjml"] = MAIL
    for name in ("welcome", "mileage_offer"):
        files[f"engagements/{name}/engagement.yaml"] = OFFER
        files[f"engagements/{name}/core.txt"] = "Hello"
    assert found(files) == []


def test_every_key_is_on_the_page() -> None:
    room = ROOT / "src" / "regard" / "project"
    keys = {key for path in room.glob("*.py") for key in READ.findall(path.read_text())}
    assert len(keys) > 50
    assert sorted(key for key in keys if not re.search(rf"\b{key}\b", PAGE + MODEL)) == []


def test_every_function_and_filter_is_on_the_page() -> None:
    assert [name for name in FUNCTIONS if f"`{name}(" not in PAGE and f" {name}(" not in PAGE] == []
    assert [name for name in FILTERS if f"| {name}" not in PAGE] == []
