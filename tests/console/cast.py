"""The standing cast on the shelf: a few days at Skylark Air, made by hand.

Ada is repaired by SMS, Bruno is silent for want of consent, Chen's gate change was late, Dalia and
her twin Dario share a surname and nothing else, the Okafor family shares one phone.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from regard.core.event import Event, Identifier, MessageOutcome
from regard.core.facts import (
    Candidate,
    CaseOpened,
    Decided,
    Entry,
    IdentityShared,
    PersonsMerged,
    PromiseChanged,
    Refusal,
    RunChanged,
)
from regard.core.ids import identity_of, person_id_of
from regard.core.person import Claim, Consent, Held, Person, PromiseState, RunState, Touch
from regard.core.rows import (
    CaseRow,
    Content,
    Evidence,
    IdentifierRow,
    MessageRow,
    PromiseRow,
    Rejected,
    SourceRow,
    Tally,
)
from tests.console.shelf import Shelf

NOW = datetime(2026, 3, 5, 9, 30, tzinfo=UTC)
MAIL = (
    "<!doctype html><html><head><style>h1{color:#3344bb;font-family:sans-serif}</style></head>"
    "<body style='margin:0;padding:32px;font-family:sans-serif;color:#222'><h1>Your gate has "
    "changed</h1><p>Dear Chen, SK 204 now leaves from <b>gate B 12</b>.</p><p><a href='https://"
    "skylark.example' style='background:#3344bb;color:#fff;padding:10px 16px;border-radius:6px;"
    "text-decoration:none'>Show my trip</a></p><script>parent.hurt=1</script></body></html>"
)


def ago(**units: float) -> datetime:
    """Return a moment before `NOW`."""
    return NOW - timedelta(**units)


class Cast:
    """Puts people on a shelf, one entry at a time."""

    def __init__(self) -> None:
        self.shelf = Shelf()
        self._offset = 0

    def person(
        self, name: str, *identifiers: Identifier, zone: str = "Europe/Vienna", **traits: Any
    ) -> str:
        """Let a person be known; returns their id."""
        first = ago(days=9)
        identities = [identity_of(i.kind, i.value) for i in identifiers]
        person_id = person_id_of(identities[0])
        values = {"name": name, "time_zone": zone} | traits
        values |= {i.kind: i.value for i in identifiers if i.kind in ("email", "phone")}
        claims = {
            key: Claim(value, ago(days=3), "website", 2 if key == "time_zone" else 0, 1)
            for key, value in values.items()
        }
        self.shelf.persons[person_id] = Person(
            id=person_id,
            claims=claims,
            first_seen_at=first,
            last_seen_at=ago(hours=len(self.shelf.persons) + 1),
            last_channel="web.desktop",
        )
        rows = [
            IdentifierRow(identifier=i, identity=number, first_at=first, is_shared=False)
            for i, number in zip(identifiers, identities, strict=True)
        ]
        links = [
            Evidence(
                left=identifiers[0],
                right=other,
                offset=self._offset + 1,
                at=first,
                source="website",
                rule="seen_together",
            )
            for other in identifiers[1:]
        ]
        self.shelf.links[person_id] = (rows, links)
        return person_id

    def set(self, person_id: str, **parts: Any) -> None:
        """Replace parts of a person's record."""
        old = self.shelf.persons[person_id]
        fields = {name: getattr(old, name) for name in old.__struct_fields__}
        self.shelf.persons[person_id] = Person(**(fields | parts))

    def note(self, person_id: str, at: datetime, body: Any, cause: int = 0) -> int:
        """Write one entry to the journal; returns its offset."""
        self._offset += 1
        entry = Entry(
            offset=self._offset,
            identity=self.shelf.links[person_id][0][0].identity if person_id else 0,
            at=at,
            received_at=at,
            body=body,
            cause=cause,
            part=1 if cause else 0,
        )
        person = self.shelf.persons.get(person_id)
        label = str(person.trait("name")) if person else ""
        self.shelf.journal.append((entry, person_id, label))
        return self._offset

    def event(self, person_id: str, at: datetime, name: str, channel: str, /, **facts: Any) -> int:
        """Let something happen."""
        body = Event(
            message_id=f"m{self._offset}",
            source="website" if channel.startswith("web") else "operations",
            type="page" if name == "page" else "track",
            name=name,
            channel=channel,
            at=at,
            received_at=at,
            identifiers=(self.shelf.links[person_id][0][0].identifier,),
            facts=facts,
        )
        return self.note(person_id, at, body)

    def promise(self, person_id: str, at: datetime, made_at: datetime, **fields: Any) -> None:
        """Make a promise or move it on; the register keeps the latest change."""
        values: dict[str, Any] = {
            "act_at": fields["due_at"],
            "reason": fields["status"],
            "promise_id": f"{fields['definition']}-{fields['about']}",
            "made_at": made_at,
        }
        change = PromiseChanged(**(values | fields))
        offset = self.note(person_id, at, change, cause=self._offset)
        rows = self.shelf.promise_rows
        rows[:] = [row for row in rows if row.change.promise_id != change.promise_id]
        person = self.shelf.persons[person_id]
        label = str(person.trait("name"))
        rows.append(PromiseRow(person_id=person_id, label=label, change=change, changed_at=at))
        state = PromiseState(change=change, stamp=offset)
        self.set(person_id, promises=person.promises | {change.promise_id: state})

    def decided(self, person_id: str, at: datetime, engagement: str, **fields: Any) -> Decided:
        """Let the gate conclude something."""
        candidate = Candidate(
            engagement=engagement, origin="promise", ref="promise:1", made_at=at, facts={}
        )
        values: dict[str, Any] = {
            "decision_id": f"d{self._offset:012x}",
            "candidate": candidate,
            "message_class": "service",
            "purpose": "travel",
            "reason": "chosen",
            "factors": {"propensity": 0.6, "context": 1.2, "value": 7.0, "fatigue": -0.4},
            "score": 4.64,
        }
        decided = Decided(**(values | fields))
        self.note(person_id, at, decided, cause=self._offset)
        return decided

    def letter(
        self, person_id: str, at: datetime, decided: Decided, state: Any, text: str, **more: Any
    ) -> None:
        """Put a message into the post room and note what became of it."""
        row = MessageRow(
            message_id=decided.decision_id,
            identity=self.shelf.links[person_id][0][0].identity,
            at=at,
            person_id=person_id,
            label=str(self.shelf.persons[person_id].trait("name")),
            engagement=decided.candidate.engagement,
            channel=decided.channel,
            address=decided.address,
            message_class=decided.message_class,
            purpose=decided.purpose,
            state=state,
            attempt=1,
            reason=more.get("reason", ""),
            decided_at=at,
            state_at=at + timedelta(seconds=2),
            not_before=at,
            decision=decided,
        )
        content = Content(
            message_id=row.message_id,
            channel=row.channel,
            address=row.address,
            subject=more.get("subject", ""),
            text=text,
            html=more.get("html", ""),
            headers=more.get("headers", {}),
            handed_at=at,
        )
        self.shelf.letters.append((row, None if state == "queued" else content))
        person = self.shelf.persons[person_id]
        touch = Touch(
            engagement=row.engagement,
            channel=row.channel,
            message_class=row.message_class,
            purpose=row.purpose,
            ref="promise:1",
            address=row.address,
            at=at,
            state=state,
            state_at=row.state_at,
            stamp=self._offset,
        )
        self.set(person_id, touches=person.touches | {row.message_id: touch})
        if state in ("sent", "refused", "unknown"):
            body = MessageOutcome(
                message_id=row.message_id,
                channel=row.channel,
                outcome=state,
                reason=row.reason,
                provider_id="post-room",
            )
            self.note(person_id, row.state_at, body)

    def settle(self) -> None:
        """Order the journal by when things happened, as a real one would have been written."""
        written = sorted(self.shelf.journal, key=lambda found: (found[0].at, found[0].offset))
        place = {found[0].offset: number + 1 for number, found in enumerate(written)}
        self.shelf.journal[:] = [
            (_moved(entry, place), person_id, label) for entry, person_id, label in written
        ]


def _moved(entry: Entry, place: dict[int, int]) -> Entry:
    fields = {name: getattr(entry, name) for name in entry.__struct_fields__}
    moved = {"offset": place[entry.offset], "cause": place.get(entry.cause, 0)}
    return Entry(**(fields | moved))


def ada(cast: Cast) -> str:
    """Ada booked, her mail failed, her reminder was repaired by SMS."""
    who = cast.person(
        "Ada Lovelace",
        Identifier("user_id", "ada"),
        Identifier("email", "ada@example.com"),
        Identifier("phone", "+436641234567"),
        Identifier("anonymous_id", "4f1c-laptop-1"),
        language="en",
        tier="gold",
        miles=48_210,
    )
    for minutes, page in ((0, "Home"), (1, "Flights to Lisbon"), (3, "Flights to Lisbon")):
        at = ago(days=3, minutes=20 - minutes)
        cast.event(who, at, "page", "web.desktop", name=page)
    first = cast.shelf.links[who][0]
    merged = PersonsMerged(
        winner=who,
        loser="p_000000000000a",
        left=first[0].identifier,
        right=first[3].identifier,
        rule="seen_together",
    )
    cast.note(who, ago(days=3, minutes=12), merged)
    booked = ago(days=3, minutes=10)
    facts = {"booking_number": "SK1", "total": 412.0, "departure_at": "2026-03-06T09:00:00Z"}
    cast.event(who, booked, "Booking Confirmed", "web.desktop", **facts)
    due = ago(days=1, hours=0.5)
    same = {"definition": "check_in_reminder", "about": "SK1", "due_at": due, "facts": facts}
    cast.promise(who, booked, booked, status="expected", reason="made", **same)
    tried = cast.decided(
        who, due, "check_in", verdict="send", channel="email", address="ada@example.com"
    )
    cast.letter(who, due, tried, "refused", "", reason="address_unknown")
    missed = due + timedelta(minutes=15)
    cast.promise(
        who, missed, booked, status="missed", reason="not_sent:refused", repair_step=1, **same
    )
    sms = cast.decided(
        who,
        missed,
        "check_in",
        verdict="send",
        channel="sms",
        address="+436641234567",
        refusals=(Refusal("email", "suppressed", None),),
    )
    cast.letter(who, missed, sms, "sent", "Check-in for SK1 is open: https://sk.example/SK1")
    ended = missed + timedelta(seconds=3)
    cast.promise(who, ended, booked, status="repaired", kept_at=ended, reason="sent", **same)
    cast.event(who, ago(hours=20), "Check-in Completed", "app.phone", booking_number="SK1")
    cast.decided(
        who,
        ago(hours=2),
        "mileage_offer",
        verdict="silence",
        reason="cap_reached",
        message_class="marketing",
        purpose="offers",
        channel="email",
        refusals=(Refusal("email", "cap_reached", NOW + timedelta(days=2)),),
        rivals=("welcome",),
    )
    cast.event(who, ago(hours=1), "page", "app.phone", name="Boarding pass")
    made = ago(hours=3)
    cast.promise(
        who,
        made,
        made,
        status="expected",
        reason="made",
        definition="bag_update",
        about="BAG-77",
        due_at=NOW + timedelta(hours=9),
        facts={},
    )
    proof = {"message_id": "m12", "wording": "Yes, write to me", "wording_version": "3"}
    run = RunChanged(
        run_id="r1",
        journey="welcome",
        step="pause",
        status="waiting",
        started_at=ago(days=1),
        reason="started",
        wake_at=NOW + timedelta(days=2),
    )
    cast.note(who, ago(days=1), run)
    held = Candidate(engagement="welcome", origin="journey", ref="run:r1", made_at=made)
    cast.set(
        who,
        consents={
            "offers|email": Consent(True, ago(days=3), "website", proof, 4),
            "offers|sms": Consent(False, ago(days=2), "app", {"message_id": "m14"}, 9),
        },
        runs={"r1": RunState(change=run, stamp=3)},
        held={"h1": Held(candidate=held, wake_at=NOW + timedelta(hours=22), stamp=8)},
        suppressed={"ada@example.com": "address_unknown"},
    )
    return who


def bruno(cast: Cast) -> str:
    """Bruno never said yes to offers, and Regard keeps silent."""
    who = cast.person(
        "Bruno Haas", Identifier("user_id", "bruno"), Identifier("email", "bruno@example.com")
    )
    cast.event(who, ago(hours=30), "Signed Up", "app.phone", plan="free")
    cast.decided(
        who,
        ago(hours=29),
        "mileage_offer",
        verdict="silence",
        reason="no_consent",
        message_class="marketing",
        purpose="offers",
        refusals=(Refusal("email", "no_consent", None),),
    )
    made = ago(hours=26)
    cast.event(who, made, "Booking Confirmed", "phone.call", booking_number="SK2")
    cast.promise(
        who,
        made,
        made,
        status="expected",
        reason="made",
        definition="check_in_reminder",
        about="SK2",
        due_at=NOW + timedelta(hours=3),
        facts={},
    )
    return who


def chen(cast: Cast) -> str:
    """Chen lives in Shanghai; the word about the gate came late."""
    who = cast.person(
        "Chen Wei",
        Identifier("user_id", "chen"),
        Identifier("email", "chen@example.cn"),
        zone="Asia/Shanghai",
    )
    made = ago(hours=6)
    cast.event(who, made, "Gate Changed", "operations", flight="SK204", gate="B12")
    due = made + timedelta(minutes=5)
    same = {"definition": "gate_change_notice", "about": "SK204", "due_at": due, "facts": {}}
    cast.promise(who, made, made, status="expected", reason="made", **same)
    mail = cast.decided(
        who,
        made + timedelta(minutes=8),
        "gate_change",
        verdict="send",
        channel="email",
        address="chen@example.cn",
    )
    cast.letter(
        who,
        made + timedelta(minutes=8),
        mail,
        "sent",
        "Dear Chen, SK 204 now leaves from gate B 12.\n\nSkylark Air",
        subject="Your gate has changed",
        html=MAIL,
        headers={"List-Unsubscribe": "<https://skylark.example/u/1>"},
    )
    late = made + timedelta(minutes=8, seconds=3)
    cast.promise(who, late, made, status="late", kept_at=late, reason="sent", **same)
    return who


def twins(cast: Cast) -> None:
    """Dalia's disruption could not be repaired; Dario's mail has an unknown outcome."""
    dalia = cast.person(
        "Dalia Marchetti-Castellani von und zu Hohenembs",
        Identifier("user_id", "dalia"),
        Identifier("email", "dalia.marchetti-castellani.hohenembs@mail.example.org"),
    )
    made = ago(hours=5)
    cast.event(dalia, made, "Flight Disrupted", "operations", flight="SK77", cause="fog")
    same = {"definition": "disruption_options", "about": "SK77", "facts": {}}
    due = made + timedelta(minutes=15)
    cast.promise(dalia, made, made, status="expected", reason="made", due_at=due, **same)
    opened = due + timedelta(minutes=6)
    title = "Call the passenger about SK77"
    case = CaseOpened(
        case_id="c1",
        department="call_centre",
        title=title,
        ref="promise:1",
        reason="repairs_exhausted",
        due_at=ago(hours=1),
    )
    cast.note(dalia, opened, case)
    cast.promise(
        dalia, opened, made, status="broken", reason="repairs_exhausted", due_at=due, **same
    )
    cast.shelf.case_rows.append(
        CaseRow(
            case_id="c1",
            person_id=dalia,
            label="Dalia Marchetti-Castellani von und zu Hohenembs",
            department="call_centre",
            title=title,
            reason=case.reason,
            ref=case.ref,
            opened_at=opened,
            due_at=case.due_at,
        )
    )
    dario = cast.person(
        "Dario Marchetti", Identifier("user_id", "dario"), Identifier("email", "dario@example.it")
    )
    offer = cast.decided(
        dario,
        ago(hours=4),
        "welcome",
        verdict="send",
        channel="email",
        address="dario@example.it",
        message_class="marketing",
        purpose="offers",
    )
    cast.letter(
        dario, ago(hours=4), offer, "unknown", "Welcome aboard, Dario.", subject="Welcome aboard"
    )
    cast.event(dario, ago(minutes=25), "page", "web.phone", name="Miles")
    made = ago(hours=14)
    cast.promise(
        dario,
        made,
        made,
        status="expected",
        reason="made",
        definition="bag_update",
        about="BAG-12",
        due_at=ago(minutes=9),
        facts={},
    )


def okafors(cast: Cast) -> None:
    """One phone, three people: it stopped linking them."""
    phone = Identifier("phone", "+2348012345678")
    family = [
        cast.person(f"{name} Okafor", Identifier("user_id", name.lower()), phone)
        for name in ("Ngozi", "Emeka", "Ada-Obi")
    ]
    for who in family:
        rows, evidence = cast.shelf.links[who]
        shared = IdentifierRow(
            identifier=phone, identity=rows[1].identity, first_at=rows[1].first_at, is_shared=True
        )
        cast.shelf.links[who] = ([rows[0], shared], evidence)
    body = IdentityShared(identifier=phone, persons=tuple(family), rule="two_known_persons")
    cast.note(family[0], ago(minutes=50), body)
    cast.event(family[1], ago(minutes=4), "Call Received", "phone.call", topic="baggage")
    cast.event(family[2], ago(minutes=2), "page", "store.pos", name="Kiosk check-in")


def counts(cast: Cast) -> None:
    """Four weeks of tallies, sources and a few refused items."""
    add = cast.shelf.counted.append
    for back in range(28):
        day = (NOW - timedelta(days=back)).date().isoformat()
        kept = 180 + (back * 37) % 60 - (60 if back % 7 in (2, 3) else 0)
        outcomes = {
            "check_in_reminder": {"kept": kept, "repaired": 1 if back in (1, 9) else 0},
            "gate_change_notice": {"kept": kept // 4, "late": 3 if back in (0, 1, 5) else 0},
            "bag_update": {"kept": 6 if back % 3 else 0},
            "disruption_options": {"kept": 9 * (back == 0), "broken": int(back == 0)},
        }
        for definition, by_status in outcomes.items():
            for status, count in by_status.items():
                if count:
                    add(Tally(day=day, name=f"promise:{definition}", key=status, count=count))
                    add(Tally(day=day, name="promise", key=status, count=count))
        for name, key, count in (
            ("message", "sent", kept + 40),
            ("message", "refused", back % 4),
            ("message", "unknown", int(back == 4)),
            ("silence", "no_consent", 31 + back),
            ("silence", "cap_reached", 12),
            ("silence", "quiet_hours", 3 + back % 5),
            ("silence", "silence_worth_more", 8),
            ("touch", "web.desktop", kept * 9),
            ("touch", "app.phone", kept * 6),
            ("touch", "phone.call", kept // 3),
        ):
            if count:
                add(Tally(day=day, name=name, key=key, count=count))
    cast.shelf.source_rows += [
        SourceRow(
            source=source,
            accepted_count=accepted,
            duplicate_count=duplicates,
            rejected_count=rejected,
            last_at=ago(minutes=1),
        )
        for source, accepted, duplicates, rejected in (
            ("website", 48_211, 120, 2),
            ("app", 30_554, 1_904, 1),
        )
    ]
    for code, message, item in (
        (
            "no_identifier",
            "The item names nobody.",
            '{"type":"track","event":"Seen","userId":null}',
        ),
        ("too_large", "The item has 41,200 bytes, more than 32,768.", '{"type":"track","event":"L'),
    ):
        cast.shelf.rejected.append(
            Rejected(source="website", at=ago(minutes=7), code=code, message=message, item=item)
        )


def full_house() -> Cast:
    """Return the whole cast on one shelf."""
    cast = Cast()
    ada(cast)
    bruno(cast)
    chen(cast)
    twins(cast)
    okafors(cast)
    counts(cast)
    cast.settle()
    return cast
