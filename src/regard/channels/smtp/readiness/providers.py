"""Which mailbox provider is behind a domain: by its name where it is well known, else by its MX.

In: a recipient's domain, and who takes mail for it. Out: the provider's name, or the name of the
domain under which its exchangers are. A company's domain at Google counts to Google, as it does
there.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

_DOMAINS_OF: Mapping[str, tuple[str, ...]] = {
    "google": ("gmail.com", "googlemail.com"),
    "microsoft": (
        *("outlook.com", "hotmail.com", "live.com", "msn.com", "outlook.de", "hotmail.de"),
        *("live.de", "hotmail.co.uk", "live.co.uk", "hotmail.fr", "live.fr", "outlook.fr"),
        *("hotmail.it", "live.it", "outlook.it", "hotmail.es", "outlook.es", "live.nl"),
    ),
    "yahoo": (
        *("yahoo.com", "ymail.com", "rocketmail.com", "yahoo.co.uk", "yahoo.de", "yahoo.fr"),
        *("yahoo.it", "yahoo.es", "yahoo.ca", "yahoo.com.br", "aol.com", "aol.de", "aim.com"),
        *("verizon.net", "sky.com"),
    ),
    "apple": ("icloud.com", "me.com", "mac.com"),
    "united_internet": (
        *("gmx.de", "gmx.net", "gmx.at", "gmx.ch", "gmx.com", "web.de", "mail.com", "1und1.de"),
    ),
    "telekom": ("t-online.de", "magenta.de"),
    "orange": ("orange.fr", "wanadoo.fr"),
    "laposte": ("laposte.net",),
    "libero": ("libero.it", "virgilio.it", "inwind.it"),
    "mail_ru": ("mail.ru", "bk.ru", "inbox.ru", "list.ru"),
    "yandex": ("yandex.ru", "yandex.com", "ya.ru"),
    "tencent": ("qq.com", "foxmail.com"),
    "netease": ("163.com", "126.com", "yeah.net"),
    "seznam": ("seznam.cz", "email.cz"),
    "proton": ("proton.me", "protonmail.com", "pm.me"),
}

PROVIDER_OF: Mapping[str, str] = {
    domain: provider for provider, domains in _DOMAINS_OF.items() for domain in domains
}
"""Well-known domains of mailboxes; everything else is looked up."""

_EXCHANGERS: tuple[tuple[str, str], ...] = (
    ("google.com", "google"),
    ("googlemail.com", "google"),
    ("outlook.com", "microsoft"),
    ("yahoodns.net", "yahoo"),
    ("icloud.com", "apple"),
    ("gmx.net", "united_internet"),
    ("kundenserver.de", "united_internet"),
    ("t-online.de", "telekom"),
    ("mail.ru", "mail_ru"),
    ("yandex.net", "yandex"),
    ("qq.com", "tencent"),
    ("netease.com", "netease"),
    ("protonmail.ch", "proton"),
)


def provider_of_exchangers(domain: str, exchangers: Sequence[str]) -> str:
    """Return the provider behind the first exchanger; the domain itself when it has none."""
    if not exchangers:
        return domain
    host = exchangers[0]
    for suffix, provider in _EXCHANGERS:
        if host == suffix or host.endswith(f".{suffix}"):
            return provider
    return ".".join(host.split(".")[-2:])
