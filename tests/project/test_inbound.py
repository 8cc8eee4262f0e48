"""Where mail comes in, and paces by domain, as regard.toml says them."""

from __future__ import annotations

import pytest

from regard.core.errors import Refused
from regard.core.settings import InboundMail
from regard.project import load_text

HOUSE = 'id = "sky"\nname = "Sky"\n[channels.email]\nfrom = "Sky <a@sky.example>"\n[channels.sms]\n'


def inbound(lines: str) -> InboundMail | None:
    return load_text({"regard.toml": f"{HOUSE}[inbound.mail]\n{lines}\n"}, {}).inbound_mail


def problems(lines: str) -> list[str]:
    with pytest.raises(Refused) as refused:
        load_text({"regard.toml": HOUSE + lines}, {})
    return [f"{p.path}: {p.message}" for p in refused.value.problems]


def test_without_a_word_no_mail_comes_in():
    assert load_text({"regard.toml": HOUSE}, {}).inbound_mail is None


def test_the_default_is_lmtp_on_loopback():
    found = inbound("")
    assert found == InboundMail(
        channel="email",
        lmtp_host="127.0.0.1",
        lmtp_port=8_624,
        maildir="",
        bytes_max=25_000_000,
    )


def test_a_maildir_takes_the_place_of_lmtp_unless_both_are_said():
    only = inbound('maildir = "/var/mail/sky"\nsize_max_mb = 0.5')
    assert (only.lmtp_host, only.maildir, only.bytes_max) == ("", "/var/mail/sky", 500_000)
    both = inbound('maildir = "/var/mail/sky"\nlmtp = "[::1]:2424"')
    assert (both.lmtp_host, both.lmtp_port) == ("::1", 2_424)


@pytest.mark.parametrize(
    ("lines", "problem"),
    [
        ('[inbound.mail]\nchannel = "sms"', "inbound.mail.channel: there is no channel that goes"),
        ('[inbound.mail]\nlmtp = "here"', "inbound.mail.lmtp: 'here' is no address with a port"),
        ('[inbound.mail]\nlmtp = "h:99999"', "inbound.mail.lmtp: 'h:99999' is no address"),
        ('[inbound.mail]\nmaildir = "mail"', "inbound.mail.maildir: is not a whole path"),
        ("[inbound.mail]\nsize_max_mb = 500", "inbound.mail.size_max_mb: 500 is not from"),
        ("[inbound.mail]\nport = 25", "inbound.mail.port: unknown key"),
        ("[inbound.fax]", "inbound.fax: unknown key"),
        ('[channels.email.domains]\n"Gmail" = 2', "channels.email.domains.Gmail: is not a domain"),
        ('[channels.email.domains]\n"gmail.com" = 0', "channels.email.domains.gmail.com: 0 is not"),
    ],
)
def test_every_slip_is_told_with_its_place(lines, problem):
    [told] = problems(lines)
    assert told.startswith(problem)


def test_paces_by_domain_belong_to_the_channel_and_not_to_its_adapter():
    program = load_text({"regard.toml": HOUSE + '[channels.email.domains]\n"gmail.com" = 20'}, {})
    channel = program.channels["email"]
    assert channel.domain_paces == {"gmail.com": 20.0}
    assert "domains" not in channel.settings
