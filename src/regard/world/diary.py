"""What one customer's day becomes: acts with stable message ids, put into parcels.

A `Diary` is opened per customer and day, written by the behaviours in `day` and `answers`, and
handed over as parcels. Same seed, same customer, same day: same parcels.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from regard.world.people import CAST_SIZE
from regard.world.records import Act, ActType, Customer, Dialect, Parcel

_PHONES = {
    "posthog": {"device": {"type": "ios", "model": "iPhone15,2"}},
    "rudder": {"device": {"type": "android", "model": "Pixel 9"}},
}
_BROWSER = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/142.0 Safari/537.36"


class Diary:
    """Collects the parcels of one customer; `prefix` makes their message ids unique."""

    def __init__(self, customer: Customer, prefix: str) -> None:
        self.customer = customer
        self.parcels: list[Parcel] = []
        self._prefix = prefix
        self._count = 0

    def act(
        self,
        at: datetime,
        name: str,
        properties: dict[str, Any] | None = None,
        *,
        kind: ActType = "track",
        user: str = "",
        anonymous: str = "",
        traits: dict[str, Any] | None = None,
        context: dict[str, Any] | None = None,
    ) -> Act:
        """Return an act under the next message id."""
        self._count += 1
        return Act(
            message_id=f"{self._prefix}-{self._count}",
            type=kind,
            name=name,
            at=at,
            user=user,
            anonymous=anonymous,
            traits=traits or {},
            properties=properties or {},
            context=context or {},
        )

    def send(
        self,
        source: str,
        dialect: Dialect,
        acts: Sequence[Act],
        note: str = "",
        *,
        is_notable: bool = False,
        send_at: datetime | None = None,
    ) -> None:
        """Put acts into a parcel that leaves at `send_at`, else when the last of them is said.

        The note is kept for the cast, whom a reader knows, and for what is `is_notable` anyway.
        """
        told = note if is_notable or self.customer.number < CAST_SIZE else ""
        self.parcels.append(
            Parcel(
                send_at=send_at or max(act.at for act in acts),
                source=source,
                dialect=dialect,
                acts=tuple(acts),
                note=told,
                skew_s=self.customer.skew_s if source == "app" else 0,
            )
        )

    def in_app(self, acts: Sequence[Act], note: str = "") -> None:
        """Send a session of the phone app."""
        self.send("app", self.customer.app_dialect, acts, note)

    def on_web(self, acts: Sequence[Act], note: str = "") -> None:
        """Send what a browser says: one parcel for each act, as browsers do."""
        for act in acts:
            self.send("website", "browser", [act], note if act is acts[-1] else "")

    @property
    def handset_context(self) -> dict[str, Any]:
        """Return what the phone app tells about its device."""
        customer = self.customer
        return _PHONES.get(customer.app_dialect, {}) | {
            "timezone": customer.zone,
            "locale": customer.language,
        }

    @property
    def browser_context(self) -> dict[str, Any]:
        """Return what a browser tells about itself."""
        return {
            "userAgent": _BROWSER,
            "locale": "de-AT" if self.customer.language == "de" else "en-GB",
            "timezone": self.customer.zone,
        }

    @property
    def traits(self) -> dict[str, Any]:
        """Return what an account says about its owner; unknown things are left out."""
        customer = self.customer
        known = {
            "name": customer.name,
            "email": customer.email,
            "phone": customer.phone,
            "language": customer.language,
            "loyalty_number": customer.loyalty_number,
        }
        return {name: value for name, value in known.items() if value}

    @property
    def contacts(self) -> dict[str, Any]:
        """Return the addresses that somebody gives at a desk or on the phone."""
        customer = self.customer
        told = {"email": customer.email, "phone": customer.phone}
        return {name: value for name, value in told.items() if value} or {
            "loyalty_number": customer.loyalty_number or f"SKY{customer.number:06d}"
        }
