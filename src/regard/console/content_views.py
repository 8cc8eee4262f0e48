"""What the preview of a message says, as a record: the JSON twin is this."""

from __future__ import annotations

from datetime import datetime

from msgspec import Struct


class ContentView(Struct, frozen=True, kw_only=True):
    """What would a message say to one person, and why so?

    `engagements`, `channels`, `variants` and `languages` are what can be chosen (value, words);
    `asked` is what was, by name. `missing` are names that nothing fills for this person, `facts`
    where the facts come from in words, `segments` what a text message costs.
    `failure` says why there is no message.
    """

    now: datetime
    zone: str
    engagement: str
    title: str
    person_id: str
    label: str
    people: tuple[tuple[str, str], ...]
    engagements: tuple[tuple[str, str], ...]
    channels: tuple[tuple[str, str], ...]
    variants: tuple[tuple[str, str], ...]
    languages: tuple[tuple[str, str], ...]
    asked: dict[str, str]
    part: str
    query: str
    address: str = ""
    subject: str = ""
    text: str = ""
    has_html: bool = False
    headers: tuple[tuple[str, str], ...] = ()
    variant: str = ""
    language: str = ""
    direction: str = "ltr"
    chosen_by: str = ""
    facts: str = ""
    missing: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    character_count: int = 0
    segments: str = ""
    is_tracked: bool = False
    failure: str = ""
    hint: str = ""
