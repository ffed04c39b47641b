"""What lies in a zipped file, checked before a reader unpacks it. Pure."""

from __future__ import annotations

import io
import zipfile
import zlib

from portal.errors import SheetUnreadable

MAX_UNPACKED_BYTES = 400 * 2**20
MAX_RATIO = 250  # sheets full of repetition reach 60; a bomb has 1,000
MAX_PARTS = 5_000
_HEAD_BYTES = 4096  # a document type stands before the first element

LOCKED = (
    "The file is protected with a password; open it in the spreadsheet program, take the password "
    "off under “Save as” and upload it again"
)
CUT_OFF = (
    "The file is incomplete or damaged; ask for it again, or open it in a spreadsheet program, "
    "save it as .xlsx and upload that"
)
TOO_LARGE = (
    "The file unpacks to far more than a list of phones needs; copy the list into a new workbook "
    "and upload that"
)


def kind_of(data: bytes) -> str:
    """Return "xlsx", "xlsb" or "ods" for a zipped spreadsheet that is safe to unpack.

    Raises SheetUnreadable for other packages and for damaged, encrypted and hostile ones.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as package:
            return _kind_of(package, len(data))
    except (zipfile.BadZipFile, zlib.error, EOFError, KeyError, OSError, ValueError) as error:
        raise SheetUnreadable(CUT_OFF) from error
    except NotImplementedError as error:  # a way of packing that no spreadsheet program uses
        raise SheetUnreadable(CUT_OFF) from error


def _kind_of(package: zipfile.ZipFile, size: int) -> str:
    parts = package.infolist()
    if any(part.flag_bits & 1 for part in parts):
        raise SheetUnreadable(LOCKED)
    unpacked = sum(part.file_size for part in parts)
    if (
        len(parts) > MAX_PARTS
        or unpacked > MAX_UNPACKED_BYTES
        or (unpacked > 2**20 and unpacked > MAX_RATIO * size)
    ):
        raise SheetUnreadable(TOO_LARGE)
    names = {part.filename for part in parts}
    kind = _spreadsheet(package, names)
    for part in parts:
        if part.filename.endswith((".xml", ".rels")):
            with package.open(part) as stream:
                if b"<!" in (head := stream.read(_HEAD_BYTES)) and b"<!DOCTYPE" in head.upper():
                    raise SheetUnreadable(
                        "The file declares a document type, which no spreadsheet program writes; "
                        "copy the list into a new workbook and upload that"
                    )
    return kind


def _spreadsheet(package: zipfile.ZipFile, names: set[str]) -> str:
    if "xl/workbook.xml" in names:
        return "xlsx"
    if "xl/workbook.bin" in names:
        return "xlsb"
    if "mimetype" in names:
        mimetype = package.read("mimetype")[:100]
        if mimetype.startswith(b"application/vnd.oasis.opendocument.spreadsheet"):
            if b"encryption-data" in package.read("META-INF/manifest.xml"):
                raise SheetUnreadable(LOCKED)
            return "ods"
    if "word/document.xml" in names or "content.xml" in names:
        raise SheetUnreadable(
            "This is a text document; copy its table into a spreadsheet, or paste it as text"
        )
    if any(name.startswith("Index/") or name == "Index.zip" for name in names):
        raise SheetUnreadable(
            "This is an Apple Numbers file; export it as Excel or CSV and upload that"
        )
    if "[Content_Types].xml" in names:
        raise SheetUnreadable("This Office file is no spreadsheet; save the list as .xlsx")
    raise SheetUnreadable("This is an archive of files; unpack it and upload the list in it")
