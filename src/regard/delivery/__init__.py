"""From a claimed message to its outcome: composing, links, the dispatcher and the way out.

`compose` makes the message, `Dispatcher` hands it over, `Links` makes and reads the links in it,
`routes` serves the pages that they lead to.
"""

from regard.delivery.compose import compose
from regard.delivery.dispatcher import Dispatcher, Outbox
from regard.delivery.links import Links, Token
from regard.delivery.unsubscribe import unsubscribed
from regard.delivery.web import routes

__all__ = ["Dispatcher", "Links", "Outbox", "Token", "compose", "routes", "unsubscribed"]
