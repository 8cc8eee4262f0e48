"""What the drawers ask of a database: run named statements, in its dialect.

SQLite and PostgreSQL differ in how a statement is written, how a list is passed and how a moment
is fixed; everything else of a drawer is the same for both, and stands here once.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Protocol

from regard.core.graph import Edge, Node


class Rows(Protocol):
    """What a statement found."""

    @property
    def rowcount(self) -> int: ...

    def fetchone(self) -> Any: ...

    def fetchall(self) -> list[Any]: ...

    def __iter__(self) -> Iterator[Any]: ...


class Link(Protocol):
    """One connection, in the middle of a transaction."""

    @property
    def clash(self) -> type[Exception]:
        """What a statement raises when a row is there that must not be."""
        ...

    def execute(self, statement: str, values: Any = (), /) -> Rows:
        """Run one statement with positional or named values."""
        ...

    def nodes(self, statement: str, values: Sequence[Any], /) -> Iterable[Node]:
        """Run one statement that finds identifiers, in the form that costs the database least."""
        ...

    def edges(self, statement: str, values: Sequence[Any], /) -> Iterable[Edge]:
        """Do the same for evidence."""
        ...

    def node_rows(self, nodes: Sequence[Node], /) -> Sequence[Sequence[Any]]:
        """Return identifiers as rows of the statement that saves them."""
        ...

    def edge_rows(self, edges: Sequence[Edge], /) -> Sequence[Sequence[Any]]:
        """Do the same for evidence."""
        ...

    def executemany(self, statement: str, rows: Sequence[Sequence[Any]], /) -> None:
        """Run one statement for each row, as if one after the other.

        It may still be under way on returning: an error comes with what is asked next, at the
        latest with the commit.
        """
        ...

    def changed(self, statement: str, rows: Sequence[Sequence[Any]], /) -> int:
        """Do the same; return how many rows were changed."""
        ...

    def statements(self, name: str, /) -> Mapping[str, str]:
        """Return the statements of one drawer by their names."""
        ...

    def keys(self, values: Sequence[Any], /) -> object:
        """Return a list of numbers or texts as one value of a statement."""
        ...

    def marks(self, values: Sequence[bytes], /) -> object:
        """Return a list of 16-byte keys as one value of a statement."""
        ...

    def pairs(self, values: Sequence[tuple[int, int]], /) -> object:
        """Return a list of pairs as one value of a statement."""
        ...

    def begin_reading(self) -> None:
        """Fix the moment that is read."""
        ...

    def end_reading(self) -> None:
        """Let go of the moment."""
        ...

    def close(self) -> None:
        """Close the connection."""
        ...
