"""What the pages that a message leads to say, in the reader's language.

In: ``catalogue.yaml`` beside this file, and the languages that a reader asks for. Out: the words of
the nearest language, and how it is written. Used by every page that a link of a message opens.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files

import yaml
from babel import Locale
from starlette.requests import Request

from regard.delivery.reader import closest, tag_of

ASKED_MAX = 8
"""Languages of one browser that are looked at."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """The words of one language by key; `direction` is ``ltr`` or ``rtl``."""

    language: str
    direction: str
    texts: Mapping[str, str]

    def say(self, key: str, **values: str) -> str:
        """Return a text with its `values` put in as they stand (templates escape)."""
        return self.texts[key].format(**values)


class Catalogue:
    """All languages of the pages; the first of the file stands in for those that are not there."""

    def __init__(self) -> None:
        text = files("regard.delivery").joinpath("catalogue.yaml").read_text("utf-8")
        self._words = {
            language: Words(
                language=language,
                direction=str(Locale.parse(language, sep="-").text_direction),
                texts=texts,
            )
            for language, texts in yaml.safe_load(text).items()
        }

    @property
    def languages(self) -> tuple[str, ...]:
        """Return the languages that there are."""
        return tuple(self._words)

    def of(self, wanted: Sequence[str]) -> Words:
        """Return the words of the first wanted language (BCP 47) that there are any of."""
        found, _ = closest(tuple(wanted), self.languages)
        return self._words[found or self.languages[0]]


def asked_of(request: Request, *others: str) -> tuple[str, ...]:
    """Return what a reader reads: `others` (of the message), then what their browser asks for."""
    header = request.headers.get("accept-language", "")[:1_000]
    ranked: list[tuple[float, str]] = []
    for part in header.split(",")[:ASKED_MAX]:
        name, _, weight = part.partition(";")
        ranked.append((_weight(weight), name.strip()))
    browser = [name for _, name in sorted(ranked, key=lambda one: -one[0])]
    return tuple(tag for name in (*others, *browser) if (tag := tag_of(name)))


def _weight(text: str) -> float:
    try:
        return float(text.strip().removeprefix("q=") or 1)
    except ValueError:
        return 0.0
