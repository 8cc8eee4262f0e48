"""Chooses the template of a message: which variant, for which channel, in which language.

In: an engagement, the channel, the reader. Out: the `Variant` and why. The variant is chosen first
(the arm of an experiment, else the first rule that holds, else the core), then the template by
channel (``push.web``, ``push``, any), then by language; so a channel's own text is never replaced
by another channel's for the sake of its language. Refused: a channel that nothing serves.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from regard.core.errors import Refused
from regard.core.offers import Engagement, Variant, VariantRule
from regard.core.scope import Scope
from regard.delivery.reader import age_of, closest, device_of, region_of

ANY = "*"
CORE = "core"
"""What an experiment calls the engagement's own texts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """A template, its language (BCP 47) and why it was chosen, in words.

    `languages` are the reader's own, best first.
    """

    variant: Variant
    language: str
    why: str
    languages: tuple[str, ...] = ()


def variant(  # noqa: PLR0917 - the order in which it is decided
    engagement: Engagement,
    channel: str,
    languages: Sequence[str],
    scope: Scope,
    arm: str = "",
    core_language: str = "en",
) -> Chosen:
    """Return the template for a reader; raise `Refused` ``no_variant`` when there is none.

    `languages` are the reader's, best first; `arm` (``core`` or a variant) goes before every rule;
    `core_language` is what the templates without a language speak.
    """
    served = _served(engagement, channel)
    wanted, why = _wanted(engagement, scope, arm, served)
    for by_language in (*served.get(wanted, ()), *(served.get("", ()) if wanted else ())):
        spoken = {core_language if tag == ANY else tag: tag for tag in reversed(by_language)}
        language, asked = closest(tuple(languages), tuple(sorted(spoken)))
        if language:
            told = f"reads {language}" if asked == language else f"{asked} reads {language}"
        elif ANY in by_language:
            language = core_language
            told = f"nothing for {', '.join(languages)}" if languages else "no language known"
        else:
            continue
        why = "; ".join(filter(None, (why, told)))
        return Chosen(
            variant=by_language[spoken[language]],
            language=language,
            why=why,
            languages=tuple(languages),
        )
    raise Refused(f"{engagement.id} has no variant for {channel}.", code="no_variant")


def _served(engagement: Engagement, channel: str) -> dict[str, list[dict[str, Variant]]]:
    """Return by variant its templates for a channel by language, the nearest family first."""
    by_family: dict[str, dict[str, dict[str, Variant]]] = {}
    for one in engagement.variants:
        by_family.setdefault(one.channel, {}).setdefault(one.id, {})[one.language] = one
    served: dict[str, list[dict[str, Variant]]] = {}
    for family in _families(channel):
        for variant_id, by_language in by_family.get(family, {}).items():
            served.setdefault(variant_id, []).append(by_language)
    return served


def _families(channel: str) -> Iterator[str]:
    yield channel
    while "." in channel:
        channel = channel.rpartition(".")[0]
        yield channel
    yield ANY


def _wanted(
    engagement: Engagement, scope: Scope, arm: str, served: Mapping[str, object]
) -> tuple[str, str]:
    """Return the id of the variant to use (empty: the core) and why."""
    if arm:
        drawn = "" if arm == CORE else arm
        told = f"arm {arm} of its experiment"
        return (drawn, told) if drawn in served else ("", f"{told} has no text for this channel")
    for rule in engagement.variant_rules:
        why = _holds(rule, scope) if rule.id in served else ""
        if why:
            return rule.id, f"variant {rule.id}: {why}"
    return "", "no variant is for them" if engagement.variant_rules else ""


def _holds(rule: VariantRule, scope: Scope) -> str:
    """Return why a rule holds, in words; empty when it does not, or says nothing."""
    told: list[str] = []
    if rule.devices:
        device = device_of(scope.channel, scope.person)
        if device not in rule.devices:
            return ""
        told.append(f"reads on a {device}")
    if rule.regions:
        region = region_of(scope.person)
        if region not in rule.regions:
            return ""
        told.append(f"region {region}")
    if rule.ages:
        age = age_of(scope.person, scope.now.date())
        if age is None or not rule.ages[0] <= age <= rule.ages[1]:
            return ""
        told.append(f"age {age}")
    if rule.when is not None:
        if rule.when(scope) is not True:
            return ""
        told.append(f"when {rule.when.text}")
    return ", ".join(told)
