"""How a family writes its parameters into a file: one declared syntax, escaping included. Pure.

A config template yields neutral lines ``parameter = value``. They become an ordered mapping here,
raw vendor parameters replace entries of the same name, and only then the family's syntax writes the
file. So a value can never add a parameter, and nothing is escaped by hand in a template.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache

from portal.errors import CannotRender
from portal.values import has_control

# XML 1.0, 2.2: what even an escaped document cannot hold.
_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def _escape_none(text: str) -> str:
    return text


def _escape_xml(text: str) -> str:
    if _NOT_XML.search(text):
        raise CannotRender("holds a character that XML cannot carry")
    for plain, entity in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ('"', "&quot;")):
        text = text.replace(plain, entity)
    return text


def _escape_backslash(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"')


ESCAPES: dict[str, Callable[[str], str]] = {
    "none": _escape_none,
    "xml": _escape_xml,
    "backslash": _escape_backslash,
}


@dataclass(frozen=True)
class Syntax:
    """One way to write parameters.

    `line` holds ``{name}`` and ``{value}``, and ``{section}`` where `name` (a pattern a parameter's
    name must match) has a group of that name; `section` and `section_end` then stand around the
    lines of each run of one section. A value that `refuse` matches cannot be carried.
    """

    name: re.Pattern[str]
    line: str = "{name} = {value}"
    escape: str = "none"
    refuse: re.Pattern[str] | None = None
    refuse_why: str = ""
    open: str = ""
    close: str = ""
    section: str = ""
    section_end: str = ""

    def check(self, name: str, value: str) -> None:
        """Raise CannotRender unless the file can carry this parameter exactly."""
        if self._parts_of(name) is None:
            raise CannotRender(f"“{name}” is not a parameter name of this family")
        if has_control(value):
            raise CannotRender(f"{name}: a value must be a single line without control characters")
        if self.refuse is not None and self.refuse.search(value):
            raise CannotRender(f"{name}: {self.refuse_why}")

    def escaped(self, value: str) -> str:
        """Return `value` as it stands in the file; raises CannotRender."""
        return ESCAPES[self.escape](value)

    def write(self, parameters: Mapping[str, str]) -> str:
        """Return the file's text, lines ended by LF; raises CannotRender."""
        lines = [self.open] if self.open else []
        within: str | None = None
        escape, before, between, after = ESCAPES[self.escape], *self._plain_line()
        for name, value in parameters.items():
            self.check(name, value)
            groups = self._parts_of(name) or {}
            if self.section and groups.get("section") != within:
                if within is not None and self.section_end:
                    lines.append(self.section_end)
                within = groups["section"]
                lines.append(self.section.format(section=self.escaped(within)))
            try:
                escaped = escape(value)
            except CannotRender as error:
                raise CannotRender(f"{name}: {error}") from None
            if between:
                lines.append(f"{before}{name}{between}{escaped}{after}")
            else:
                lines.append(self.line.format(**{"name": name, **groups, "value": escaped}))
        if within is not None and self.section_end:
            lines.append(self.section_end)
        if self.close:
            lines.append(self.close)
        return "\n".join(lines) + "\n"

    def _plain_line(self) -> tuple[str, str, str]:
        """Return what stands around name and value, where the line has nothing else; or blanks."""
        before, _, rest = self.line.partition("{name}")
        between, sign, after = rest.partition("{value}")
        plain = sign and "{" not in before + between + after
        return (before, between, after) if plain else ("", "", "")

    def _parts_of(self, name: str) -> Mapping[str, str] | None:
        """Return the named groups of a parameter's name; None when it is no name. Remembered."""
        return _parts(self.name, name)


@lru_cache(maxsize=50_000)
def _parts(pattern: re.Pattern[str], name: str) -> Mapping[str, str] | None:
    match = pattern.fullmatch(name)
    return match.groupdict("") if match else None


def parameters_in(rendered: str) -> dict[str, str]:
    """Return the parameters of a rendered template, in order.

    Blank lines and lines that begin with ``#`` are left out. Raises CannotRender on a line of
    another form and on a parameter that is written twice.
    """
    parameters: dict[str, str] = {}
    for line in rendered.split("\n"):
        if not line.strip() or line.startswith("#"):
            continue
        name, sign, value = line.partition(" =")
        if not sign or (value and not value.startswith(" ")) or name != name.strip():
            raise CannotRender(f"the template wrote “{line[:60]}”, not “parameter = value”")
        if name in parameters:
            raise CannotRender(f"the template wrote {name} twice")
        parameters[name] = value[1:]
    return parameters
