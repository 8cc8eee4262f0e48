"""Whether we are ready for bulk mail: the checks against a real DNS server, and what they stop."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from regard.channels.smtp import SmtpAdapter
from regard.channels.smtp.readiness import Bulk, Finding, Names, check_sender
from regard.channels.smtp.readiness.names import NamesUnavailable
from regard.channels.smtp.readiness.providers import PROVIDER_OF, provider_of_exchangers
from regard.channels.smtp.settings import SmtpSettings, parse_settings
from regard.testing import VirtualClock
from tests.channels.cast import NOW, channel, message
from tests.channels.servers import Inbox, mail_server
from tests.channels.test_dkim import ED, environ
from tests.channels.zone import Zone, served

LIMIT = 3
SELECTOR = "may._domainkey.skylark.example"


def settings_of(zone: Zone, **given: Any) -> SmtpSettings:
    given = (
        {"host": "localhost", "tls": "none", "dns_server": zone.place, "bulk_per_day": LIMIT}
        | ED
        | given
    )
    return parse_settings(channel("smtp", **given), environ())


def good_records() -> dict[str, list[str]]:
    [key] = parse_settings(channel("smtp", host="h", tls="none", **ED), environ()).dkim_keys
    return {
        "skylark.example": ["TXT google-site-verification=x", "TXT v=spf1 include:p.example -all"],
        SELECTOR: [f"TXT {key.record}"],
        "_dmarc.skylark.example": ["TXT v=DMARC1; p=none; rua=mailto:d@skylark.example"],
        "company.example": ["MX 20 backup.example.", "MX 10 aspmx.l.google.com."],
    }


@pytest.fixture
def zone() -> Iterator[Zone]:
    with served(Zone(good_records())) as found:
        yield found


def findings(zone: Zone, **given: Any) -> dict[str, Finding]:
    own = settings_of(zone, **given)
    return {f.name: f for f in asyncio.run(check_sender(own, Names(own.dns_server)))}


def test_a_sender_who_has_published_everything_is_ready(zone):
    found = findings(zone)
    assert list(found) == ["spf", "dkim", "dmarc"]
    assert all(f.is_good and not f.advice for f in found.values())


BAD: dict[str, tuple[str, str, list[str] | None, str]] = {
    "no spf": ("spf", "skylark.example", None, "Publish exactly one"),
    "two spf": ("spf", "skylark.example", ["TXT v=spf1 -all", "TXT v=spf1 ~all"], "exactly one"),
    "spf for all": ("spf", "skylark.example", ["TXT v=spf1 +all"], "-all"),
    "spf for all, plainly": ("spf", "skylark.example", ["TXT v=spf1 all"], "-all"),
    "no key": ("dkim", SELECTOR, None, "v=DKIM1; k=ed25519; p="),
    "another key": ("dkim", SELECTOR, ["TXT v=DKIM1; k=ed25519; p=AAAA"], "Publish at"),
    "revoked key": ("dkim", SELECTOR, ["TXT v=DKIM1; p="], "another selector"),
    "no dmarc": ("dmarc", "_dmarc.skylark.example", None, "v=DMARC1; p=none"),
    "bad dmarc": ("dmarc", "_dmarc.skylark.example", ["TXT v=DMARC1; p=maybe"], "p=none or more"),
    "two dmarc": (
        "dmarc",
        "_dmarc.skylark.example",
        ["TXT v=DMARC1; p=none", "TXT v=DMARC1; p=reject"],
        "Publish one",
    ),
}


@pytest.mark.parametrize(("name", "place", "records", "advice"), BAD.values(), ids=BAD)
def test_what_is_missing_is_told_with_what_to_do(zone, name, place, records, advice):
    if records is None:
        del zone.records[place]
    else:
        zone.records[place] = records
    found = findings(zone)
    assert [f.name for f in found.values() if not f.is_good] == [name]
    assert advice in found[name].advice


def test_nobody_signs_or_the_provider_does(zone):
    none = {"dkim_selector": None, "dkim_key_env": None}
    assert findings(zone, **none)["dkim"].found == "nobody signs"
    zone.records[SELECTOR] = ["TXT v=DKIM1; p=whatever"]
    assert findings(zone, dkim_key_env=None)["dkim"].is_good


def test_a_signature_of_another_domain_does_not_align(zone):
    found = findings(zone, dkim_domain="provider.example")
    assert "signed by provider.example" in found["dmarc"].found


def test_dmarc_of_the_domain_above_counts(zone):
    zone.records["mail.skylark.example"] = ["TXT v=spf1 -all"]
    found = findings(zone, sender="Sky <hello@mail.skylark.example>", dkim_domain="skylark.example")
    assert found["dmarc"].is_good
    assert found["dkim"].is_good


def test_a_dns_that_fails_is_not_a_record_that_is_missing(zone):
    zone.is_down = True
    with pytest.raises(NamesUnavailable):
        findings(zone)


@pytest.mark.parametrize(
    ("domain", "exchangers", "provider"),
    [
        ("company.example", ["aspmx.l.google.com"], "google"),
        ("firm.example", ["firm-example.mail.protection.outlook.com"], "microsoft"),
        ("old.example", ["mta5.am0.yahoodns.net"], "yahoo"),
        ("own.example", ["mx1.hosting.example"], "hosting.example"),
        ("none.example", [], "none.example"),
    ],
)
def test_a_provider_is_known_by_who_takes_the_mail(domain, exchangers, provider):
    assert provider_of_exchangers(domain, exchangers) == provider
    assert PROVIDER_OF["googlemail.com"] == "google"


def refusals(zone: Zone, *domains: str, bulk: Bulk | None = None, **given: Any) -> list[str]:
    """Send mails, each of them noted when it may go; return what refused each."""

    async def play() -> list[str]:
        gate = bulk or Bulk(settings_of(zone, **given))
        told = []
        for domain in domains:
            why = await gate.refusal(message(message_class="marketing"), domain, NOW)
            told.append(why)
            if not why:
                gate.note(domain, NOW)
        return told

    return asyncio.run(play())


def test_below_the_limit_nothing_is_asked_of_anybody(zone):
    zone.records.clear()
    assert refusals(zone, *["gmail.com"] * LIMIT) == [""] * LIMIT
    assert zone.asked == []


def test_beyond_the_limit_a_sender_who_is_ready_goes_on(zone):
    assert refusals(zone, *["gmail.com"] * (LIMIT + 5)) == [""] * (LIMIT + 5)
    assert len(zone.asked) == 3, "the verdict is kept"


def test_beyond_the_limit_one_who_is_not_is_stopped_at_that_provider_alone(zone):
    del zone.records["_dmarc.skylark.example"]
    domains = [*["gmail.com"] * LIMIT, "googlemail.com", "company.example", "gmx.de"]
    told = refusals(zone, *domains)
    assert told[:LIMIT] == [""] * LIMIT
    for refused in told[LIMIT : LIMIT + 2]:
        assert refused.startswith("google got 3 mails today. dmarc: ")
    assert told[-1] == ""


def test_a_companys_domain_counts_to_the_provider_behind_it(zone):
    del zone.records["_dmarc.skylark.example"]
    told = refusals(zone, *["company.example"] * LIMIT, "company.example", "gmail.com")
    assert [bool(why) for why in told] == [False, False, False, True, True]


def test_marketing_without_one_click_is_not_ready(zone):
    async def play() -> list[str]:
        bulk = Bulk(settings_of(zone))
        for _ in range(LIMIT):
            bulk.note("gmail.com", NOW)
        sent = [message(message_class=kind, headers={}) for kind in ("marketing", "service")]
        return [await bulk.refusal(one, "gmail.com", NOW) for one in sent]

    marketing, service = asyncio.run(play())
    assert "one_click" in marketing
    assert "--public-url" in marketing
    assert service == ""


def test_a_new_day_begins_anew_and_what_was_mended_is_seen_within_minutes(zone):
    dmarc = zone.records.pop("_dmarc.skylark.example")

    async def play() -> list[bool]:
        bulk, said = Bulk(settings_of(zone)), []
        for _ in range(LIMIT):
            bulk.note("gmail.com", NOW)
        for later in (timedelta(0), timedelta(minutes=4), timedelta(minutes=6)):
            said.append(bool(await bulk.refusal(message(), "gmail.com", NOW + later)))
            zone.records["_dmarc.skylark.example"] = dmarc
        zone.records.clear()
        said.append(bool(await bulk.refusal(message(), "gmail.com", NOW + timedelta(days=1))))
        return said

    assert asyncio.run(play()) == [True, True, False, False]


def test_a_dns_that_is_down_refuses_nobody(zone):
    zone.is_down = True
    assert refusals(zone, *["gmail.com"] * (LIMIT + 2)) == [""] * (LIMIT + 2)


def test_the_rule_can_be_turned_off(zone):
    zone.records.clear()
    assert refusals(zone, *["gmail.com"] * 9, bulk_per_day=0) == [""] * 9


def test_the_adapter_refuses_what_would_be_turned_away(zone):
    zone.records.clear()

    async def play() -> None:
        inbox = Inbox()
        async with mail_server(inbox) as port:
            own = settings_of(zone, port=port)
            smtp = SmtpAdapter(own, VirtualClock(NOW))
            sent = [message(address=f"a{n}@gmail.com", message_id=f"m{n}") for n in range(5)]
            outcomes = [await smtp.send(one) for one in sent]
            await smtp.close()
        assert [o.outcome for o in outcomes] == ["sent"] * LIMIT + ["refused"] * 2
        assert outcomes[-1].reason == "sender_unready"
        assert "Publish exactly one TXT record" in outcomes[-1].detail
        assert len(inbox.envelopes) == LIMIT

    asyncio.run(play())
