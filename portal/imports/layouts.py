"""Which header word means which field: layouts.toml, loaded and matched. Pure."""

from __future__ import annotations

import re
import tomllib
import unicodedata
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from portal.port_patterns import MAX_PORT

_TOLD = tomllib.loads((Path(__file__).parent / "layouts.toml").read_text(encoding="utf-8"))
_NO_LATIN = re.compile(r"[^\x00-\u024f]")
_PORT_KINDS = {
    "user_name": "account",
    "extension": "account",
    "password": "password",
    "name": "label",
    "description": "label",
}
# Words that name the port itself, and nothing of it.
_PORT_ITSELF = {
    "port", "line", "fxs", "leitung", "anschluss", "ligne", "linea", "puerto", "porta", "端口",
    "线路",
}  # fmt: skip
_FIELD_NAME = re.compile(r"port (\d{1,3}) (account|label|password)")
_NUMBERED_MAC = re.compile(r"mac(?:address|adresse)?\d{1,2}")

# What a column can be, besides “port 3 account”, “port 3 label” and “port 3 password”.
FIELDS = frozenset(_TOLD["headers"]) - {"other"}


class Meaning(NamedTuple):
    """What a header says: a field and how surely (1 content decides, 2 contained, 3 exact).

    With strength 1 the field is "sometimes_mac" or "sometimes_model"; `rank` orders MAC columns:
    the wired one first.
    """

    field: str
    strength: int
    rank: int = 0


def tokens_of(text: str) -> list[str]:
    """Return the words of a header, without case, accents and signs."""
    plain = unicodedata.normalize("NFKD", text.casefold().replace("n°", "no ").replace("nº", "no "))
    plain = "".join(c for c in plain if not unicodedata.combining(c))
    return re.findall(r"[^\W_]+", plain)


def squeezed(text: str) -> str:
    """Return a header as it is compared."""
    return "".join(tokens_of(text)) or text.strip()


def _table(told: dict[str, list[str]]) -> dict[str, str]:
    table: dict[str, str] = {}
    for field, phrases in told.items():
        for phrase in phrases:
            table.setdefault(squeezed(phrase), field)
    return table


_HEADERS = _table(_TOLD["headers"])
# header -> what it may be, what it is when the content says no
_SOMETIMES = {
    squeezed(word): (kind, field)
    for kind in ("sometimes_mac", "sometimes_model")
    for word, field in _TOLD[kind].items()
}
_WORDS = {kind: {squeezed(word) for word in words} for kind, words in _TOLD["words"].items()}
_LONGEST = 4  # words in a phrase


@lru_cache(maxsize=4096)
def meaning_of(header: str) -> Meaning | None:
    """Return what a header means, or None. Field names of our own exports are among the words."""
    text = header.strip()
    if not text or len(text) > 60:
        return None
    tokens = tokens_of(text)
    key = "".join(tokens) or text
    if _FIELD_NAME.fullmatch(text.lower()):
        return Meaning(text.lower(), 3)
    if key in _SOMETIMES:
        return Meaning(_SOMETIMES[key][0], 1, _rank(tokens))
    if key in _HEADERS:
        return Meaning(_unless_radio(_HEADERS[key], tokens, key), 3, _rank(tokens))
    if _NUMBERED_MAC.fullmatch(key):
        return Meaning("mac", 3, 0)
    return _port_column(tokens) or _contained(tokens, key)


def otherwise(header: str) -> str:
    """Return what a “sometimes” header means when the content below it says no."""
    return str(_SOMETIMES[squeezed(header)][1])


def stands_in_port(header: str) -> bool:
    """May a header be that of a port's column, where “Port 1” stands above it and not in it?"""
    meaning = meaning_of(header)
    is_note = meaning is not None and meaning.field == "description"  # of the whole row, mostly
    is_kind = meaning is not None and meaning.field in _PORT_KINDS and not is_note
    return is_kind or "label" in tokens_of(header)


def names_login(header: str) -> bool:
    """Does a header speak of a “user”, who is a person or a login by what stands beside it?"""
    return bool(_WORDS["login"] & set(tokens_of(header)))


def _unless_radio(field: str, tokens: list[str], key: str) -> str:
    radio = _WORDS["radio"]
    is_radio = radio & set(tokens) or any(word in key for word in radio if _NO_LATIN.search(word))
    return "other" if field == "mac" and is_radio else field


def _rank(tokens: list[str]) -> int:
    if _WORDS["wired"] & set(tokens):
        return 2
    return 0 if "wan" in tokens or any(token.isdecimal() for token in tokens) else 1


def _port_column(tokens: list[str]) -> Meaning | None:
    """Return “port 3 account” for Port 3, Line 3 user, FXS3 label, SIP user 3 …"""
    numbered = re.fullmatch(r"(.*?) ?(\d{1,3})(?: (.*))?", " ".join(tokens))
    if not numbered:
        return None
    before, number, after = numbered[1].split(), int(numbered[2]), (numbered[3] or "").split()
    if not before or before[0] not in _WORDS["port"] or not 1 <= number <= MAX_PORT:
        return None
    rest = [word for word in before + after if word not in _PORT_ITSELF]
    field = _HEADERS.get("".join(rest), "user_name") if rest else "user_name"
    if "label" in rest:
        field = "description"
    kind = _PORT_KINDS.get(field)
    return Meaning(f"port {number} {kind}", 3) if kind else None


def _contained(tokens: list[str], key: str) -> Meaning | None:
    """Return the field whose phrase is the longest part of the header."""
    found = ""
    if not any(token.isdecimal() for token in tokens) or "mac" in tokens:
        if len(tokens) > 7:
            return None
        for start in range(len(tokens)):
            for stop in range(start + 1, min(start + _LONGEST, len(tokens)) + 1):
                part = "".join(tokens[start:stop])
                if part in _HEADERS and (len(part) > len(found) or part == "mac"):
                    found = part if found != "mac" else found
    if not found and _NO_LATIN.search(key):
        parts = [part for part in _HEADERS if _NO_LATIN.search(part) and part in key]
        found = max(parts, key=len, default="")
    if not found:
        return None
    return Meaning(_unless_radio(_HEADERS[found], tokens, key), 2, _rank(tokens))


def field_named(text: str) -> str:
    """Return the field that a person names: “mac”, “Port 3 Account”. Raises ValueError for none."""
    name = " ".join(text.lower().split())
    plain = name.replace(" ", "_").replace("-", "_")
    if plain in FIELDS:
        return plain
    if (match := _FIELD_NAME.fullmatch(name)) and 1 <= int(match[1]) <= MAX_PORT:
        return name
    raise ValueError(
        f"“{text}” is no field; there are {', '.join(sorted(FIELDS))}, port 1 account, "
        "port 1 label and port 1 password"
    )


def begins_with(kind: str, text: str) -> bool:
    """Does a text begin with a word for a "total", a "carton" or a "page"?"""
    tokens = tokens_of(text)
    if not tokens:
        return False
    words = _WORDS[kind]
    return (
        tokens[0].rstrip("0123456789") in words
        or "".join(tokens[:2]) in words
        or any(text.startswith(word) for word in words if _NO_LATIN.search(word))
    )
