"""Two courses of the same lives, counted and told apart.

Pairs of courses in, one life or group at a time; the counts of a `Plan` and its rows of people out.
The same message at another time or on another channel has moved; it is not lost and gained.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterable, Mapping, Sequence
from itertools import zip_longest
from typing import TypeVar
from zoneinfo import ZoneInfo

from regard.planning.records import (
    Course,
    DayCount,
    Moved,
    Owed,
    Pair,
    PersonPlan,
    Plan,
    PromiseCount,
    QuietCount,
    Said,
    Turned,
    WayCount,
)

K = TypeVar("K", bound=Hashable)


class Comparison:
    """Takes (old, new) of one life after the other; what is equal costs only its counts."""

    def __init__(self, zone: str) -> None:
        self._zone = ZoneInfo(zone)
        self._days: tuple[Counter[tuple[str, str, str]], ...] = (Counter(), Counter())
        self._quiet: tuple[Counter[tuple[str, str, str]], ...] = (Counter(), Counter())
        self._promises: tuple[Counter[tuple[str, str]], ...] = (Counter(), Counter())
        self._recipients: tuple[set[str], set[str]] = (set(), set())
        self._people: list[PersonPlan] = []
        self.failed_count = 0

    def add(self, old: Course, new: Course) -> None:
        """Take the two courses of one life or group."""
        for side, course in enumerate((old, new)):
            self._days[side].update(self._day_of(said) for said in course.said)
            self._quiet[side].update(course.quiet)
            self._promises[side].update((o.definition, o.status) for o in course.promises.values())
            self._recipients[side].update(said.person_id for said in course.said)
        self.failed_count += new.failed_count
        if old is not new:
            self._people += _people(old, new)

    @property
    def messages(self) -> Pair:
        """How many messages go out."""
        return Pair(*(days.total() for days in self._days))

    @property
    def recipients(self) -> Pair:
        """How many distinct people get anything."""
        return Pair(*(len(people) for people in self._recipients))

    def days(self) -> tuple[DayCount, ...]:
        """Return messages by engagement, channel and day, sorted so."""
        return tuple(
            DayCount(engagement=key[0], channel=key[1], day=key[2], count=pair)
            for key, pair in _pairs(self._days)
        )

    def quiet(self) -> tuple[QuietCount, ...]:
        """Return what was not said by verdict, reason and engagement, sorted so."""
        found = (
            QuietCount(engagement=key[0], verdict=key[1], reason=key[2], count=pair)
            for key, pair in _pairs(self._quiet)
        )
        return tuple(sorted(found, key=lambda q: (q.verdict, q.reason, q.engagement)))

    def promises(self) -> tuple[PromiseCount, ...]:
        """Return promises by definition and status, sorted so."""
        return tuple(
            PromiseCount(definition=key[0], status=key[1], count=pair)
            for key, pair in _pairs(self._promises)
        )

    def people(self) -> tuple[PersonPlan, ...]:
        """Return the people for whom something is different, most first."""
        return tuple(sorted(self._people, key=lambda p: (-p.weight, p.label, p.person_id)))

    def _day_of(self, said: Said) -> tuple[str, str, str]:
        return said.engagement, said.channel, said.at.astimezone(self._zone).date().isoformat()


def weighed(plan: Plan) -> list[WayCount]:
    """Return messages by engagement and channel, those with the largest difference first."""
    sums: dict[tuple[str, str], tuple[int, int]] = {}
    for day in plan.days:
        old, new = sums.get((day.engagement, day.channel), (0, 0))
        sums[day.engagement, day.channel] = (old + day.count.old, new + day.count.new)
    found = [
        WayCount(engagement=key[0], channel=key[1], count=Pair(*pair)) for key, pair in sums.items()
    ]
    return sorted(found, key=lambda w: (-abs(w.count.delta), -w.count.new, w.engagement))


def _pairs(sides: Sequence[Mapping[K, int]]) -> list[tuple[K, Pair]]:
    old, new = sides
    keys = sorted({*old, *new})  # type: ignore[type-var]
    return [(key, Pair(old.get(key, 0), new.get(key, 0))) for key in keys]


def _people(old: Course, new: Course) -> list[PersonPlan]:
    gained, lost, moved = _told_apart(old.said, new.said)
    turned = _turned(old.promises, new.promises)
    names = {s.person_id: s.label for s in (*lost, *gained)}
    names |= {m.new.person_id: m.new.label for m in moved}
    names |= {t.person_id: t.label for t in turned}
    return [
        PersonPlan(
            person_id=person_id,
            label=label,
            gained=tuple(s for s in gained if s.person_id == person_id),
            lost=tuple(s for s in lost if s.person_id == person_id),
            moved=tuple(m for m in moved if m.new.person_id == person_id),
            promises=tuple(t for t in turned if t.person_id == person_id),
        )
        for person_id, label in names.items()
    ]


def _told_apart(
    old: Sequence[Said], new: Sequence[Said]
) -> tuple[list[Said], list[Said], list[Moved]]:
    """Return what is gained, lost and moved; first by what offers it, then by the engagement."""
    same = Counter(old) & Counter(new)
    lost, gained = _without(old, same), _without(new, same)
    moved: list[Moved] = []
    for is_by_ref in (True, False):
        places: dict[tuple[str, ...], list[Said]] = {}
        for said in gained:
            places.setdefault(_place(said, is_by_ref=is_by_ref), []).append(said)
        for said in lost:
            found = places.get(_place(said, is_by_ref=is_by_ref))
            if found:
                moved.append(Moved(old=said, new=found.pop(0)))
        lost = _without(lost, Counter(m.old for m in moved))
        gained = _without(gained, Counter(m.new for m in moved))
    moved.sort(key=lambda m: (m.new.at, m.new.engagement))
    return gained, lost, moved


def _without(said: Iterable[Said], taken: Counter[Said]) -> list[Said]:
    rest, left = Counter(taken), []
    for one in said:
        if rest[one] > 0:
            rest[one] -= 1
        else:
            left.append(one)
    return left


def _place(said: Said, *, is_by_ref: bool) -> tuple[str, ...]:
    place = (said.person_id, said.engagement)
    return (*place, said.ref) if is_by_ref else place


def _turned(old: Mapping[str, Owed], new: Mapping[str, Owed]) -> list[Turned]:
    """Return promises that end otherwise; one that was made anew for another date is the same."""
    pairs = [(old[key], new[key]) for key in old.keys() & new.keys()]
    gone = _by_subject(owed for key, owed in old.items() if key not in new)
    come = _by_subject(owed for key, owed in new.items() if key not in old)
    found = [_turn(was, now) for was, now in pairs]
    for subject in {**gone, **come}:
        rows = zip_longest(gone.get(subject, ()), come.get(subject, ()))
        found += [_turn(was, now) for was, now in rows]
    turned = [turn for turn in found if turn is not None]
    return sorted(turned, key=lambda t: (t.due_at, t.definition, t.about, t.person_id))


def _by_subject(promises: Iterable[Owed]) -> dict[tuple[str, str, str], list[Owed]]:
    groups: dict[tuple[str, str, str], list[Owed]] = {}
    for owed in sorted(promises, key=lambda o: o.due_at):
        groups.setdefault((owed.person_id, owed.definition, owed.about), []).append(owed)
    return groups


def _turn(was: Owed | None, now: Owed | None) -> Turned | None:
    one = now or was
    old, new = was.status if was else "", now.status if now else ""
    if one is None or old == new:
        return None
    return Turned(
        person_id=one.person_id,
        label=one.label,
        definition=one.definition,
        about=one.about,
        due_at=one.due_at,
        old=old,
        new=new,
    )
