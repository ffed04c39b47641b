"""Read a list out of text: comma, semicolon, tab, blanks, or a pasted mail. Pure."""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections import Counter
from collections.abc import Iterator

from portal.errors import SheetUnreadable
from portal.imports.macs import MAC_IN_TEXT
from portal.imports.sheets import Sheet, sheet_of

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_SEPARATOR_LINE = re.compile(r"sep=(.)\s*", re.IGNORECASE)
_BINARY = re.compile(r"[\x00-\x08\x0e-\x1f]")
_QUOTED = re.compile(r'(?:^|(?<=[\t;,|]))"(?:[^"]++|"")*+"(?=[\t;,|]|$)', re.MULTILINE)
_GAP = re.compile(r"\s{2,}")
_QUOTE_MARKS = re.compile(r"^(?:[>\s•*]|-\s)+")  # of a quoted mail, of a bulleted list


def decode(data: bytes) -> str:
    """Return the text of `data` in UTF-8, UTF-16, GB18030 or Windows-1252, mark or no mark."""
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return data.decode(encoding, errors="replace")
    head = data[:2000]
    if head[1::2].count(0) > len(head) * 0.3:
        return data.decode("utf-16-le", errors="replace")
    if head[::2].count(0) > len(head) * 0.3:
        return data.decode("utf-16-be", errors="replace")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        pass
    if _looks_chinese(data):
        try:
            return data.decode("gb18030")
        except UnicodeDecodeError:
            pass
    return data.decode("cp1252", errors="replace")


def _looks_chinese(data: bytes) -> bool:
    """Are the bytes beyond ASCII pairs of the common characters and signs of GB 2312?

    In Windows-1252 they are mostly single letters between ASCII ones, or pairs such as “öß” whose
    first byte lies beyond the common characters (lead bytes B0 to D7).
    """
    high = 0
    common = 0
    for run in re.findall(rb"[\x81-\xfe]{1,2}", data[:200_000]):
        high += 1
        if len(run) == 2 and (0xB0 <= run[0] <= 0xD7 or 0xA1 <= run[0] <= 0xA9) and run[1] >= 0xA1:
            common += 1
    return high > 0 and common >= 0.7 * high


def read_text(name: str, text: str) -> Sheet:
    """Return the one sheet of a text; a row's number is that of the line on which it begins."""
    if _BINARY.search(text[:100_000].replace("\x00", "", 1)):
        raise SheetUnreadable(
            "This file is neither a spreadsheet nor text; save the list as .xlsx or .csv"
        )
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    first, _, rest = text.partition("\n")
    skipped = 0
    if match := _SEPARATOR_LINE.fullmatch(first):
        text, skipped, delimiter = rest, 1, match[1]
    else:
        delimiter = _delimiter(text)
    lines = _split(text, delimiter) if delimiter else _loose(text)
    return sheet_of(name, False, ((number + skipped, cells) for number, cells in lines))


def _delimiter(text: str) -> str:
    """Return the character that cuts most lines into the same number of columns, or ""."""
    bare = _QUOTED.sub('""', text[:200_000])  # what stands in quotes cuts nothing
    sample = [line for line in bare.split("\n") if line.strip()][:200]
    best, best_score = "", 0
    for delimiter in "\t;,|":
        counts = Counter(line.count(delimiter) for line in sample if delimiter in line)
        columns, lines = counts.most_common(1)[0] if counts else (0, 0)
        # Commas stand in sentences too; the others hardly do.
        needed = len(sample) / 2 if delimiter == "," else min(2, len(sample))
        score = lines * 10 + min(columns, 9)
        if lines and lines >= needed and score > best_score:
            best, best_score = delimiter, score
    return best


def _split(text: str, delimiter: str) -> list[tuple[int, list[object]]]:
    reader = csv.reader(io.StringIO(text, newline="\n"), delimiter=delimiter, strict=True)
    lines: list[tuple[int, list[object]]] = []
    begins = 1
    try:
        for cells in reader:
            lines.append((begins, list(cells)))
            begins = reader.line_num + 1
    except csv.Error:  # a quotation mark that is never closed would swallow the lines after it
        return [
            (number, [cell.strip().strip('"') for cell in line.split(delimiter)])
            for number, line in enumerate(text.split("\n"), 1)
        ]
    return lines


def _loose(text: str) -> Iterator[tuple[int, list[object]]]:
    """Cut lines of a mail or a scanner: at gaps of two blanks, else around the one MAC in them."""
    for number, line in enumerate(text.split("\n"), 1):
        line = _QUOTE_MARKS.sub("", line).strip()
        parts = _GAP.split(line)
        found = list(MAC_IN_TEXT.finditer(line)) if len(parts) == 1 else []
        if len(found) == 1:
            before, after = line[: found[0].start()].strip(), line[found[0].end() :].strip()
            parts = [found[0][0], f"{before} {after}".strip()]
        yield number, list(parts)
