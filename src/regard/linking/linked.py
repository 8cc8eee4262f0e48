"""The door of the room: records in, linked pairs, bands, reasons and clusters out.

`link` reads whatever columns there are, finds the pairs worth comparing, scores them (learned from
labels where there are some, else by the mixture) and puts them in three bands: *link*, *review*,
*no*. Same records and same labels: same result.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence

import msgspec
import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from regard.core.errors import Refused
from regard.linking.blocking import candidates
from regard.linking.clustering import cluster
from regard.linking.columns import roles_of
from regard.linking.comparing import SAME, TYPO, Comparison, compare
from regard.linking.learning import LEARNABLE_MIN, Learned, learn
from regard.linking.mixture import Floats, Mixture, fit_mixture, kind_of, likelihoods, relatives_of
from regard.linking.reading import Columns, Table, read_table
from regard.linking.scoring import Part, Scorer, parts, score, taken

SEED = 7
LINK_PRECISION = 0.99
"""Share of the pairs of the link band that must be one person."""

REVIEW_FROM = 0.2
"""Probability from which a human is asked."""

SURE = float(np.log(LINK_PRECISION / (1 - LINK_PRECISION)))
SURELY_MANY = 500
"""Labelled pairs of one person below which a pair must be that probable by itself to be linked."""

CAUTION = 1.0
"""Log-odds that speak against one person where the alternative is a relative: confusing two of one
home hurts more than leaving a person in two halves."""

RANDOM_PAIRS = 200_000
MIXTURE_PAIRS = 200_000
RECORDS_MIN = 10
CANDIDATES_MAX = 60_000_000
"""Above it the pairs would not fit into memory: the columns are too poor to link by."""

NO, REVIEW, LINK = 0, 1, 2
BANDS = ("no", "review", "link")

Labels = str | Sequence[tuple[int, int, bool]] | None
Progress = Callable[[str, int, int], None]


class Linked(Struct, frozen=True, kw_only=True):
    """Compared pairs (`left` < `right`, record numbers) with probability and band.

    `clusters` gives each record the first record of its person, by the link band; `balanced` the
    probability at which precision and recall are expected to be best together. `told` says in
    sentences what was used and what was not. `model` is a hash of the scorer.
    """

    count: int
    left: NDArray[np.int32]
    right: NDArray[np.int32]
    odds: Floats
    bands: NDArray[np.int8]
    clusters: NDArray[np.int32]
    link_from: float
    balanced: float
    relatives: Floats
    scorer: Scorer
    comparisons: dict[str, Comparison]
    model: str
    told: tuple[str, ...]
    keys: NDArray[np.int64]
    never: tuple[tuple[int, int], ...]

    @property
    def probabilities(self) -> Floats:
        """The probability of being one person for each pair."""
        return probability_of(self.odds)

    def reasons(self, pair: int) -> list[Part]:
        """Return what made the score of one pair, the strongest first after the start."""
        return parts(self.scorer, self.comparisons, pair)

    def clusters_at(self, probability: float) -> NDArray[np.int32]:
        """Return the first record of each record's person when pairs link from `probability` on."""
        border = float(np.log(probability / (1 - probability)))
        weights = self.odds - border - CAUTION * self.relatives
        return cluster(self.count, self.left, self.right, weights, self.never, self.keys.tolist())


def probability_of(odds: Floats) -> Floats:
    """Return the probabilities of log-odds."""
    return np.asarray(1 / (1 + np.exp(-odds)))


def link(
    records: Columns | Sequence[Mapping[str, object]],
    *,
    columns: Mapping[str, str] | None = None,
    labels: Labels = None,
    never: Iterable[tuple[int, int]] = (),
    only_across: str = "",
    progress: Progress = lambda what, done, total: None,
) -> Linked:
    """Find which records are one person.

    `records` are mappings, or columns of equal length; `columns` maps headers to roles
    (`regard.linking.columns.ROLES`) where their names do not say it. `labels` is the column of a
    person key that some records carry, or pairs (record, record, are they one). `never` are pairs
    that may not be one. `only_across` names a column: records that agree in it are not compared
    (two clean lists). Raises `Refused` with what to do when there is too little to go by.
    """
    raw = _as_columns(records)
    roles = roles_of([h for h in raw if h not in (labels, only_across)], columns or {})
    roles = {h: role for h, role in roles.items() if role not in ("source", "ignore")}
    _check(raw, roles, labels, only_across)
    progress("reading", 0, 1)
    table = read_table(raw, roles)
    progress("reading", 1, 1)
    left, right = candidates(table, lambda done, total: progress("blocking", done, total))
    if only_across:
        sides = np.unique([str(v) for v in raw[only_across]], return_inverse=True)[1]
        kept = sides[left] != sides[right]
        left, right = left[kept], right[kept]
    if not len(left):
        raise Refused(
            "No two records share enough to be compared.",
            code="nothing_to_link",
            hint="Map more columns: " + ", ".join(sorted(set(raw) - set(roles))) + ".",
        )
    if len(left) > CANDIDATES_MAX:
        raise Refused(
            f"{len(left):,} pairs would have to be compared, more than {CANDIDATES_MAX:,}.",
            code="too_many_pairs",
            hint="Map more columns, or link a part of the records at a time.",
        )
    comparisons = compare(
        table, left, right, lambda done, total: progress("comparing", done, total)
    )
    keys, known = _labels_of(raw, labels, left, right)
    return _judge(table, left, right, comparisons, keys, known, tuple(never), roles, raw, progress)


def _as_columns(records: Columns | Sequence[Mapping[str, object]]) -> Columns:
    if isinstance(records, Mapping):
        return records
    headers: dict[str, None] = {}
    for record in records:
        headers.update(dict.fromkeys(record))
    return {header: [record.get(header) for record in records] for header in headers}


def _check(raw: Columns, roles: Mapping[str, str], labels: Labels, only_across: str) -> None:
    count = len(next(iter(raw.values()), ()))
    if count < RECORDS_MIN:
        raise Refused(
            f"{count} records are too few to link: {RECORDS_MIN} at least.", code="too_few_records"
        )
    uneven = sorted(header for header, values in raw.items() if len(values) != count)
    if uneven:
        raise Refused(f"Columns of other lengths than the first: {', '.join(uneven)}.")
    absent = [h for h in (labels, only_across) if isinstance(h, str) and h and h not in raw]
    if absent:
        raise Refused(f"No column {absent[0]!r}. There are: {', '.join(raw)}.")
    if not roles:
        raise Refused(
            f"No column is known by its name: {', '.join(raw)}.",
            code="no_usable_column",
            hint="Say what they are: columns={'header': 'surname', ...}.",
        )


def _labels_of(
    raw: Columns, labels: Labels, left: NDArray[np.int32], right: NDArray[np.int32]
) -> tuple[NDArray[np.int64], NDArray[np.int8]]:
    """Return each record's person number (-1 none) and each pair's label (-1 nobody knows)."""
    count = len(next(iter(raw.values())))
    keys = np.full(count, -1, dtype=np.int64)
    known = np.full(len(left), -1, dtype=np.int8)
    if isinstance(labels, str):
        numbers: dict[str, int] = {}
        texts = ["" if v is None or v != v else str(v).strip() for v in raw[labels]]
        keys[:] = [numbers.setdefault(t, len(numbers)) if t else -1 for t in texts]
        both = (keys[left] >= 0) & (keys[right] >= 0)
        known[both] = keys[left[both]] == keys[right[both]]
    elif labels:
        places = left.astype(np.int64) * count + right
        for one, two, is_one in labels:
            place = int(np.searchsorted(places, min(one, two) * count + max(one, two)))
            if place < len(places) and (left[place], right[place]) == (
                min(one, two),
                max(one, two),
            ):
                known[place] = is_one
    return keys, known


def _judge(
    table: Table,
    left: NDArray[np.int32],
    right: NDArray[np.int32],
    comparisons: dict[str, Comparison],
    keys: NDArray[np.int64],
    known: NDArray[np.int8],
    never: tuple[tuple[int, int], ...],
    roles: Mapping[str, str],
    raw: Columns,
    progress: Progress,
) -> Linked:
    random = np.random.default_rng(SEED)
    progress("learning", 0, 2)
    mixture = _mixture(table, comparisons, known, random)
    logs = likelihoods(mixture, comparisons)
    ones, twos = int((known == 1).sum()), int((known == 0).sum())
    if ones >= LEARNABLE_MIN:
        groups = np.where(keys[left] >= 0, keys[left], left)
        learned = learn(mixture, comparisons, logs, known, groups, random)
        scorer = learned.scorer
        odds = score(scorer, comparisons, logs)
        link_from = _learned_border(learned)
    else:
        scorer = Scorer(mixture=mixture)
        odds = score(scorer, comparisons, logs)
        link_from = _expected_border(odds)
    odds = np.where(known == 1, 30.0, np.where(known == 0, -30.0, odds))
    progress("learning", 1, 2)
    bands = np.where(
        odds >= link_from, LINK, np.where(probability_of(odds) >= REVIEW_FROM, REVIEW, NO)
    )
    if not scorer.is_learned:
        bands[(bands == LINK) & (known != 1) & ~_is_personal(comparisons)] = REVIEW
    for one, two in never:
        bands[(left == min(one, two)) & (right == max(one, two))] = NO
    weights = np.where(
        bands == LINK, np.maximum(odds - link_from, 1e-6), np.minimum(odds - link_from, -1e-6)
    )
    clusters = cluster(table.count, left, right, weights, never, keys.tolist())
    progress("learning", 2, 2)
    told = _told(roles, raw, ones, twos, scorer, len(left))
    return Linked(
        count=table.count, left=left, right=right, odds=odds, bands=bands.astype(np.int8),
        clusters=clusters, link_from=float(probability_of(np.array(link_from))),
        balanced=_balanced(odds), relatives=relatives_of(logs), scorer=scorer, comparisons=comparisons, model=_hash(scorer),
        told=told, keys=keys, never=never,
    )  # fmt: skip


def _mixture(
    table: Table,
    comparisons: dict[str, Comparison],
    known: NDArray[np.int8],
    random: np.random.Generator,
) -> Mixture:
    pairs = random.integers(0, table.count, (2, RANDOM_PAIRS)).astype(np.int32)
    pairs = pairs[:, pairs[0] != pairs[1]]
    strangers = compare(table, pairs[0], pairs[1], lambda done, total: None)
    rows = np.arange(len(known))
    if len(rows) > MIXTURE_PAIRS:
        rows = np.sort(random.choice(rows, MIXTURE_PAIRS, replace=False))
    return fit_mixture(
        taken(comparisons, rows),
        strangers,
        pair_count=table.count * (table.count - 1) / 2,
        weight=len(known) / len(rows),
        known={name: int((field.codes >= 0).sum()) for name, field in table.fields.items()},
        labels=known[rows],
    )


def _learned_border(learned: Learned) -> float:
    """Return the log-odds from which cross-validated pairs keep the precision of the link band."""
    order = np.argsort(-learned.odds, kind="stable")
    right = np.cumsum((learned.weights * learned.answers)[order])
    all_ = np.cumsum(learned.weights[order])
    share = right / (all_ + 1.0)
    doubt = np.sqrt(share * (1 - share) / np.arange(1, len(order) + 1))
    precise = share - 2 * doubt >= LINK_PRECISION
    border = float(learned.odds[order][np.flatnonzero(precise)[-1]]) if precise.any() else SURE
    return max(border, 1.0 if learned.ones >= SURELY_MANY else SURE)


def _expected_border(odds: Floats) -> float:
    """Return the log-odds from which pairs are, by their own word, right often enough."""
    ordered = np.sort(odds)[::-1]
    shares = np.cumsum(probability_of(ordered)) / np.arange(1, len(ordered) + 1)
    precise = np.flatnonzero(shares >= LINK_PRECISION)
    return max(float(ordered[precise[-1]]), 2.0) if len(precise) else SURE


def _is_personal(comparisons: dict[str, Comparison]) -> NDArray[np.bool_]:
    """Return which pairs agree in something that relatives do not share, beyond their names."""
    size = len(next(iter(comparisons.values())).levels)
    found = np.zeros(size, dtype=bool)
    for name, comparison in comparisons.items():
        if kind_of(name) in ("date_of_birth", "id"):
            found |= np.isin(comparison.levels, (SAME, TYPO))
    return found


def _balanced(odds: Floats) -> float:
    """Return the probability from which F1 is expected to be best, by the probabilities alone."""
    ordered = np.sort(probability_of(odds))[::-1]
    hits = np.cumsum(ordered)
    expected = 2 * hits / (np.arange(1, len(ordered) + 1) + hits[-1])
    return float(np.clip(ordered[int(np.argmax(expected))], 0.05, 0.95))


def _hash(scorer: Scorer) -> str:
    plain = msgspec.to_builtins(
        scorer, enc_hook=lambda value: [round(v, 9) for v in np.ravel(value).tolist()]
    )
    return hashlib.blake2b(
        msgspec.json.encode(plain, order="deterministic"), digest_size=8
    ).hexdigest()


def _told(
    roles: Mapping[str, str], raw: Columns, ones: int, twos: int, scorer: Scorer, pairs: int
) -> tuple[str, ...]:
    used = ", ".join(f"{header} ({role})" for header, role in roles.items())
    unused = ", ".join(header for header in raw if header not in roles)
    how = (
        f"Learned from {ones:,} pairs that are one person by their login and {twos:,} that are not."
        if scorer.is_learned
        else f"No labels to learn from ({ones:,} pairs of one person; {LEARNABLE_MIN} are needed):"
        " estimated without, and nothing links by name and address alone."
    )
    return (f"Compared: {used}.", f"Left out: {unused or 'nothing'}.", how, f"{pairs:,} pairs.")
