"""What all workbooks that the portal writes have in common. Pure."""

from __future__ import annotations

import io
import re

from openpyxl import Workbook
from openpyxl.styles import Font, PatternFill

HEADER_FONT = Font(bold=True)
HEADER_FILL = PatternFill("solid", fgColor="E3F1EF")
BAD_FILL = PatternFill("solid", fgColor="F8D7DA")
ASK_FILL = PatternFill("solid", fgColor="FBF0D7")
TEXT_FORMAT = "@"  # else a spreadsheet program takes 001565123456 for a number
MIMETYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

# -clear-, +49 30 1234, -5: they begin as formulas may, and can be none
_HARMLESS = re.compile(r"-clear-|[+-][\d ()./-]*")
_ILLEGAL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")


def safe_value(value: object) -> object:
    """Return a cell's value so that no spreadsheet program takes it for a formula.

    An apostrophe before it makes it a text; sheets.cell_text takes that off again.
    """
    if not isinstance(value, str):
        return value
    text = _ILLEGAL.sub("", value)
    is_formula = text.startswith(("=", "+", "-", "@", "\t", "\r"))
    return f"'{text}" if is_formula and not _HARMLESS.fullmatch(text) else text


def saved(workbook: Workbook) -> bytes:
    """Return a workbook as the bytes of its file."""
    target = io.BytesIO()
    workbook.save(target)
    return target.getvalue()
