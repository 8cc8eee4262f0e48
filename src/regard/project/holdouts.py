"""`holdouts:` and `learning:` of policies.yaml -> who is left in peace, and how Regard learns.

Refused: two holdouts of one id, a holdout of an engagement that is never withheld, a scale of
nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from regard.core.offers import Engagement
from regard.core.rules import Holdout, Learning
from regard.project.experiments import VERSION_MAX, read_share, read_success
from regard.project.findings import did_you_mean
from regard.project.reading import Place, Table
from regard.project.triggers import Known
from regard.project.words import id_of

TRAITS_MAX = 8
"""Traits that are looked at: each is a number more in every decision that is journaled."""

EVERY_MIN = timedelta(minutes=1)
STATES = ("on", "off")
NEVER = "never"


def read_holdouts(
    table: Table | None, known: Known, engagements: Mapping[str, Engagement]
) -> tuple[Holdout, ...]:
    """Return the holdouts in the order of the file."""
    holdouts: dict[str, Holdout] = {}
    for given in table.tables("holdouts") if table is not None else ():
        holdout = _holdout(given, known, engagements)
        if holdout.id in holdouts:
            given.at("id").problem(f"there are two holdouts {holdout.id!r}")
        holdouts[holdout.id] = holdout
    return tuple(holdouts.values())


def _holdout(given: Table, known: Known, engagements: Mapping[str, Engagement]) -> Holdout:
    names = given.references("engagements", known.engagements, "engagement")
    for index, name in enumerate(names):
        engagement = engagements.get(name)
        if engagement is not None and engagement.message_class == "service":
            given.at("engagements").under(index).problem(
                f"{name!r} is a service message, and those are never withheld"
            )
    holdout = Holdout(
        id=given.word("id", id_of, "", required=True),
        share=float(read_share(given, "share") / 100),
        version=given.whole("version", 1, low=1, high=VERSION_MAX),
        engagements=frozenset(names),
        success=read_success(given.table("success"), known),
    )
    if "share" not in given:
        given.missing("share", "share: 5 %")
    given.close()
    return holdout


def read_learning(table: Table | None) -> Learning | None:
    """Return how Regard learns: ``learning: on``, or a mapping; None: it does not."""
    if table is None or "learning" not in table:
        return None
    if isinstance(table.any("learning"), str):
        state = table.choice("learning", STATES, "off")
        return Learning() if state == "on" else None
    given = table.table("learning")
    if given is None:
        return None
    default = Learning()
    memory = given.duration("memory", default.memory) or default.memory
    learning = Learning(
        every=_every(given, default),
        customer_type=_trait(given.at("customer_type"), given.text("customer_type")),
        traits=_traits(given.table("traits")),
        memory=memory,
    )
    given.close()
    return learning


def _every(given: Table, default: Learning) -> timedelta | None:
    if given.data.get("every") == NEVER:
        given.any("every")
        return None
    every = given.duration("every", default.every)
    if every is not None and every < EVERY_MIN:
        given.at("every").problem("learning that often learns nothing", "every: 15 minutes")
        return default.every
    return every


def _trait(place: Place, text: str) -> str:
    """Return the trait of ``traits.tier``."""
    if not text:
        return ""
    root, _, name = text.partition(".")
    if root != "traits" or not name:
        place.problem(
            f"{text[:60]!r} is not a trait", did_you_mean(text, (), "such as traits.tier")
        )
        return ""
    return name


def _traits(given: Table | None) -> tuple[tuple[str, float], ...]:
    if given is None:
        return ()
    found = []
    for key in given.data:
        name = _trait(given.at(key), key)
        scale = float(given.number(key, 1.0))
        if scale <= 0:
            given.at(key).problem("a scale is above 0: the value that counts as much", "10000")
        elif name:
            found.append((name, scale))
    if len(found) > TRAITS_MAX:
        given.place.problem(f"at most {TRAITS_MAX} traits are looked at")
    return tuple(found[:TRAITS_MAX])
