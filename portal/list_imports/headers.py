"""Which header word means which field of a list: headers.toml, loaded and matched. Pure."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from portal.imports.layouts import squeezed, tokens_of

_TOLD = tomllib.loads((Path(__file__).parent / "headers.toml").read_text(encoding="utf-8"))
_ASIDE = re.compile(r"[(\[].*?[)\]]")
_LONGEST = 60


class Words(NamedTuple):
    """The words of one kind of list: squeezed word -> field, and words that say nothing more."""

    fields: Mapping[str, str]
    fillers: frozenset[str]


def words_of(kind: str) -> Words:
    """Return the words of a kind: “accounts”, “customers” or “contacts”."""
    told = _TOLD[kind]
    fields: dict[str, str] = {}
    for field, phrases in told["headers"].items():
        for phrase in phrases:
            fields.setdefault(squeezed(phrase), field)
    return Words(fields, frozenset(map(squeezed, told["fillers"])))


def meaning_of(header: str, words: Words) -> str | None:
    """Return the field that a header names: alone, among fillers, or beside something in brackets;
    None for none."""
    if not header or len(header) > _LONGEST:
        return None
    tokens = tokens_of(header)
    plain = [token for token in tokens if token not in words.fillers] or tokens[:1]
    for text in (header, " ".join(plain)):
        if field := words.fields.get(squeezed(text)):
            return field
    bare = _ASIDE.sub(" ", header).strip()
    return meaning_of(bare, words) if bare != header else None


_YES_OR_NO = {squeezed(word): answer for answer in ("yes", "no") for word in _TOLD["words"][answer]}


def yes_or_no(text: str) -> str:
    """Return “yes” or “no” for what people write for it. Raises ValueError for anything else."""
    if answer := _YES_OR_NO.get(squeezed(text)):
        return answer
    raise ValueError(f"“{text}” is neither yes nor no")
