"""A site address as an installer needs it: as a text, drawn, and for DHCP servers. Pure."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass

import segno
from markupsafe import Markup

from portal.customers import dhcp

# What comes of a new one.
RENEWING = (
    "The present one is worthless at once: change it in DHCP and with the vendor. Phones that are "
    "set up notice nothing."
)


@dataclass(frozen=True)
class Guide:
    """`drawn` is the QR code, an <svg>; `why_not` says why there is nothing for DHCP servers."""

    address: str
    drawn: Markup
    snippets: Sequence[dhcp.Snippet]
    why_not: str = ""
    readers: Sequence[dhcp.Reader] = dhcp.READERS


def guide(base_url: str, token: str) -> Guide:
    """Return what tells phones the site address that `token` makes."""
    address = f"{base_url}/p/s/{token}/"
    try:
        return Guide(address, draw(address), dhcp.snippets(address))
    except ValueError as error:
        return Guide(address, draw(address), (), str(error))


def draw(text: str) -> Markup:
    """Return `text` as a QR code: black on white, whatever the page's colours, without style."""
    drawn = io.BytesIO()
    segno.make(text, error="m", micro=False).save(
        drawn,
        kind="svg",
        xmldecl=False,
        svgns=True,
        light="#fff",
        svgclass="qr",
        lineclass=None,
        omitsize=True,
        border=4,
    )
    return Markup(drawn.getvalue().decode())  # noqa: S704 # nosec B704 - made by segno, of squares alone
