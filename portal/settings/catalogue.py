"""The settings that exist: types, units, defaults, labels; checks and shows their values. Pure."""

from __future__ import annotations

import importlib.resources
import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from portal import values

_LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Z][a-z]{3})?(-[A-Z]{2})?")
_TRUE, _FALSE = {"yes", "true", "on", "1"}, {"no", "false", "off", "0"}


@dataclass(frozen=True)
class Setting:
    """One setting. `choices` maps stored values to labels; `min` and `max` are included."""

    key: str
    group: str
    scope: str
    type: str
    label: str
    help: str
    default: Any = None
    unit: str = ""
    min: int = 0
    max: int = 0
    choices: Mapping[str, str] = field(default_factory=dict)

    @property
    def is_secret(self) -> bool:
        return self.type == "secret"

    def parse(self, given: object) -> Any:
        """Return `given`, typed by a person or read from JSON, as the value that is stored.

        None and blank text mean "send empty" and return None. Raises ValueError with a sentence
        that names the setting.
        """
        if given is None or (isinstance(given, str) and not given.strip()):
            return None
        try:
            return getattr(self, f"_parse_{self.type}")(given)
        except ValueError as error:
            raise ValueError(f"{self.label} ({self.key}): {error}") from None

    def show(self, value: Any) -> str:
        """Return `value` as people read it; secrets masked."""
        if value is None:
            return "not set"
        if self.is_secret:
            return "••••••"
        if self.type == "boolean":
            return "yes" if value else "no"
        if self.type == "choice":
            return self.choices.get(value, str(value))
        if self.type == "choices":
            return ", ".join(self.choices.get(item, item) for item in value) or "none"
        return f"{value} {self.unit}".rstrip()

    def _parse_text(self, given: object) -> str:
        return values.parse_line(str(given))

    def _parse_secret(self, given: object) -> str | dict[str, str]:
        """A secret is stored as ``{"sealed": …}``; one read from there stays as it is."""
        if isinstance(given, dict) and given.keys() == {"sealed"}:
            return given
        return values.parse_secret(str(given))

    def _parse_host(self, given: object) -> str:
        return values.parse_host(str(given))

    def _parse_port(self, given: object) -> int:
        return values.parse_whole_number(str(given), 1, 65535)

    def _parse_integer(self, given: object) -> int:
        return values.parse_whole_number(str(given), self.min, self.max)

    def _parse_boolean(self, given: object) -> bool:
        word = str(given).strip().lower()
        if word not in _TRUE | _FALSE:
            raise ValueError(f"“{given}” is neither yes nor no")
        return word in _TRUE

    def _parse_choice(self, given: object) -> str:
        word = str(given).strip().lower()
        if word not in self.choices:
            raise ValueError(f"“{given}” is none of {', '.join(self.choices)}")
        return word

    def _parse_choices(self, given: object) -> list[str]:
        items = re.split(r"[\s,;]+", given) if isinstance(given, str) else list(given)  # type: ignore[call-overload]
        return list(dict.fromkeys(self._parse_choice(item) for item in items if item))

    def _parse_url(self, given: object) -> str:
        text = values.parse_line(str(given))
        parts = urlsplit(text)
        if parts.scheme not in {"http", "https", "tftp", "ftp"} or not parts.hostname:
            raise ValueError(f"“{text}” is not an address such as https://host/path")
        if " " in text:
            raise ValueError(f"“{text}” holds a blank; write it as %20")
        return text

    def _parse_zone(self, given: object) -> str:
        name = str(given).strip()
        if name not in zone_names():
            raise ValueError(f"“{name}” is not a time zone; write it like Europe/Berlin")
        return name

    def _parse_language(self, given: object) -> str:
        tag = str(given).strip()
        if not _LANGUAGE.fullmatch(tag):
            raise ValueError(f"“{tag}” is not a language tag; write it like de or fr-CA")
        return tag


class Catalogue(Mapping[str, Setting]):
    """All settings by key, in the order of the file."""

    def __init__(self, settings: list[Setting]) -> None:
        self._settings = {setting.key: setting for setting in settings}

    def __getitem__(self, key: str) -> Setting:
        return self._settings[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._settings)

    def __len__(self) -> int:
        return len(self._settings)

    def find(self, key: str) -> Setting:
        """Return the setting; raises ValueError that offers similar keys."""
        import difflib

        if key in self:
            return self[key]
        close = difflib.get_close_matches(key, self, n=3, cutoff=0.4)
        hint = f"; did you mean {' or '.join(close)}?" if close else ""
        raise ValueError(f"There is no setting “{key}”{hint}")

    def parse(self, given: Mapping[str, object]) -> dict[str, Any]:
        """Check a layer of settings; raises ValueError on the first that does not fit."""
        return {key: self.find(key).parse(value) for key, value in given.items()}

    def groups(self) -> dict[str, list[Setting]]:
        grouped: dict[str, list[Setting]] = {}
        for setting in self.values():
            grouped.setdefault(setting.group, []).append(setting)
        return grouped

    def defaults(self) -> dict[str, Any]:
        return {key: setting.default for key, setting in self.items()}


@cache
def zone_names() -> frozenset[str]:
    """Return the time zones that there are, as IANA names them."""
    listed = importlib.resources.files("tzdata") / "zones"
    return frozenset(listed.read_text(encoding="ascii").split())


def load(path: Path) -> Catalogue:
    """Read the catalogue; raises ValueError naming the setting whose entry is wrong."""
    settings = []
    for key, entry in tomllib.loads(path.read_text(encoding="utf-8")).items():
        try:
            setting = Setting(key=key, **entry)
            parser = getattr(setting, f"_parse_{setting.type}")
            if setting.default is not None:
                parser(setting.default)
        except (TypeError, AttributeError, ValueError) as error:
            raise ValueError(f"{path.name}: {key}: {error}") from error
        if setting.scope not in {"device", "port"}:
            raise ValueError(f"{path.name}: {key}: scope is device or port")
        settings.append(setting)
    return Catalogue(settings)


CATALOGUE = load(Path(__file__).with_name("catalogue.toml"))
