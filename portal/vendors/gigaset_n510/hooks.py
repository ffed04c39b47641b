"""Items of a ProviderFrame: three forms of element, texts with quotes of their own. Pure.

No table can say that MAC_ADDRESS and PROFILE_NAME are elements of another form than settings.
"""

from __future__ import annotations

from collections.abc import Mapping

from portal.errors import CannotRender
from portal.vendors.syntax import Syntax

_OPEN = '<?xml version="1.0" encoding="ISO-8859-1"?>\n<ProviderFrame>\n  <Provider>'
_CLOSE = "  </Provider>\n</ProviderFrame>\n"


def write(syntax: Syntax, parameters: Mapping[str, str]) -> str:
    """Return the profile, lines ended by LF; raises CannotRender."""
    lines = [_OPEN, *(_item(syntax, name, value) for name, value in parameters.items())]
    return "\n".join(lines) + "\n" + _CLOSE


def _item(syntax: Syntax, name: str, value: str) -> str:
    syntax.check(name, value)
    try:
        escaped = syntax.escaped(value)
    except CannotRender as error:
        raise CannotRender(f"{name}: {error}") from None
    # A text keeps the quotes around it, so the attribute stands in apostrophes.
    escaped = escaped.replace("&quot;", '"').replace("'", "&apos;")
    if name == "MAC_ADDRESS":
        return f"    <MAC_ADDRESS value='{escaped}'/>"
    if name == "PROFILE_NAME":
        return f"    <PROFILE_NAME class='string' value='{escaped}'/>"
    return f"    <SYMB_ITEM ID='{name}' class='symb_item' value='{escaped}'/>"
