"""What a person is doing now, as far as their devices tell: session, place, device, page.

Offers `Context`, a stage that only folds. `core.sessions` says what a session is.
"""

from regard.context.stage import Context

__all__ = ["Context"]
