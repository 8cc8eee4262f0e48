"""The door for machines: HTTP paths of every SDK, people by identifier, health.

In: requests. Out: drafts to the `Intake` port, replies that SDKs understand. What is refused is
answered with ``code`` and ``message``. `assembly` mounts `routes(...)` beside the console's.
"""

from regard.api.routes import Health, routes
from regard.api.steward import steward_routes

__all__ = ["Health", "routes", "steward_routes"]
