"""E-mail over SMTP: persistent connections, pipelined, with the border where an outcome is unknown.

`adapter` hands messages over, `mime` composes them, `receipts` reads what comes back as bounces.
"""

from regard.channels.smtp.adapter import SmtpAdapter
from regard.channels.smtp.receipts import read_bounce

__all__ = ["SmtpAdapter", "read_bounce"]
