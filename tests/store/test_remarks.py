"""Remarks about the engagement model: what every store must answer."""

from __future__ import annotations

from datetime import datetime

from regard.core.event import ModelRemark
from regard.core.rows import RemarkRow
from regard.core.storage import Store
from tests.store.cast import moment, project, read, remark

FIRST = remark("channel:email", "Nobody reads it.")
SECOND = remark("disconnect:late:order", "It is worse.")
THIRD = remark("channel:email", "I do.")


def saved(store: Store, *remarks: tuple[int, datetime, ModelRemark]) -> None:
    project(store, remarks=remarks)


def test_remarks_are_read_newest_first_of_all_or_about_one_key(store: Store) -> None:
    saved(store, (3, moment(0), FIRST), (5, moment(1), SECOND), (9, moment(2), THIRD))
    with read(store) as reading:
        assert [row.offset for row in reading.remarks.latest()] == [9, 5, 3]
        assert [row.offset for row in reading.remarks.latest(limit=2)] == [9, 5]
        assert reading.remarks.latest("channel:email", 1) == [
            RemarkRow(offset=9, at=moment(2), remark=THIRD)
        ]
        assert reading.remarks.latest("channel:sms") == []


def test_a_remark_is_kept_once_and_forgotten_with_the_views(store: Store) -> None:
    saved(store, (3, moment(0), FIRST))
    saved(store, (3, moment(4), SECOND))
    with read(store) as reading:
        assert [row.remark for row in reading.remarks.latest()] == [FIRST]
    store.forget_views()
    with read(store) as reading:
        assert reading.remarks.latest() == []
