"""The console: what people at the company see of engagement, rendered on the server.

In: the read ports of the library, the current program, a clock, the intake (for acts of people at
the desk) and the first-run secret. Out: `routes`, a list of Starlette routes to mount at ``/``.
Refused: every page without a signed-in session, every POST without its CSRF token.
Called by `assembly`. Each page is also JSON at the same address (``?format=json``).
"""

from regard.console.site import routes

__all__ = ["routes"]
