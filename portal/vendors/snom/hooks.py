"""How Snom files are written: elements with attributes, function keys in a part of their own. Pure.

No table can say it: `user_name[1]` becomes `<user_name idx="1">`, and the three parameters
`fkey[0]`, `fkey[0].context` and `fkey[0].label` become one element.
"""

from __future__ import annotations

from collections.abc import Mapping

from portal.errors import CannotRender
from portal.vendors.syntax import Syntax

# Read-only on the phone, so that the file is what counts; the way to the server stays open, or a
# phone that was sent astray could only be reset.
_WRITABLE = {"setting_server"}


def write(syntax: Syntax, parameters: Mapping[str, str]) -> str:
    """Return the `settings` document for `parameters`; raises CannotRender."""
    settings: list[str] = []
    keys: dict[str, dict[str, str]] = {}
    for name, value in parameters.items():
        syntax.check(name, value)
        match = syntax.name.fullmatch(name)
        told = match.groupdict("") if match else {}
        try:
            text = syntax.escaped(value)
        except CannotRender as error:
            raise CannotRender(f"{name}: {error}") from None
        if told["element"] == "fkey" and told["idx"]:
            keys.setdefault(told["idx"], {})[told["attribute"] or "text"] = text
        elif told["attribute"] or told["element"] == "fkey":
            raise CannotRender(f"{name}: only function keys, such as fkey[0], have labels")
        else:
            idx = f' idx="{told["idx"]}"' if told["idx"] else ""
            perm = "RW" if told["element"] in _WRITABLE else "R"
            settings.append(
                f'    <{told["element"]}{idx} perm="{perm}">{text}</{told["element"]}>\n'
            )
    fkeys = [
        f'    <fkey idx="{idx}" context="{key.get("context", "active")}"'
        f' label="{key.get("label", "")}" perm="R">{key.get("text", "none")}</fkey>\n'
        for idx, key in keys.items()
    ]
    function_keys = f"  <functionKeys>\n{''.join(fkeys)}  </functionKeys>\n" if fkeys else ""
    return (
        '<?xml version="1.0" encoding="utf-8"?>\n'
        "<settings>\n"
        f"  <phone-settings>\n{''.join(settings)}  </phone-settings>\n"
        f"{function_keys}"
        "</settings>\n"
    )
