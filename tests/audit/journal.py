"""What the journal says after a run, by order token: read from the store of a stopped house."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path

from regard.core.event import Event, MessageOutcome
from regard.core.facts import Decided, Entry, PromiseChanged
from regard.store import open_library
from tests.audit.shop import EVENT

PAGE = 5_000


@dataclass
class Journal:
    """Entries in order, and what concerns each order."""

    entries: list[Entry] = field(default_factory=list)
    owners: dict[int, str] = field(default_factory=dict)
    ordered: list[str] = field(default_factory=list)
    sends: dict[str, list[Decided]] = field(default_factory=lambda: defaultdict(list))
    silences: dict[str, str] = field(default_factory=dict)
    promises: dict[str, str] = field(default_factory=dict)
    outcomes: dict[str, list[MessageOutcome]] = field(default_factory=lambda: defaultdict(list))

    def outcomes_of(self, token: str) -> list[str]:
        """Return what became of each attempt to hand over the order's mail."""
        return [o.outcome for send in self.sends[token] for o in self.outcomes[send.decision_id]]


def read_journal(store: Path | str) -> Journal:
    """Return the whole journal of a store."""
    found = Journal()
    library = open_library(str(store))
    offset = 0
    while True:
        with library.reading() as reading:
            page = reading.tail.after(offset, PAGE)
        if not page:
            break
        offset = page[-1][0].offset
        for entry, person_id, _ in page:
            found.owners[entry.offset] = person_id
            _take(found, entry)
    library.close()
    return found


def _take(journal: Journal, entry: Entry) -> None:
    body = entry.body
    journal.entries.append(entry)
    if isinstance(body, Event) and body.name == EVENT:
        journal.ordered.append(body.facts["token"])
    elif isinstance(body, Decided):
        token = body.candidate.facts["token"]
        if body.verdict == "send":
            journal.sends[token].append(body)
        else:
            journal.silences[token] = body.reason
    elif isinstance(body, PromiseChanged):
        journal.promises[body.about] = body.status
    elif isinstance(body, MessageOutcome):
        journal.outcomes[body.message_id].append(body)
