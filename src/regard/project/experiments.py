"""`success:` and `experiment:` of an engagement -> what shows that it works, and who sees what.

Success is an event within a time, told by the event's facts alone: it is looked for in the journal,
where nobody knows any more what the person was then. Arms are the engagement's variants and
``core``; their shares are 100 % together. Refused: an experiment of which nobody could tell what
came of it.
"""

from __future__ import annotations

from collections.abc import Collection
from decimal import Decimal, InvalidOperation

from regard.core.offers import Experiment, Success
from regard.project.expressions.reads import Reads
from regard.project.findings import did_you_mean
from regard.project.reading import Table, check_reference
from regard.project.triggers import Known, facts_of, read_expression
from regard.project.variants import CORE
from regard.project.words import id_of

ARMS_MAX = 20
VERSION_MAX = 1_000_000
RECEIPTS = ("Message ", "Email ")
"""How the names of events begin that tell what became of a message: no file describes them."""


def read_success(table: Table | None, known: Known) -> Success | None:
    """Return what shows success; None when nothing is said, or it is wrong."""
    if table is None:
        return None
    event = table.text("event", required=True)
    if event and known.events and event not in known.events and not event.startswith(RECEIPTS):
        table.at("event").warn(
            f"no file describes the event {event!r}",
            did_you_mean(event, known.events, "describe it in events/, so that slips are found"),
        )
    when = read_expression(table, "when", known, facts_of(event, known), "condition")
    if when is not None and when.reads not in (Reads(), Reads(has_event=True)):
        table.at("when").problem(
            "success is told by the event alone", "use facts.… of the event, nothing of the person"
        )
    within = table.duration("within")
    if "within" not in table:
        table.missing("within", "within: 3 days")
    table.close()
    return Success(event=event, within=within, when=when) if event and within else None


def read_experiment(
    table: Table | None, engagement_id: str, variants: Collection[str], success: Success | None
) -> Experiment | None:
    """Return the experiment of an engagement with those variants; None when there is none."""
    if table is None:
        return None
    if success is None:
        table.place.problem(
            "nobody could tell which arm is better", "success: {event: …, within: 3 days}"
        )
    arms = table.table("arms")
    shares: list[tuple[Decimal, str]] = []
    for arm in arms.data if arms is not None else ():
        assert arms is not None
        check_reference(arms.at(arm), arm, (CORE, *variants), "variant")
        shares.append((read_share(arms, arm), arm))
    if arms is None:
        table.missing("arms", "arms: {core: 50 %, short: 50 %}")
    elif not 2 <= len(shares) <= ARMS_MAX:
        table.at("arms").problem(f"an experiment has 2 to {ARMS_MAX} arms")
    total = sum((share for share, _ in shares), Decimal(0))
    if total != 100 and all(share for share, _ in shares):
        table.at("arms").problem(f"the shares are {total} % together, not 100 %")
    experiment = Experiment(
        id=table.word("id", id_of, engagement_id),
        version=table.whole("version", 1, low=1, high=VERSION_MAX),
        shares=tuple((float(share / 100), arm) for share, arm in shares),
    )
    table.close()
    return experiment if len(shares) > 1 else None


def read_share(table: Table, key: str) -> Decimal:
    """Return the per cent of a share such as ``12.5 %``; 0 when it was wrong, which is reported."""
    text = table.text(key, required=True)
    try:
        share = Decimal(text.removesuffix("%").strip())
    except InvalidOperation:
        share = Decimal(0)
    if not text.endswith("%") or not 0 < share <= 100:
        if text:
            table.at(key).problem(f"{text[:40]!r} is not a share such as 50 %")
        return Decimal(0)
    return share
