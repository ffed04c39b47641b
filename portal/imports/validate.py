"""Check drafts against the rules of a MAC and the facts of the vendors: all problems of every row.
Pure."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from portal.imports.fields import Values, read_values
from portal.imports.macs import MacReading, read_mac
from portal.imports.normalise import Draft
from portal.imports.problems import Problem
from portal.vendors.schema import Families, Family, Model

_LOCAL = "The address is one that a program made up, not a vendor; look at the label of the phone"
_LOOK_FOR_SIMILAR = 200  # unknown models; it takes milliseconds each
_MOST_SUGGESTED = 20_000  # addresses in cells with several, of one sheet
_TOO_MANY = (
    f"The cells with several addresses and ranges of the sheet hold more than {_MOST_SUGGESTED:,}; "
    "write one address a row"
)
_ABOVE = "The row has no MAC; is it another port of the phone in row {}?"
_HIDDEN = "The row stands in the hidden sheet “{}”"


@dataclass(slots=True)
class Row:
    """A row of the list on its way: `mac` is None while it is in doubt.

    `values` holds what shall be stored, `model` and `vendor` as the vendor writes them when the
    model is known, `family` then its key. `suggestions` are MACs that may be meant. plan.py fills
    `outcome` and `changes` (field -> [old, new]).
    """

    draft: Draft
    mac: str | None
    values: Values
    family: str = ""
    problems: tuple[Problem, ...] = ()
    warnings: tuple[str, ...] = ()
    suggestions: tuple[str, ...] = ()
    outcome: str = ""
    changes: dict[str, list[str]] = field(default_factory=dict)

    @property
    def sheet(self) -> str:
        """Return the name of the row's sheet."""
        return self.draft.sheet

    @property
    def number(self) -> int:
        """Return the row number that a spreadsheet program shows."""
        return self.draft.number

    @property
    def model(self) -> str:
        """Return the model as it shall be stored, "" when the row names none."""
        return self.values.get("model", "")

    @property
    def raw(self) -> dict[str, str]:
        """Return the original text of every mapped cell."""
        return self.draft.raw

    @property
    def problem(self) -> str | None:
        """Return all that is wrong, as one text."""
        return "; ".join(problem.message for problem in self.problems) or None


class _Product(NamedTuple):
    """What vendor and model of a row come to."""

    values: Mapping[str, str]
    family: str = ""
    ports: int | None = None
    problem: Problem | None = None
    warnings: tuple[str, ...] = ()


def known_prefixes(families: Families) -> frozenset[str]:
    """Return the OUIs of all families, to one of which digits that were lost must lead."""
    return frozenset(oui for family in families.values() for oui in family.ouis)


def validate(
    drafts: Sequence[Draft], families: Families, defaults: Mapping[str, str] | None = None
) -> list[Row]:
    """Return a row for every draft that is data, with all its problems. Never raises."""
    known = known_prefixes(families)
    products: dict[tuple[str, str, str], _Product] = {}
    rows = []
    suggested = 0
    for draft in drafts:
        if draft.kind != "data":
            continue
        reading = _mac_of(draft, known)
        if len(reading.suggestions) > 1:
            suggested += len(reading.suggestions)
            if suggested > _MOST_SUGGESTED:
                reading = replace(reading, suggestions=(), message=_TOO_MANY)
        rows.append(_row(draft, reading, families, defaults or {}, products))
    return rows


def _row(
    draft: Draft,
    reading: MacReading,
    families: Families,
    defaults: Mapping[str, str],
    products: dict[tuple[str, str, str], _Product],
) -> Row:
    mac = reading.mac
    values, problems = read_values(draft, defaults)
    warnings: tuple[str, ...] = ()
    if reading.reason:
        can_be_accepted = bool(reading.suggestions)
        problems.insert(0, Problem(reading.reason, "mac", reading.message, can_be_accepted))
    oui = (mac or (reading.suggestions or ("",))[0])[:6]
    key = values.get("vendor", ""), values.get("model", ""), oui
    if (product := products.get(key)) is None:
        product = products[key] = _product(*key, families, len(products) < _LOOK_FOR_SIMILAR)
    values.update(product.values)  # type: ignore[typeddict-item]
    if product.problem:
        problems.append(product.problem)
    warnings += product.warnings
    if product.ports is not None and "ports" in values:
        problems.extend(_beyond(values, product.ports))
    if mac and mac[1] in "2367abef":
        warnings += (_LOCAL,)
    if draft.table.sheet.hidden:
        warnings += (_HIDDEN.format(draft.sheet),)
    return Row(draft, mac, values, product.family, tuple(problems), warnings, reading.suggestions)


def _mac_of(draft: Draft, known: Collection[str]) -> MacReading:
    table = draft.table
    if not table.question or "mac" in draft.fixes:
        cell = draft.cell("mac")
        above = read_mac(draft.above.cell("mac"), known).mac if draft.above else None
        if draft.above and above and cell in (None, ""):
            return MacReading(None, "mac_above", _ABOVE.format(draft.above.number), (above,))
        return read_mac(cell, known)
    cells = [draft.line.cells[p] for p in table.candidates if p < len(draft.line.cells)]
    readings = [read_mac(cell, known) for cell in cells]
    macs = dict.fromkeys(reading.mac for reading in readings if reading.mac)
    return MacReading(None, "column_question", table.question, tuple(macs))


def _beyond(values: Values, limit: int) -> Iterator[Problem]:
    for number in sorted(values["ports"]):
        if number > limit:
            has = f"{limit} port{'' if limit == 1 else 's'}"
            yield Problem(
                "port_beyond_model",
                f"port {number} account",
                f"{values['model']} has {has}; there is no port {number}",
            )


def _product(vendor: str, model: str, oui: str, families: Families, ask_similar: bool) -> _Product:
    """Return what the texts of vendor and model mean together with the first digits of the MAC."""
    owners = [family for family in families.values() if oui in family.ouis]
    if not model:
        named = _family_of(vendor, families)
        told = {"vendor": named.vendor} if named else {}
        return _Product(told, warnings=_against_oui(vendor, named, owners, oui))
    found = families.find_models(model, oui.ljust(12, "0") if oui else "")
    if not found and vendor:
        found = families.find_models(f"{vendor} {model}")
    if len(found) > 1 and vendor:
        found = [pair for pair in found if _same_vendor(vendor, pair[0])] or found
    if not found:
        similar = families.similar_models(model) if ask_similar else []
        return _unknown(vendor, model, families, owners, oui, similar)
    if len(found) > 1:
        return _Product({}, problem=_ambiguous(model, found))
    family, product = found[0]
    warnings = _against_oui(family.vendor, family, owners, oui)
    if vendor and not _same_vendor(vendor, family):
        warnings += (f"The list says {vendor}, but “{model}” is a model of {family.vendor}",)
    told = {"vendor": family.vendor, "model": product.name}
    return _Product(told, family.key, product.ports, None, warnings)


def _unknown(
    vendor: str,
    model: str,
    families: Families,
    owners: Sequence[Family],
    oui: str,
    similar: Sequence[str],
) -> _Product:
    named = _family_of(vendor, families)
    meant = f"; perhaps {' or '.join(similar)} is meant" if similar else ""
    warning = f"“{model}” is no model that the portal knows: no file is made for it{meant}"
    told = {"vendor": named.vendor} if named else {}
    return _Product(told, warnings=(warning, *_against_oui(vendor, named, owners, oui)))


def _ambiguous(model: str, found: Sequence[tuple[Family, Model]]) -> Problem:
    names = " or ".join(f"{family.vendor} {product.name}" for family, product in found)
    return Problem(
        "model_ambiguous",
        "model",
        f"“{model}” may be {names}; write the vendor before it, or add a column for the vendor",
    )


def _against_oui(
    vendor: str, family: Family | None, owners: Sequence[Family], oui: str
) -> tuple[str, ...]:
    if not vendor or not owners or any(_same_vendor(vendor, owner) for owner in owners):
        return ()
    if family and any(owner.vendor == family.vendor for owner in owners):
        return ()
    shown = ":".join((oui[:2], oui[2:4], oui[4:6])).upper()
    others = " or ".join(dict.fromkeys(owner.vendor for owner in owners))
    return (f"The address begins with {shown}, which belongs to {others}, not to {vendor}",)


def _family_of(vendor: str, families: Families) -> Family | None:
    """Return a family of the vendor that a text names: word for word, else nearly."""
    exact = (family for family in families.values() if family.vendor == vendor)
    alike = (family for family in families.values() if _same_vendor(vendor, family))
    return next(exact, None) or next(alike, None)


def _same_vendor(text: str, family: Family) -> bool:
    """Does a text name a family's vendor? “Yealink Inc.” does, “HP Poly” and “Polycom” Poly too."""
    words = re.findall(r"[^\W\d_]{3,}", text.casefold())
    own = re.findall(r"[^\W\d_]{3,}", family.vendor.casefold())
    return any(a.startswith(b) or b.startswith(a) for a in words for b in own)
