"""The store in a PostgreSQL database: one writer by fence and lock, any number of readers.

Chosen by a location ``postgresql://…``. A transaction is durable when `writing()` is left
(synchronous_commit); what may be lost with the power is committed without waiting for the disk.
Opening takes the fence: an older process on the same database gets `Fenced` at its next write.
"""

from regard.store.postgresql.connecting import shown
from regard.store.postgresql.database import PostgresqlLibrary, PostgresqlStore
from regard.store.postgresql.held import held

__all__ = ["PostgresqlLibrary", "PostgresqlStore", "held", "shown"]
