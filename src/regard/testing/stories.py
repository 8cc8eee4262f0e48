"""Stories: given, when, then in virtual time, from YAML files to results.

In: the `stories/*.yaml` of a project (docs/project-folder.md). Out: per story what was expected
and did not happen, with file and line. Everything real runs: intake, identity, stages, gate,
templates, dispatcher; only time and the providers are virtual. `regard test` calls it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from regard.core.errors import Problem, Refused
from regard.core.event import Outcome
from regard.core.program import Program
from regard.core.rows import Rejected
from regard.core.signal import QUESTION_ANSWERED
from regard.project import Document, duration_of, moment_of, parse_yaml
from regard.project.findings import did_you_mean, one_of
from regard.runtime.ledger import Ledger
from regard.testing.asking import ask
from regard.testing.clock import VirtualClock
from regard.testing.expectations import CHECKS, person_id_of
from regard.testing.house import VirtualHouse

MakeLedger = Callable[[Program], Ledger]

_PLAIN_KEYS = (
    *("event", "identify", "page", "alias", "traits", "properties", "channel", "context"),
    *("identifiers", "sent_at"),
)
_STORY_KEYS = {"story", "why", "start_at", "given", "when", "then"}
_ITEM_KEYS = {
    *_PLAIN_KEYS,
    *("at", "source", "user", "anonymous", "id", "channel_down", "channel_up"),
    *("webhook", "answers", "refuses", "to", "writes", "over", "asks"),
    *("broadcast", "act"),
    *("happened_at", "is_rejected"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """One thing that happens at a moment: an item from a source, or a channel going down or up."""

    at: datetime
    path: tuple[str | int, ...]
    data: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """One story as read."""

    name: str
    why: str
    start_at: datetime
    until: datetime
    given: tuple[Given, ...]
    then: tuple[Mapping[str, Any], ...]
    document: Document


@dataclass(frozen=True, slots=True, kw_only=True)
class StoryResult:
    """What became of a story; no failures means that it holds. `house` is as it was at the end."""

    story: Story
    failures: tuple[Problem, ...]
    house: VirtualHouse


def read_stories(folder: Path) -> list[Story]:
    """Return the stories of a project folder by file name; raise `Refused` with all problems."""
    stories: list[Story] = []
    problems: list[Problem] = []
    for path in sorted((folder / "stories").glob("*.yaml")):
        name = str(path.relative_to(folder))
        document, found = parse_yaml(path.read_text(encoding="utf-8"), name)
        reader = _StoryReader(document, list(found))
        story = reader.read()
        problems += reader.problems
        if story is not None:
            stories.append(story)
    if problems:
        listed = "".join(f"\n  {problem}" for problem in problems)
        raise Refused(f"The stories have problems:{listed}", problems=problems)
    return stories


def play(story: Story, program: Program, make_ledger: MakeLedger) -> StoryResult:
    """Run a story in a new house and check what it expects."""
    clock = VirtualClock(story.start_at)
    house = VirtualHouse(make_ledger(program), program, clock)
    failures: list[Problem] = []
    for given in story.given:
        if given.at > clock.now():
            house.run_until(given.at)
        failures += _happen(house, story, given)
    house.run_until(story.until)
    for number, expected in enumerate(story.then):
        kind = next(kind for kind in CHECKS if kind in expected)
        told = CHECKS[kind](house, story.start_at, expected)
        if told:
            failures.append(_problem(story.document, ("then", number), told))
    return StoryResult(story=story, failures=tuple(failures), house=house)


def _happen(house: VirtualHouse, story: Story, given: Given) -> list[Problem]:
    data = given.data
    answers: Mapping[str, Outcome] = {"channel_down": "try_again", "channel_up": "sent"}
    for key, answer in answers.items():
        if key in data:
            if data[key] not in house.channels:
                return [_problem(story.document, given.path, f"no channel {data[key]!r}")]
            house.answer(data[key], answer)
            return []
    for key, follow in (("webhook", _answer_calls), ("writes", _write), ("asks", _ask)):
        if key in data:
            return follow(house, story, given)
    if "broadcast" in data:
        try:
            house.broadcast(str(data["broadcast"]), str(data.get("act", "start")))
        except Refused as error:
            return [_problem(story.document, given.path, str(error))]
        return []
    item = _plain(data, given, story)
    if "to" in data:
        question = _question(house, data)
        if not question:
            told = f"{data['to']} was never sent to {data.get('user')}, so nobody can answer it"
            return [_problem(story.document, given.path, told)]
        facts = {"message_id": question, "answer": data.get("answers")}
        item |= {"event": QUESTION_ANSWERED, "properties": facts}
    outcome = house.take(str(data.get("source", "")), item)
    if isinstance(outcome, Rejected) != bool(data.get("is_rejected")):
        told = outcome.message if isinstance(outcome, Rejected) else "was accepted"
        return [_problem(story.document, given.path, f"intake: {told}")]
    return []


def _write(house: VirtualHouse, story: Story, given: Given) -> list[Problem]:
    """Let somebody write a text message from the number that they are known by, or from another."""
    data = given.data
    sender = str(data.get("user", ""))
    person_id = person_id_of(house, sender)
    with house.ledger.store.reading() as reading:
        person = reading.people.read(person_id) if person_id else None
    sender = str(person.trait("phone", "")) if person is not None else sender
    notice_id = str(data.get("id") or f"{story.document.file}:{given.path}")
    try:
        house.write(str(data.get("over", "sms")), sender, str(data["writes"]), notice_id)
    except Refused as error:
        return [_problem(story.document, given.path, str(error))]
    return []


def _ask(house: VirtualHouse, story: Story, given: Given) -> list[Problem]:
    """Let a system ask what to offer somebody who is there now, for a placement."""
    data = given.data
    try:
        source, item = str(data.get("source", "")), _plain(data, given, story)
        ask(house, source, item, placement=str(data["asks"]))
    except Refused as error:
        return [_problem(story.document, given.path, str(error))]
    return []


def _question(house: VirtualHouse, data: Mapping[str, Any]) -> str:
    """Return the id of the latest message by which an engagement (`to`) asked a person."""
    person_id = person_id_of(house, str(data.get("user", "")))
    asked = [
        message.message_id
        for channel in house.channels.values()
        for message in channel.messages
        if message.engagement == data["to"] and message.person_id == person_id
    ]
    return asked[-1] if asked else ""


def _answer_calls(house: VirtualHouse, story: Story, given: Given) -> list[Problem]:
    """Let a system that journeys call answer with an object, or refuse, from now on."""
    data, channel = given.data, given.data["webhook"]
    answer = data.get("answers")
    if channel not in house.channels:
        return [_problem(story.document, given.path, f"no channel {channel!r}")]
    if bool(data.get("refuses")) == isinstance(answer, dict):
        told = "a webhook answers an object (answers: {…}) or refuses (refuses: true)"
        return [_problem(story.document, given.path, told)]
    if isinstance(answer, dict):
        house.answer_calls(channel, answer)
    else:
        house.answer(channel, "refused")
    return []


def _plain(data: Mapping[str, Any], given: Given, story: Story) -> dict[str, Any]:
    """Return the item in the plain dialect of ``POST /v1/events``."""
    item: dict[str, Any] = {"id": data.get("id") or f"{story.document.file}:{given.path}"}
    item["at"] = str(data.get("happened_at") or given.at.isoformat())
    for key, name in (("user", "user_id"), ("anonymous", "anonymous_id")):
        if key in data:
            item[name] = str(data[key])
    return item | {key: data[key] for key in _PLAIN_KEYS if key in data}


def _problem(
    document: Document, path: tuple[str | int, ...], message: str, hint: str = ""
) -> Problem:
    return Problem(
        file=document.file,
        line=document.line(path),
        path=".".join(map(str, path)),
        message=message,
        hint=hint,
    )


class _StoryReader:
    """Reads one document into a story, collecting every problem."""

    def __init__(self, document: Document, problems: list[Problem]) -> None:
        self.document = document
        self.problems = problems

    def read(self) -> Story | None:
        data = self.document.data
        if not isinstance(data, dict):
            self._find((), "a story is a mapping with story, why, start_at, given, when, then")
            return None
        self._keys(data, _STORY_KEYS, ())
        start_at = self._moment(data.get("start_at"), ("start_at",), None)
        if start_at is None:
            return None
        when = data.get("when") or {}
        until = self._moment(when.get("until"), ("when", "until"), start_at)
        given = [self._given(number, item, start_at) for number, item in _items(data, "given")]
        then = [self._then(number, item) for number, item in _items(data, "then")]
        if self.problems or until is None:
            return None
        return Story(
            name=str(data.get("story", self.document.file)),
            why=str(data.get("why", "")),
            start_at=start_at,
            until=until,
            given=tuple(sorted((g for g in given if g), key=lambda g: g.at)),
            then=tuple(then),
            document=self.document,
        )

    def _given(self, number: int, item: Any, start_at: datetime) -> Given | None:
        path = ("given", number)
        if not isinstance(item, dict):
            self._find(path, "is not a mapping")
            return None
        self._keys(item, _ITEM_KEYS, path)
        at = self._moment(item.get("at"), (*path, "at"), start_at)
        return None if at is None else Given(at=at, path=path, data=item)

    def _then(self, number: int, item: Any) -> Mapping[str, Any]:
        if not isinstance(item, dict) or not any(kind in item for kind in CHECKS):
            self._find(("then", number), f"expects none of {', '.join(CHECKS)}")
            return {}
        return item

    def _moment(
        self, value: Any, path: tuple[str | int, ...], start_at: datetime | None
    ) -> datetime | None:
        try:
            if start_at is not None and isinstance(value, str) and value[:4].isdigit() is False:
                return start_at + duration_of(value)
            return moment_of(str(value))
        except ValueError as error:
            self._find(path, str(error))
            return None

    def _keys(self, item: dict[str, Any], known: set[str], path: tuple[str | int, ...]) -> None:
        for key in item:
            if key not in known:
                hint = did_you_mean(key, known, one_of(known))
                self._find((*path, key), f"unknown key {key!r}", hint)

    def _find(self, path: tuple[str | int, ...], message: str, hint: str = "") -> None:
        self.problems.append(_problem(self.document, path, message, hint))


def _items(data: Mapping[str, Any], key: str) -> list[tuple[int, Any]]:
    found = data.get(key) or []
    return list(enumerate(found if isinstance(found, list) else [found]))
