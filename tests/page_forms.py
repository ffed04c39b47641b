"""The forms of a page as a browser sends them: with what stands in them, button by button."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import html5lib
from werkzeug.datastructures import MultiDict
from werkzeug.test import TestResponse

_CONTROLS = {"input", "select", "textarea", "button"}
# Inputs that people type into.
_TYPED = {"text", "search", "tel", "url", "email"}


@dataclass(frozen=True)
class PostForm:
    """One way to send a form: where to, and all that goes along. `typed`: names that people type
    into."""

    address: str
    fields: tuple[tuple[str, str], ...]
    typed: tuple[str, ...]

    def names(self) -> set[str]:
        return {name for name, _ in self.fields}

    def data(self, **other: Any) -> MultiDict[str, Any]:
        """Return what is sent, with other values for some names."""
        sent = MultiDict(self.fields)
        for name, value in other.items():
            sent.setlist(name, value if isinstance(value, list) else [value])
        return sent


def forms_in(page: TestResponse, sent_by: str = "post") -> list[PostForm]:
    """Return every way to send a form of a page, dialogs included: one for each button."""
    tree = html5lib.parse(page.text, namespaceHTMLElements=False)
    here, parents = page.request.full_path.rstrip("?"), {c: p for p in tree.iter() for c in p}
    named, found = {form.get("id"): form for form in tree.iter("form")}, []
    controls: dict[Any, list[Any]] = {form: [] for form in tree.iter("form")}
    for element in tree.iter():
        if element.tag in _CONTROLS and (form := _form_of(element, parents, named)) is not None:
            controls[form].append(element)
    for form, inside in controls.items():
        for button in [e for e in inside if _is_button(e)] or [None]:
            method = (button is not None and button.get("formmethod")) or form.get("method", "get")
            if method.lower() != sent_by:
                continue
            address = (button is not None and button.get("formaction")) or form.get("action")
            fields = [pair for e in inside for pair in _sent(e)]
            if button is not None and button.get("name"):
                fields.append((button.get("name"), button.get("value", "")))
            typed = [e.get("name") for e in inside if _is_typed(e)]
            clean = urlsplit(address or here)._replace(fragment="").geturl()
            found.append(PostForm(clean, tuple(fields), tuple(typed)))
    return found


def _form_of(element: Any, parents: dict[Any, Any], named: dict[str, Any]) -> Any:
    if name := element.get("form"):
        return named.get(name)
    while element is not None and element.tag != "form":
        element = parents.get(element)
    return element


def _is_button(element: Any) -> bool:
    kind = element.get("type", "submit" if element.tag == "button" else "")
    is_button = element.tag in {"button", "input"} and kind == "submit"
    return is_button and element.get("formmethod") != "dialog"


def _is_typed(element: Any) -> bool:
    is_input = element.tag == "input" and element.get("type", "text") in _TYPED
    return (is_input or element.tag == "textarea") and bool(element.get("name"))


def _sent(element: Any) -> Iterator[tuple[str, str]]:
    name, kind = element.get("name"), element.get("type", "text")
    if not name or "disabled" in element.attrib:
        return
    if element.tag == "textarea":
        yield name, element.text or ""
    elif element.tag == "select":
        options = list(element.iter("option"))
        chosen = [o for o in options if "selected" in o.attrib] or options[:1]
        for option in chosen if "multiple" in element.attrib else chosen[:1]:
            yield name, option.get("value", "".join(option.itertext()))
    elif element.tag == "input" and kind in {"checkbox", "radio"}:
        if "checked" in element.attrib:
            yield name, element.get("value", "on")
    elif element.tag == "input" and kind not in {"submit", "button", "image", "reset", "file"}:
        yield name, element.get("value", "")
