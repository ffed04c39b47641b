"""UTG phones read a tree of elements. Pure.

No table can say it: parameters of one branch stand inside it together, wherever they were written,
and a line's branch carries its number as an attribute.
"""

from __future__ import annotations

from collections.abc import Mapping

from portal.errors import CannotRender
from portal.vendors.syntax import Syntax

Tree = dict[str, "Tree | str"]


def write(syntax: Syntax, parameters: Mapping[str, str]) -> str:
    """Return the document, lines ended by LF; raises CannotRender.

    ``Lines.Line.2.Sip.SIP_PASS`` becomes `SIP_PASS` in `Sip` in ``<Line idx="2">`` in `Lines`.
    """
    tree: Tree = {}
    for name, value in parameters.items():
        syntax.check(name, value)
        try:
            _put(tree, name.split("."), syntax.escaped(value))
        except CannotRender as error:
            raise CannotRender(f"{name}: {error}") from None
    lines = ["<PANASIPPhoneConfig>", *_lines(tree, "  "), "</PANASIPPhoneConfig>"]
    return "\n".join(lines) + "\n"


def _put(tree: Tree, path: list[str], value: str) -> None:
    for part in path[:-1]:
        branch = tree.setdefault(part, {})
        if isinstance(branch, str):
            raise CannotRender(f"“{part}” holds a value, so nothing can stand inside it")
        tree = branch
    if isinstance(tree.get(path[-1]), dict):
        raise CannotRender("holds other parameters, so it cannot have a value")
    tree[path[-1]] = value


def _lines(tree: Tree, indent: str) -> list[str]:
    lines: list[str] = []
    for name, inside in tree.items():
        if isinstance(inside, str):
            # !RW: the file wins over what was set by hand, and people may still read and set it.
            lines.append(f'{indent}<{name} perm="!RW">{inside}</{name}>')
        elif name == "Line":
            for number, line in inside.items():
                if isinstance(line, str):
                    raise CannotRender(f"Line.{number} holds parameters, not a value")
                lines += [f'{indent}<Line idx="{number}">', *_lines(line, indent + "  ")]
                lines.append(f"{indent}</Line>")
        else:
            lines += [f"{indent}<{name}>", *_lines(inside, indent + "  "), f"{indent}</{name}>"]
    return lines
