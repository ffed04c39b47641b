"""How Grandstream files are written: two dialects in one file name. Pure.

No table can say it: old models read P-values (`<P271>1</P271>`, config version 1), new ones alias
names (`<item name="account.1.enable">Yes</item>`, config version 2), both from `cfg{mac}.xml`. A
document that mixes them is ignored without a word (GRP261x administration guide). So the first
name decides, and a raw parameter of the other dialect is refused.
"""

from __future__ import annotations

from collections.abc import Mapping

from portal.errors import CannotRender
from portal.vendors.syntax import Syntax


def write(syntax: Syntax, parameters: Mapping[str, str]) -> str:
    """Return the gs_provision document for `parameters`; raises CannotRender."""
    escaped = syntax.escaped_values(parameters)
    is_p_values = next(iter(parameters), "P").startswith("P")
    lines = []
    for name, text in escaped.items():
        if name.startswith("P") != is_p_values:
            kind = "P-values, such as P271" if is_p_values else "names such as account.1.enable"
            raise CannotRender(f"{name}: this model's file holds {kind} only")
        tag = f"<{name}>{text}</{name}>" if is_p_values else f'<item name="{name}">{text}</item>'
        lines.append(f"    {tag}\n")
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<gs_provision version="1">\n'
        f'  <config version="{1 if is_p_values else 2}">\n'
        f"{''.join(lines)}"
        "  </config>\n"
        "</gs_provision>\n"
    )
