"""What a vendor family declares, and the loader that checks it. Pure.

A family is a folder with `family.toml` and its templates; README.md beside this file explains every
key. The loader stops the program with family, key and reason: a wrong fact must not reach a phone.
"""

from __future__ import annotations

import importlib.util
import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Any

from portal.settings.catalogue import CATALOGUE
from portal.vendors.encryption import CIPHERS
from portal.vendors.syntax import ESCAPES, Syntax

# In a file name of family.toml, {token} stands for:
TOKENS = {
    "mac": r"(?P<mac>[0-9a-f]{12}|[0-9a-f]{2}(?:[:-][0-9a-f]{2}){5})",
    "MAC": r"(?P<mac>[0-9a-f]{12}|[0-9a-f]{2}(?:[:-][0-9a-f]{2}){5})",
    "model": r"(?P<model>[\w+]+?)",
    "digits": r"\d+",
    "any": r"[^/]*",
}
KINDS = {"device", "common", "absent", "upload", "phonebook"}
AUTHS = {"digest", "basic"}


@dataclass(frozen=True)
class FileSpec:
    """One kind of file that the family's phones ask for.

    `kind`: ``device`` (holds secrets of one device), ``common`` (shared, no secret), ``absent``
    (an optional probe that must be answered 404), ``upload`` (what phones PUT), ``phonebook`` (the
    customer's phone book). `is_seed`: a phone book that must be answered 404 while it is empty.
    `syntax` names a table of the family; ``xml`` and ``text`` are files whose template writes the
    document itself. `models`: pattern of the models that ask for it; empty: all.
    """

    name: str
    kind: str
    template: str = ""
    syntax: str = "main"
    content_type: str = "text/plain; charset=utf-8"
    line_end: str = "\n"
    encoding: str = "utf-8"
    is_conditional: bool = True
    is_seed: bool = False
    models: str = ""
    pattern: re.Pattern[str] = field(default=re.compile(""), repr=False)

    def name_for(self, mac: str, model: str) -> str:
        """Return the name as this family's phones write it, for one device."""
        name = self.name.replace("{mac}", mac).replace("{MAC}", mac.upper())
        return name.replace("{model}", model)

    def is_for(self, model: str) -> bool:
        """Do phones of this model ask for the file?"""
        return not self.models or re.fullmatch(self.models, model) is not None


@dataclass(frozen=True)
class Model:
    """A product: `ports` SIP accounts, `line_keys` keys on the phone, `modules` that it takes with
    `module_keys` keys each; further facts for templates in `facts`."""

    name: str
    ports: int
    line_keys: int = 0
    modules: int = 0
    module_keys: int = 0
    aliases: tuple[str, ...] = ()
    note: str = ""
    facts: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Family:
    """Everything declared about one family; `key` is its folder's name."""

    key: str
    vendor: str
    label: str
    source: str
    confidence: str
    ouis: tuple[str, ...]
    user_agents: tuple[re.Pattern[str], ...]
    resync: str
    auth: str
    clear: str
    files: tuple[FileSpec, ...]
    models: Mapping[str, Model]
    values: Mapping[str, Mapping[str, str]]
    syntaxes: Mapping[str, Syntax]
    ignores: frozenset[str]
    line_key_types: frozenset[str]
    secrets: re.Pattern[str]
    encryption: Mapping[str, str]
    phonebook: str
    phonebook_is_folder: bool
    address_only: bool
    folder: Path
    hooks: ModuleType | None

    def file_for(
        self, path: str, is_upload: bool = False
    ) -> tuple[FileSpec, Mapping[str, str | None]] | None:
        """Return the file asked for and what its name tells; None when no phone asks for it.

        `path` may have folders before the name: a phone is given one address for everything. A name
        declared with its folder (``report/{mac}.xml``) is looked for first. One name can be both
        sent and fetched: what is sent finds uploads only, what is fetched finds them last.
        """
        parts = path.split("/")
        names = ["/".join(parts[-2:]), parts[-1]]
        kept = None
        for name in names:
            for spec in self.files:
                match = spec.pattern.fullmatch(name)
                if match and (spec.kind == "upload") == is_upload:
                    return spec, match.groupdict()
                if match and not is_upload:
                    kept = kept or (spec, match.groupdict())
        return kept

    def cipher_for(self, choice: object) -> str:
        """Return the cipher for a value of provisioning.encryption; "" for plain files."""
        if choice not in {"file", "http"} or not self.encryption:
            return ""
        return self.encryption.get(str(choice)) or next(iter(self.encryption.values()))

    def phonebook_url(self, url: str) -> str | None:
        """Return what `phonebook.url` is for the phone book below `url`; None: nothing to link."""
        if not self.phonebook:
            return None
        return url if self.phonebook_is_folder else url + self.phonebook

    def device_file(self, mac: str, model: str) -> tuple[FileSpec, str]:
        """Return the model's main config file and its name for one device."""
        specs = [spec for spec in self.files if spec.kind == "device"]
        spec = next((spec for spec in specs if spec.is_for(model)), specs[0])
        return spec, spec.name_for(mac, model)


@dataclass(frozen=True)
class SeenAgent:
    """What a User-Agent claims: a hint, never proof."""

    family: str
    model: str = ""
    firmware: str = ""
    mac: str = ""


class Families(Mapping[str, Family]):
    """All families by key."""

    def __init__(self, families: list[Family]) -> None:
        self._families = {family.key: family for family in families}
        self._by_oui: dict[str, list[Family]] = {}
        for family in families:
            for oui in family.ouis:
                self._by_oui.setdefault(oui, []).append(family)
        self._spellings: dict[str, list[tuple[Family, Model]]] = {}
        for family in families:
            for model in family.models.values():
                for spelling in {_spelled(name) for name in (model.name, *model.aliases)}:
                    self._spellings.setdefault(spelling, []).append((family, model))

    def __getitem__(self, key: str) -> Family:
        return self._families[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._families)

    def __len__(self) -> int:
        return len(self._families)

    def by_oui(self, mac: str) -> list[Family]:
        """Return the families whose vendor owns the first six digits of `mac`."""
        return self._by_oui.get(mac[:6], [])

    def known(self, family: str, model: str) -> tuple[Family, Model] | None:
        """Return family and model by their stored names; None while a device's are not known."""
        found = self.get(family)
        return (found, found.models[model]) if found and model in found.models else None

    def find_models(self, text: str, mac: str = "") -> list[tuple[Family, Model]]:
        """Return the models that a person means by `text`; several: ask, none: unknown.

        Accepts vendor names before, ``SIP-`` before and order suffixes after the model. Where
        models of several vendors share a spelling, the MAC's first digits decide.
        """
        found = self._spellings.get(_spelled(text), [])
        if len(found) > 1 and mac:
            owners = {family.key for family in self.by_oui(mac)}
            found = [pair for pair in found if pair[0].key in owners] or found
        if len(found) > 1:
            named = _words(text)
            found = [pair for pair in found if _words(pair[0].vendor) & named] or found
        return found

    def similar_models(self, text: str) -> list[str]:
        """Return up to three model names that look like `text`."""
        import difflib

        close = difflib.get_close_matches(_spelled(text), self._spellings, n=3, cutoff=0.6)
        return [self._spellings[spelling][0][1].name for spelling in close]

    def seen(self, user_agent: str) -> SeenAgent | None:
        """Return what a User-Agent claims, by the first family that knows its form."""
        for family in self.values():
            for pattern in family.user_agents:
                if match := pattern.search(user_agent):
                    told = match.groupdict("")
                    mac = re.sub(r"[^0-9a-f]", "", told.get("mac", "").lower())
                    named = told.get("model", "")
                    known = self.find_models(named)
                    model = next((m.name for f, m in known if f is family), named)
                    return SeenAgent(family.key, model, told.get("firmware", ""), mac)
        return None

    def asked(
        self, path: str, is_upload: bool = False
    ) -> list[tuple[Family, FileSpec, Mapping[str, str | None]]]:
        """Return every family that asks for `path`, with what the name tells."""
        return [
            (family, *found)
            for family in self.values()
            if (found := family.file_for(path, is_upload)) is not None
        ]


_VENDOR_WORDS = re.compile(r"(?i)\b(sip[ -]?phone|ip[ -]?phone|phone)\b")


def _words(text: str) -> set[str]:
    return set(re.findall(r"[a-z]+", text.lower()))


def _spelled(text: str) -> str:
    """Return `text` with everything off in which spellings of one model differ."""
    plain = _VENDOR_WORDS.sub("", text.lower())
    for word in (
        "yealink", "grandstream", "polycom", "poly", "cisco", "linksys", "snom", "fanvil", "htek",
        "gigaset", "panasonic", "mitel", "aastra", "audiocodes", "obihai", "alcatel-lucent",
        "alcatel", "ale", "akuvox", "flyingvoice", "escene",
    ):  # fmt: skip
        plain = re.sub(rf"^\s*{word}\b", "", plain)
    plain = re.sub(r"^\s*sip[\s-]+", "", plain)
    return re.sub(r"[\s_\-]", "", plain)


_KEYS = {
    "vendor", "label", "source", "confidence", "ouis", "user_agents", "resync", "auth", "clear",
    "files", "models", "values", "syntax", "ignores", "line_key_types", "secrets", "encryption", "address_only",
    "phonebook", "phonebook_is_folder",
}  # fmt: skip


def load_family(folder: Path) -> Family:
    """Read and check one family; raises ValueError that names folder, key and reason."""
    try:
        return _load_family(folder)
    except (ValueError, KeyError, TypeError, re.error) as error:
        reason = f"{error} is missing" if isinstance(error, KeyError) else str(error)
        raise ValueError(f"{folder.name}/family.toml: {reason}") from error


def _load_family(folder: Path) -> Family:
    told = tomllib.loads((folder / "family.toml").read_text(encoding="utf-8"))
    if unknown := told.keys() - _KEYS:
        raise ValueError(f"there is no key “{min(unknown)}”")
    syntaxes = {name: _syntax(name, table) for name, table in told.get("syntax", {}).items()}
    files = tuple(_file(entry, syntaxes, folder) for entry in told["files"])
    if not any(spec.kind == "device" for spec in files):
        raise ValueError("files: none holds a device's own configuration")
    ignores = frozenset(told.get("ignores", []))
    if not told.get("encryption"):
        ignores |= {"provisioning.encryption"}
    if strange := ignores - CATALOGUE.keys():
        raise ValueError(f"ignores: there is no setting “{min(strange)}”")
    auth = told.get("auth", "digest")
    if auth not in AUTHS:
        raise ValueError(f"auth: “{auth}” is none of {', '.join(sorted(AUTHS))}")
    for oui in told["ouis"]:
        if not re.fullmatch("[0-9a-f]{6}", oui):
            raise ValueError(f"ouis: “{oui}” is not 6 lowercase hex digits")
    return Family(
        key=folder.name,
        vendor=told["vendor"],
        label=told["label"],
        source=told["source"],
        confidence=told["confidence"],
        ouis=tuple(told["ouis"]),
        user_agents=tuple(re.compile(p, re.IGNORECASE) for p in told["user_agents"]),
        resync=told["resync"],
        auth=auth,
        clear=told.get("clear", ""),
        files=files,
        models={name: _model(name, entry) for name, entry in told["models"].items()},
        values=told.get("values", {}),
        syntaxes=syntaxes,
        ignores=ignores,
        line_key_types=frozenset(told.get("line_key_types", [])),
        encryption=_encryption(told.get("encryption", {})),
        secrets=re.compile(told.get("secrets", "") or r"(?!)"),
        phonebook=_phonebook(told.get("phonebook", ""), files),
        phonebook_is_folder=told.get("phonebook_is_folder", False),
        address_only=told.get("address_only", False),
        folder=folder,
        hooks=_hooks(folder),
    )


def _encryption(told: dict[str, str]) -> dict[str, str]:
    for way, cipher in told.items():
        if way not in {"file", "http"} or cipher not in CIPHERS:
            raise ValueError(f"encryption: file or http, with one of {', '.join(CIPHERS)}")
    return told


def _phonebook(name: str, files: tuple[FileSpec, ...]) -> str:
    books = {spec.name for spec in files if spec.kind == "phonebook"}
    if name and name not in books:
        raise ValueError(f"phonebook: “{name}” is no file of kind phonebook")
    return name


def _syntax(name: str, table: dict[str, Any]) -> Syntax:
    told = dict(table)
    if told.get("escape", "none") not in ESCAPES:
        raise ValueError(f"syntax.{name}: escape is one of {', '.join(ESCAPES)}")
    told["name"] = re.compile(told["name"])
    if told.get("refuse"):
        told["refuse"] = re.compile(told["refuse"])
        told["refuse_why"]  # a refusal without a sentence helps nobody
    return Syntax(**told)


def _file(entry: dict[str, Any], syntaxes: Mapping[str, Syntax], folder: Path) -> FileSpec:
    told = dict(entry)
    name = told["name"]
    told.setdefault("kind", "device" if re.search(r"\{mac\}", name, re.I) else "common")
    if told["kind"] not in KINDS:
        raise ValueError(f"files: {name}: kind is one of {', '.join(sorted(KINDS))}")
    spec = FileSpec(**told, pattern=_pattern(name))
    if spec.kind in {"device", "common", "phonebook"}:
        if not (folder / spec.template).is_file():
            raise ValueError(f"files: {name}: there is no template “{spec.template}”")
        if spec.syntax not in {*syntaxes, "xml", "text"}:
            raise ValueError(f"files: {name}: there is no syntax “{spec.syntax}”")
    return spec


def _pattern(name: str) -> re.Pattern[str]:
    parts = re.split(r"\{(\w+)\}", name)
    for token in parts[1::2]:
        if token not in TOKENS:
            raise ValueError(f"files: {name}: there is no placeholder {{{token}}}")
    made = [TOKENS[part] if i % 2 else re.escape(part) for i, part in enumerate(parts)]
    return re.compile("".join(made), re.IGNORECASE)


def _model(name: str, entry: dict[str, Any]) -> Model:
    told = dict(entry)
    own = {key: told.pop(key) for key in list(told) if key in Model.__dataclass_fields__}
    if not isinstance(own.get("ports"), int) or own["ports"] < 0:
        raise ValueError(f"models.{name}: ports is a whole number")
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


def load_families(folder: Path) -> Families:
    """Load every folder below `folder` that has a family.toml."""
    return Families([load_family(path.parent) for path in sorted(folder.glob("*/family.toml"))])
