"""Write the gateways' ini tables: rows name their columns once, in a line before them. Pure.

No table of family.toml can say it, since that line stands apart from the values:

    [ Authentication ]
    FORMAT Authentication_Index = Authentication_UserId, Authentication_UserPassword;
    Authentication 0 = 101, secret;
    [ \\Authentication ]
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from portal.vendors.syntax import Syntax


def write(syntax: Syntax, parameters: Mapping[str, str]) -> str:
    """Return the file; ``Table/0/Column`` of an ini file becomes a table, after all other lines."""
    if "table" not in syntax.name.groupindex:
        return syntax.write(parameters)
    tables: dict[str, dict[int, dict[str, str]]] = {}
    lines = [syntax.open]
    for name, value in parameters.items():
        syntax.check(name, value)
        match = syntax.name.fullmatch(name)
        if match and match["table"]:
            rows = tables.setdefault(match["table"], {})
            rows.setdefault(int(match["row"]), {})[match["column"]] = value
        else:
            is_number = re.fullmatch(r"-?\d+", value) is not None
            lines.append(syntax.line.format(name=name, value=value if is_number else f"'{value}'"))
    for table, rows in tables.items():
        lines += _table(table, rows)
    return "\n".join(lines) + "\n"


def _table(table: str, rows: Mapping[int, Mapping[str, str]]) -> list[str]:
    columns = list(dict.fromkeys(column for row in rows.values() for column in row))
    return [
        "",
        f"[ {table} ]",
        f"FORMAT {table}_Index = {', '.join(f'{table}_{column}' for column in columns)};",
        *(
            f"{table} {number} = {', '.join(row.get(column, '') for column in columns)};"
            for number, row in rows.items()
        ),
        f"[ \\{table} ]",
    ]
