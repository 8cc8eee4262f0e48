"""From an event to its e-mail: messages a second and CPU over all processes, beside a yardstick.

One event a request over 16 connections; each starts a journey whose one step sends an e-mail with
the event's token over real SMTP. CPU is that of the server and of the mail server; the load
generator's is not counted. The yardstick (`benchmarks.yardstick`) does the same bare. Both send to
the same mail server: a lean one, and then aiosmtpd, whose own CPU is most of what its rows add.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from benchmarks.bare import bare_intake_and_mail
from benchmarks.figures import Figure, Scale, median
from benchmarks.posting import Sent, basic, post
from benchmarks.serving import GO, KEY, Serving, cpu_s_of, project, serving
from benchmarks.sink import Sink, sink
from benchmarks.traffic import Traffic

CONNECTIONS = 16
PEOPLE = 1_000


class Rates:
    """What the runs of one system gave; CPU-ms an event of the system and of the mail server."""

    def __init__(self) -> None:
        self.per_s: list[float] = []
        self.cpu_ms: list[float] = []
        self.mail_cpu_ms: list[float] = []

    def note(
        self,
        count: int,
        sent: Sent,
        arrivals: dict[str, list[float]],
        cpu_s: float,
        mail_cpu_s: float,
    ) -> None:
        """Take one run; raise when a message is missing or doubled."""
        doubled = [token for token, moments in arrivals.items() if len(moments) > 1]
        if len(arrivals) != count or doubled:
            raise RuntimeError(f"{len(arrivals)} of {count} tokens arrived, {len(doubled)} twice")
        ended_at = max(moments[0] for moments in arrivals.values())
        self.per_s.append(count / (ended_at - sent.began_at))
        self.cpu_ms.append((cpu_s + mail_cpu_s) / count * 1e3)
        self.mail_cpu_ms.append(mail_cpu_s / count * 1e3)


def run(scale: Scale) -> Sequence[Figure]:
    """Measure the yardstick and the house in turns, and return medians; then into aiosmtpd."""
    once = Scale(is_quick=scale.is_quick, rounds=1)
    lean = _measured(scale, is_lean=True)
    return [*lean, *_measured(once, is_lean=False)]


def _measured(scale: Scale, *, is_lean: bool) -> list[Figure]:
    count = scale.of(3_000, 500)
    bare, house = Rates(), Rates()
    with sink(is_lean=is_lean) as mail, bare_intake_and_mail(mail.port) as (port, pids):
        _bare_round(mail, port, pids, "warm", 100, Rates())
        with project(mail.port) as folder, serving(folder) as server:
            traffic = Traffic(PEOPLE)
            known = list(traffic.introductions())
            post(server.port, "/v1/batch", known, connections=4, credentials=basic(KEY))
            _house_round(mail, server, traffic, "warm", 100, Rates())
            for number in range(scale.rounds):
                _bare_round(mail, port, pids, f"b{number}", count, bare)
                _house_round(mail, server, traffic, f"h{number}", count, house)
    return _figures(bare, house, is_lean=is_lean)


def _figures(bare: Rates, house: Rates, *, is_lean: bool) -> list[Figure]:
    """Return the rows of one mail server; the goals are for the one that costs little itself."""
    into = "" if is_lean else ", into aiosmtpd"
    ratio = median([h / b for h, b in zip(house.per_s, bare.per_s, strict=True)])
    cost = median([h / b for h, b in zip(house.cpu_ms, bare.cpu_ms, strict=True)])
    return [
        Figure(name=f"yardstick: messages{into}", value=median(bare.per_s), unit="messages/s"),
        Figure(name=f"yardstick: CPU{into}", value=median(bare.cpu_ms) * 1e3, unit="µs/event"),
        Figure(
            name=f"messages{into}",
            value=median(house.per_s),
            unit="messages/s",
            goal=">= 400" if is_lean else "",
            beside="of the yardstick",
            ratio=ratio,
        ),
        Figure(
            name=f"CPU, all processes{into}",
            value=median(house.cpu_ms) * 1e3,
            unit="µs/event",
            goal="<= 1,500" if is_lean else "",
            beside="times the yardstick's",
            ratio=cost,
        ),
        Figure(
            name=f"of it the mail server's{into}",
            value=median(house.mail_cpu_ms) * 1e3,
            unit="µs/event",
        ),
    ]


def _house_round(
    mail: Sink, server: Serving, traffic: Traffic, name: str, count: int, rates: Rates
) -> None:
    bodies = [
        msgspec.json.encode(traffic.track(n % PEOPLE, GO, {"token": f"{name}-{n}"}))
        for n in range(count)
    ]
    mail.arrivals()
    cpu_before, mail_before = server.cpu_s(), mail.cpu_s()
    sent = post(server.port, "/v1/track", bodies, connections=CONNECTIONS, credentials=basic(KEY))
    mail.until(count)
    server.until_decided()
    used, mail_used = server.cpu_s() - cpu_before, mail.cpu_s() - mail_before
    rates.note(count, sent, mail.arrivals(), used, mail_used)


def _bare_round(
    mail: Sink, port: int, pids: Sequence[int], name: str, count: int, rates: Rates
) -> None:
    bodies = [
        msgspec.json.encode(
            {"messageId": f"{name}-{n}", "address": f"p{n}@people.example", "token": f"{name}-{n}"}
        )
        for n in range(count)
    ]
    mail.arrivals()
    cpu_before, mail_before = sum(map(cpu_s_of, pids)), mail.cpu_s()
    sent = post(port, "/go", bodies, connections=CONNECTIONS, credentials="")
    mail.until(count)
    used, mail_used = sum(map(cpu_s_of, pids)) - cpu_before, mail.cpu_s() - mail_before
    rates.note(count, sent, mail.arrivals(), used, mail_used)
