"""Sources: which systems send to us, how to point one here, and what we refused of it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from starlette.requests import Request

from regard.console.desk import Desk
from regard.console.pages.dossier import TRUST_WORDS
from regard.console.snippets import snippets
from regard.console.views import RejectedGroup, RejectedItem, SourceItem, SourcesView
from regard.core.errors import Refused
from regard.core.rows import Rejected, SourceRow
from regard.core.settings import Source

REJECTED_MAX = 100
"""Refused items shown; the newest tell what is wrong now."""
ITEM_MAX = 8_000
"""Characters of one refused item; enough to see what is wrong with it."""
_MASK_KEEPS = 3


def view(request: Request, desk: Desk) -> SourcesView:
    """Return all sources with their counts, and the refused items (of the one in the path)."""
    program = desk.program()
    selected = request.path_params.get("source", "")
    known = {source.id: source for source in program.sources.values()}
    if selected and selected not in known:
        raise _unknown(selected)
    with desk.library.reading() as reading:
        rows, rejected = reading.registers.sources(selected, REJECTED_MAX)
    counts = {row.source: row for row in rows}
    base_url = str(request.base_url).rstrip("/")
    return SourcesView(
        now=desk.clock.now(),
        zone=program.company.zone,
        selected=selected,
        sources=tuple(_item(s, counts.get(s.id)) for s in known.values()),
        snippets=snippets(base_url),
        rejected=_grouped(rejected, known),
        is_full=len(rejected) == REJECTED_MAX,
    )


def write_key(desk: Desk, source: str) -> str:
    """Return the write key of a source; raise `Refused` when there is no such source."""
    for found in desk.program().sources.values():
        if found.id == source:
            return found.key
    raise _unknown(source)


def _unknown(source: str) -> Refused:
    text = f"There is no source {source}."
    return Refused(text, code="not_found", hint="Declare it under [sources] in regard.toml.")


def _item(source: Source, row: SourceRow | None) -> SourceItem:
    return SourceItem(
        source=source.id,
        title=source.title,
        channel=source.channel,
        trust=TRUST_WORDS[source.trust],
        key_masked=masked(source.key),
        accepted_count=row.accepted_count if row else 0,
        duplicate_count=row.duplicate_count if row else 0,
        rejected_count=row.rejected_count if row else 0,
        last_at=row.last_at if row else None,
    )


def masked(key: str) -> str:
    """Return a key that can be recognised but not used."""
    kept = key[:_MASK_KEEPS] if len(key) > 4 * _MASK_KEEPS else ""
    return f"{kept}{'•' * 8}"


def _grouped(
    rejected: Sequence[Rejected], known: Mapping[str, Source]
) -> tuple[RejectedGroup, ...]:
    """Return groups of items that were refused alike, the one with the newest item first."""
    groups: dict[tuple[str, str, str], list[Rejected]] = {}
    for item in rejected:
        groups.setdefault((item.source, item.code, item.message), []).append(item)
    return tuple(
        RejectedGroup(
            source=source,
            source_title=known[source].title if source in known else source,
            code=code,
            message=message,
            items=tuple(RejectedItem(at=i.at, item=_pretty(i.item)[:ITEM_MAX]) for i in items),
        )
        for (source, code, message), items in groups.items()
    )


def _pretty(text: str) -> str:
    try:
        return json.dumps(json.loads(text), indent=2, ensure_ascii=False)
    except (ValueError, RecursionError):
        return text
