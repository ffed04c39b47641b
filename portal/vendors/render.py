"""Render config files: sandboxed templates, then the family's syntax. No secret is logged here."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from jinja2 import (
    ChoiceLoader,
    Environment,
    FileSystemLoader,
    StrictUndefined,
    Template,
    TemplateError,
)
from jinja2.sandbox import ImmutableSandboxedEnvironment
from markupsafe import Markup

from portal.errors import CannotRender
from portal.values import has_control, host_in_url
from portal.vendors.context import MASK, ConfigContext, masked
from portal.vendors.schema import Family, FileSpec
from portal.vendors.syntax import parameters_in

DOCUMENTS = {"xml", "text"}  # the template writes the document itself


class Renderer:
    """Renders with shipped templates, or those of this site in `site/<family>/`."""

    def __init__(self, site: Path | None = None) -> None:
        self._site = site
        self._templates: dict[tuple[str, str, bool], Template] = {}
        self._fingerprints: dict[str, str] = {}

    def render(self, family: Family, spec: FileSpec, context: ConfigContext) -> bytes:
        """Return the file's bytes; raises CannotRender and names family and parameter."""
        try:
            text = self._text(family, spec, context, self.parameters(family, spec, context))
            return text.replace("\n", spec.line_end).encode(spec.encoding, _errors(family, spec))
        except UnicodeEncodeError as error:
            letter = error.object[error.start]
            raise CannotRender(
                f"{family.label}: “{letter}” cannot be written in {spec.encoding}"
            ) from None

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
            rendered = self._template(family, spec).render(context.words())
            parameters = parameters_in(rendered)
        except TemplateError as error:
            raise CannotRender(f"{family.key}/{spec.template}: {error}") from error
        except CannotRender as error:
            raise CannotRender(f"{family.label}: {error}") from None
        return parameters

    def fingerprint(self, family: Family) -> str:
        """Return a hash of all files that shape this family's output, for ETags."""
        if family.key not in self._fingerprints:
            total = hashlib.sha256()
            for path in [*family.folder.glob("*"), *self._site_folder(family).glob("*")]:
                if path.is_file():
                    total.update(path.read_bytes())
            self._fingerprints[family.key] = total.hexdigest()
        return self._fingerprints[family.key]

    def _text(
        self,
        family: Family,
        spec: FileSpec,
        context: ConfigContext,
        parameters: Mapping[str, str],
    ) -> str:
        if spec.syntax in DOCUMENTS:
            try:
                return self._template(family, spec).render(context.words()) + "\n"
            except TemplateError as error:
                raise CannotRender(f"{family.key}/{spec.template}: {error}") from error
            except CannotRender as error:
                raise CannotRender(f"{family.label}: {error}") from None
        try:
            if family.hooks is not None and hasattr(family.hooks, "write"):
                return str(family.hooks.write(family.syntaxes[spec.syntax], parameters))
            return family.syntaxes[spec.syntax].write(parameters)
        except CannotRender as error:
            raise CannotRender(f"{family.label}: {error}") from None

    def _site_folder(self, family: Family) -> Path:
        return (self._site or family.folder / "no-site") / family.key

    def _template(self, family: Family, spec: FileSpec) -> Template:
        key = (family.key, spec.template, spec.syntax == "xml")
        if key not in self._templates:
            environment = self._environment(family, escape_xml=spec.syntax == "xml")
            self._templates[key] = environment.get_template(spec.template)
        return self._templates[key]

    def _environment(self, family: Family, escape_xml: bool) -> Environment:
        # Shipped templates are code of ours; a site's own run in the sandbox, at twice the cost.
        is_site = any(self._site_folder(family).glob("*.j2"))
        environment = (ImmutableSandboxedEnvironment if is_site else Environment)(
            loader=ChoiceLoader(
                [FileSystemLoader(self._site_folder(family)), FileSystemLoader(family.folder)]
            ),
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            # By declared syntax, never by file name: “.j2” would switch escaping off.
            autoescape=escape_xml,
            finalize=_finalizer(family),
        )
        environment.filters["vendor"] = _vendor_filter(family)
        environment.filters["url_host"] = host_in_url
        environment.filters["without"] = _without
        return environment


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

    def vendor(value: Any, table: str) -> str | None:
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
