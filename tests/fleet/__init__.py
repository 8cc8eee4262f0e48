"""The fleet: many processes over one PostgreSQL, and nothing lost, doubled or out of order."""
