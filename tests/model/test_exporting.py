"""The lived log in the standards of process mining, read back as other tools read it."""

from __future__ import annotations

import json
from datetime import datetime
from xml.etree import ElementTree as ET

from regard.model.exporting import as_ocel, as_xes
from regard.model.lived import measuring
from tests.model.test_lived import HOUR, MONDAY, touch

TOUCHES = [
    touch("ada", MONDAY, "web.desktop", "Order Completed", "order_number=1"),
    touch("ada", MONDAY + HOUR, "phone.call", "Call Received", "order_number=1"),
    touch("ada", MONDAY + 2 * HOUR, "web.desktop", "page"),
    touch("bruno", MONDAY, "store.pos", "Sale & <return>", "order_number=2"),
]


def test_ocel_names_every_object_and_event_type_that_it_uses() -> None:
    with measuring(TOUCHES) as measure:
        log = json.loads(as_ocel(measure))
    objects = {one["id"]: one["type"] for one in log["objects"]}
    assert objects == {
        "ada": "person",
        "bruno": "person",
        "order_number=1": "order_number",
        "order_number=2": "order_number",
    }
    types = {one["name"] for one in log["eventTypes"]}
    assert {event["type"] for event in log["events"]} == types
    for event in log["events"]:
        assert all(link["objectId"] in objects for link in event["relationships"])
        assert datetime.fromisoformat(event["time"]).tzinfo is not None
    assert len(log["events"]) == len(TOUCHES)


def test_xes_has_a_trace_for_each_matter_in_its_order() -> None:
    with measuring(TOUCHES) as measure:
        log = ET.fromstring(as_xes(measure))
    traces = {
        trace.find("string[@key='concept:name']").get("value"): [  # type: ignore[union-attr]
            event.find("string[@key='concept:name']").get("value")  # type: ignore[union-attr]
            for event in trace.findall("event")
        ]
        for trace in log.findall("trace")
    }
    assert traces == {
        "order_number=1": ["Order Completed", "Call Received"],
        "order_number=2": ["Sale & <return>"],
    }
