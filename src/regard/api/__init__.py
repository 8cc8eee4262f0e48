"""The door for machines: HTTP paths of every SDK, people by identifier, health.

In: requests. Out: drafts to the `Intake` port, replies that SDKs understand. What is refused is
answered with ``code`` and ``message``. `assembly` mounts `routes(...)` beside the console's.
"""

from regard.api.learning import learning_routes
from regard.api.letters import Letters
from regard.api.mending import mending_routes
from regard.api.replies import NOWHERE
from regard.api.routes import routes
from regard.api.steward import steward_routes
from regard.api.watching import Health, scrapers, watching_routes

__all__ = [
    "NOWHERE",
    "Health",
    "Letters",
    "learning_routes",
    "mending_routes",
    "routes",
    "scrapers",
    "steward_routes",
    "watching_routes",
]
