"""The embedded store: one SQLite file in WAL mode, one writer, any number of readers.

A transaction is durable when `writing()` is left (synchronous=FULL: the WAL is synced on every
commit, which group commit makes cheap). Opening takes the fence: an older process on the same
file gets `Fenced` at its next write.
"""

from regard.store.sqlite.database import SqliteLibrary, SqliteStore

__all__ = ["SqliteLibrary", "SqliteStore"]
