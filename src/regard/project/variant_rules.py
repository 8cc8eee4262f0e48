"""engagements/<id>/variants.yaml -> whom each variant is for, and its own subject lines.

Variants stand in the order in which they are asked; the first that holds is taken, else the core.
One that says nothing about whom it is for is drawn by an experiment alone. Refused: a variant
without templates, templates without a variant, two of one id.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from babel import Locale

from regard.core.offers import VariantRule
from regard.project.expressions import FactKinds
from regard.project.findings import did_you_mean, one_of
from regard.project.reading import Table, check_reference
from regard.project.triggers import Known, read_expression
from regard.project.variants import CORE, Template
from regard.project.words import id_of

DEVICES = ("desktop", "phone", "tablet", "tv", "watch", "car", "kiosk")
"""What stands behind ``web.``, ``app.`` and their kin in an exact channel."""

AGE_MAX = 150
_AGES = re.compile(r"(?P<low>\d{1,3})\s*(?:\+|-\s*(?P<high>\d{1,3}))|up to (?P<top>\d{1,3})")


def read_variant_rules(
    table: Table | None, templates: tuple[Template, ...], known: Known, facts: FactKinds
) -> tuple[tuple[VariantRule, ...], Mapping[str, Table]]:
    """Return the rules in their order, and by id the mapping that may say a subject."""
    rules: dict[str, VariantRule] = {}
    tables: dict[str, Table] = {}
    for given in table.tables("variants") if table else ():
        rule = _rule(given, known, facts)
        if rule.id == CORE:
            given.at("id").problem("'core' is what is taken when no variant is", "another id")
        elif rule.id in rules:
            given.at("id").problem(f"there are two variants {rule.id!r}")
        rules[rule.id], tables[rule.id] = rule, given
    if table is not None:
        table.close()
    _check_templates(rules, tables, templates)
    return tuple(rules.values()), tables


def _rule(given: Table, known: Known, facts: FactKinds) -> VariantRule:
    for _ in ("subject", "subject_variants"):
        given.any(_)  # read with the other subjects of the engagement
    devices = given.texts("devices")
    for index, device in enumerate(devices):
        check_reference(given.at("devices").under(index), device, DEVICES, "device")
    rule = VariantRule(
        id=given.word("id", id_of, "", required=True),
        when=read_expression(given, "when", known, facts, "condition"),
        devices=devices,
        regions=given.words("regions", region_of),
        ages=given.word("age", ages_of, None),
    )
    given.close()
    return rule


def region_of(text: str) -> str:
    """Return a region of ISO 3166 such as ``AT`` (as far as CLDR knows it)."""
    if not re.fullmatch("[A-Z]{2}", text) or text not in Locale("en").territories:
        raise ValueError(f"{text[:60]!r} is not a region such as 'AT'")
    return text


def ages_of(text: str) -> tuple[int, int]:
    """Return full years from and to of ``18-25``, ``60+`` or ``up to 17``."""
    found = _AGES.fullmatch(text.strip())
    if found is None:
        raise ValueError(f"{text[:60]!r} is not an age such as '18-25', '60+' or 'up to 17'")
    low = int(found["low"] or 0)
    high = int(found["high"] or found["top"] or AGE_MAX)
    if low > high:
        raise ValueError(f"{text!r} ends before it begins")
    return low, high


def _check_templates(
    rules: Mapping[str, VariantRule], tables: Mapping[str, Table], templates: tuple[Template, ...]
) -> None:
    owned = {template.variant for template in templates}
    for name, given in tables.items():
        if name and name not in owned:
            hint = f"write variants/{name}/core.email.mjml or variants/{name}/core.txt"
            given.at("id").problem(f"the variant {name!r} has no template", hint)
    for template in _strays(rules, templates):
        hint = did_you_mean(template.variant, rules, one_of(rules) or "list it in variants.yaml")
        template.place.problem(f"there is no variant {template.variant!r}", hint)


def _strays(
    rules: Mapping[str, VariantRule], templates: tuple[Template, ...]
) -> Iterator[Template]:
    for template in templates:
        if template.variant and template.variant not in rules:
            yield template
