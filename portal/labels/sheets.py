"""What stands on the labels, and on which page each has its place. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

import segno
from markupsafe import Markup

from portal.labels import code128
from portal.labels.formats import Format
from portal.values import format_mac

# How the code is drawn, then whether it holds the device id too.
CODES = {
    "qr": "QR code of the MAC",
    "qr-id": "QR code of MAC and device id",
    "barcode": "Barcode (Code 128) of the MAC",
    "barcode-id": "Barcode (Code 128) of MAC and device id",
}
FIELDS = {
    "model": "Model",
    "inventory_id": "Inventory id",
    "customer": "Customer",
    "description": "Description",
    "device_id": "Device id",
    "serial": "Serial number",
}
MOST = 2_400


@dataclass(frozen=True)
class LabelFacts:
    """What of a device may stand on its label."""

    mac: str
    model: str = ""
    inventory_id: str = ""
    customer: str = ""
    description: str = ""
    device_id: str = ""
    serial: str = ""


@dataclass(frozen=True)
class Label:
    """A label as printed: its code drawn, the MAC, then lines of (name, text)."""

    code: Markup
    mac: str
    lines: Sequence[tuple[str, str]]


def labels_of(devices: Sequence[LabelFacts], code: str, fields: Sequence[str]) -> Iterator[Label]:
    """Yield the label of each device. The code holds what the search box takes: the bare MAC, or
    with a blank behind it the device id."""
    drawing, _, has_id = code.partition("-")
    for device in devices:
        lines = [(FIELDS[name], getattr(device, name)) for name in FIELDS if name in fields]
        text = f"{device.mac} {device.device_id}" if has_id else device.mac
        yield Label(
            drawn(text, drawing), format_mac(device.mac), [line for line in lines if line[1]]
        )


def drawn(text: str, code: str) -> Markup:
    """Return a QR code (ISO/IEC 18004, error correction M) or a barcode of `text` as SVG."""
    if code == "barcode":
        return Markup(code128.svg(text.upper()))  # noqa: S704 # nosec B704 - our own drawing of hex digits
    # Upper case is coded in fewer modules (alphanumeric mode), so these can be larger.
    made = segno.make(text.upper(), error="m", micro=False)
    drawn = made.svg_inline(border=2, omitsize=True, svgclass="qr", lineclass=None)
    return Markup(drawn)  # noqa: S704 # nosec B704 - squares alone


def pages_of(labels: Iterator[Label], sheet: Format, start: int) -> Iterator[list[Label | None]]:
    """Yield pages; None is an empty place. `start`: place of the first label on it, from 1."""
    rest: Iterator[Label | None] = labels
    page: list[Label | None] = [None] * (start - 1)
    page += islice(rest, sheet.per_page - len(page))
    while any(page):
        yield page
        page = list(islice(rest, sheet.per_page))
