"""Limits that both stores keep to."""

REJECTED_MAX = 10_000
"""Rejected items kept for the source debugger; older ones go, their count stays."""
