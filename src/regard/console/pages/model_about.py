"""One thing of the engagement model, what people think of it, and saying it.

A remark is an input of the journal that hangs on the house itself, so that who said what is there
after every rebuild. Refused: one without a name, a vote or a decision without a reason.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from datetime import timedelta
from typing import Any, Literal

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request

from regard.console.desk import Desk
from regard.console.model_shelf import Studied
from regard.console.model_views import AboutView, Link
from regard.console.model_words import (
    KINDS,
    href_of,
    link_of,
    neighbours_of,
    opinion_item,
    remark_item,
)
from regard.console.pages.model import (
    REMARKS_MAX,
    all_titles,
    disconnect_items,
    not_there,
    which_of,
)
from regard.core.errors import Refused
from regard.core.event import ModelRemark, RemarkAct, Vote
from regard.core.ids import derived_id, message_key
from regard.core.model import Model, Range
from regard.core.ports import Draft
from regard.model import compare
from regard.model.comparing import SECTIONS
from regard.model.consensus import DISCONNECT, opinions_of
from regard.model.saying import joined, latency_words, money_words

BY_CHARS_MAX, WORDS_CHARS_MAX = 80, 500
ACTS: tuple[RemarkAct, ...] = ("comment", "vote", "decide")
VOTES: tuple[Vote, ...] = ("agree", "disagree", "unsure")
LINKED = frozenset(
    {"customers", "channels", "organisation", "uses", "reads", "writes", "applications", "prefers"}
    | {"id", "title", "source", "target", "need", "application", "store", "answered_by"}
)
"""Fields that are told as links, or are the heading."""
SECTION_OF: Mapping[str, str] = {kind: section for section, kind in SECTIONS.items()}


def view(request: Request, desk: Desk) -> AboutView:
    """Return one element, flow or disconnect; raise `Refused` when no version has it."""
    about, program = request.path_params["about"], desk.program()
    with desk.library.reading() as reading:
        studied = desk.models.study(reading, program)
        rows = reading.remarks.latest(about, limit=REMARKS_MAX)
        opinions = opinions_of(reading.remarks.latest(limit=REMARKS_MAX))
    which, titles = _version(request, studied, about), all_titles(studied)
    opinion = opinions_of(rows).get((which, about))
    items = disconnect_items(studied, opinions, titles)
    change = _change(studied, about)
    other = "as_is" if which == "future" else "future"
    return AboutView(
        now=desk.clock.now(),
        zone=program.company.zone,
        which=which,
        about=about,
        kind=KINDS[about.partition(":")[0]],
        title=titles[about],
        other=href_of(about, other) if has(studied, other, about) else "",
        facts=_facts(studied, which, about),
        links=_links(studied, which, about, titles),
        fate=change[0],
        fate_words=change[1],
        disconnects=tuple(
            one
            for one in items
            if about == one.about or (which == "as_is" and about in [p.key for p in one.path])
        ),
        opinion=opinion_item(opinion),
        votes=tuple(remark_item(row, titles) for row in opinion.votes) if opinion else (),
        comments=tuple(remark_item(row, titles) for row in opinion.comments) if opinion else (),
        decisions=tuple(remark_item(r, titles) for r in opinion.decisions) if opinion else (),
    )


async def say(request: Request, desk: Desk, form: dict[str, str]) -> str:
    """Append what somebody says about a thing; return the address of its page."""
    about, now = request.path_params["about"], desk.clock.now()
    studied = await run_in_threadpool(_study, desk)
    which: Literal["as_is", "future"] = "future" if form.get("model") == "future" else "as_is"
    if not has(studied, which, about):
        raise not_there(about)
    remark = remark_of(form, about, which)
    key = message_key("remark", remark.remark_id)
    await desk.intake.append([Draft(key=key, identity=0, at=now, received_at=now, body=remark)])
    return f"{href_of(about, which)}#said"


def remark_of(
    form: Mapping[str, str], about: str, which: Literal["as_is", "future"]
) -> ModelRemark:
    """Return what a form says; raise `Refused` when something is missing."""
    by, words, why = (form.get(name, "").strip() for name in ("by", "words", "why"))
    act = next((one for one in ACTS if one == form.get("act")), None)
    vote = next((one for one in VOTES if one == form.get("vote")), None)
    if act is None or (act == "vote" and vote is None):
        raise Refused("That says nothing.", code="no_answer", hint="Agree, disagree or unsure?")
    if not by:
        raise Refused(
            "Whoever speaks about the model says who they are.",
            code="by_missing",
            hint="Give your name: the others will want to ask you.",
        )
    if act != "vote" and not words:
        raise Refused("There is nothing in it.", code="words_missing", hint="Write a sentence.")
    if act != "comment" and not why:
        raise Refused(
            "A vote or a decision about the model needs its reason.",
            code="why_missing",
            hint="Say why: it is what the others have to be convinced by.",
        )
    # The moment at which the form was shown: sent twice, it is one remark.
    said = (act, which, about, by, vote or "", words, why, form.get("shown", ""))
    return ModelRemark(
        remark_id=derived_id("remark", *said),
        act=act,
        model=which,
        about=about,
        by=by[:BY_CHARS_MAX],
        vote=vote or "" if act == "vote" else "",
        words=words[:WORDS_CHARS_MAX],
        why=why[:WORDS_CHARS_MAX],
    )


def has(studied: Studied, which: str, about: str) -> bool:
    """Tell whether a version has a thing."""
    if about.startswith(DISCONNECT):
        today = {one.disconnect.id for one in studied.advice}
        later = {one.id for one in studied.fresh}
        return about.removeprefix(DISCONNECT) in (later if which == "future" else today)
    return _thing(studied, which, about) is not None


def _study(desk: Desk) -> Studied:
    with desk.library.reading() as reading:
        return desk.models.study(reading, desk.program())


def _version(request: Request, studied: Studied, about: str) -> Literal["as_is", "future"]:
    asked: Literal["as_is", "future"] = (
        "future" if which_of(request, studied) == "future" else "as_is"
    )
    other: Literal["as_is", "future"] = "as_is" if asked == "future" else "future"
    for which in (asked, other):
        if has(studied, which, about):
            return which
    raise not_there(about)


def _model(studied: Studied, which: str) -> Model | None:
    return studied.future if which == "future" else studied.as_is


def _thing(studied: Studied, which: str, about: str) -> Any:
    model, (kind, _, name) = _model(studied, which), about.partition(":")
    if model is None or kind not in SECTION_OF:
        return None
    return getattr(model, SECTION_OF[kind]).get(name)


def _change(studied: Studied, about: str) -> tuple[str, str]:
    if studied.as_is is None or studied.future is None:
        return "", ""
    changes = compare(studied.as_is, studied.future)
    return next(((c.fate, c.words) for c in changes if c.key == about), ("", ""))


def _facts(studied: Studied, which: str, about: str) -> tuple[tuple[str, str], ...]:
    thing = _thing(studied, which, about)
    if thing is None:
        return ()
    told = [
        (field.name.replace("_", " "), _told(getattr(thing, field.name)))
        for field in fields(thing)
        if field.name not in LINKED
    ]
    return tuple((name, words) for name, words in told if words)


def _told(value: Any) -> str:
    match value:
        case Range():
            return money_words(value, "") if value.high else ""
        case timedelta():
            return latency_words(value) if value else "live"
        case bool():
            return "yes" if value else ""
        case Mapping():
            return joined(f"{name} by {key}" for name, key in value.items()) if value else ""
        case tuple():
            return joined(map(str, value)) if value else ""
    return f"{value:,}" if isinstance(value, int) and value else str(value or "")


def _links(
    studied: Studied, which: str, about: str, titles: Mapping[str, str]
) -> tuple[tuple[str, tuple[Link, ...]], ...]:
    model = _model(studied, which)
    found = neighbours_of(model).get(about, {}) if model else {}
    return tuple((w, tuple(link_of(k, titles, which) for k in keys)) for w, keys in found.items())
