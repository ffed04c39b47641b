"""Between what is typed about a family and what family.toml would say of it. Pure.

Its files are in `declared_files.py`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from portal import values
from portal.custom_families.declared_files import FileText, entry_of, text_of_file
from portal.errors import RuleBroken
from portal.settings.catalogue import CATALOGUE
from portal.settings.line_keys import TYPES
from portal.vendors.loader import BadDeclaration, family_from
from portal.vendors.schema import Family

MAX_MODELS, MAX_PORTS, MAX_KEYS, MAX_AGENTS, MAX_OUIS, MAX_FILES = 200, 500, 500, 20, 50, 8
SOURCE = "An administrator of this portal"
CONFIDENCE = "from memory; described in the browser"
_SECRETS = "(?i)passw|secret|pin$"
_MODEL_NAME = re.compile(r"\w[\w .+/-]{0,59}", re.ASCII)
# What says in a template that a setting is used, besides its key.
_SIGNS = {
    "time.zone": ("zone.",),
    "sip.domain": (".domain",),
    "sip.registrar_host": (".domain", ".is_usable"),
}


@dataclass(frozen=True)
class FamilyText:
    """A family as typed; lists are one a line, a model is ``Model; ports; line keys``."""

    label: str
    vendor: str
    models: str
    ouis: str = ""
    user_agents: str = ""
    clear: str = ""
    true_word: str = "1"
    false_word: str = "0"
    resync: str = "check-sync"
    auth: str = "digest"
    files: tuple[FileText, ...] = ()


Declared = tuple[dict[str, Any], dict[str, str]]


def declaration_of(text: FamilyText) -> Declared:
    """Return what family.toml would say, and the templates; raises RuleBroken on the field."""
    told: dict[str, Any] = {
        "vendor": text.vendor,
        "label": text.label,
        "source": SOURCE,
        "confidence": CONFIDENCE,
        "ouis": _ouis(text.ouis),
        "user_agents": _agents(text.user_agents),
        "resync": text.resync,
        "auth": text.auth,
        "clear": text.clear,
        "secrets": _SECRETS,
        "models": _models(text.models),
        "values": {"boolean": {"true": text.true_word, "false": text.false_word}},
        "syntax": {},
        "files": [],
    }
    templates = {}
    for place, file in enumerate(text.files):
        entry, syntax = entry_of(place, file)
        told["files"].append(entry)
        if syntax:
            told["syntax"][entry["syntax"]] = syntax
        if "template" in entry:
            templates[entry["template"]] = file.template
    return told, templates


def text_of(told: Mapping[str, Any], templates: Mapping[str, str]) -> FamilyText:
    """Return a stored declaration as it was typed."""
    words = told["values"]["boolean"]
    return FamilyText(
        label=told["label"],
        vendor=told["vendor"],
        models="\n".join(
            f"{name}; {model['ports']}; {model['line_keys']}"
            for name, model in told["models"].items()
        ),
        ouis="\n".join(told["ouis"]),
        user_agents="\n".join(told["user_agents"]),
        clear=told["clear"],
        true_word=words["true"],
        false_word=words["false"],
        resync=told["resync"],
        auth=told["auth"],
        files=tuple(text_of_file(entry, told["syntax"], templates) for entry in told["files"]),
    )


def load(key: str, told: Mapping[str, Any], templates: Mapping[str, str]) -> Family:
    """Return the family, by the same checks as a folder's; raises BadDeclaration.

    What it ignores is not stored, but seen: a setting that no template names.
    """
    text = "\n".join(templates.values())
    seen = {"ignores": sorted(_unused(text)), "line_key_types": []}
    if "line_keys" in text:
        seen["line_key_types"] = sorted(TYPES)
    return family_from(key, {**told, **seen}, templates)


def checked(key: str, text: FamilyText) -> tuple[Family, Declared]:
    """Return the family that is typed, and its declaration; raises RuleBroken on the field."""
    told, templates = declaration_of(text)
    try:
        family = load(key, told, templates)
    except BadDeclaration as bad:
        raise RuleBroken(capital(bad.reason), field_of(bad.key)) from None
    _check_names(family)
    return family, (told, templates)


def field_of(key: str) -> str | None:
    """Return the form's field for where in a declaration something is wrong; None: the whole."""
    top, _, rest = key.partition(".")
    if top == "syntax":
        return f"files.{int(rest.removeprefix('file')) - 1}.separator"
    if top == "files" and rest:
        return key if "." in rest else f"{key}.name"
    return top if top in {"ouis", "user_agents", "models", "files"} else None


def capital(sentence: str) -> str:
    return sentence[:1].upper() + sentence[1:]


def _lines(text: str, field: str, most: int) -> Iterator[str]:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    if len(lines) > most:
        raise RuleBroken(f"There are {len(lines)} lines; at most {most} are possible", field)
    yield from lines


def _ouis(text: str) -> list[str]:
    ouis = []
    for line in _lines(re.sub(r"[,;]", "\n", text), "ouis", MAX_OUIS):
        digits = re.sub(r"[\s:.-]", "", line).lower()
        if not re.fullmatch("[0-9a-f]{6}", digits):
            raise RuleBroken(f"“{line}” is not the first 6 digits of a MAC: 00:15:65", "ouis")
        ouis.append(digits)
    return list(dict.fromkeys(ouis))


def _agents(text: str) -> list[str]:
    return list(_lines(text, "user_agents", MAX_AGENTS))


def _models(text: str) -> dict[str, dict[str, int]]:
    models: dict[str, dict[str, int]] = {}
    for line in _lines(text, "models", MAX_MODELS):
        name, *numbers = (part.strip() for part in line.split(";"))
        try:
            if not _MODEL_NAME.fullmatch(name):
                raise ValueError(f"“{name}” is no model: letters, digits, blanks and -_.+/ only")
            if not 1 <= len(numbers) <= 2:
                raise ValueError(f"Write “{line}” as model; ports; line keys")
            ports = values.parse_whole_number(numbers[0], 1, MAX_PORTS)
            keys = values.parse_whole_number(numbers[1], 0, MAX_KEYS) if len(numbers) > 1 else 0
        except ValueError as error:
            raise RuleBroken(f"{name}: {error}" if numbers else str(error), "models") from None
        if name in models:
            raise RuleBroken(f"{name} stands there twice", "models")
        models[name] = {"ports": ports, "line_keys": keys}
    if not models:
        raise RuleBroken("A family needs at least one model", "models")
    return models


def _check_names(family: Family) -> None:
    """Each file must be found by its own name, for every model."""
    for place, spec in enumerate(family.files):
        for model in family.models:
            name = spec.name_for("02005e10f0a1", model)
            name = name.replace("{digits}", "28").replace("{any}", "x")
            found = family.file_for(name)
            field = f"files.{place}.name"
            if found is None:
                raise RuleBroken(f"The model {model} cannot stand in a file name", field)
            if found[0] is not spec:
                raise RuleBroken(f"{name} is the file {found[0].name} already", field)


def _unused(text: str) -> set[str]:
    return {
        key
        for key in CATALOGUE
        if key not in text and not any(sign in text for sign in _SIGNS.get(key, ()))
    }
