"""The door of the room: records in, linked pairs, bands, reasons and clusters out.

`link` reads whatever columns there are, finds the pairs worth comparing, scores them (learned from
labels where there are some, else by the mixture) and puts them in three bands: *link*, *review*,
*no*. Same records and same labels: same result.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from types import MappingProxyType

import msgspec
import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from regard.core.errors import Refused
from regard.linking.bands import (
    LINK,
    NO,
    REVIEW,
    balanced_probability,
    bands_of,
    expected_border,
    is_personal,
    learned_border,
    probability_of,
)
from regard.linking.blocking import candidates
from regard.linking.clustering import cluster
from regard.linking.comparing import compare
from regard.linking.household import Neighbours, neighbours, place
from regard.linking.learning import LEARNABLE_MIN, Labelled, learn
from regard.linking.levels import Comparison, taken
from regard.linking.mixture import Floats, Mixture, fit_mixture, likelihoods, relatives_of
from regard.linking.reading import Columns, Table, read_table
from regard.linking.records import Asked, Labels, Rows, asked, labelled_of, labels_of, with_pairs
from regard.linking.scoring import Part, Scorer, parts, score

SEED = 7

CAUTION = 2.5
"""Log-odds that speak against one person where the alternative is a relative: confusing two of one
home hurts some ten times as much as leaving a person in two halves."""

RANDOM_PAIRS = 100_000
MIXTURE_PAIRS = 100_000
CANDIDATES_MAX = 60_000_000
"""Above it the pairs would not fit into memory: the columns are too poor to link by."""

KNOWN_ODDS = 30.0
"""Log-odds of what a label says."""

Progress = Callable[[str, int, int], None]
NOTHING: Mapping[str, str] = MappingProxyType({})


class Linked(Struct, frozen=True, kw_only=True):
    """Compared pairs (`left` < `right`, record numbers) with log-odds and band.

    `clusters` gives each record the first record of its person, by the link band. `link_from` and
    `balanced` are probabilities: where the link band begins, and where precision and recall are
    expected to be best together. `relatives`: how probable it is that a pair, if it is two, is
    two of one household. `told` says in sentences what was used and what was not; `model` is a
    hash of the scorer.
    """

    question: Asked
    left: Rows
    right: Rows
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
    never: tuple[tuple[int, int], ...]

    @property
    def probabilities(self) -> Floats:
        """The probability of being one person for each pair."""
        return probability_of(self.odds)

    def reasons(self, pair: int) -> list[Part]:
        """Return what made the score of one pair, the strongest first after the start."""
        return parts(self.scorer, self.comparisons, pair)

    def clusters_at(self, probability: float) -> NDArray[np.int32]:
        """Return the first record of each record's person when pairs link from `probability` on.

        Between relatives a little more is asked for (`CAUTION`).
        """
        border = float(np.log(probability / (1 - probability)))
        weights = self.odds - border - CAUTION * self.relatives
        keys = self.question.keys.tolist()
        return cluster(self.question.count, self.left, self.right, weights, (self.never, keys))


def _quiet(_what: str, _done: int, _total: int) -> None:
    """Show no progress."""


def link(
    records: Columns | Sequence[Mapping[str, object]],
    *,
    columns: Mapping[str, str] = NOTHING,
    labels: Labels = None,
    answers: Sequence[tuple[int, int, bool]] = (),
    never: Iterable[tuple[int, int]] = (),
    only_across: str = "",
    progress: Progress = _quiet,
) -> Linked:
    """Find which records are one person.

    `records` are mappings, or columns of equal length; `columns` maps headers to roles
    (`regard.linking.columns.ROLES`) where their names do not say it. `labels` is the column of a
    person key that some records carry, or pairs (record, record, are they one). `answers` are such
    pairs beside a column of keys: what humans said; they have the last word. `never` are pairs that
    may not be one. `only_across` names a column: records that agree in it are not compared
    (two clean lists). `progress` takes (what, done, total). Raises `Refused` with what to do when
    there is too little to go by.
    """
    question = asked(records, columns, labels, only_across)
    progress("reading", 0, 1)
    table = read_table(question.columns, question.roles)
    progress("reading", 1, 1)
    left, right = candidates(table, lambda done, total: progress("blocking", done, total))
    if only_across:
        left, right = _across(question.columns[only_across], left, right)
    told = [*answers, *(() if labels is None or isinstance(labels, str) else labels)]
    left, right = with_pairs(question.count, left, right, told)
    _check_pairs(question, len(left))
    comparisons = compare(
        table, left, right, lambda done, total: progress("comparing", done, total)
    )
    known_homes = neighbours(table, left, right, comparisons)
    place(table, left, right, comparisons, known_homes)
    known = labels_of(question, told, left, right)
    progress("learning", 0, 2)
    labelled = labelled_of(table, question.keys, known, (left, right))
    judged = _judge(table, comparisons, known_homes, labelled)
    progress("learning", 1, 2)
    found = _linked(
        question, judged, (left, right, known), comparisons, (_apart(never, told), len(told))
    )
    progress("learning", 2, 2)
    return found


def _apart(
    never: Iterable[tuple[int, int]], told: Sequence[tuple[int, int, bool]]
) -> tuple[tuple[int, int], ...]:
    """Return the pairs that may not be one: those of `never`, and what was answered so."""
    return (*never, *((one, two) for one, two, are_one in told if not are_one))


def _across(side: Sequence[object], left: Rows, right: Rows) -> tuple[Rows, Rows]:
    sides = np.unique([str(value) for value in side], return_inverse=True)[1]
    kept = sides[left] != sides[right]
    return left[kept], right[kept]


def _check_pairs(question: Asked, count: int) -> None:
    if not count:
        raise Refused(
            "No two records share enough to be compared.",
            code="nothing_to_link",
            hint=f"Map more columns; left out were: {', '.join(question.unused) or 'none'}.",
        )
    if count > CANDIDATES_MAX:
        raise Refused(
            f"{count:,} pairs would have to be compared, more than {CANDIDATES_MAX:,}.",
            code="too_many_pairs",
            hint="Map more columns, or link a part of the records at a time.",
        )


class _Judged(Struct, frozen=True, kw_only=True):
    scorer: Scorer
    odds: Floats
    relatives: Floats
    link_from: float


def _judge(
    table: Table,
    comparisons: dict[str, Comparison],
    homes: Neighbours,
    labelled: Labelled,
) -> _Judged:
    """Score all pairs: by what labels teach, or by the mixture alone."""
    random = np.random.default_rng(SEED)
    mixture = _mixture(table, comparisons, homes, labelled.labels, random)
    logs = likelihoods(mixture, comparisons)
    relatives = relatives_of(logs)
    if int((labelled.labels == 1).sum()) >= LEARNABLE_MIN:
        learned = learn(mixture, comparisons, logs, labelled, random)
        odds = score(learned.scorer, comparisons, logs)
        return _Judged(
            scorer=learned.scorer,
            odds=odds,
            relatives=relatives,
            link_from=learned_border(learned),
        )
    scorer = Scorer(mixture=mixture)
    odds = score(scorer, comparisons, logs)
    return _Judged(scorer=scorer, odds=odds, relatives=relatives, link_from=expected_border(odds))


def _mixture(
    table: Table,
    comparisons: dict[str, Comparison],
    homes: Neighbours,
    known: NDArray[np.int8],
    random: np.random.Generator,
) -> Mixture:
    size = min(RANDOM_PAIRS, 40 * table.count)
    pairs = random.integers(0, table.count, (2, size)).astype(np.int32)
    pairs = pairs[:, pairs[0] != pairs[1]]
    strangers = compare(table, pairs[0], pairs[1], lambda _done, _total: None)
    place(table, pairs[0], pairs[1], strangers, homes)
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


def _linked(
    question: Asked,
    judged: _Judged,
    pairs: tuple[Rows, Rows, NDArray[np.int8]],
    comparisons: dict[str, Comparison],
    apart: tuple[tuple[tuple[int, int], ...], int],
) -> Linked:
    left, right, known = pairs
    never, answered = apart
    told = np.where(known == 1, KNOWN_ODDS, -KNOWN_ODDS)
    odds = np.where(known >= 0, told, judged.odds)
    bands = bands_of(odds, judged.link_from)
    if not judged.scorer.is_learned:
        bands[(bands == LINK) & (known != 1) & ~is_personal(comparisons)] = REVIEW
    for one, two in never:
        bands[(left == min(one, two)) & (right == max(one, two))] = NO
    above = odds - judged.link_from
    weights = np.where(bands == LINK, np.maximum(above, 1e-6), np.minimum(above, -1e-6))
    keys = question.keys.tolist()
    return Linked(
        question=question,
        left=left,
        right=right,
        odds=odds,
        bands=bands,
        clusters=cluster(question.count, left, right, weights, (never, keys)),
        link_from=float(probability_of(np.array(judged.link_from))),
        balanced=balanced_probability(odds),
        relatives=judged.relatives,
        scorer=judged.scorer,
        comparisons=comparisons,
        model=_hash(judged.scorer),
        told=_told(question, known, judged.scorer, answered),
        never=never,
    )


def _hash(scorer: Scorer) -> str:
    plain = msgspec.to_builtins(
        scorer, enc_hook=lambda value: [round(v, 9) for v in np.ravel(value).tolist()]
    )
    data = msgspec.json.encode(plain, order="deterministic")
    return hashlib.blake2b(data, digest_size=8).hexdigest()


def _told(
    question: Asked, known: NDArray[np.int8], scorer: Scorer, answered: int
) -> tuple[str, ...]:
    used = ", ".join(f"{header} ({role})" for header, role in question.roles.items())
    ones, twos = int((known == 1).sum()), int((known == 0).sum())
    if scorer.is_learned:
        how = (
            f"Learned from {ones:,} pairs that are one person by their login or a human's word"
            f" and {twos:,} that are not."
        )
    else:
        how = (
            f"Without labels: {ones:,} pairs are one person by their login or a human's word,"
            f" {LEARNABLE_MIN} are needed to learn from. Nothing links by name and address alone."
        )
    unused = ", ".join(question.unused) or "nothing"
    return (
        f"{question.count:,} records, {len(known):,} pairs compared.",
        f"Compared: {used}.",
        f"Left out: {unused}.",
        how,
        *([f"Of these, {answered:,} pairs are a human's word."] if answered else []),
    )
