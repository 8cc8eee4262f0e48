"""The Segment dialect: one item of /v1/batch or one body of /v1/track to a `Call`.

RudderStack, Customer.io and Jitsu speak it too, with small accents (originalTimestamp,
context.externalId, a type in the path only). The other dialects are translated to it first.
Method: Segment's Spec and HTTP Tracking API. Wrong types raise `Refused`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, get_args

from regard.core.errors import Refused
from regard.intake.shapes import Call, CallType

TYPES: Mapping[Any, CallType] = {name: name for name in get_args(CallType)}
NAME_LENGTH_MAX = 200
"""An event's name is a name; longer ones are sentences or attacks, and each is an index key."""


def translate(item: Any, type_hint: CallType | Literal[""] = "") -> Call:
    """Return the `Call` of one Segment item; `type_hint` is the type that the path says.

    Raises `Refused`: ``wrong_type``, ``unknown_type``, ``no_event_name`` or ``name_too_long``.
    """
    if not isinstance(item, dict):
        raise wrong_type("The event", "an object", item)
    call_type = _type_of(item, type_hint)
    context = object_at(item, "context")
    traits = object_at(item, "traits")
    properties = object_at(item, "properties")
    known_traits = object_at(context, "traits")
    is_group = call_type == "group"
    if not is_group and traits:
        known_traits = known_traits | traits
    return Call(
        type=call_type,
        name=_name_of(item, call_type),
        message_id=_message_id_of(item),
        # A group's traits are the company's: its address must not become the person's.
        fields=_without_group_facts(item) if is_group else item,
        facts=_group_facts(item, properties) if is_group else _facts(item, call_type, properties),
        traits=known_traits,
        context=context,
        said_at=item.get("originalTimestamp") or item.get("timestamp"),
        sent_at=item.get("sentAt"),
        stated=_previous_id(item) if call_type == "alias" else (),
        hinted=_external_ids(context) if context else (),
        is_server=item.get("channel") == "server",
    )


def object_at(item: dict[str, Any], name: str) -> dict[str, Any]:
    """Return the object under `name` (missing and null are an empty one); else `Refused`."""
    value = item.get(name)
    if type(value) is dict:
        return value
    if value is None:
        return {}
    raise wrong_type(name, "an object", value)


def wrong_type(subject: str, expected: str, value: Any) -> Refused:
    """Return the error for a value of another JSON type than `expected`."""
    names = {dict: "an object", list: "a list", str: "a text", bool: "a boolean"}
    given = "null" if value is None else names.get(type(value), "a number")
    return Refused(f"{subject} must be {expected}, not {given}.", code="wrong_type")


def _type_of(item: dict[str, Any], type_hint: CallType | Literal[""]) -> CallType:
    value = type_hint or item.get("type")
    call_type = TYPES.get(value) if isinstance(value, str) else None
    if call_type is None:
        raise Refused(
            f"The type {str(value)[:64]!r} is unknown.",
            code="unknown_type",
            hint=f"Use one of {', '.join(TYPES)}.",
        )
    return call_type


def _name_of(item: dict[str, Any], call_type: str) -> str:
    if call_type != "track":
        return call_type
    name = item.get("event")
    if not isinstance(name, str) or not name.strip():
        raise Refused(
            "A track call needs the name of its event.",
            code="no_event_name",
            hint="Set the field event to a text.",
        )
    if len(name) > NAME_LENGTH_MAX:
        raise Refused(
            f"The event's name is longer than {NAME_LENGTH_MAX} characters.",
            code="name_too_long",
            hint="Put what varies into the properties.",
        )
    return name.strip()


def _message_id_of(item: dict[str, Any]) -> str:
    value = item.get("messageId")
    if isinstance(value, str):
        return value
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else ""


def _facts(item: dict[str, Any], call_type: str, properties: dict[str, Any]) -> dict[str, Any]:
    """Return the facts of a call; a page's name and category are facts of it."""
    if call_type not in ("page", "screen"):
        return properties
    own = {name: item[name] for name in ("name", "category") if isinstance(item.get(name), str)}
    return properties | own if own else properties


def _without_group_facts(item: dict[str, Any]) -> dict[str, Any]:
    return {name: item[name] for name in ("userId", "anonymousId", "context") if name in item}


def _group_facts(item: dict[str, Any], properties: dict[str, Any]) -> dict[str, Any]:
    group_id = item.get("groupId")
    own = {} if group_id is None else {"group_id": group_id}
    return properties | object_at(item, "traits") | own


def _previous_id(item: dict[str, Any]) -> tuple[tuple[str, Any], ...]:
    previous_id = item.get("previousId")
    return () if previous_id is None else (("anonymous_id", previous_id),)


def _external_ids(context: dict[str, Any]) -> tuple[tuple[str, Any], ...]:
    """Return (type, id) of Segment's ``externalIds`` and RudderStack's ``externalId`` lists."""
    listed = context.get("externalIds") or context.get("externalId")
    if not isinstance(listed, list):
        return ()
    return tuple(
        (entry["type"], entry.get("id"))
        for entry in listed
        if isinstance(entry, dict) and isinstance(entry.get("type"), str)
    )
