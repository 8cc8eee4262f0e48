"""The one error tree of Regard, and the record of a problem found in a file.

Three kinds reach a caller: `Refused` (their input is wrong), `Unavailable` (try again later) and
`Broken` (our bug; the evidence is kept). Every room raises these and no others across its border.
The API turns them into status codes, the CLI into exit codes, the loop into findings.
"""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct


class Problem(Struct, frozen=True, kw_only=True):
    """One thing that is wrong with one place of a file or an item.

    `line` counts from 1 (0: unknown), `path` is the dotted way inside the document
    (``steps.2.wait``), `hint` says what to do next and may be empty. A warning refuses nothing.
    """

    file: str = ""
    line: int = 0
    path: str = ""
    message: str
    hint: str = ""
    is_warning: bool = False

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}" if self.line else self.file
        if self.line and not self.file:
            place = f"line {self.line}"
        parts = [p for p in (place, "warning" if self.is_warning else "", self.path) if p]
        text = ": ".join([*parts, self.message])
        return f"{text} ({self.hint})" if self.hint else text


class RegardError(Exception):
    """Something went wrong. Says what happened, to which thing, and what to do next."""

    code = "error"

    def __init__(self, message: str, *, code: str | None = None, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.code = code or type(self).code
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message} {self.hint}".strip()


class Refused(RegardError):
    """The input is not acceptable; sending it again unchanged will fail again.

    `problems` holds every finding, never only the first one.
    """

    code = "refused"

    def __init__(
        self,
        message: str,
        *,
        code: str | None = None,
        hint: str = "",
        problems: Sequence[Problem] = (),
    ) -> None:
        super().__init__(message, code=code, hint=hint)
        self.problems = tuple(problems)


class Unavailable(RegardError):
    """The thing cannot be done right now; the same call may succeed after `retry_after_s`."""

    code = "unavailable"

    def __init__(
        self, message: str, *, retry_after_s: int = 1, code: str | None = None, hint: str = ""
    ) -> None:
        super().__init__(message, code=code, hint=hint)
        self.retry_after_s = retry_after_s


class Fenced(Unavailable):
    """Another process owns this store or this slot now; this one must stop writing."""

    code = "fenced"


class Lapsed(Unavailable):
    """The lease of this process has ended: others do its work now, until it takes part again."""

    code = "lease_ended"


class Overtaken(Unavailable):
    """Another process changed what was read for a step; the same step is to be done again."""

    code = "overtaken"


class Broken(RegardError):
    """A bug of ours. The evidence (entry, person, traceback) is kept, the rest goes on."""

    code = "broken"
