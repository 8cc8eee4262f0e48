"""What an engagement has to do with needs, questions and the moment: `need`, `asks`, `context`.

Called by the reader of engagements. Refused beside wrong values: a need that nobody declared (only
a warning in a folder without needs/), a question about nothing, one that has no answers.
"""

from __future__ import annotations

from typing import Literal, cast

from regard.core.offers import Question
from regard.project.expressions import CompiledExpression, FactKinds
from regard.project.reading import Table, check_reference
from regard.project.triggers import Known, read_expression
from regard.project.words import id_of

CHOICES_MAX = 20
"""Answers of one question; longer lists belong on a page of their own."""

ANSWER_CHARS_MAX = 80
WEIGHT_LEAST, WEIGHT_MOST = 0.1, 10.0
YES_NO = ("yes", "no")


def read_need(table: Table, known: Known) -> str:
    """Return the need that an engagement answers."""
    need = table.text("need")
    if need and known.needs:
        check_reference(table.at("need"), need, known.needs, "need")
    elif need:
        table.at("need").warn(f"no file declares the need {need!r}", f"write needs/{need}.yaml")
    if not need and table.data.get("offer_when") == "needed":
        table.at("offer_when").problem("it says of no need that it answers it", "need: …")
    return need


def read_question(table: Table, known: Known) -> Question | None:
    """Return what an engagement asks the person, if it does."""
    given = table.table("asks")
    if given is None:
        return None
    trait, need = given.text("trait"), given.text("need")
    if bool(trait) == bool(need):
        given.place.problem("a question asks for a trait or about a need", "asks: {trait: …}")
    if need:
        check_reference(given.at("need"), need, known.needs, "need")
    choices = given.texts("choices") or YES_NO
    if need and set(choices) != set(YES_NO):
        given.at("choices").problem("whether somebody has a need is answered by yes or no")
    if trait and not 2 <= len(choices) <= CHOICES_MAX:
        given.at("choices").problem(f"a question has 2 to {CHOICES_MAX} answers")
    for index, choice in enumerate(choices):
        if len(choice) > ANSWER_CHARS_MAX:
            place = given.at("choices").under(index)
            place.problem(f"an answer has at most {ANSWER_CHARS_MAX} characters")
    if trait:
        given.word("trait", id_of, "")
    known_if = given.choice("known_if", ("said", "any"), "said")
    given.close()
    return Question(
        trait=trait,
        need=need,
        choices=choices,
        known_if=cast(Literal["said", "any"], known_if),
    )


def read_context(
    table: Table, known: Known, facts: FactKinds
) -> tuple[tuple[CompiledExpression, float], ...]:
    """Return conditions about the moment with their weights (1: neither here nor there)."""
    found: list[tuple[CompiledExpression, float]] = []
    for given in table.tables("context"):
        if "when" not in given:
            given.missing("when", "when: local_hour() between 18 and 21")
        condition = read_expression(given, "when", known, facts, "condition")
        if "weight" not in given:
            given.missing("weight", "weight: 1.3")
        weight = float(given.number("weight", 1.0, low=WEIGHT_LEAST, high=WEIGHT_MOST))
        given.close()
        if condition is not None:
            found.append((condition, weight))
    return tuple(found)
