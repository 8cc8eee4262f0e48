"""E-mail over SMTP: persistent connections, pipelined, with the border where an outcome is unknown.

`adapter` hands messages over, `mime` composes them, `receipts` reads what comes back as bounces.
"""

from regard.channels.kinds import Kind, Surroundings
from regard.channels.smtp.adapter import SmtpAdapter
from regard.channels.smtp.receipts import read_bounce
from regard.channels.smtp.settings import parse_settings
from regard.core.settings import Channel

__all__ = ["KIND", "SmtpAdapter", "read_bounce"]


def _make(channel: Channel, around: Surroundings) -> SmtpAdapter:
    return SmtpAdapter(parse_settings(channel, around.environ), around.clock)


KIND = Kind(make=_make)
