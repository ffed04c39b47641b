"""Write Escene's XML: parameters are attributes, many on one element, which no line can say. Pure.

A raw parameter comes last, yet belongs on the element of its siblings, so all are gathered first.
"""

from __future__ import annotations

from collections.abc import Mapping

from portal.errors import CannotRender
from portal.vendors.syntax import Syntax


def write(syntax: Syntax, parameters: Mapping[str, str]) -> str:
    """Return the document: root ``all``, containers, elements with their ``id``."""
    containers: dict[str, dict[tuple[str, str], list[str]]] = {}
    for name, value in parameters.items():
        syntax.check(name, value)
        match = syntax.name.fullmatch(name)
        part = match.groupdict("") if match else {}
        try:
            escaped = syntax.escaped(value)
        except CannotRender as error:
            raise CannotRender(f"{name}: {error}") from None
        elements = containers.setdefault(part["container"], {})
        attributes = elements.setdefault((part["element"], part["id"]), [])
        attributes.append(f'{part["attribute"]}="{escaped}"')
    lines = ['<?xml version="1.0" encoding="UTF-8"?>', "<all>"]
    for container, elements in containers.items():
        lines.append(f"<{container}>")
        for (element, number), attributes in elements.items():
            lines.append(f'<{element} id="{number}"' if number else f"<{element}")
            lines += [f" {attribute}" for attribute in attributes]
            lines.append("/>")
        lines.append(f"</{container}>")
    return "\n".join([*lines, "</all>"]) + "\n"
