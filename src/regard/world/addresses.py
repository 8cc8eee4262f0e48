"""Who reads what arrives at an address: one person's mailbox, or a phone that a family shares."""

from __future__ import annotations

from collections.abc import Iterable

from regard.world.answers import booking_in
from regard.world.records import Customer, Letter


class AddressBook:
    """Finds the customer whom a letter reached."""

    def __init__(self, people: Iterable[Customer]) -> None:
        self._at: dict[str, list[Customer]] = {}
        for customer in people:
            for address in (customer.email, customer.phone, customer.push_token):
                if address:
                    self._at.setdefault(address.lower(), []).append(customer)

    def reader(self, letter: Letter) -> Customer | None:
        """Return who reads a letter; on a shared phone the one whose booking it mentions.

        None when nobody in the world has the address.
        """
        household = self._at.get(letter.address.lower(), [])
        number = booking_in(letter)
        owners = [c for c in household if number and number.endswith(f"{c.number:04d}")]
        return next(iter(owners or household), None)
