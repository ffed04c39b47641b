"""Write Fanvil's XML: nested elements, which a line per parameter cannot say. Pure.

A raw parameter comes last, yet its element belongs beside its siblings, four levels deep at most:
``dsskey/internal[2]/Fkey[3]/Type``. So the paths are gathered into a tree before it is written.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from portal.errors import CannotRender
from portal.vendors.syntax import Syntax

# Root element and its version, by generation of the firmware.
_CURRENT = ("sysConf", "<Version>2.0000000000</Version>")
_LEGACY = ("VOIP_CONFIG_FILE", "<version>2.0002</version>")


def write(syntax: Syntax, parameters: Mapping[str, str]) -> str:
    """Return the document; the sections' names tell which generation it is."""
    tree: dict[str, Any] = {}
    for name, value in parameters.items():
        syntax.check(name, value)
        _place(tree, name, _escaped(syntax, name, value))
    is_legacy = next(iter(tree), "").endswith("_MODULE")
    root, version = _LEGACY if is_legacy else _CURRENT
    lines = ['<?xml version="1.0" encoding="UTF-8"?>', f"<{root}>", version]
    lines += [*_lines(tree), f"</{root}>"]
    return "\n".join(lines) + "\n"


def _escaped(syntax: Syntax, name: str, value: str) -> str:
    try:
        return syntax.escaped(value)
    except CannotRender as error:
        raise CannotRender(f"{name}: {error}") from None


def _place(tree: dict[str, Any], name: str, escaped: str) -> None:
    *sections, leaf = name.split("/")
    for section in sections:
        tree = tree.setdefault(section, {})
        if not isinstance(tree, dict):
            raise CannotRender(f"{name}: “{section}” holds a value already")
    if isinstance(tree.get(leaf), dict):
        raise CannotRender(f"{name} is a section, not a parameter")
    tree[leaf] = escaped


def _lines(tree: Mapping[str, Any]) -> list[str]:
    lines = []
    for name, inner in tree.items():
        element, _, which = name.rstrip("]").partition("[")
        if isinstance(inner, str):
            lines.append(f"<{element}>{inner}</{element}>")
            continue
        lines.append(f'<{element} index="{which}">' if which.isdigit() else f"<{element}>")
        if which and not which.isdigit():
            lines.append(f"<ID>{which}</ID>")
        lines += [*_lines(inner), f"</{element}>"]
    return lines
