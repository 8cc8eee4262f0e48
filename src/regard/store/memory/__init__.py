"""The in-memory twin: the same verbs and the same behaviour as the stores on disk, only faster.

Stories and simulator seeds run over it. `MemoryStore.reopen` is how a crash is simulated: the
data as committed, a newer token, and the older store fenced off.
"""

from regard.store.memory.database import MemoryStore

__all__ = ["MemoryStore"]
