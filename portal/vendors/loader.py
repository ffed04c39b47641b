"""Read what a family declares and check all of it. Pure.

A mistake in the program's own folders stops the program, with family, key and reason: a wrong fact
must not reach a phone. What an administrator declares in the browser passes the same checks.
"""

from __future__ import annotations

import codecs
import importlib.util
import json
import re
import tomllib
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

from portal.settings.catalogue import CATALOGUE
from portal.vendors.encryption import CIPHERS
from portal.vendors.schema import AUTHS, FIRMWARE, KINDS, TOKENS, Families, Family, FileSpec, Model
from portal.vendors.syntax import ESCAPES, Syntax

LINE_ENDS = {"\n", "\r\n", "\r"}
MAX_AGENT_PATTERN = 400
_CONTENT_TYPE = re.compile(r"[\w.+-]+/[\w.+-]+(?:; ?charset=[\w-]+)?")
# A repeat without end, or of changing length, around a group can take years on the right text.
_REPEATED_GROUP = re.compile(r"(?<!\\)\)(?:[*+]|\{\d*,)")


class BadDeclaration(ValueError):  # noqa: N818
    """A family cannot be as declared; `key` says where: ``ouis``, ``models.X1``, ``files.2``."""

    def __init__(self, key: str, reason: str) -> None:
        super().__init__(f"{key}: {reason}")
        self.key = key
        self.reason = reason


@contextmanager
def _reading(key: str) -> Iterator[None]:
    """Say at which key a check failed."""
    try:
        yield
    except BadDeclaration:
        raise
    except (ValueError, KeyError, TypeError, LookupError, re.error) as error:
        reason = f"{error} is missing" if isinstance(error, KeyError) else str(error)
        raise BadDeclaration(key, reason) from error


_KEYS = {
    "vendor", "label", "source", "confidence", "ouis", "user_agents", "resync", "auth", "clear",
    "files", "models", "values", "syntax", "ignores", "line_key_types", "secrets", "encryption",
    "firmware", "address_only", "phonebook", "phonebook_is_folder",
}  # fmt: skip


def load_families(*folders: Path) -> Families:
    """Load every folder below `folders` that has a family.toml."""
    found = [path.parent for folder in folders for path in sorted(folder.glob("*/family.toml"))]
    return Families(map(load_family, found))


def load_family(folder: Path) -> Family:
    """Read and check one family; raises ValueError that names folder, key and reason."""
    try:
        told = tomllib.loads((folder / "family.toml").read_text(encoding="utf-8"))
        names = {path.name for path in folder.iterdir()}
        return _family(folder.name, told, names, folder=folder, hooks=_hooks(folder))
    except ValueError as error:
        raise ValueError(f"{folder.name}/family.toml: {error}") from error


def family_from(key: str, told: Mapping[str, Any], templates: Mapping[str, str]) -> Family:
    """Return the custom family that `told`, as family.toml would say it, and `templates` describe.

    It never has hooks. Raises BadDeclaration.
    """
    mark = json.dumps([told, templates], sort_keys=True)
    return _family(key, told, templates, folder=None, hooks=None, templates=templates, mark=mark)


@_reading("family")
def _family(key: str, told: Mapping[str, Any], names: Collection[str], **where: Any) -> Family:
    """Return the checked family; `names` are those of its templates."""
    if unknown := told.keys() - _KEYS:
        raise ValueError(f"there is no key “{min(unknown)}”")
    syntaxes = {name: _syntax(name, table) for name, table in told.get("syntax", {}).items()}
    files = tuple(_file(n, entry, syntaxes, names) for n, entry in enumerate(told["files"]))
    if not any(spec.kind == "device" for spec in files):
        raise BadDeclaration("files", "none holds a device's own configuration")
    for oui in told["ouis"]:
        if not re.fullmatch("[0-9a-f]{6}", oui):
            raise BadDeclaration("ouis", f"“{oui}” is not 6 lowercase hex digits")
    return Family(
        key=key,
        vendor=told["vendor"],
        label=told["label"],
        source=told["source"],
        confidence=told["confidence"],
        ouis=tuple(told["ouis"]),
        user_agents=tuple(_user_agent(n, p) for n, p in enumerate(told["user_agents"])),
        resync=told["resync"],
        auth=_one_of(AUTHS, "auth", told.get("auth", "digest")),
        clear=told.get("clear", ""),
        files=files,
        models={name: _model(name, entry) for name, entry in told["models"].items()},
        values=told.get("values", {}),
        syntaxes=syntaxes,
        ignores=_ignores(told),
        line_key_types=frozenset(told.get("line_key_types", [])),
        encryption=_encryption(told.get("encryption", {})),
        secrets=re.compile(told.get("secrets", "") or r"(?!)"),
        phonebook=_phonebook(told.get("phonebook", ""), files),
        phonebook_is_folder=told.get("phonebook_is_folder", False),
        address_only=told.get("address_only", False),
        firmware=_one_of(FIRMWARE, "firmware", told.get("firmware", "file")),
        **where,
    )


def _one_of(known: Collection[str], key: str, word: str) -> str:
    if word not in known:
        raise BadDeclaration(key, f"“{word}” is none of {', '.join(sorted(known))}")
    return word


def _ignores(told: Mapping[str, Any]) -> frozenset[str]:
    ignores = frozenset(told.get("ignores", []))
    if not told.get("encryption"):
        ignores |= {"provisioning.encryption"}
    if strange := ignores - CATALOGUE.keys():
        raise BadDeclaration("ignores", f"there is no setting “{min(strange)}”")
    return ignores


def _user_agent(place: int, pattern: str) -> re.Pattern[str]:
    with _reading(f"user_agents.{place}"):
        if len(pattern) > MAX_AGENT_PATTERN:
            raise ValueError(f"a pattern has at most {MAX_AGENT_PATTERN} letters")
        if _REPEATED_GROUP.search(pattern):
            raise ValueError(f"“{pattern}” repeats a group, which some texts make endless")
        made = re.compile(pattern, re.IGNORECASE)
        if made.search(""):
            raise ValueError(f"“{pattern}” matches the empty text, and so every phone")
        return made


def _encryption(told: dict[str, str]) -> dict[str, str]:
    for way, cipher in told.items():
        if way not in {"file", "http"} or cipher not in CIPHERS:
            raise BadDeclaration("encryption", f"file or http, with one of {', '.join(CIPHERS)}")
    return told


def _phonebook(name: str, files: tuple[FileSpec, ...]) -> str:
    books = {spec.name for spec in files if spec.kind == "phonebook"}
    if name and name not in books:
        raise BadDeclaration("phonebook", f"“{name}” is no file of kind phonebook")
    return name


def _syntax(name: str, table: Mapping[str, Any]) -> Syntax:
    with _reading(f"syntax.{name}"):
        told = dict(table)
        if told.get("escape", "none") not in ESCAPES:
            raise ValueError(f"escape is one of {', '.join(ESCAPES)}")
        told["name"] = re.compile(told["name"])
        if told.get("refuse"):
            told["refuse"] = re.compile(told["refuse"])
            told["refuse_why"]  # a refusal without a sentence helps nobody
        return Syntax(**told)


def _file(
    place: int, entry: Mapping[str, Any], syntaxes: Mapping[str, Syntax], names: Collection[str]
) -> FileSpec:
    with _reading(f"files.{place}"):
        told = dict(entry)
        name = told["name"]
        told.setdefault("kind", "device" if re.search(r"\{mac\}", name, re.I) else "common")
        if told["kind"] not in KINDS:
            raise ValueError(f"{name}: kind is one of {', '.join(sorted(KINDS))}")
        spec = FileSpec(**told, pattern=_pattern(name))
        if not _CONTENT_TYPE.fullmatch(spec.content_type):
            raise ValueError(f"{name}: “{spec.content_type}” is no content type")
        if spec.line_end not in LINE_ENDS:
            raise ValueError(f"{name}: a line ends with LF, CR LF or CR")
        codecs.lookup(spec.encoding)
        if spec.kind in {"device", "common", "phonebook"}:
            if spec.template not in names:
                raise ValueError(f"{name}: there is no template “{spec.template}”")
            if spec.syntax not in {*syntaxes, "xml", "text"}:
                raise ValueError(f"{name}: there is no syntax “{spec.syntax}”")
        return spec


def _pattern(name: str) -> re.Pattern[str]:
    parts = re.split(r"\{(\w+)\}", name)
    tokens = parts[1::2]
    for token in tokens:
        if token not in TOKENS:
            raise ValueError(f"there is no placeholder {{{token}}} in “{name}”")
    if len({token.lower() for token in tokens}) < len(tokens):
        raise ValueError(f"“{name}” has the same placeholder twice")
    made = [TOKENS[part] if i % 2 else re.escape(part) for i, part in enumerate(parts)]
    return re.compile("".join(made), re.IGNORECASE)


def _model(name: str, entry: Mapping[str, Any]) -> Model:
    with _reading(f"models.{name}"):
        told = dict(entry)
        own = {key: told.pop(key) for key in list(told) if key in Model.__dataclass_fields__}
        if not isinstance(own.get("ports"), int) or own["ports"] < 0:
            raise ValueError("ports is a whole number")
        own["aliases"] = tuple(own.get("aliases", ()))
        return Model(name=name, **own, facts=told)


def _hooks(folder: Path) -> ModuleType | None:
    path = folder / "hooks.py"
    if not path.is_file():
        return None
    spec = importlib.util.spec_from_file_location(f"portal_vendor_{folder.name}", path)
    if spec is None or spec.loader is None:
        raise ValueError("hooks.py cannot be loaded")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
