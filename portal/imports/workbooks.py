"""Read the sheets of a workbook: xlsx, xlsm, xls, xlsb, ods. Pure.

calamine reads all of them and is the quick one. Two things it would lose or die of are seen before
in an xlsx: error cells (it makes '' of ``#N/A``) and a stray cell far out (it allocates everything
between). Those are read by openpyxl, which in turn opens a strict OOXML file as an empty workbook;
so each is the other's second opinion.
"""

from __future__ import annotations

import datetime
import io
import math
import re
import warnings
import zipfile
import zlib
from collections.abc import Callable, Iterable

from python_calamine import CalamineWorkbook, PasswordError, SheetTypeEnum, SheetVisibleEnum

from portal.errors import SheetUnreadable
from portal.imports.packages import CUT_OFF, LOCKED
from portal.imports.sheets import Merged, Sheet, column_index, sheet_of

_MAX_DENSE_CELLS = 8_000_000  # about 250 MiB in calamine
# <row r="200001" spans="1:5">, <c r="AB12" t="s">, <c r="A4" t="e">
_ROW = re.compile(rb' r="(\d{1,9})"')
_WIDE = re.compile(rb' r="([A-Z]{2,3})\d')
_ERROR_CELL = b' t="e"'

_Reader = Callable[[bytes], list[Sheet]]


def read_workbook(data: bytes, kind: str) -> list[Sheet]:
    """Return the sheets of a workbook. `kind` is "xlsx", "xlsb", "ods" or "xls".

    Raises SheetUnreadable for encrypted and damaged ones.
    """
    readers: list[_Reader] = [_with_calamine]
    if kind == "xlsx":
        readers.insert(0 if _needs_openpyxl(data) else 1, _with_openpyxl)
    for reader in readers:
        try:
            sheets = reader(data)
        except (SheetUnreadable, MemoryError, KeyboardInterrupt, SystemExit):
            raise
        except PasswordError as error:
            raise SheetUnreadable(LOCKED) from error
        except BaseException:  # noqa: S112 - a damaged file raises anything, a panic of Rust too
            continue
        if sheets:
            return sheets
    raise SheetUnreadable(CUT_OFF)


def _needs_openpyxl(data: bytes) -> bool:
    with zipfile.ZipFile(io.BytesIO(data)) as package:
        for name in package.namelist():
            if not name.startswith("xl/worksheets/") or not name.endswith(".xml"):
                continue
            try:
                xml = package.read(name)
            except (zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError) as error:
                raise SheetUnreadable(CUT_OFF) from error
            height = max(map(int, _ROW.findall(xml)), default=0)
            wide = set(_WIDE.findall(xml))
            width = max((column_index(letters.decode()) + 1 for letters in wide), default=26)
            if height * width > _MAX_DENSE_CELLS or _ERROR_CELL in xml:
                return True
    return False


def _with_calamine(data: bytes) -> list[Sheet]:
    sheets = []
    with CalamineWorkbook.from_filelike(io.BytesIO(data)) as workbook:
        for told in workbook.sheets_metadata:
            if told.typ is not SheetTypeEnum.WorkSheet:
                continue
            sheet = workbook.get_sheet_by_name(told.name)
            rows = map(_plain, sheet.to_python(skip_empty_area=False))
            hidden = told.visible is not SheetVisibleEnum.Visible
            merged = (
                Merged(top + 1, bottom + 1, left)
                for (top, left), (bottom, _right) in sheet.merged_cell_ranges or ()
            )
            sheets.append(sheet_of(told.name, hidden, enumerate(rows, 1), merged))
    return sheets


def _with_openpyxl(data: bytes) -> list[Sheet]:
    from openpyxl import load_workbook  # takes longer to import than most lists to read

    sheets = []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about styles and extensions that a list does not need
        workbook = load_workbook(io.BytesIO(data), read_only=True, data_only=True, keep_links=False)
        try:
            for worksheet in workbook.worksheets:
                worksheet.reset_dimensions()
                rows = map(_plain, worksheet.iter_rows(values_only=True))
                hidden = worksheet.sheet_state != "visible"
                sheets.append(sheet_of(worksheet.title, hidden, enumerate(rows, 1)))
        finally:
            workbook.close()
    return sheets


def _plain(cells: Iterable[object]) -> list[object]:
    return [
        cell if type(cell) is str or cell is None else _plain_cell(cell)  # most are texts
        for cell in cells
    ]


def _plain_cell(cell: object) -> object:
    if isinstance(cell, float):
        if not math.isfinite(cell):
            return str(cell)
        return int(cell) if cell.is_integer() and abs(cell) < 1e15 else cell
    if isinstance(cell, datetime.datetime):
        return cell.isoformat(" ")
    if isinstance(cell, datetime.date | datetime.time):
        return cell.isoformat()
    return cell if isinstance(cell, str | int | None) else str(cell)
