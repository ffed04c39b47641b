"""One file of a family, between what is typed of it and its entry in family.toml. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from portal.errors import RuleBroken
from portal.vendors.sandbox import MAX_TEMPLATE_BYTES

SEPARATORS = {
    "spaced": (" = ", "name = value"),
    "equals": ("=", "name=value"),
    "colon": (": ", "name: value"),
    "tight_colon": (":", "name:value"),
    "blank": (" ", "name value"),
    "tab": ("\t", "name, tab, value"),
    "semicolon": (";", "name;value"),
}
LINE_ENDS = {"lf": "\n", "crlf": "\r\n", "cr": "\r"}
ENCODINGS = {"utf-8": "UTF-8", "iso-8859-1": "ISO-8859-1 (Latin 1)", "us-ascii": "ASCII"}
SYNTAXES = {
    "lines": "Lines: name and value",
    "elements": "XML: one element a parameter",
    "text": "Free text",
    "xml": "Free XML",
}
KINDS = {
    "device": "One device’s own, with its secrets",
    "common": "Shared by all, without secrets",
    "absent": "Asked for, never there (404)",
}
_FILE_NAME = re.compile(r"(?:[\w.+@=,~$(){} -]+/)?[\w.+@=,~$(){} -]+", re.ASCII)
_XML_NAME = re.compile(r"[A-Za-z_][\w.-]*", re.ASCII)


@dataclass(frozen=True)
class FileText:
    """One file as typed; `separator`, `line_end` … are keys of the tables above."""

    name: str
    kind: str = "device"
    content_type: str = "text/plain; charset=utf-8"
    line_end: str = "lf"
    encoding: str = "utf-8"
    syntax: str = "lines"
    separator: str = "spaced"
    root: str = "config"
    template: str = ""


def entry_of(place: int, file: FileText) -> tuple[dict[str, Any], dict[str, str]]:
    """Return an entry of `files`, and the syntax that it uses, if it is one of its own.

    `place` counts from 0. Raises RuleBroken on the field of the form.
    """
    field = f"files.{place}"
    if not _FILE_NAME.fullmatch(file.name) or ".." in file.name:
        raise RuleBroken(
            f"“{file.name}” is no file name: letters, digits and .-_+@=,~$() only, and one folder "
            "before it at most",
            f"{field}.name",
        )
    if len(re.findall(r"\w", re.sub(r"\{\w+\}", "", file.name))) < 2:
        raise RuleBroken(
            "A file name needs two letters of its own, or all phones ask for it", f"{field}.name"
        )
    entry: dict[str, Any] = {"name": file.name, "kind": file.kind}
    if file.kind == "absent":
        return entry, {}
    if not file.template.strip():
        raise RuleBroken("Type what the file says", f"{field}.template")
    if len(file.template.encode()) > MAX_TEMPLATE_BYTES:
        raise RuleBroken(
            f"A template has at most {MAX_TEMPLATE_BYTES // 1024} KiB", f"{field}.template"
        )
    own = f"file{place + 1}"
    entry |= {
        "template": f"{own}.j2",
        "syntax": file.syntax if file.syntax in {"xml", "text"} else own,
        "content_type": file.content_type,
        "line_end": LINE_ENDS[file.line_end],
        "encoding": file.encoding,
    }
    return entry, _syntax(file, field)


def text_of_file(
    entry: Mapping[str, Any], syntaxes: Mapping[str, Any], templates: Mapping[str, str]
) -> FileText:
    """Return an entry of `files` as it was typed."""
    if entry["kind"] == "absent":
        return FileText(entry["name"], "absent")
    syntax = syntaxes.get(entry["syntax"], {})
    line = syntax.get("line", "").removeprefix("{name}").removesuffix("{value}")
    kind = entry["syntax"]
    if syntax:
        kind = "elements" if "close" in syntax else "lines"
    return FileText(
        name=entry["name"],
        kind=entry["kind"],
        content_type=entry["content_type"],
        line_end=next(key for key, end in LINE_ENDS.items() if end == entry["line_end"]),
        encoding=entry["encoding"],
        syntax=kind,
        separator=next((key for key, (text, _) in SEPARATORS.items() if text == line), "spaced"),
        root=syntax["close"][2:-1] if kind == "elements" else "config",
        template=templates[entry["template"]],
    )


def _syntax(file: FileText, field: str) -> dict[str, str]:
    if file.syntax == "lines":
        separator = SEPARATORS[file.separator][0]
        mark = re.escape(separator.strip() or separator)
        return {
            "name": rf"(?:(?!{mark})[!-~])+",
            "line": "{name}" + separator + "{value}",
            "refuse": r"^\s|\s$",
            "refuse_why": "a value cannot begin or end with a blank",
        }
    if file.syntax == "elements":
        if not _XML_NAME.fullmatch(file.root):
            raise RuleBroken(f"“{file.root}” is no name of an XML element", f"{field}.root")
        return {
            "name": _XML_NAME.pattern,
            "open": f'<?xml version="1.0" encoding="{file.encoding.upper()}"?>\n<{file.root}>',
            "line": "  <{name}>{value}</{name}>",
            "close": f"</{file.root}>",
            "escape": "xml",
        }
    return {}
