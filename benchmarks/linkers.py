"""The rivals of linking, used as their guides show (extra ``regard[bench]``).

Each takes columns and answers pairs of record numbers with scores, or nothing where it does not
run. Splink estimates without labels, recordlinkage learns from the same logins as we do.
"""

from __future__ import annotations

import logging
import warnings
from collections.abc import Callable, Mapping, Sequence

import numpy as np
import pandas
import pyarrow
import recordlinkage
import splink.comparison_library as cl
from numpy.typing import NDArray
from splink import DuckDBAPI, Linker, SettingsCreator, block_on

Columns = Mapping[str, Sequence[object]]
Pairs = tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]

_NAMES = {"given_name", "surname", "first", "last", "first_name", "last_name"}
_DATES_AND_NUMBERS = {"date_of_birth", "soc_sec_id", "ssn", "born", "tel", "postcode", "zip",
                      "zipcode"}  # fmt: skip
_EXACT = {"street_number", "state", "gender", "sex", "suffix", "middle_initial"}
_BLOCKS: Sequence[tuple[str, ...]] = (
    ("given_name", "surname"), ("surname", "postcode"), ("given_name", "postcode"),
    ("street_number", "address_1"), ("suburb", "surname"), ("postcode", "street_number"),
    ("given_name", "suburb"), ("address_1",), ("date_of_birth",), ("soc_sec_id",),
    ("first", "last"), ("last", "zip"), ("last", "street"), ("tel",), ("mail",), ("born", "last"),
    ("born", "first"), ("first", "zip", "town"), ("first_name", "last_name"), ("ssn",),
    ("street_number", "street_name"), ("first_name", "street_name"), ("last_name", "street_name"),
)  # fmt: skip


def splink_pairs(
    columns: Columns, _mapping: Mapping[str, str], _keys: Sequence[str | None], side: str
) -> Pairs | None:
    """Return the pairs of plain Splink on DuckDB: blocking rules, random u, EM, frequencies."""
    logging.getLogger("splink").setLevel(logging.ERROR)
    names = [name for name in columns if name != side]
    rules = [block_on(*rule) for rule in _BLOCKS if set(rule) <= set(names)]
    settings = SettingsCreator(
        link_type="dedupe_only",
        comparisons=[_splink_comparison(name) for name in names],
        blocking_rules_to_generate_predictions=rules,
    )
    count = len(columns[names[0]])
    texts = {n: [None if v is None else str(v) for v in columns[n]] for n in names}
    table = pyarrow.table({"unique_id": list(range(count)), **texts})
    linker = Linker(DuckDBAPI().register(table), settings, log_level=None)
    train = linker.training
    train.estimate_probability_two_random_records_match(rules[:2], recall=0.6)
    train.estimate_u_using_random_sampling(max_pairs=1e6, seed=1)
    for rule in rules[:2]:
        train.estimate_parameters_using_expectation_maximisation(rule)
    found = linker.inference.predict(threshold_match_probability=0.01).as_dict()
    left, right = np.array(found["unique_id_l"]), np.array(found["unique_id_r"])
    scores = np.array(found["match_weight"], dtype=np.float64)
    kept = _across(columns, side, left, right)
    return left[kept], right[kept], scores[kept]


def _splink_comparison(name: str) -> object:
    if name in _NAMES:
        return cl.NameComparison(name).configure(term_frequency_adjustments=True)
    if name in _DATES_AND_NUMBERS:
        return cl.LevenshteinAtThresholds(name, [1, 2])
    if name == "mail":
        return cl.EmailComparison(name)
    if name in _EXACT:
        return cl.ExactMatch(name)
    return cl.JaroWinklerAtThresholds(name, [0.9, 0.7])


def recordlinkage_pairs(
    columns: Columns, _mapping: Mapping[str, str], keys: Sequence[str | None], side: str
) -> Pairs | None:
    """Return the pairs of recordlinkage: blocks, string similarities, logistic regression."""
    names = [name for name in columns if name != side]
    frame = pandas.DataFrame({name: list(columns[name]) for name in names}).astype(object)
    frame = frame.where(frame.notna(), None)
    indexer = recordlinkage.Index()
    for rule in _BLOCKS:
        if set(rule) <= set(names):
            indexer.block(list(rule))
    compare = recordlinkage.Compare()
    for name in names:
        compare.string(name, name, method="jarowinkler", label=name)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        pairs = indexer.index(frame)
        vectors = compare.compute(pairs, frame)
    left = np.array(pairs.get_level_values(0), dtype=np.int64)
    right = np.array(pairs.get_level_values(1), dtype=np.int64)
    known = np.array([key or "" for key in keys])
    taught = (known[left] != "") & (known[right] != "")
    ones = pairs[taught & (known[left] == known[right])]
    classifier = recordlinkage.LogisticRegressionClassifier()
    classifier.fit(vectors[taught], ones)
    scores = np.asarray(classifier.prob(vectors), dtype=np.float64)
    kept = _across(columns, side, left, right)
    return left[kept], right[kept], scores[kept]


def _across(
    columns: Columns, side: str, left: NDArray[np.int64], right: NDArray[np.int64]
) -> NDArray[np.bool_]:
    if not side:
        return np.ones(len(left), dtype=bool)
    sides = np.array(columns[side])
    return np.asarray(sides[left] != sides[right])


Rival = Callable[[Columns, Mapping[str, str], Sequence[str | None], str], Pairs | None]
RIVALS: Mapping[str, Rival] = {"splink": splink_pairs, "recordlinkage": recordlinkage_pairs}
