"""Families, files and plans for the tests of the import; no fixture, plain functions."""

from __future__ import annotations

import io
import re
import zipfile
from pathlib import Path

from openpyxl import Workbook

from portal.imports.plan import Plan
from portal.imports.read import Options, plan_reading, rows_of
from portal.imports.sheets import sheet_of
from portal.vendors.schema import Families, Family, Model

LISTS = Path(__file__).parent / "lists"


def make_family(key, vendor, ouis, **ports):
    return Family(
        key=key,
        vendor=vendor,
        label=vendor,
        source="test",
        confidence="test",
        ouis=tuple(ouis),
        user_agents=(),
        resync="",
        auth="digest",
        clear="",
        files=(),
        models={name: Model(name, count) for name, count in ports.items()},
        values={},
        syntaxes={},
        ignores=frozenset(),
        line_key_types=frozenset(),
        secrets=re.compile("(?!)"),
        encryption={},
        phonebook="",
        phonebook_is_folder=False,
        address_only=False,
        folder=Path(),
        hooks=None,
    )


FAMILIES = Families(
    [
        make_family("yealink", "Yealink", ["001565", "805ec0", "249ad8"], T42S=12, T46U=16, T31G=2),
        make_family("snom", "Snom", ["000413"], D717=6, X1=1),
        make_family("fanvil", "Fanvil", ["0c383e"], X5U=16, X1=2),
        make_family("polycom", "Polycom", ["0004f2", "482567"], VVX311=6),
    ]
)
KNOWN = frozenset({"001565", "000413", "482567"})


def sheet(*rows, name="List", hidden=False):
    """Return a sheet of `rows`, the first of which is row 1."""
    return sheet_of(name, hidden, enumerate(map(list, rows), 1))


def plan_sheets(*sheets, stored=None, known=None, **options) -> Plan:
    chosen = Options(**options)
    return plan_reading(rows_of(list(sheets), chosen, FAMILIES), stored or {}, chosen, known)


def plan_rows(*rows, stored=None, known=None, **options) -> Plan:
    return plan_sheets(sheet(*rows), stored=stored, known=known, **options)


def outcomes(plan):
    return [(row.number, row.outcome) for row in plan.rows]


def codes(plan):
    return [[problem.code for problem in row.problems] for row in plan.rows]


def xlsx(*rows, title="List"):
    workbook = Workbook()
    workbook.active.title = title
    for row in rows:
        workbook.active.append(row)
    return saved(workbook)


def saved(workbook):
    target = io.BytesIO()
    workbook.save(target)
    return target.getvalue()


def changed_parts(data, change):
    """Return a zipped file with `change(name, content)` done to each part."""
    target = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(data)) as source,
        zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as made,
    ):
        for name in source.namelist():
            made.writestr(name, change(name, source.read(name)))
    return target.getvalue()


def zipped(**parts):
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as made:
        for name, content in parts.items():
            made.writestr(name.replace("__", "/").replace("_dot_", "."), content)
    return target.getvalue()
