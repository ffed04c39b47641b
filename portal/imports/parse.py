"""Turn an uploaded file into sheets, by its content and never by its name. Pure.

Hostile files are parsed by child.py, which runs this in a process with limits.
"""

from __future__ import annotations

from pathlib import PurePath

from portal.errors import SheetUnreadable
from portal.imports import flat, markup, packages, texts, workbooks
from portal.imports.sheets import MAX_FILE_BYTES, MAX_LINES, Sheet

_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
# The first record, BOF, of a workbook without a container around it: BIFF 2, 3, 4, 5
# (OpenOffice.org's Documentation of the Microsoft Excel File Format, 5.8).
_OLD = (b"\x09\x00\x04\x00", b"\x09\x02\x06\x00", b"\x09\x04\x06\x00", b"\x09\x08")
_XML = ("<?xml", "<workbook", "<ss:workbook", "<office:document")
_TOO_OLD = "This workbook is of Excel 5 or older; open it, save it as .xlsx and upload that"
_PICTURE = (
    "This is a picture; ask for the list as a spreadsheet, or type the addresses off it and paste "
    "them"
)
_ARCHIVE = "This is an archive of files; unpack it and upload the list in it"
_REFUSED = {
    b"\x89PNG": _PICTURE,
    b"\xff\xd8\xff": _PICTURE,
    b"GIF8": _PICTURE,
    b"BM": _PICTURE,
    b"II*\x00": _PICTURE,
    b"MM\x00*": _PICTURE,
    b"%PDF": "This is a PDF; ask for the list as a spreadsheet, or copy its table and paste it",
    b"\x1f\x8b": _ARCHIVE,
    b"7z\xbc\xaf": _ARCHIVE,
    b"Rar!": _ARCHIVE,
    b"{\\rtf": "This is a text document; copy its table into a spreadsheet, or paste it as text",
}


def parse(filename: str, data: bytes) -> list[Sheet]:
    """Return the sheets of a file. `filename` only names the sheet of a file that has no names.

    Raises SheetUnreadable with one sentence that names the remedy.
    """
    if len(data) > MAX_FILE_BYTES:
        raise SheetUnreadable(
            f"The file is larger than {MAX_FILE_BYTES // 2**20} MiB; copy the list into a new "
            "workbook and upload that"
        )
    if not data.strip(b"\x00 \t\r\n\xef\xbb\xbf\xff\xfe"):
        raise SheetUnreadable("The file is empty; look whether the right one was chosen")
    sheets = _sheets(PurePath(filename).stem or "List", data)
    if sum(len(sheet.rows) for sheet in sheets) > MAX_LINES:
        raise SheetUnreadable(
            f"The sheets have more than {MAX_LINES:,} lines in all; split them into several files"
        )
    if not any(sheet.rows for sheet in sheets):
        raise SheetUnreadable("The file holds no text; look whether the right one was chosen")
    return sheets


def _sheets(name: str, data: bytes) -> list[Sheet]:
    if data.startswith(b"PK\x03\x04"):
        return workbooks.read_workbook(data, packages.kind_of(data))
    if data.startswith(_OLE):
        return _of_ole(data)
    if data.startswith(_OLD):
        raise SheetUnreadable(_TOO_OLD)
    for begin, sentence in _REFUSED.items():
        if data.startswith(begin) and (len(begin) > 2 or b"\x00" in data[:64] or begin[0] > 127):
            raise SheetUnreadable(sentence)
    if data[4:12] in (b"ftypheic", b"ftypavif") or (data[:4] == b"RIFF" and data[8:12] == b"WEBP"):
        raise SheetUnreadable(_PICTURE)
    return _of_text(name, data)


def _of_ole(data: bytes) -> list[Sheet]:
    def has(stream: str) -> bool:
        return stream.encode("utf-16-le") in data

    if has("EncryptedPackage"):
        raise SheetUnreadable(packages.LOCKED)
    if not has("Workbook") and not has("Book"):
        if has("WordDocument"):
            raise SheetUnreadable(_REFUSED[b"{\\rtf"])
        raise SheetUnreadable(packages.CUT_OFF)
    try:
        return workbooks.read_workbook(data, "xls")
    except SheetUnreadable:
        if has("Workbook"):
            raise
        raise SheetUnreadable(_TOO_OLD) from None  # Excel 5 and 95 call the stream “Book”


def _of_text(name: str, data: bytes) -> list[Sheet]:
    text = texts.decode(data)
    start = text[:4096].lstrip("\ufeff \t\r\n").lower()
    if start.startswith("mime-version:") and "multipart/related" in start:
        raise SheetUnreadable(
            "This is a web archive; open it in a spreadsheet program, save it as .xlsx and upload "
            "that"
        )
    if start.startswith(_XML) and "<html" not in start:
        data = data.lstrip()
        return flat.read_flat(data) if flat.OFFICE in text[:4096] else markup.read_xml(data)
    if start.startswith("<") and ("<table" in (lower := text.lower()) or "<html" in lower):
        return [markup.read_html(name, text)]
    return [texts.read_text(name, text)]
