"""How a family writes its parameters into a file: one declared syntax, escaping included. Pure.

A config template yields neutral lines ``parameter = value``. They become an ordered mapping here,
raw vendor parameters replace entries of the same name, and only then the family's syntax writes the
file. So a value can never add a parameter, and nothing is escaped by hand in a template.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property, lru_cache

from portal.errors import CannotRender
from portal.values import has_control

_MANY_NAMES = 100_000

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
    # Names that were found to be names, so that they are not matched for each file again.
    _names: set[str] = field(default_factory=set, init=False, repr=False, compare=False)

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
        escaped = self.escaped_values(parameters)
        lines = [self.open] if self.open else []
        if self.section:
            lines += self._in_sections(escaped)
        elif self._plain_line:
            before, between, after = self._plain_line
            lines += [f"{before}{name}{between}{value}{after}" for name, value in escaped.items()]
        else:
            lines += [self._line(name, value) for name, value in escaped.items()]
        if self.close:
            lines.append(self.close)
        return "\n".join(lines) + "\n"

    def escaped_values(self, parameters: Mapping[str, str]) -> dict[str, str]:
        """Return the parameters, checked, with values as they stand in the file.

        What is fine is seen to be so for all together; only else is each looked at by itself.
        Raises CannotRender and names the parameter.
        """
        values = parameters.values()
        if (
            not parameters.keys() <= self._names
            or not all(map(str.isprintable, values))
            or (self.refuse is not None and any(map(self.refuse.search, values)))
        ):
            for name, value in parameters.items():
                self.check(name, value)
            if len(self._names) > _MANY_NAMES:
                self._names.clear()
            self._names.update(parameters)
        if self.escape == "none":
            return dict(parameters)
        try:
            # No value holds a line break, so all can be escaped as one text.
            escaped = self.escaped("\n".join(values)).split("\n")
        except CannotRender:
            for name, value in parameters.items():
                try:
                    self.escaped(value)
                except CannotRender as error:
                    raise CannotRender(f"{name}: {error}") from None
            raise
        return dict(zip(parameters, escaped, strict=False))

    @cached_property
    def _plain_line(self) -> tuple[str, str, str] | None:
        """What stands around name and value, where the line has nothing else."""
        found = re.fullmatch(r"([^{]*)\{name\}([^{]*)\{value\}([^{]*)", self.line, re.DOTALL)
        return (found[1], found[2], found[3]) if found else None

    def _line(self, name: str, value: str) -> str:
        return self.line.format(**{"name": name, **(self._parts_of(name) or {}), "value": value})

    def _in_sections(self, escaped: Mapping[str, str]) -> Iterator[str]:
        """Yield the lines, each run of one section between its head and its end."""
        within: str | None = None
        for name, value in escaped.items():
            section = (self._parts_of(name) or {}).get("section")
            if section != within:
                if within is not None and self.section_end:
                    yield self.section_end
                within = section or ""
                yield self.section.format(section=self.escaped(within))
            yield self._line(name, value)
        if within is not None and self.section_end:
            yield self.section_end

    def _parts_of(self, name: str) -> Mapping[str, str] | None:
        """Return the named groups of a parameter's name; None when it is no name. Remembered."""
        return _parts(self.name, name)


@lru_cache(maxsize=_MANY_NAMES)
def _parts(pattern: re.Pattern[str], name: str) -> Mapping[str, str] | None:
    match = pattern.fullmatch(name)
    return match.groupdict("") if match else None


# Parameters' names in the form that `_each_parameter` lets pass: no blank around, no “ =” inside.
_seen_names: set[str] = set()


def parameters_in(rendered: str) -> dict[str, str]:
    """Return the parameters of a rendered template, in order.

    Blank lines and lines that begin with ``#`` are left out. Raises CannotRender on a line of
    another form and on a parameter that is written twice.
    """
    lines = rendered.split("\n")
    found: dict[str, str] = {}
    for line in lines:
        name, _, found[name] = line.partition(" = ")
    # Nearly always every line is as it should be, with a name that was seen before.
    found.pop("", None)
    if len(found) + lines.count("") != len(lines) or not found.keys() <= _seen_names:
        found = _each_parameter(lines)
        if len(_seen_names) > _MANY_NAMES:
            _seen_names.clear()
        _seen_names.update(found)
    return found


def _each_parameter(lines: list[str]) -> dict[str, str]:
    parameters: dict[str, str] = {}
    for line in lines:
        if not line.strip() or line.startswith("#"):
            continue
        name, sign, value = line.partition(" =")
        if not sign or (value and not value.startswith(" ")) or name != name.strip():
            raise CannotRender(f"the template wrote “{line[:60]}”, not “parameter = value”")
        if name in parameters:
            raise CannotRender(f"the template wrote {name} twice")
        parameters[name] = value[1:]
    return parameters
