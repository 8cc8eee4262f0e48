"""The restored dump (PAINS): a copy of a store must not say again what the original said.

A store remembers which database it is: the identity of the cluster, and its number there. A dump
that is restored is another one, and refused for writing until somebody says that the original
will never run again (`adopt`). A standby that takes over is the same one and goes on; a copy of
the whole cluster's files looks like it too, so never start one beside the original.
"""

from __future__ import annotations

from regard.core.errors import Refused
from regard.store.postgresql.connecting import Connection, shown
from regard.store.postgresql.statements import statements_of


def check_home(connection: Connection, location: str, *, adopt: bool) -> None:
    """Remember which database this store is; raise `Refused` when it was another one before."""
    sql = statements_of("fence").texts
    here = connection.execute(sql["here"]).fetchone()
    row = connection.execute(sql["home"]).fetchone()
    if row == here:
        return
    if row is not None and not adopt:
        raise Refused(
            f"The store {shown(location)} is a copy: what it holds may have been said by the "
            "original since.",
            code="copied_store",
            hint="If the original will never run again, start once with `regard serve --adopt`.",
        )
    connection.execute(sql["settle"], here)
