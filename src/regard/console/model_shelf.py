"""The engagement model of the folder in force, studied once for each archive.

In: a read session and the program in force. Out: its models with everything that follows from
them. Laying a page out takes a tenth of a second and a measure much more, so that both are kept
until another folder takes over.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import blake2b

from regard.core.lived import Lived, Sight
from regard.core.model import Advice, Disconnect, Model
from regard.core.ports import Reading
from regard.core.program import Program
from regard.model import advise, fresh
from regard.model.firsts import Move, first_moves
from regard.project import unpack
from regard.project.model import read_models

DRAWN_MAX = 16
"""Drawings that are kept; who disagrees where makes another one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Studied:
    """Both models and what follows from them; `key` names the archive that they came in."""

    key: str
    as_is: Model | None = None
    future: Model | None = None
    problems: tuple[str, ...] = ()
    advice: tuple[Advice, ...] = ()
    fresh: tuple[Disconnect, ...] = ()
    moves: tuple[Move, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """What customers lived in the last `days` up to a moment, and what of it was declared.

    `is_cut`: the stretch was longer than what is read at most.
    """

    at: datetime
    days: int
    lived: Lived
    sights: tuple[Sight, ...]
    is_cut: bool


@dataclass
class ModelShelf:
    """Keeps what was studied, drawn and measured last. Any thread may ask."""

    measured: Measured | None = None
    _studied: Studied | None = None
    _drawn: OrderedDict[tuple[object, ...], str] = field(default_factory=OrderedDict)

    def study(self, reading: Reading, program: Program) -> Studied:
        """Return the models of the program's folder; without one there is none."""
        archive = reading.rollouts.program(program.hash) or b""
        key = blake2b(archive, digest_size=16).hexdigest()
        known = self._studied
        if known is None or known.key != key:
            self._studied = known = _study(key, archive)
        return known

    def drawing(self, key: tuple[object, ...], draw: Callable[[], str]) -> str:
        """Return a drawing that was made under this key, else make it."""
        drawn = self._drawn.get(key)
        if drawn is None:
            self._drawn[key] = drawn = draw()
            while len(self._drawn) > DRAWN_MAX:
                self._drawn.popitem(last=False)
        return drawn


def _study(key: str, archive: bytes) -> Studied:
    models, problems = read_models(unpack(archive)) if archive else (None, ())
    told = tuple(str(problem) for problem in problems)
    if models is None or models.as_is is None:
        return Studied(key=key, future=models.future if models else None, problems=told)
    as_is, future = models.as_is, models.future
    advice = advise(as_is, future)
    return Studied(
        key=key,
        as_is=as_is,
        future=future,
        problems=told,
        advice=advice,
        fresh=fresh(as_is, future) if future else (),
        moves=first_moves(as_is, future, advice) if future else (),
    )
