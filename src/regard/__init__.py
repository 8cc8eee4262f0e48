"""Regard, the engagement ledger.

One customer, known once; every promise kept once and on time; one voice on every channel.
The rooms of the house and the direction between them are drawn in `ARCHITECTURE.md`.
"""

__version__ = "0.1.0"
