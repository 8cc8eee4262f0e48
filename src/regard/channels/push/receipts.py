"""What browsers tell about notifications: shown, clicked, dismissed (`channels.marks`)."""

from regard.channels.marks import mark_reader

__all__ = ["mark_reader"]
