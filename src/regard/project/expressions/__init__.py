"""Typed SQL expressions: text -> check -> closure for the loop, SQL for previews.

`compile_expression` is what the readers of a folder call. It never raises for what is written in
a folder: slips come back as a list and no expression is made.
"""

from regard.project.expressions.checking import FUNCTIONS, Slip
from regard.project.expressions.compiled import CompiledExpression, compile_expression
from regard.project.expressions.kinds import (
    ANYTHING,
    FactKinds,
    Kind,
    Names,
    Want,
    kinds_of_schema,
    merged,
)
from regard.project.expressions.sql import Dialect

__all__ = [
    "ANYTHING",
    "FUNCTIONS",
    "CompiledExpression",
    "Dialect",
    "FactKinds",
    "Kind",
    "Names",
    "Slip",
    "Want",
    "compile_expression",
    "kinds_of_schema",
    "merged",
]
