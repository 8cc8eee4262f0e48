"""What pages tell about messages of a feed: seen, clicked, dismissed (`channels.marks`)."""

from regard.channels.marks import mark_reader

__all__ = ["mark_reader"]
