"""Reads the settings of one channel and collects everything that is wrong with them.

In: `Channel.settings` as `regard.toml` gave it, and the environment that holds the secrets.
Refused, once and with every problem: unknown keys, wrong types, numbers out of range, secrets that
are named but not set. Each adapter's `settings.py` calls it.
"""

from __future__ import annotations

from collections.abc import Mapping
from email.utils import parseaddr
from typing import Any

from regard.core.errors import Problem, Refused
from regard.core.settings import Channel

HOUSE_KEYS = frozenset(
    (
        *("adapter", "from", "pace_per_s", "retry_first_s", "reaches_by", "disturbs"),
        *("list_unsubscribe", "title"),
    )
)
"""Keys that any channel may carry, whatever its adapter."""


class SettingsReader:
    """Reads keys one by one; `finish` raises what was found wrong, all at once."""

    def __init__(self, channel: Channel, environ: Mapping[str, str]) -> None:
        self._channel = channel
        self._values = channel.settings
        self._environ = environ
        self._known = set(HOUSE_KEYS)
        self._problems: list[Problem] = []

    def text(self, key: str, default: str | None = None) -> str:
        """Return a text; without `default` the key is required."""
        value = self._take(key)
        if value is None and default is not None:
            return default
        if isinstance(value, str) and value.strip():
            return value.strip()
        self.complain(key, "is required" if value is None else "must be a text")
        return ""

    def choice(self, key: str, default: str, allowed: tuple[str, ...]) -> str:
        """Return one of `allowed`."""
        value = self._take(key)
        if value is None:
            return default
        if value not in allowed:
            self.complain(key, f"is {value!r}", f"use one of {', '.join(allowed)}")
            return default
        return str(value)

    def number(self, key: str, default: float, low: float, high: float) -> float:
        """Return a number from `low` to `high`."""
        value = self._take(key)
        if value is None:
            return default
        if isinstance(value, bool) or not isinstance(value, int | float):
            self.complain(key, "must be a number")
            return default
        if not low <= value <= high:
            self.complain(key, f"is {value}", f"use {low:g} to {high:g}")
        return float(value)

    def whole(self, key: str, default: int, low: int, high: int) -> int:
        """Return a whole number from `low` to `high`."""
        value = self.number(key, default, low, high)
        if value != int(value):
            self.complain(key, "must be a whole number")
        return int(value)

    def flag(self, key: str, *, default: bool) -> bool:
        """Return true or false."""
        value = self._take(key)
        if value is None:
            return default
        if not isinstance(value, bool):
            self.complain(key, "must be true or false")
            return default
        return value

    def secret(self, key: str, *, is_required: bool = False) -> str:
        """Return the environment variable that `key` names; ``""`` when the key is absent."""
        name = self._take(key)
        if name is None:
            if is_required:
                self.complain(key, "is required", "name the variable that holds the secret")
            return ""
        if not isinstance(name, str) or not name:
            self.complain(key, "must name an environment variable")
            return ""
        value = self._environ.get(name, "")
        if not value:
            self.complain(key, f"names {name}, which is not set", f"set {name}")
        return value

    def sender(self) -> tuple[str, str]:
        """Return name and address of `from`, written ``Name <name@example.com>``."""
        value = self._take("from")
        name, address = parseaddr(value) if isinstance(value, str) else ("", "")
        local, at, domain = address.rpartition("@")
        if not (local and at and domain):
            self.complain("from", "must be an address", "Skylark Air <hello@skylark.example>")
        return name, address

    def complain(self, key: str, message: str, hint: str = "") -> None:
        """Note a problem with one key."""
        path = f"channels.{self._channel.id}.{key}"
        self._problems.append(Problem(path=path, message=message, hint=hint))

    def finish(self) -> None:
        """Raise `Refused` with every problem found, if there are any."""
        for key in sorted(set(self._values) - self._known):
            self.complain(key, f"is not a setting of {self._channel.adapter}")
        if self._problems:
            listed = "; ".join(str(problem) for problem in self._problems)
            raise Refused(
                f"Channel {self._channel.id} cannot be opened: {listed}",
                code="channel_settings",
                hint="Correct regard.toml; docs/channels.md lists every setting.",
                problems=self._problems,
            )

    def _take(self, key: str) -> Any:
        self._known.add(key)
        return self._values.get(key)
