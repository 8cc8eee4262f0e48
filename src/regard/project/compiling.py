"""The texts of a folder -> one checked `Program`, or every finding.

The order follows what refers to what: house, purposes and policies, tracking plan, promises and
journeys, and last the engagements, whose facts come from those that offer them. A broken file is
reported and left out; everything else is still checked.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import PurePosixPath
from typing import TypeVar

from regard.core.errors import Problem
from regard.core.needs import needs_index
from regard.core.offers import Engagement
from regard.core.program import (
    Program,
    asked_index,
    audiences_index,
    journeys_index,
    promises_index,
    rhythms_index,
)
from regard.core.rules import Purpose
from regard.core.settings import Company
from regard.project.audiences import read_audiences
from regard.project.broadcasts import ReadBroadcast, read_broadcast
from regard.project.company import ANSWERING, DEFAULT_COMPANY, House, judged, read_house
from regard.project.documents import TEXT_MAX, parse_toml, parse_yaml
from regard.project.engagements import read_engagement
from regard.project.expressions import ANYTHING, FactKinds, merged
from regard.project.findings import Findings
from regard.project.folder import hash_of, is_read
from regard.project.holdouts import read_holdouts, read_learning
from regard.project.journeys import ReadJourney, read_journey
from regard.project.needs import read_curves, read_needs
from regard.project.promises import ReadPromise, is_asked, read_promise
from regard.project.reading import Place, Table, table_of
from regard.project.rhythms import read_rhythms
from regard.project.rules import read_identity, read_policies, read_purposes
from regard.project.snippets import read_snippets
from regard.project.tracking import TrackingPlan, read_plan
from regard.project.triggers import NEED_FACTS, Known

R = TypeVar("R", ReadPromise, ReadJourney, ReadBroadcast)


def compile_texts(
    texts: Mapping[str, str], environ: Mapping[str, str], problems: Iterable[Problem] = ()
) -> tuple[Program | None, Findings]:
    """Return the Program of a folder's texts (None when there is a problem) and all findings.

    `texts` are by relative path; those that are not read are ignored. `problems` were found on
    the way here.
    """
    files = {path: text for path, text in texts.items() if is_read(path)}
    findings = Findings()
    for problem in problems:
        findings.add(problem)
    program = _Compiler(files, environ, findings).program()
    return None if findings.has_problem else program, findings


class _Compiler:
    """Compiles one set of files."""

    def __init__(
        self, files: Mapping[str, str], environ: Mapping[str, str], findings: Findings
    ) -> None:
        self._files = files
        self._environ = environ
        self._findings = findings
        self._read: dict[str, Table | None] = {}

    def program(self) -> Program:
        purposes = read_purposes(self._table("consent.yaml"))
        house = self._house(purposes)
        policies = read_policies(self._table("policies.yaml"), house.channels)
        plan = read_plan(self._tables("events"))
        known = self._known(house, purposes, plan)
        audiences = read_audiences(self._tables("audiences"), known)
        rhythms = read_rhythms(self._tables("rhythms"), known)
        needs = read_needs(self._tables("needs"), known)
        read_promises = self._each("promises", read_promise, known)
        promises = {p.id: p.definition for p in read_promises if p.definition}
        known = replace(known, asked_promises=[p.id for p in promises.values() if is_asked(p)])
        read_journeys = self._each("journeys", read_journey, known)
        read_broadcasts = self._each("broadcasts", read_broadcast, known)
        facts = _facts_offered(
            [*read_promises, *read_journeys, *read_broadcasts], self._needed(known)
        )
        journeys = {j.id: j.journey for j in read_journeys if j.journey}
        engagements = self._engagements(known, house.company, facts)
        rules = self._table("policies.yaml")
        identity = read_identity(self._table("identity.yaml"))
        return Program(
            hash=hash_of(self._files),
            company=house.company,
            sources=house.sources,
            identity=identity,
            purposes=purposes,
            events=plan.events,
            channels=judged(house.channels, identity),
            departments=house.departments,
            engagements=engagements,
            promises=promises,
            journeys=journeys,
            audiences=audiences,
            rhythms=rhythms,
            needs=needs,
            broadcasts={b.id: b.definition for b in read_broadcasts if b.definition},
            publishing_pace_per_s=house.publishing_pace_per_s,
            quiet_hours=policies.quiet_hours,
            caps=policies.caps,
            silence_value=policies.silence_value,
            fatigue_per_touch=policies.fatigue_per_touch,
            arbitration=policies.arbitration,
            holdouts=read_holdouts(rules, known, engagements),
            learning=read_learning(rules),
            tracking_purpose=house.tracking_purpose,
            inbound_mail=house.inbound_mail,
            lake=house.lake,
            operating=house.operating,
            retention=house.retention,
            promises_by_event=promises_index(promises),
            journeys_by_event=journeys_index(journeys),
            audiences_by_event=audiences_index(audiences),
            rhythms_by_event=rhythms_index(rhythms),
            asked_by_channel=asked_index(engagements),
            needs_by_event=needs_index(needs, engagements),
        )

    def _known(self, house: House, purposes: Mapping[str, Purpose], plan: TrackingPlan) -> Known:
        """Return what definitions may refer to, by the ids that their files give."""
        return Known(
            events=plan.kinds,
            purposes=purposes,
            channels=house.channels,
            departments=house.departments,
            engagements=self._engagement_ids(),
            audiences=self._ids("audiences"),
            promises=self._ids("promises"),
            webhooks=[c.id for c in house.channels.values() if c.adapter in ANSWERING],
            zone=house.company.zone,
            rhythms=self._ids("rhythms"),
            needs=read_curves(self._tables("needs")),
        )

    def _house(self, purposes: Mapping[str, Purpose]) -> House:
        if "regard.toml" not in self._files:
            self._findings.add(
                Problem(file="regard.toml", message="is missing", hint="`regard init` writes one")
            )
        table = self._table("regard.toml")
        if table is None:
            return House(company=DEFAULT_COMPANY, channels={}, sources={}, departments={})
        return read_house(table, self._environ, purposes)

    def _each(self, folder: str, read: Callable[[Table, Known], R], known: Known) -> list[R]:
        """Return what all files of a folder define; report a second one with the same id."""
        found: list[R] = []
        owners: dict[str, str] = {}
        for table in self._tables(folder):
            one = read(table, known)
            if one.id and one.id in owners:
                table.at("id").problem(f"{one.id!r} is defined in {owners[one.id]} too")
            owners.setdefault(one.id, table.place.document.file)
            found.append(one)
        return found

    def _engagement_ids(self) -> list[str]:
        files = (PurePosixPath(file).parts for file in self._files)
        return sorted({parts[1] for parts in files if parts[0] == "engagements"})

    def _needed(self, known: Known) -> list[str]:
        """Return the engagements that are offered when their need is felt."""
        tables = ((e, self._table(f"engagements/{e}/engagement.yaml")) for e in known.engagements)
        return [e for e, t in tables if t is not None and t.data.get("offer_when") == "needed"]

    def _ids(self, folder: str) -> list[str]:
        """Return the ids that the files of a folder define, before these are read."""
        given = (table.data.get("id") for table in self._tables(folder))
        return sorted({found for found in given if isinstance(found, str)})

    def _engagements(
        self, known: Known, company: Company, facts: Mapping[str, FactKinds]
    ) -> dict[str, Engagement]:
        found: dict[str, Engagement] = {}
        snippets = read_snippets(self._files, self._findings)
        for name in known.engagements:
            folder = f"engagements/{name}"
            if f"{folder}/engagement.yaml" not in self._files:
                message = "the engagement has templates but no engagement.yaml"
                self._findings.add(Problem(file=f"{folder}/engagement.yaml", message=message))
                continue
            table = self._table(f"{folder}/engagement.yaml")
            if table is not None:
                templates = self._templates(folder)
                found[name] = read_engagement(
                    table,
                    templates,
                    known,
                    company,
                    facts.get(name, ANYTHING),
                    variants=self._table(f"{folder}/variants.yaml"),
                    snippets=snippets,
                )
        return found

    def _templates(self, folder: str) -> dict[str, str]:
        found = {}
        for file, text in self._files.items():
            if not file.startswith(f"{folder}/") or file.endswith(".yaml"):
                continue
            if len(text) > TEXT_MAX:
                message = f"the template is longer than {TEXT_MAX:,} characters"
                self._findings.add(Problem(file=file, message=message))
            else:
                found[file] = text
        return found

    def _tables(self, folder: str) -> Iterator[Table]:
        for file in sorted(self._files):
            if file.startswith(f"{folder}/"):
                table = self._table(file)
                if table is not None:
                    yield table

    def _table(self, file: str) -> Table | None:
        """Return the mapping that a file holds; None when it is missing or unreadable."""
        if file not in self._read:
            self._read[file] = self._parsed(file)
        return self._read[file]

    def _parsed(self, file: str) -> Table | None:
        text = self._files.get(file)
        if text is None or (not text and self._findings.tells_of(file)):
            return None
        document, problems = (parse_toml if file.endswith(".toml") else parse_yaml)(text, file)
        for problem in problems:
            self._findings.add(problem)
        if document.data is None and problems:
            return None
        return table_of(Place(document, (), self._findings), document.data)


def _facts_offered(
    definitions: Iterable[ReadPromise | ReadJourney | ReadBroadcast], needed: Iterable[str]
) -> dict[str, FactKinds]:
    """Return what the facts of each engagement may be, over everything that offers it."""
    sources: dict[str, list[FactKinds]] = {engagement: [NEED_FACTS] for engagement in needed}
    for definition in definitions:
        for engagement in definition.offers:
            sources.setdefault(engagement, []).append(definition.facts)
    return {engagement: merged(facts) for engagement, facts in sources.items()}
