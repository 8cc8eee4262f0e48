"""What was lived, for other tools: OCEL 2.0 (JSON) and XES, the two standards of process mining.

A measure in, bytes out. In OCEL each touch is an event with two objects, the person and the
matter; in XES (IEEE 1849) each matter of a person is a trace. Persons go by their ids.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from typing import Any
from xml.etree import ElementTree as ET

import msgspec

from regard.core.clock import from_us
from regard.model.lived import Measure

Row = tuple[str, str, int, str, str, str]

_EXTENSIONS = (
    ("Concept", "concept", "http://www.xes-standard.org/concept.xesext"),
    ("Time", "time", "http://www.xes-standard.org/time.xesext"),
    ("Organizational", "org", "http://www.xes-standard.org/org.xesext"),
)


def as_ocel(measure: Measure) -> bytes:
    """Return the log as OCEL 2.0 in JSON (ocel-standard.org, version 2.0, 2023)."""
    rows: list[Row] = measure.rows("log")
    people = sorted({row[0] for row in rows})
    matters = sorted({row[1] for row in rows if row[1]})
    kinds = sorted({_kind(matter) for matter in matters})
    attributes = [{"name": name, "type": "string"} for name in ("channel", "direction")]
    document = {
        "objectTypes": [{"name": name, "attributes": []} for name in ("person", *kinds)],
        "eventTypes": [
            {"name": name, "attributes": attributes} for name in sorted({row[5] for row in rows})
        ],
        "objects": [
            *({"id": person, "type": "person"} for person in people),
            *({"id": matter, "type": _kind(matter)} for matter in matters),
        ],
        "events": [_ocel_event(number, row) for number, row in enumerate(rows, 1)],
    }
    return msgspec.json.encode(document)


def _ocel_event(number: int, row: Row) -> dict[str, Any]:
    person, matter, at_us, channel, direction, activity = row
    about = [{"objectId": person, "qualifier": "who"}]
    if matter:
        about.append({"objectId": matter, "qualifier": "about"})
    return {
        "id": f"e{number}",
        "type": activity,
        "time": _moment(at_us),
        "attributes": [
            {"name": "channel", "value": channel},
            {"name": "direction", "value": direction},
        ],
        "relationships": about,
    }


def as_xes(measure: Measure) -> bytes:
    """Return the log as XES; touches that are about nothing belong to no trace."""
    log = ET.Element("log", {"xes.version": "1849.2016", "xes.features": ""})
    for name, prefix, uri in _EXTENSIONS:
        ET.SubElement(log, "extension", name=name, prefix=prefix, uri=uri)
    ET.SubElement(log, "classifier", name="Activity", keys="concept:name")
    for (matter, person), rows in _traces(measure):
        trace = ET.SubElement(log, "trace")
        _string(trace, "concept:name", matter)
        _string(trace, "person", person)
        for _, _, at_us, channel, direction, activity in rows:
            event = ET.SubElement(trace, "event")
            _string(event, "concept:name", activity)
            ET.SubElement(event, "date", key="time:timestamp", value=_moment(at_us))
            _string(event, "org:resource", channel or "regard")
            _string(event, "direction", direction)
    return bytes(ET.tostring(log, encoding="utf-8", xml_declaration=True))


def _traces(measure: Measure) -> Iterator[tuple[tuple[str, str], Iterator[Row]]]:
    rows: list[Row] = measure.rows("log")
    return groupby((row for row in rows if row[1]), key=lambda row: (row[1], row[0]))


def _string(parent: ET.Element, key: str, value: str) -> None:
    ET.SubElement(parent, "string", key=key, value=value)


def _kind(matter: str) -> str:
    return matter.partition("=")[0]


def _moment(at_us: int) -> str:
    return from_us(at_us).isoformat().replace("+00:00", "Z")
