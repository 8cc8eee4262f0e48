"""The records as they were asked about: columns, who carries which person key, what is labelled.

Records come as mappings or as columns of equal length. What is too little to go by is refused here,
with what to do about it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from regard.core.errors import Problem, Refused
from regard.linking.columns import roles_of
from regard.linking.reading import Columns

RECORDS_MIN = 10

Labels = str | Sequence[tuple[int, int, bool]] | None
Rows = NDArray[np.int32]


class Asked(Struct, frozen=True, kw_only=True):
    """`columns` by header with the `roles` of those that are compared; the rest is in `unused`.

    `keys` number the person key of each record, -1 where it has none.
    """

    columns: Columns
    roles: dict[str, str]
    unused: tuple[str, ...]
    count: int
    keys: NDArray[np.int64]


def asked(
    records: Columns | Sequence[Mapping[str, object]],
    columns: Mapping[str, str],
    labels: Labels,
    only_across: str,
) -> Asked:
    """Return what was asked; raise `Refused` when it is too little or does not fit together."""
    raw = _as_columns(records)
    named = [h for h in (labels, only_across) if isinstance(h, str) and h]
    count = len(next(iter(raw.values()), ()))
    _check_size(raw, count)
    absent = [h for h in named if h not in raw]
    if absent:
        raise Refused(f"No column {absent[0]!r}. There are: {', '.join(raw)}.", code="bad_columns")
    roles = roles_of([header for header in raw if header not in named], columns)
    roles = {header: role for header, role in roles.items() if role not in ("source", "ignore")}
    if not roles:
        raise Refused(
            f"No column is known by its name: {', '.join(raw)}.",
            code="no_usable_column",
            hint="Say what they are: columns={'header': 'surname', ...}.",
        )
    return Asked(
        columns=raw,
        roles=roles,
        unused=tuple(header for header in raw if header not in roles),
        count=count,
        keys=_keys(raw[labels]) if isinstance(labels, str) else np.full(count, -1, np.int64),
    )


def _as_columns(records: Columns | Sequence[Mapping[str, object]]) -> Columns:
    if isinstance(records, Mapping):
        return records
    headers: dict[str, None] = {}
    for record in records:
        headers.update(dict.fromkeys(record))
    return {header: [record.get(header) for record in records] for header in headers}


def _check_size(raw: Columns, count: int) -> None:
    if count < RECORDS_MIN:
        raise Refused(
            f"{count} records are too few to link.",
            code="too_few_records",
            hint=f"There must be {RECORDS_MIN} at least.",
        )
    uneven = [
        Problem(message=f"has {len(values)} values, the first column has {count}", path=header)
        for header, values in raw.items()
        if len(values) != count
    ]
    if uneven:
        raise Refused("The columns are of different lengths.", code="bad_columns", problems=uneven)


def _keys(values: Sequence[object]) -> NDArray[np.int64]:
    numbers: dict[str, int] = {}
    texts = ["" if value is None else str(value).strip() for value in values]
    missing = ("", "nan", "None")
    found = [-1 if t in missing else numbers.setdefault(t, len(numbers)) for t in texts]
    return np.array(found, dtype=np.int64)


def labels_of(question: Asked, labels: Labels, left: Rows, right: Rows) -> NDArray[np.int8]:
    """Return what is known of each pair: 1 one person, 0 two, -1 nobody knows."""
    known = np.full(len(left), -1, dtype=np.int8)
    if isinstance(labels, str):
        keys = question.keys
        both = (keys[left] >= 0) & (keys[right] >= 0)
        known[both] = keys[left[both]] == keys[right[both]]
    elif labels:
        given = [(min(a, b) * question.count + max(a, b), is_one) for a, b, is_one in labels]
        pairs = left.astype(np.int64) * question.count + right
        places = np.searchsorted(pairs, [pair for pair, _ in given])
        for place, (pair, is_one) in zip(places.tolist(), given, strict=True):
            if place < len(pairs) and pairs[place] == pair:
                known[place] = is_one
    return known
