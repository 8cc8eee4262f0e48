"""The assembly: the only room that knows every room, and puts them together into a house.

`build_ledger` is the loop over a store, to be turned by hand: stories, tests and most commands need
no more. `house.House` is what runs: engine, dispatcher, doors and the console. Each command
imports the part that it needs.
"""

from regard.assembly.loop import build_kernel, build_ledger

__all__ = ["build_kernel", "build_ledger"]
