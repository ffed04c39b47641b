"""Values that a Mitel phone would misread stand in double quotes. Pure.

No table can say it: ``#`` begins a comment and blanks around a value are lost, unless it is quoted;
numbers and addresses are written plain, as the guides do.
"""

from __future__ import annotations

from collections.abc import Mapping

from portal.errors import CannotRender
from portal.vendors.syntax import Syntax


def write(syntax: Syntax, parameters: Mapping[str, str]) -> str:
    """Return the file's text, lines ended by LF; raises CannotRender."""
    lines: list[str] = []
    for name, value in parameters.items():
        syntax.check(name, value)
        written = f"{name}: {_quoted(name, value)}".rstrip()
        lines.append(written)
    return "\n".join(lines) + "\n"


def _quoted(name: str, value: str) -> str:
    if "#" not in value and value == value.strip() and not value.startswith('"'):
        return value
    if '"' in value:
        raise CannotRender(f"{name}: this value needs quotes, so it cannot hold a double quote")
    return f'"{value}"'
