"""Gigaset's document has firmware, operations and parameters, each in a place of its own. Pure.

No table can say that a firmware entry stands outside `nvm` and holds a version, or that an
operation is an element with a parameter inside.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from portal.errors import CannotRender
from portal.vendors.syntax import Syntax

# Gigaset-Nx70-V2.48.0-build.4fa8a54.bin, einstein-albert-V2.14.0+build.74f2b0e.update.bin
_VERSION = re.compile(r"V?(\d+\.\d+\.\d+)")


def write(syntax: Syntax, parameters: Mapping[str, str]) -> str:
    """Return the provisioning document, lines ended by LF; raises CannotRender."""
    before = [syntax.open]
    lines = ["  <nvm>"]
    for name, value in parameters.items():
        syntax.check(name, value)
        try:
            escaped = syntax.escaped(value)
        except CannotRender as error:
            raise CannotRender(f"{name}: {error}") from None
        if name == "firmware":
            before += _firmware(value, escaped)
        elif name.startswith("add_hs."):
            lines += [
                f'    <oper name="add_hs" value="{name.removeprefix("add_hs.")}">',
                f'      <param name="hs.RegStatus" value="{escaped}"/>',
                "    </oper>",
            ]
        else:
            lines.append(syntax.line.format(name=name, value=escaped))
    return "\n".join([*before, *lines, "  </nvm>", "</provisioning>"]) + "\n"


def _firmware(url: str, escaped: str) -> list[str]:
    """The device updates when `version` differs from its own; the image's name tells it."""
    found = _VERSION.search(url.rpartition("/")[2])
    version = f' version="{found[1]}"' if found else ""
    return ["  <firmware>", f'    <file{version} url="{escaped}"/>', "  </firmware>"]
