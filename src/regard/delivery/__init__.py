"""From a claimed message to its outcome: composing, links, the dispatcher and the way out.

`compose` makes the message, `Dispatcher` hands it over, `Links` makes and reads the links in it,
`routes` serves the pages that they lead to, `visit_routes` takes tracked links and pictures.
`variant` chooses a template for anybody who renders without a message.
"""

from regard.delivery.compose import compose
from regard.delivery.dispatcher import Dispatcher, Outbox
from regard.delivery.links import Links, Token
from regard.delivery.unsubscribe import unsubscribed
from regard.delivery.variants import Chosen, variant
from regard.delivery.visits import visit_routes
from regard.delivery.web import routes

__all__ = [
    "Chosen",
    "Dispatcher",
    "Links",
    "Outbox",
    "Token",
    "compose",
    "routes",
    "unsubscribed",
    "variant",
    "visit_routes",
]
