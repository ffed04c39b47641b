"""Write OBi parameters: an empty value is a value there, “the default again” is an attribute. Pure.

No table can say it, since the attribute stands in the tag around the value.
"""

from __future__ import annotations

from collections.abc import Mapping

from portal.vendors.syntax import Syntax


def write(syntax: Syntax, parameters: Mapping[str, str]) -> str:
    """Return the file; an empty value resets its parameter (OBi Provisioning Guide, XML format)."""
    # Values are escaped, so that these two tags side by side can only be an empty one.
    return syntax.write(parameters).replace("<Value></Value>", '<Value X_UseDefault="Yes"/>')
