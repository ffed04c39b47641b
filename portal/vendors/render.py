"""Render config files: templates, then the family's syntax. No secret is logged here.

Shipped templates are code of ours. A site's own run in Jinja's sandbox, those of custom families in
a tighter one.
"""

from __future__ import annotations

import hashlib
import traceback
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any
from weakref import WeakKeyDictionary

from jinja2 import (
    Environment,
    FileSystemLoader,
    StrictUndefined,
    Template,
    TemplateError,
    TemplateSyntaxError,
    Undefined,
)
from jinja2.sandbox import ImmutableSandboxedEnvironment
from markupsafe import Markup

from portal.errors import CannotRender
from portal.values import has_control, host_in_url
from portal.vendors.compiling import TrustedEnvironment
from portal.vendors.context import MASK, ConfigContext, masked
from portal.vendors.sandbox import MAX_OUTPUT_BYTES, BoundedEnvironment
from portal.vendors.schema import Family, FileSpec
from portal.vendors.syntax import parameters_in

DOCUMENTS = {"xml", "text"}  # the template writes the document itself
# What a template can meet, by Jinja's rules or Python's.
_TEMPLATE_FAULTS = (
    TemplateError, ArithmeticError, AttributeError, LookupError, SyntaxError, TypeError, ValueError,
)  # fmt: skip
_TOO_LARGE = f"the file would be larger than {MAX_OUTPUT_BYTES // 1024} KiB"


class Renderer:
    """Renders with shipped templates, or those of this site in `site/<family>/`."""

    def __init__(self, site: Path | None = None) -> None:
        self._site = site
        # A custom family that was changed is a new object; what belongs to the old one goes too.
        self._templates: WeakKeyDictionary[Family, dict[tuple[str, bool], Template]]
        self._templates = WeakKeyDictionary()
        self._fingerprints: WeakKeyDictionary[Family, str] = WeakKeyDictionary()

    def render(self, family: Family, spec: FileSpec, context: ConfigContext) -> bytes:
        """Return the file's bytes; raises CannotRender and names family and parameter."""
        text = self._text(family, spec, context, self.parameters(family, spec, context))
        try:
            made = text.replace("\n", spec.line_end).encode(spec.encoding, _errors(family, spec))
        except UnicodeEncodeError as error:
            letter = error.object[error.start]
            raise CannotRender(
                f"{family.label}: “{letter}” cannot be written in {spec.encoding}"
            ) from None
        if family.is_custom and len(made) > MAX_OUTPUT_BYTES:
            raise CannotRender(f"{family.label}: {_TOO_LARGE}")
        return made

    def preview(self, family: Family, spec: FileSpec, context: ConfigContext) -> str:
        """Return the file as people may see it: every secret masked, raw parameters too."""
        plain, hidden = self.parameters(family, spec, context), masked(context)
        shown = self.parameters(family, spec, hidden)
        for name in context.parameters:
            template_hides = MASK in self.template_parameters(family, spec, hidden).get(name, "")
            if name in plain and (template_hides or family.secrets.search(name)):
                shown[name] = MASK
        return self._text(family, spec, hidden, shown)

    def parameters(self, family: Family, spec: FileSpec, context: ConfigContext) -> dict[str, str]:
        """Return what the file says, by the vendor's own names; raw parameters replace lines.

        Empty for files that are documents. Only a device's own file takes raw parameters.
        """
        if spec.syntax in DOCUMENTS:
            return {}
        parameters = self.template_parameters(family, spec, context)
        if spec.kind == "device":
            parameters.update(context.parameters)
        return parameters

    def template_parameters(
        self, family: Family, spec: FileSpec, context: ConfigContext
    ) -> dict[str, str]:
        """Return what the template alone says."""
        try:
            return parameters_in(self._rendered(family, spec, context))
        except CannotRender as error:
            raise CannotRender(f"{family.label}: {error}") from error

    def fingerprint(self, family: Family) -> str:
        """Return a hash of all files that shape this family's output, for ETags."""
        if family not in self._fingerprints:
            total = hashlib.sha256(family.mark.encode())
            for path in (path for folder in self._folders(family) for path in folder.glob("*")):
                if path.is_file():
                    total.update(path.read_bytes())
            self._fingerprints[family] = total.hexdigest()
        return self._fingerprints[family]

    def _text(
        self,
        family: Family,
        spec: FileSpec,
        context: ConfigContext,
        parameters: Mapping[str, str],
    ) -> str:
        try:
            if spec.syntax in DOCUMENTS:
                return self._rendered(family, spec, context).removesuffix("\n") + "\n"
            if family.hooks is not None and hasattr(family.hooks, "write"):
                return str(family.hooks.write(family.syntaxes[spec.syntax], parameters))
            return family.syntaxes[spec.syntax].write(parameters)
        except CannotRender as error:
            raise CannotRender(f"{family.label}: {error}") from error

    def _rendered(self, family: Family, spec: FileSpec, context: ConfigContext) -> str:
        try:
            template = self._template(family, spec)
            if isinstance(template.environment, BoundedEnvironment):
                template.environment.refill()
            return template.render(context.words())
        except MemoryError as error:
            raise CannotRender("the template needs too much memory") from error
        except RecursionError as error:
            raise CannotRender("the template calls itself too often") from error
        except CannotRender as error:
            raise CannotRender(f"{_place(family, spec, error)}{error}") from error
        except _TEMPLATE_FAULTS as error:
            raise CannotRender(f"{_place(family, spec, error)}{error}") from error

    def _folders(self, family: Family) -> list[Path]:
        """Return where the family's templates are looked for, a site's own first."""
        if family.folder is None:
            return []
        return [*([self._site / family.key] if self._site else []), family.folder]

    def _template(self, family: Family, spec: FileSpec) -> Template:
        kept = self._templates.get(family)
        if kept is None:
            kept = self._templates[family] = {}
        escape_xml = spec.syntax == "xml"
        key = (spec.template, escape_xml)
        if key not in kept:
            kept[key] = self._environment(family, escape_xml).get_template(spec.template)
        return kept[key]

    def _environment(self, family: Family, escape_xml: bool) -> Environment:
        options: dict[str, Any] = {
            "undefined": StrictUndefined,
            "trim_blocks": True,
            "lstrip_blocks": True,
            # By declared syntax, never by file name: “.j2” would switch escaping off.
            "autoescape": escape_xml,
            "finalize": _finalizer(family),
        }
        environment: Environment
        if family.is_custom:
            environment = BoundedEnvironment(family.templates, **options)
        else:
            folders = self._folders(family)
            is_site = any(path for folder in folders[:-1] for path in folder.glob("*.j2"))
            kind = ImmutableSandboxedEnvironment if is_site else TrustedEnvironment
            environment = kind(loader=FileSystemLoader(folders), **options)
        environment.filters["vendor"] = _vendor_filter(family)
        environment.filters["url_host"] = host_in_url
        environment.filters["without"] = _without
        return environment


def _place(family: Family, spec: FileSpec, error: Exception) -> str:
    """Return where in the template an error is, as a beginning for its message."""
    line = error.lineno if isinstance(error, TemplateSyntaxError) else 0
    for frame, number in traceback.walk_tb(error.__traceback__):
        if not line and frame.f_code.co_filename.endswith((spec.template, "<template>")):
            line = number
    if family.is_custom:
        return f"line {line}: " if line else ""
    if isinstance(error, CannotRender):
        return ""
    return f"{spec.template}, line {line}: " if line else f"{spec.template}: "


def _errors(family: Family, spec: FileSpec) -> str:
    """XML writes a letter that its encoding lacks as a reference (XML 1.0, 4.1)."""
    is_xml = spec.syntax == "xml" or (
        spec.syntax in family.syntaxes and family.syntaxes[spec.syntax].escape == "xml"
    )
    return "xmlcharrefreplace" if is_xml else "strict"


def _finalizer(family: Family) -> Callable[[Any], Any]:
    """Return what turns any value of a template into text that stays on its line."""

    def finalize(value: Any) -> Any:
        if type(value) is str and value.isprintable():
            return value
        if value is None:
            return family.clear
        if isinstance(value, bool):
            return family.values["boolean"]["true" if value else "false"]
        if isinstance(value, int):
            return str(value)
        if isinstance(value, str):
            if not isinstance(value, Markup) and has_control(value):
                raise CannotRender(
                    "a value holds a line break or control character: "
                    + repr(value[:40]).strip("'")
                )
            return value
        if isinstance(value, Undefined):
            str(value)  # raises, and says what is missing
        raise CannotRender(f"a template wrote a {type(value).__name__} as a value")

    return finalize


def _without(value: str, marks: str) -> str:
    """``value | without(";")``: refuse a value that would break up a field written with `marks`."""
    for mark in marks:
        if mark in value:
            raise CannotRender(f"“{value[:40]}” must not hold “{mark}” here")
    return value


def _vendor_filter(family: Family) -> Callable[[Any, str], str | None]:
    """Return the filter ``value | vendor("table")``: our value -> theirs.

    None stays None, so that it clears. A table may say ``"*"`` for all values it does not list.
    """

    texts = {
        (table, ours): str(theirs)
        for table, entries in family.values.items()
        for ours, theirs in entries.items()
    }

    def vendor(value: Any, table: str) -> str | None:
        if type(value) is str and (table, value) in texts:
            return texts[table, value]
        if value is None:
            return None
        entries = family.values.get(table)
        if entries is None:
            raise CannotRender(f"family.toml has no table values.{table}")
        word = ("true" if value else "false") if isinstance(value, bool) else str(value)
        if table == "language" and word not in entries:
            word = word.partition("-")[0]
        if word not in entries and "*" not in entries:
            raise CannotRender(f"values.{table} has no “{word}”")
        return str(entries.get(word, entries.get("*")))

    return vendor
