"""What a vendor family is, and the register of all of them. Pure.

README.md beside this file explains every key that a family declares; loader.py reads and checks.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Any

from portal.vendors.syntax import Syntax

# In a file name of family.toml, {token} stands for:
TOKENS = {
    "mac": r"(?P<mac>[0-9a-f]{12}|[0-9a-f]{2}(?:[:-][0-9a-f]{2}){5})",
    "MAC": r"(?P<mac>[0-9a-f]{12}|[0-9a-f]{2}(?:[:-][0-9a-f]{2}){5})",
    "model": r"(?P<model>[\w+]+?)",
    "digits": r"\d+",
    "any": r"[^/]*",
}
MAX_AGENT = 300  # letters of a User-Agent that are looked at
KINDS = {"device", "common", "absent", "upload", "phonebook"}
AUTHS = {"digest", "basic"}
# What firmware.url is for a family: an image's own address, or the folder where the phone looks for
# a name that it makes up itself.
FIRMWARE = {"file", "folder"}


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


@dataclass(frozen=True, eq=False)
class Family:
    """Everything declared about one family; `key` is its folder's name.

    A custom family, described in the browser, has no `folder`: its templates' texts are in
    `templates`, and `mark` differs whenever anything of it does.
    """

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
    folder: Path | None
    hooks: ModuleType | None
    firmware: str = "file"
    templates: Mapping[str, str] = field(default_factory=dict, repr=False)
    mark: str = ""

    @property
    def is_custom(self) -> bool:
        return self.folder is None

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


class _Tables:
    """All families by what they are looked up by; never changed once made."""

    def __init__(self, families: Iterable[Family]) -> None:
        self.families = {family.key: family for family in families}
        self.by_oui: dict[str, list[Family]] = {}
        self.spellings: dict[str, list[tuple[Family, Model]]] = {}
        vendors = {*_VENDOR_NAMES, *(family.vendor.lower() for family in self.families.values())}
        longest_first = sorted(vendors, key=lambda name: (-len(name), name))
        self._vendors = re.compile(rf"(?:\s*(?:{'|'.join(map(re.escape, longest_first))})\b)+")
        for family in self.families.values():
            for oui in family.ouis:
                self.by_oui.setdefault(oui, []).append(family)
            for model in family.models.values():
                for spelling in {self.spelled(name) for name in (model.name, *model.aliases)}:
                    self.spellings.setdefault(spelling, []).append((family, model))

    def spelled(self, text: str) -> str:
        """Return `text` with everything off in which spellings of one model differ."""
        plain = _VENDOR_WORDS.sub("", text.lower())
        if named := self._vendors.match(plain):
            plain = plain[named.end() :] or plain
        plain = re.sub(r"^\s*sip[\s-]+", "", plain)
        return re.sub(r"[\s_\-]", "", plain)


class Families(Mapping[str, Family]):
    """All families by key: those of the program's folders, then the custom ones.

    Where several would answer, the program's own come first, so that a custom family takes no
    phone away from them.
    """

    def __init__(self, families: Iterable[Family]) -> None:
        self._shipped = tuple(families)
        self._tables = self._tables_of_shipped = _Tables(self._shipped)

    def put_custom(self, families: Iterable[Family]) -> None:
        """Replace all custom families; who reads meanwhile sees the old ones or the new ones."""
        shipped = self._tables_of_shipped
        custom = [family for family in families if family.key not in shipped.families]
        self._tables = _Tables([*self._shipped, *custom]) if custom else shipped

    def __getitem__(self, key: str) -> Family:
        return self._tables.families[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._tables.families)

    def __len__(self) -> int:
        return len(self._tables.families)

    def by_oui(self, mac: str) -> list[Family]:
        """Return the families whose vendor owns the first six digits of `mac`."""
        return self._tables.by_oui.get(mac[:6], [])

    def known(self, family: str, model: str) -> tuple[Family, Model] | None:
        """Return family and model by their stored names; None while a device's are not known."""
        found = self.get(family)
        return (found, found.models[model]) if found and model in found.models else None

    def find_models(self, text: str, mac: str = "") -> list[tuple[Family, Model]]:
        """Return the models that a person means by `text`; several: ask, none: unknown.

        Accepts vendor names before, ``SIP-`` before and order suffixes after the model. Where
        models of several vendors share a spelling, the MAC's first digits decide.
        """
        tables = self._tables
        found = tables.spellings.get(tables.spelled(text), [])
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

        tables = self._tables
        close = difflib.get_close_matches(tables.spelled(text), tables.spellings, n=3, cutoff=0.6)
        return [tables.spellings[spelling][0][1].name for spelling in close]

    def seen(self, user_agent: str) -> SeenAgent | None:
        """Return what a User-Agent claims, by the first family that knows its form."""
        for family in self.values():
            for pattern in family.user_agents:
                if match := pattern.search(user_agent[:MAX_AGENT]):
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
_VENDOR_NAMES = (
    "yealink", "grandstream", "polycom", "poly", "cisco", "linksys", "snom", "fanvil", "htek",
    "gigaset", "panasonic", "mitel", "aastra", "audiocodes", "obihai", "alcatel-lucent",
    "alcatel", "ale", "akuvox", "flyingvoice", "escene",
)  # fmt: skip


def _words(text: str) -> set[str]:
    return set(re.findall(r"[a-z]+", text.lower()))
