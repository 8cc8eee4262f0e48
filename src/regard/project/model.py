"""model/as_is.yaml and model/future.yaml -> two checked engagement models.

Every broken reference is reported with file, line and path, and what names no exact channel
("digital") is refused with the question which one is meant. A broken element is left out, the
rest is still checked. The format is `docs/model.md`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any, Literal, TypeVar

from regard.core.errors import Problem
from regard.core.model import (
    A_TENTH,
    NOTHING,
    Application,
    Component,
    CustomerType,
    DataStore,
    DeclaredPromise,
    Flow,
    Means,
    Model,
    Need,
    Organisation,
    Range,
)
from regard.project.documents import parse_yaml
from regard.project.findings import Findings
from regard.project.folder import read_model_texts
from regard.project.reading import Place, Table, check_reference, table_of
from regard.project.words import channel_of, currency_of, duration_of, id_of

T = TypeVar("T")
Name = Literal["as_is", "future"]
FILES: Mapping[Name, str] = {"as_is": "model/as_is.yaml", "future": "model/future.yaml"}

ELEMENTS_MAX = 200
"""Elements of one model; one page shows 35 well and nobody argues about more than 200."""

VAGUE = frozenset({"digital", "online", "omnichannel", "multichannel", "electronic", "internet"})
"""Words that name no means: whoever says "digital" has to say which of them."""

LIVE = "live"


@dataclass(frozen=True, slots=True, kw_only=True)
class Models:
    """What a folder declares; either may be missing."""

    as_is: Model | None = None
    future: Model | None = None


def load_models(folder: Path) -> tuple[Models, tuple[Problem, ...]]:
    """Return the models of a project folder, and every finding; a refused one is None.

    Raise `Refused` when there is no folder.
    """
    return read_models(*read_model_texts(folder))


def read_models(
    texts: Mapping[str, str], problems: tuple[Problem, ...] = ()
) -> tuple[Models, tuple[Problem, ...]]:
    """Return the models in texts by relative path, and every finding."""
    findings = Findings()
    for problem in problems:
        findings.add(problem)
    found: dict[Name, Model | None] = {"as_is": None, "future": None}
    for name, file in FILES.items():
        if file in texts:
            found[name] = _model(name, file, texts[file], findings)
    return Models(as_is=found["as_is"], future=found["future"]), findings.sorted()


def _model(name: Name, file: str, text: str, findings: Findings) -> Model | None:
    document, problems = parse_yaml(text, file)
    own = Findings()
    for problem in problems:
        own.add(problem)
    table = None if document.data is None else table_of(Place(document, (), own), document.data)
    model = None if table is None else _Reader(table).model(name)
    for problem in own.sorted():
        findings.add(problem)
    return None if own.has_problem else model


class _Reader:
    """Reads one model; elements are declared first, so that references may point anywhere."""

    def __init__(self, table: Table) -> None:
        self._table = table
        self._names = {
            section: tuple(given) if isinstance(given := table.data.get(section), dict) else ()
            for section in ("customers", "needs", "channels", "organisations", "applications")
        }
        stores = table.data.get("stores")
        self._stores: dict[str, Any] = stores if isinstance(stores, dict) else {}
        self._facts = {
            fact
            for store in self._stores.values()
            if isinstance(store, dict) and isinstance(store.get("facts"), dict)
            for fact in store["facts"]
        }

    def model(self, name: Name) -> Model:
        table = self._table
        model = Model(
            name=name,
            title=table.text("title", name.replace("_", " ")),
            currency=table.word("currency", currency_of, ""),
            person=table.text("person", "person"),
            customers=self._each("customers", id_of, self._customer),
            channels=self._each("channels", exact_channel, self._channel),
            organisations=self._each("organisations", id_of, self._organisation),
            applications=self._each("applications", id_of, self._application),
            stores=self._each("stores", id_of, self._store),
            needs=self._each("needs", id_of, self._need),
            flows=self._flows(),
            promises=self._each("promises", id_of, self._promise),
            components=self._components(),
        )
        table.close()
        count = sum(1 for _ in model.elements())
        if count > ELEMENTS_MAX:
            table.place.problem(
                f"the model has {count} elements, at most {ELEMENTS_MAX} are allowed",
                "a model is a page; leave out what no customer feels",
            )
        return model

    def _each(
        self, section: str, parse: Callable[[str], str], read: Callable[[str, Table], T]
    ) -> dict[str, T]:
        found: dict[str, T] = {}
        for name, table in self._table.named_tables(section):
            try:
                parse(name)
            except ValueError as error:
                self._table.at(section).under(name).problem(str(error))
                continue
            found[name] = read(name, table)
            table.close()
        return found

    def _customer(self, name: str, table: Table) -> CustomerType:
        return CustomerType(
            id=name,
            title=table.text("title", _said(name)),
            count=table.whole("count", 0, low=0, high=10**10),
            prefers=table.references("prefers", self._channels_known(table, "prefers"), "channel"),
        )

    def _channels_known(self, table: Table, key: str) -> tuple[str, ...]:
        """Return the channels that may be referred to; one that no element serves yet, too.

        A preferred channel need not exist: that it does not is a disconnect, not a slip.
        """
        given = table.data.get(key)
        wanted = (
            [name for name in given if isinstance(name, str)] if isinstance(given, list) else []
        )
        for index, name in enumerate(wanted):
            try:
                exact_channel(name)
            except ValueError as error:
                table.at(key).under(index).problem(str(error))
        return (*self._names["channels"], *wanted)

    def _channel(self, name: str, table: Table) -> Means:
        return Means(
            id=name,
            title=table.text("title", _said(name)),
            organisation=self._reference(table, "organisation", "organisations"),
            applications=self._references(table, "applications", "applications"),
        )

    def _organisation(self, name: str, table: Table) -> Organisation:
        return Organisation(
            id=name,
            title=table.text("title", _said(name)),
            uses=self._references(table, "uses", "applications"),
            capacity=table.text("capacity"),
        )

    def _application(self, name: str, table: Table) -> Application:
        return Application(
            id=name,
            title=table.text("title", _said(name)),
            organisation=self._reference(table, "organisation", "organisations"),
            reads=table.references("reads", self._stores, "store"),
            writes=table.references("writes", self._stores, "store"),
            cost_per_year=range_of(table, "cost_per_year"),
        )

    def _store(self, name: str, table: Table) -> DataStore:
        facts: dict[str, str] = {}
        held = table.table("facts")
        for fact in held.data if held else ():
            facts[str(fact)] = held.text(fact, required=True) if held else ""
        return DataStore(
            id=name,
            title=table.text("title", _said(name)),
            facts=facts,
            cost_per_year=range_of(table, "cost_per_year"),
        )

    def _need(self, name: str, table: Table) -> Need:
        at_risk = range_of(table, "at_risk", A_TENTH)
        if at_risk.high > 1:
            table.at("at_risk").problem(f"{at_risk.high:g} is more than all", "say a part of 1")
        return Need(
            id=name,
            title=table.text("title", _said(name)),
            customers=self._references(table, "customers", "customers"),
            channels=table.references(
                "channels", self._channels_known(table, "channels"), "channel"
            ),
            facts=table.references("facts", self._facts, "fact of a store"),
            tolerates=latency(table, "tolerates", timedelta(hours=1)),
            per_year=range_of(table, "per_year"),
            worth=range_of(table, "worth"),
            at_risk=at_risk,
            answered_by=table.text("answered_by"),
            organisation=self._reference(table, "organisation", "organisations"),
        )

    def _promise(self, name: str, table: Table) -> DeclaredPromise:
        return DeclaredPromise(
            id=name,
            title=table.text("title", _said(name)),
            need=self._reference(table, "need", "needs"),
            application=self._reference(table, "application", "applications", required=True),
            trigger=_one_of(table, "trigger", tuple(self._facts), "fact of a store"),
            store=_one_of(table, "store", tuple(self._stores), "store"),
            within=latency(table, "within", timedelta(hours=1)),
        )

    def _flows(self) -> dict[str, Flow]:
        flows: dict[str, Flow] = {}
        for table in self._table.tables("flows"):
            flow = Flow(
                source=_one_of(table, "from", tuple(self._stores), "store"),
                target=_one_of(table, "to", tuple(self._stores), "store"),
                facts=table.references("facts", self._facts, "fact of a store"),
                takes=latency(table, "takes", timedelta(0)),
                how=table.text("how"),
                maps_keys=table.flag("maps_keys", default=False),
                cost_per_year=range_of(table, "cost_per_year"),
            )
            table.close()
            if flow.source and flow.source == flow.target:
                table.at("to").problem("a flow leads from one store to another")
            elif flow.id in flows:
                table.place.problem(
                    f"there is a flow {flow.id} already", "list all its facts in one flow"
                )
            else:
                flows[flow.id] = flow
        return flows

    def _components(self) -> dict[str, Component]:
        given = self._table.data.get("value_chain")
        names = tuple(given) if isinstance(given, dict) else ()
        elements = {
            f"{section.removesuffix('s')}:{name}"
            for section, found in (*self._names.items(), ("stores", tuple(self._stores)))
            for name in found
        }

        def read(name: str, table: Table) -> Component:
            element = table.text("element")
            if element:
                check_reference(table.at("element"), element, elements, "element")
            return Component(
                id=name,
                title=table.text("title", _said(name)),
                answers=self._references(table, "answers", "needs"),
                needs=table.references("needs", names, "component"),
                evolution=float(table.number("evolution", 0.5, low=0.0, high=1.0)),
                element=element,
            )

        return self._each("value_chain", id_of, read)

    def _references(self, table: Table, key: str, section: str) -> tuple[str, ...]:
        return table.references(key, self._names[section], section.removesuffix("s"))

    def _reference(self, table: Table, key: str, section: str, *, required: bool = False) -> str:
        name = table.text(key, required=required)
        if not name:
            return ""
        known = check_reference(
            table.at(key), name, self._names[section], section.removesuffix("s")
        )
        return name if known else ""


def exact_channel(text: str) -> str:
    """Return an exact channel; raise `ValueError` that asks which one is meant by a vague word."""
    if text.partition(".")[0].casefold() in VAGUE:
        raise ValueError(
            f"{text!r} names no channel: which is meant, web.desktop, web.phone, app.phone, "
            "email, chat.web, social.…?"
        )
    return channel_of(text)


def latency(table: Table, key: str, default: timedelta) -> timedelta:
    """Return a duration, or none at all for ``live``."""
    if table.data.get(key) == LIVE:
        table.text(key)
        return timedelta(0)
    return table.word(key, duration_of, default)


def range_of(table: Table, key: str, default: Range = NOTHING) -> Range:
    """Return a number or a pair [low, high]; reports what is neither or negative."""
    value = table.any(key)
    if value is None:
        return default
    pair = value if isinstance(value, list) else [value, value]
    is_numbers = len(pair) == 2 and all(
        isinstance(number, int | float) and not isinstance(number, bool) for number in pair
    )
    if not is_numbers or not 0 <= pair[0] <= pair[1]:
        table.at(key).problem(
            "is neither a number nor a range", "write 1200 or [800, 1500], from low to high"
        )
        return default
    return Range(low=float(pair[0]), high=float(pair[1]))


def _one_of(table: Table, key: str, known: tuple[str, ...], thing: str) -> str:
    name = table.text(key, required=True)
    return name if name and check_reference(table.at(key), name, known, thing) else ""


def _said(name: str) -> str:
    return name.replace("_", " ").capitalize()
