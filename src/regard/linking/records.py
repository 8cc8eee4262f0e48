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
from regard.linking.learning import Labelled
from regard.linking.reading import Columns, Table

RECORDS_MIN = 10
PROBLEMS_MAX = 20

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
        unused=tuple(header for header in raw if header not in (*roles, *named)),
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


def with_pairs(
    count: int, left: Rows, right: Rows, told: Sequence[tuple[int, int, bool]]
) -> tuple[Rows, Rows]:
    """Return pairs in order with those that somebody told us about, though they share no key."""
    if not told:
        return left, right
    _check_told(count, told)
    pairs = np.union1d(left.astype(np.int64) * count + right, _numbers(count, told))
    one, two = np.divmod(pairs, count)
    return one.astype(np.int32), two.astype(np.int32)


def _check_told(count: int, told: Sequence[tuple[int, int, bool]]) -> None:
    problems = [
        Problem(message=f"({one}, {two}) is no pair of two of {count} records", path="labels")
        for one, two, _ in told
        if not (0 <= one < count and 0 <= two < count and one != two)
    ]
    if problems:
        raise Refused("Labels name records that are not there.", code="bad_labels",
                      problems=problems[:PROBLEMS_MAX])  # fmt: skip


def _numbers(count: int, told: Sequence[tuple[int, int, bool]]) -> NDArray[np.int64]:
    return np.array([min(a, b) * count + max(a, b) for a, b, _ in told], dtype=np.int64)


def labels_of(
    question: Asked, told: Sequence[tuple[int, int, bool]], left: Rows, right: Rows
) -> NDArray[np.int8]:
    """Return what is known of each pair: 1 one person, 0 two, -1 nobody knows."""
    known = np.full(len(left), -1, dtype=np.int8)
    keys = question.keys
    both = (keys[left] >= 0) & (keys[right] >= 0)
    known[both] = keys[left[both]] == keys[right[both]]
    if told:
        pairs = left.astype(np.int64) * question.count + right
        places = np.searchsorted(pairs, _numbers(question.count, told))
        known[places] = [are_one for _, _, are_one in told]
    return known


TELLING = ("email", "phone", "date_of_birth", "line", "id")
"""What a record knows says which source it is from, and so how likely it carries a login."""

SOURCE_MIN = 20.0
"""Records of one kind from which on their own share of logins is believed."""

STANDS_FOR_MAX = 4.0


def labelled_of(
    table: Table, keys: NDArray[np.int64], labels: NDArray[np.int8], pairs: tuple[Rows, Rows]
) -> Labelled:
    """Return labels with what they stand for.

    Web shops log people in, telephones do not: pairs of a kind that rarely carries a login stand
    for more of their kind (inverse propensity, Horvitz and Thompson 1952).
    """
    left, right = pairs
    by_login = (keys[left] >= 0) & (keys[right] >= 0) & (labels >= 0)
    stands_for = np.ones(len(labels), dtype=np.float32)
    if by_login.any():
        scarce = _scarcity(table, keys >= 0)
        stands_for[by_login] = (scarce[left] * scarce[right])[by_login]
        ones = by_login & (labels == 1)
        if ones.any():
            stands_for[by_login] /= stands_for[ones].mean()
    return Labelled(
        labels=labels,
        groups=np.where(keys[left] >= 0, keys[left], left),
        by_login=by_login,
        stands_for=stands_for,
    )


def _scarcity(table: Table, has_key: NDArray[np.bool_]) -> NDArray[np.float32]:
    """Return how much rarer a login is among records that know what each record knows."""
    kind = np.zeros(table.count, dtype=np.int64)
    for place, name in enumerate(n for n in TELLING if n in table.fields):
        kind |= (table.fields[name].codes >= 0).astype(np.int64) << place
    share = has_key.mean()
    many = np.bincount(kind)
    logged = np.bincount(kind, weights=has_key)
    shares = (logged + SOURCE_MIN * share) / (many + SOURCE_MIN)
    scarce = np.clip(share / np.maximum(shares, 1e-9), 1 / STANDS_FOR_MAX, STANDS_FOR_MAX)
    return np.asarray(scarce[kind], dtype=np.float32)
