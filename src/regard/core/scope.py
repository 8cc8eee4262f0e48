"""What a compiled expression sees and gives: the scope of a decision, and the closure itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from regard.core.person import Person


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """What an expression may see: the person, the facts at hand, the event's name and channel."""

    person: Person
    facts: Mapping[str, Any]
    now: datetime
    event_name: str = ""
    channel: str = ""


class Expression(Protocol):
    """A typed SQL expression compiled to a closure; conditions return True or False.

    `text` is the source as written. Missing values are SQL NULL: a condition over them is False.
    """

    @property
    def text(self) -> str: ...

    def __call__(self, scope: Scope) -> Any: ...
