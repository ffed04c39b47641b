"""How lists are searched: the condition that a column holds a text, and the MACs in that text."""

from __future__ import annotations

import re
from typing import Any

from sqlalchemy import Boolean
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import GenericFunction

from portal.imports.macs import macs_in

_ESCAPE = "/"


class holds(GenericFunction[bool]):  # noqa: N801 - named like the functions of SQL
    """``holds(column, text)``: does the column hold the text? Case is ignored.

    SQLite's LIKE ignores it by itself; lower() around both sides, as `icontains` writes it, takes
    twice the time there, which is felt at 100,000 rows.
    """

    type = Boolean()
    inherit_cache = True

    def __init__(self, column: Any, text: str) -> None:
        escaped = re.sub(r"([/%_])", rf"{_ESCAPE}\1", text)
        super().__init__(column, f"%{escaped}%")


@compiles(holds)
def _ignoring_case(element: holds, compiler: Any, **kw: Any) -> str:
    column, pattern = (compiler.process(one, **kw) for one in element.clauses)
    like = "LIKE" if compiler.dialect.name == "sqlite" else "ILIKE"
    return f"({column} {like} {pattern} ESCAPE '{_ESCAPE}')"


def mac_digits(text: str) -> str:
    """Return the digits of a MAC or of a part of one, in any notation; "" when it is none.

    Also of the only MAC among other words, as a scanner sends the code of a label.
    """
    digits = re.sub(r"[\s:.\-]", "", text).lower()
    if re.fullmatch(r"[0-9a-f]{2,12}", digits):
        return digits
    return scanned[0] if len(scanned := macs_in(text)) == 1 else ""
