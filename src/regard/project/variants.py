"""The files of one engagement -> compiled variants, one for each channel family and language.

``core.<family>`` and ``variants/<language>.<family>`` where the family is ``email.mjml``,
``email.txt``, ``txt`` (every channel but e-mail) or ``<channel>.txt``; a variant of variants.yaml
has the same in a folder of its own: ``variants/<id>/core.<family>``, ``variants/<id>/de.<family>``.
An e-mail always has a plain-text part: the written one, or one derived from the HTML.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from babel import Locale, UnknownLocaleError

from regard.core.errors import Problem
from regard.core.offers import Rendered
from regard.core.settings import Company
from regard.project.documents import Document
from regard.project.expressions import FactKinds
from regard.project.findings import Findings, did_you_mean, one_of
from regard.project.liquid_text import Liquid, LiquidFault, LiquidText
from regard.project.mjml_page import MjmlFault, compile_mjml
from regard.project.plain_text import text_of
from regard.project.reading import Place
from regard.project.snippets import Snippets
from regard.project.words import channel_of, language_of, zone_of

ANY = "*"
CORE = "core"
ROOTS = ("person", "facts", "company", "links", "language", "locale", "timezone")
_KEYS = {
    "company": ("id", "name", "zone", "languages", "address", "website", "currency"),
    "links": ("unsubscribe", "preferences", "answer"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class CompiledVariant:
    """Implements `core.offers.Variant`: subject, text and (for e-mail) HTML of one language."""

    id: str = ""
    channel: str
    language: str
    subject: LiquidText | None
    text: LiquidText | None
    html: LiquidText | None
    company: Company

    def render(self, data: Mapping[str, Any]) -> Rendered:
        """Render with `data` (person, facts, company, links); raise `Refused` when it cannot.

        `locale` (BCP 47) and `timezone` of `data` are the reader's own, if they are there: numbers
        and dates follow the reader's region as long as the text is in their language.
        """
        seen = {**data, **self._manners(data)}
        html = self.html.render(seen) if self.html else ""
        text = self.text.render(seen) if self.text else text_of(html)
        subject = self.subject.render(seen) if self.subject else ""
        return Rendered(subject=" ".join(subject.split()), text=text.strip() + "\n", html=html)

    def missing(self, data: Mapping[str, Any]) -> tuple[str, ...]:
        """Return the names that the texts read and `data` does not have (``facts.gate``)."""
        seen = {**data, **self._manners(data)}
        texts = (self.subject, self.html, self.text)
        paths = dict.fromkeys(path for text in texts if text for path in text.reads)
        return tuple(".".join(path) for path in paths if not _is_there(path, seen))

    def _manners(self, data: Mapping[str, Any]) -> dict[str, Any]:
        """Return what the filters look for: the text's language, the reader's locale and zone."""
        language = self.company.languages[0] if self.language == ANY else self.language
        person = data.get("person")
        own = person.get("timezone") if isinstance(person, Mapping) else None
        return {
            "language": language,
            "locale": _locale(language, str(data.get("locale") or "")),
            "timezone": _zone(data.get("timezone") or own, self.company.zone),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class VariantContext:
    """What the templates of one engagement may use, and its subject lines.

    `subjects` are by variant (empty: the core), then by language.
    """

    company: Company
    facts: FactKinds
    subjects: Mapping[str, Mapping[str, LiquidText]]
    snippets: Snippets


@dataclass(frozen=True, slots=True, kw_only=True)
class Template:
    """One template file and whom its name says it is for."""

    place: Place
    source: str
    variant: str
    channel: str
    language: str
    is_mjml: bool


def list_templates(
    files: Mapping[str, str], folder: str, findings: Findings
) -> tuple[Template, ...]:
    """Return the templates of the engagement in `folder`; strange names are reported."""
    found = []
    for file, source in files.items():
        place = Place(Document(file=file, data=None), (), findings)
        name = _read_name(file.removeprefix(f"{folder}/"), place)
        if name is not None:
            variant, channel, language, suffix = name
            template = Template(
                place=place,
                source=source,
                variant=variant,
                channel=channel,
                language=language,
                is_mjml=suffix == "mjml",
            )
            found.append(template)
    return tuple(found)


def compile_variants(
    templates: Iterable[Template], context: VariantContext
) -> tuple[CompiledVariant, ...]:
    """Return a variant for each id, channel and language: the core first, ``*`` last."""
    parts: dict[tuple[str, str, str], dict[bool, LiquidText]] = {}
    for template in templates:
        compiled = _compile(template, context)
        if compiled is not None:
            key = (template.variant, template.channel, template.language)
            parts.setdefault(key, {})[template.is_mjml] = compiled
    order = sorted(parts, key=lambda key: (key[0], key[1] == ANY, key[1], key[2] == ANY, key[2]))
    core = context.subjects.get("", {})
    return tuple(
        CompiledVariant(
            id=variant,
            channel=channel,
            language=language,
            subject=best_for(language, {**core, **context.subjects.get(variant, {})}),
            text=parts[variant, channel, language].get(False),
            html=parts[variant, channel, language].get(True),
            company=context.company,
        )
        for variant, channel, language in order
    )


def best_for(language: str, texts: Mapping[str, LiquidText]) -> LiquidText | None:
    """Return a text by language: exact, then the language without its region, then any."""
    for tag in (language, language.partition("-")[0], ANY):
        if tag in texts:
            return texts[tag]
    return None


def _read_name(path: str, place: Place) -> tuple[str, str, str, str] | None:
    """Return variant, channel, language and suffix of a template's path inside its engagement."""
    *folders, name = path.split("/")
    who, _, rest = name.partition(".")
    middle, _, suffix = f".{rest}".rpartition(".")
    channel, is_core = middle.removeprefix("."), who == CORE
    has_place = is_core is (not folders) or len(folders) == 2
    if suffix not in ("mjml", "txt") or not has_place:
        place.problem(
            "this is not the name of a template",
            "core.email.mjml, core.txt, core.sms.txt, variants/de.email.mjml or variants/de.txt",
        )
        return None
    if suffix == "mjml" and channel != "email":
        place.problem("MJML is for e-mail", f"name it {who}.email.mjml")
        return None
    try:
        language = ANY if is_core else language_of(who)
        variant = folders[1] if len(folders) == 2 else ""
        return variant, channel_of(channel) if channel else ANY, language, suffix
    except ValueError as error:
        place.problem(str(error))
        return None


def _compile(template: Template, context: VariantContext) -> LiquidText | None:
    place, source, snippets = template.place, template.source, context.snippets
    liquid = snippets.page if template.is_mjml else snippets.plain
    text = compile_checked(source, place, context.facts, liquid)
    if text is None or not template.is_mjml:
        return text
    any_language = context.company.languages[0]
    language = any_language if template.language == ANY else template.language
    file = place.document.file
    try:
        page = snippets.expanded(source, file)
    except LiquidFault as fault:
        report(place, fault.message, fault.hint, fault.line)
        return None
    try:
        return snippets.html.compile(compile_mjml(page.text, language), file)
    except (MjmlFault, LiquidFault) as fault:
        origin, line = page.place(fault.line)
        place = Place(Document(file=origin, data=None), (), place.findings)
        report(place, fault.message, fault.hint, line)
        return None


def compile_checked(
    source: str, place: Place, facts: FactKinds, liquid: Liquid
) -> LiquidText | None:
    """Return compiled Liquid, or report why not; warn about names that nothing will fill."""
    try:
        text = liquid.compile(source, place.document.file)
    except LiquidFault as fault:
        report(place, fault.message, fault.hint, fault.line)
        return None
    for name, line in text.names:
        if warning := _unknown_name(name, facts):
            report(place, *warning, line, warns=True)
    return text


def _unknown_name(name: tuple[str, ...], facts: FactKinds) -> tuple[str, str] | None:
    root, keys = name[0], name[1:]
    if root not in ROOTS:
        message = f"templates do not see {root!r}; it renders as nothing"
        hint = f"did you mean 'facts.{root}'?" if root in facts.named else one_of(ROOTS)
        return message, did_you_mean(root, ROOTS, hint)
    if root == "facts" and keys and facts.kind_at(keys) is None:
        message = f"no event that leads here has the fact {'.'.join(keys)!r}"
        return message, did_you_mean(keys[0], facts.named, one_of(facts.named))
    if root in _KEYS and keys and keys[0] not in _KEYS[root]:
        return f"there is no {root}.{keys[0]}", did_you_mean(
            keys[0], _KEYS[root], one_of(_KEYS[root])
        )
    return None


def report(place: Place, message: str, hint: str, line: int, *, warns: bool = False) -> None:
    """Report at a line of a text file, or of the one-line text at `place`."""
    own_line = place.document.line(place.path)
    place.findings.add(
        Problem(
            file=place.document.file,
            line=own_line or line,
            path=".".join(map(str, place.path)),
            message=message,
            hint=hint,
            is_warning=warns,
        )
    )


def _zone(own: object, otherwise: str) -> str:
    """Return the person's own time zone if it is one."""
    try:
        return zone_of(own) if isinstance(own, str) else otherwise
    except ValueError:
        return otherwise


@lru_cache(maxsize=4_096)
def _locale(language: str, own: str) -> str:
    """Return the reader's own locale if it speaks `language`, else the one of `language`."""
    written = Locale.parse(language, sep="-")
    try:
        reader = Locale.parse(own, sep="-")
    except (UnknownLocaleError, ValueError, TypeError):
        return str(written)
    same = (reader.language, reader.script) == (written.language, written.script)
    return str(reader if same and reader.territory else written)


def _is_there(path: Sequence[str], data: Mapping[str, Any]) -> bool:
    found: Any = data
    for key in path:
        if not isinstance(found, Mapping):
            return True  # a property of a value (`size`, `first`), or a piece of a text
        if key not in found:
            return key in ("size", "first", "last")
        found = found[key]
    return found is not None
