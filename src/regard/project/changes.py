"""What differs between two programs, definition by definition, as records and in words.

In: two compiled programs. Out: a `Change` for every definition that was added, removed or changed;
steps of a journey one by one, by their stable ids. Pure: no store, no clock. `regard plan` counts
the people that each change touches, publishing starts its rollouts by it. Secrets are never told.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import Field, fields, is_dataclass
from datetime import time, timedelta
from itertools import pairwise
from typing import Any, Literal

from msgspec import Struct

from regard.core.flows import Journey, Step
from regard.core.program import Program

Edit = Literal["added", "removed", "changed"]

TEXT_MAX = 160
"""Characters of a value in words; a longer one is cut, the folder has it whole."""

_SECRET = frozenset({"key"})
"""Fields of which only is told that they changed."""

_OWN = frozenset(
    {"id", "steps", "priority", "definition", "any_event", "traits", "purposes", "needs", "asks"}
    | {"unproven_kinds"}
)
"""Fields that are told apart, or follow from others."""

_INDEXES = ("_by_event", "_by_channel")

_WORDS = {
    "message_class": "class",
    "value_customer": "value.customer",
    "value_company": "value.company",
    "variants": "texts",
    "objective": "service_level.objective",
}
"""Fields that are called otherwise in the files of a folder."""

_CAP_WORDS = {"count": "at_most", "window": "within", "message_classes": "for"}

_UNITS_S = (("day", 86_400), ("hour", 3_600), ("minute", 60), ("second", 1))


class Detail(Struct, frozen=True, kw_only=True):
    """One value that differs: `name` as in the folder, old and new in words (empty: none)."""

    name: str
    old: str
    new: str

    def __str__(self) -> str:
        return f"{self.name} {self.old or 'none'} → {self.new or 'none'}"


class Change(Struct, frozen=True, kw_only=True):
    """One definition that is not the same in two programs.

    `subject` is the sort of definition (``journey``, ``step``, ``promise``, ``engagement``,
    ``audience``, ``cap`` …, ``policy``, ``company``, ``identity``), `id` its id. `journey` is set
    for journeys and their steps. `details` are empty unless it was changed. A journey that was
    added or removed is one change; of one that was changed every step is.
    """

    subject: str
    id: str
    edit: Edit
    journey: str = ""
    details: tuple[Detail, ...] = ()

    @property
    def name(self) -> str:
        """Return the id under which people know it: ``welcome/remind`` for a step."""
        return f"{self.journey}/{self.id}" if self.subject == "step" else self.id

    def __str__(self) -> str:
        told = "; ".join(str(detail) for detail in self.details)
        return f"{self.subject} {self.name} {self.edit}{': ' if told else ''}{told}"


def changes(old: Program, new: Program) -> tuple[Change, ...]:
    """Return every difference, in the order of `Program`'s fields and then of ids and steps.

    Equal programs give nothing; of the tracking plan only names and modes are compared (a schema
    is a compiled check). The journeys whose parked runs may feel it are ``{c.journey for c in … if
    c.journey}``.
    """
    return tuple(_changes(old, new))


def _changes(old: Program, new: Program) -> Iterator[Change]:
    for field in fields(Program):
        was, now = getattr(old, field.name), getattr(new, field.name)
        if field.name == "hash" or field.name.endswith(_INDEXES):
            continue
        if field.name == "caps":
            yield from _collection(
                "cap", {cap.id: cap for cap in was}, {cap.id: cap for cap in now}
            )
        elif isinstance(was, Mapping):
            yield from _collection(field.name.removesuffix("s"), was, now)
        elif is_dataclass(was):
            yield from _changed(field.name, field.name, was, now)
        elif was != now:
            detail = Detail(name="value", old=_text(was), new=_text(now))
            yield Change(subject="policy", id=field.name, edit="changed", details=(detail,))


def _collection(subject: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[Change]:
    for name in sorted({*old, *new}):
        journey = name if subject == "journey" else ""
        if name not in new:
            yield Change(subject=subject, id=name, edit="removed", journey=journey)
        elif name not in old:
            yield Change(subject=subject, id=name, edit="added", journey=journey)
        else:
            yield from _changed(subject, name, old[name], new[name])
            if journey:
                yield from _steps(old[name], new[name])


def _changed(subject: str, name: str, old: Any, new: Any) -> Iterator[Change]:
    details = _details(subject, old, new)
    if details:
        journey = name if subject == "journey" else ""
        yield Change(subject=subject, id=name, edit="changed", journey=journey, details=details)


def _steps(old: Journey, new: Journey) -> Iterator[Change]:
    """Compare steps by id: those of the new journey in its order, then those that are gone."""
    was = {step.id: step for step in old.steps}
    now = {step.id: step for step in new.steps}
    followed, follows = _following(old.steps, now), _following(new.steps, was)
    for step in new.steps:
        if step.id not in was:
            yield Change(subject="step", id=step.id, edit="added", journey=new.id)
            continue
        details = _details("step", was[step.id], step)
        ends = (followed[step.id], follows[step.id])
        if ends[0] != ends[1] and "exit" not in (step.kind, was[step.id].kind):
            details += (Detail(name="next", old=ends[0] or "the end", new=ends[1] or "the end"),)
        if details:
            yield Change(
                subject="step", id=step.id, edit="changed", journey=new.id, details=details
            )
    for step in old.steps:
        if step.id not in now:
            yield Change(subject="step", id=step.id, edit="removed", journey=new.id)


def _following(steps: Sequence[Step], others: Mapping[str, Step]) -> dict[str, str]:
    """Return the next step of each by order, looking only at steps that both journeys have."""
    shared = [step.id for step in steps if step.id in others]
    return dict(pairwise([*shared, ""]))


def _details(subject: str, old: Any, new: Any) -> tuple[Detail, ...]:
    found = (_detail(subject, field, old, new) for field in fields(old))
    return tuple(detail for detail in found if detail is not None)


def _detail(subject: str, field: Field[Any], old: Any, new: Any) -> Detail | None:
    name = field.name
    was, now = getattr(old, name), getattr(new, name)
    if name in _OWN or _is_compiled(was) or _is_compiled(now):
        return None
    if name == "variants":
        return _texts(was, now)
    if was == now:
        return None
    if name in _SECRET:
        return Detail(name=name, old="…", new="… (another)")
    return Detail(name=_word(subject, old, name), old=_text(was), new=_text(now))


def _texts(old: Sequence[Any], new: Sequence[Any]) -> Detail | None:
    """Tell which texts of an engagement differ, by channel and language."""
    was, now = ({_name(v): _parts(v) for v in some} for some in (old, new))
    keys = sorted(key for key in {*was, *now} if was.get(key) != now.get(key))
    if not keys:
        return None
    told = [", ".join(key for key in keys if key in some) for some in (was, now)]
    return Detail(name=_WORDS["variants"], old=told[0], new=f"{told[1]} (rewritten)")


def _name(variant: Any) -> str:
    """Return where a text stands: ``email/de``, that of a variant ``older/email/de``."""
    return "/".join(filter(None, (variant.id, variant.channel, variant.language)))


def _parts(variant: Any) -> list[Any]:
    if not is_dataclass(variant):
        return [variant]
    return [getattr(variant, f.name) for f in fields(variant) if f.name != "company"]


def _is_compiled(value: Any) -> bool:
    """Return whether a value is a bare function, which says nothing about what it was made of."""
    return callable(value) and not hasattr(value, "text")


def _word(subject: str, old: Any, name: str) -> str:
    if name == "wait_for":
        return "wait" if getattr(old, "kind", "") == "wait" else "within"
    if subject == "cap":
        return _CAP_WORDS.get(name, name)
    return _WORDS.get(name, name)


def _text(value: Any) -> str:
    told = _words(value)
    return told if len(told) <= TEXT_MAX else f"{told[: TEXT_MAX - 1]}…"


def _words(value: Any) -> str:
    """Return a value of a program in words."""
    tell = _TOLD.get(type(value))
    if tell is not None:
        return tell(value)
    if hasattr(value, "text"):
        return str(value.text)
    return _record(value) if is_dataclass(value) else str(value)


def _record(value: Any) -> str:
    told = [(field.name, _words(getattr(value, field.name))) for field in fields(value)]
    return " ".join(
        text if name in ("id", "event") else f"{name} {text}" for name, text in told if text
    )


def _list(values: Iterable[Any]) -> str:
    return ", ".join(_words(value) for value in values)


def _table(values: Mapping[str, Any]) -> str:
    return ", ".join(f"{key}: {_words(values[key])}" for key in sorted(values))


def _duration(value: timedelta) -> str:
    rest_s, told = value.total_seconds(), []
    for unit, seconds in _UNITS_S:
        count, rest_s = divmod(rest_s, seconds)
        if count:
            told.append(f"{count:.0f} {unit}{'s' if count != 1 else ''}")
    return " ".join(told) or "0 seconds"


_TOLD: Mapping[type, Callable[[Any], str]] = {
    type(None): lambda _: "",
    bool: lambda value: "yes" if value else "no",
    float: lambda value: f"{value:g}",
    time: lambda value: value.isoformat("minutes"),
    timedelta: _duration,
    dict: _table,
    tuple: _list,
    list: _list,
    frozenset: lambda values: _list(sorted(values, key=str)),
}
