"""engagements/<id>/ -> engagements with their compiled variants.

The facts that an engagement sees come from the promises and journeys that offer it; conditions are
checked against what all of them have. Refused beside wrong values: an engagement without a single
template for one of its channels.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, cast, get_args

from regard.core.offers import Engagement, OfferWhen, Variant, VariantRule
from regard.core.settings import Company
from regard.project.experiments import read_experiment, read_success
from regard.project.expressions import CompiledExpression, FactKinds
from regard.project.findings import did_you_mean, one_of
from regard.project.liquid_text import Liquid, LiquidText
from regard.project.questions import read_context, read_need, read_question
from regard.project.reading import Table, check_reference, check_word
from regard.project.rules import CLASSES
from regard.project.snippets import Snippets
from regard.project.text_length import warn_of_length
from regard.project.triggers import Known, read_expression
from regard.project.variant_rules import read_variant_rules
from regard.project.variants import (
    ANY,
    Template,
    VariantContext,
    compile_checked,
    compile_variants,
    list_templates,
)
from regard.project.words import id_of, language_of

VALUE_MAX = 1_000.0


def read_engagement(
    table: Table,
    files: Mapping[str, str],
    known: Known,
    company: Company,
    facts: FactKinds,
    *,
    variants: Table | None,
    snippets: Snippets,
) -> Engagement:
    """Return the engagement of one folder; every slip is reported.

    `files` are its templates, `variants` what its variants.yaml says, `snippets` those of the
    company.
    """
    folder = _folder(table)
    engagement_id = folder.removeprefix("engagements/")
    if table.text("id", engagement_id) != engagement_id:
        table.at("id").problem(f"the id is the name of the folder: {engagement_id!r}")
    channels = table.references("channels", known.channels, "channel")
    if "channels" not in table:
        table.missing("channels", "channels: [email, sms]")
    templates = list_templates(files, folder, table.place.findings)
    rules, owners = read_variant_rules(variants, templates, known, facts)
    subjects = {
        variant: _subjects(owner, facts, snippets.plain)
        for variant, owner in {"": table, **owners}.items()
    }
    context = VariantContext(company=company, facts=facts, subjects=subjects, snippets=snippets)
    _check_templates(table, channels, templates)
    warn_of_length(channels, templates)
    _check_subjects(table, channels, templates, subjects[""])
    compiled = compile_variants(templates, context)
    engagement = _engagement(table, channels, compiled, rules, known=known, facts=facts)
    table.close()
    return engagement


def _engagement(
    table: Table,
    channels: tuple[str, ...],
    variants: tuple[Variant, ...],
    rules: tuple[VariantRule, ...],
    *,
    known: Known,
    facts: FactKinds,
) -> Engagement:
    def condition(key: str) -> CompiledExpression | None:
        return read_expression(table, key, known, facts, "condition")

    engagement_id = _folder(table).removeprefix("engagements/")
    customer, company = _values(table)
    success = read_success(table.table("success"), known)
    if "useful_for" in table and "useful_until" in table:
        table.at("useful_until").problem("useful_for and useful_until exclude each other")
    return Engagement(
        id=engagement_id,
        title=table.text("title") or engagement_id,
        need=read_need(table, known),
        purpose=_purpose(table, known),
        message_class=cast(
            Literal["service", "marketing"],
            table.choice("class", CLASSES, "marketing", required=True),
        ),
        value_customer=customer,
        value_company=company,
        propensity=float(table.number("propensity", 0.5, low=0, high=1)),
        channels=channels,
        variants=variants,
        eligibility=condition("eligibility"),
        applicability=condition("applicability"),
        suitability=condition("suitability"),
        useful_for=table.duration("useful_for"),
        useful_until=read_expression(table, "useful_until", known, facts, "moment"),
        department=_department(table, known),
        if_unknown=cast(
            Literal["resend", "ask"], table.choice("if_unknown", ("resend", "ask"), "resend")
        ),
        variant_rules=rules,
        offer_when=_offer_when(table),
        placements=_placements(table),
        asks=read_question(table, known),
        success=success,
        experiment=read_experiment(
            table.table("experiment"), engagement_id, [rule.id for rule in rules], success
        ),
        context=read_context(table, known, facts),
    )


def _offer_when(table: Table) -> OfferWhen:
    return cast(OfferWhen, table.choice("offer_when", get_args(OfferWhen), "named"))


def _placements(table: Table) -> tuple[str, ...]:
    """Return the places of a page or a screen for which it may be asked."""
    found = table.words("placements", id_of)
    if found and table.data.get("offer_when") != "asked":
        table.at("placements").problem("only what is asked for has placements", "offer_when: asked")
    return found


def _values(table: Table) -> tuple[float, float]:
    given = table.table("value")
    if given is None:
        return 0.0, 0.0
    customer = float(given.number("customer", 0.0, low=-VALUE_MAX, high=VALUE_MAX))
    company = float(given.number("company", 0.0, low=-VALUE_MAX, high=VALUE_MAX))
    given.close()
    return customer, company


def _purpose(table: Table, known: Known) -> str:
    purpose = table.text("purpose", required=True)
    if purpose:
        check_reference(table.at("purpose"), purpose, known.purposes, "purpose")
    return purpose


def _department(table: Table, known: Known) -> str:
    department = table.text("department")
    if department:
        check_reference(table.at("department"), department, known.departments, "department")
    return department


def _subjects(table: Table, facts: FactKinds, liquid: Liquid) -> dict[str, LiquidText]:
    """Return the compiled subject lines by language."""
    texts = {ANY: (table.at("subject"), table.text("subject"))}
    if others := table.table("subject_variants"):
        for language in others.data:
            check_word(others.at(language), language, language_of)
            texts[language] = (others.at(language), others.text(language))
    compiled = {
        language: compile_checked(text, place, facts, liquid)
        for language, (place, text) in texts.items()
        if text
    }
    return {language: text for language, text in compiled.items() if text is not None}


def _check_templates(
    table: Table, channels: tuple[str, ...], templates: tuple[Template, ...]
) -> None:
    """Report channels without a template, and templates without a channel."""
    core = (template for template in templates if not template.variant)
    served = {template.channel for template in core if template.language == ANY}
    bare = [c for c in channels if not served.intersection(_families(c))]
    hint = "write core.email.mjml for e-mail, core.txt for every other channel"
    if channels and len(bare) == len(channels):
        table.at("channels").problem("there is no template for any of its channels", hint)
    elif bare:
        table.at("channels").warn(f"there is no template for {', '.join(bare)}", hint)
    wanted = {family for channel in channels for family in _families(channel)}
    for family in sorted({template.channel for template in templates} - wanted - {ANY}):
        hint = did_you_mean(family, wanted, one_of(channels))
        table.at("channels").warn(f"the templates for {family!r} serve none of its channels", hint)


def _families(channel: str) -> list[str]:
    """Return whose templates may serve a channel: ``push.web`` its own, ``push``, or any.

    E-mail wants its own, because it is the one channel with a page and a subject.
    """
    parts = channel.split(".")
    own = [".".join(parts[:length]) for length in range(len(parts), 0, -1)]
    return own if channel == "email" else [*own, ANY]


def _check_subjects(
    table: Table,
    channels: tuple[str, ...],
    templates: tuple[Template, ...],
    subjects: Mapping[str, LiquidText],
) -> None:
    if "email" in channels and "subject" not in table:
        table.missing("subject", "an e-mail needs one")
    spoken = {template.language for template in templates} | {ANY}
    for language in subjects:
        if language not in spoken:
            table.at("subject_variants").under(language).warn(
                f"no template speaks {language!r}, so this subject is never used",
                f"write variants/{language}.email.mjml",
            )


def _folder(table: Table) -> str:
    """Return the folder that an engagement file stands in."""
    return table.place.document.file.removesuffix("/engagement.yaml")
