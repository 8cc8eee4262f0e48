"""Which records are one person though nothing says so: pairs with a probability and its reasons.

For typos, nicknames, moves and juniors with their father's name. `link` takes records with any
subset of columns and learns from logins where there are some. What it finds are proposals: a human,
or the rule that a company sets, turns them into evidence (`regard.identity`). Reads no clock and
draws no unseeded number.
"""

from regard.linking.bands import BANDS, LINK, NO, REVIEW
from regard.linking.columns import ROLES
from regard.linking.linked import Linked, link

__all__ = ["BANDS", "LINK", "NO", "REVIEW", "ROLES", "Linked", "link"]
