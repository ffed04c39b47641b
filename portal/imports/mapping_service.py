"""Writing which columns people choose: remembered by the header, or saved under a name."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal import audit
from portal.audit import Actor
from portal.errors import RuleBroken
from portal.imports.columns import Table
from portal.imports.mappings import AS_FOUND, columns_of, headers_in, with_remembered
from portal.imports.read import Options
from portal.imports.sheets import Sheet
from portal.models import ColumnMapping
from portal.values import parse_line

_NAME_LENGTH = 100


def named_mappings(session: Session) -> list[ColumnMapping]:
    """Return all mappings that have a name, by it."""
    found = select(ColumnMapping).where(ColumnMapping.name.is_not(None))
    return list(session.scalars(found.order_by(ColumnMapping.name)))


def find_named(session: Session, name: str) -> ColumnMapping | None:
    return session.scalar(select(ColumnMapping).where(ColumnMapping.name == name.strip()))


def mappings_used(session: Session, options: Options) -> dict[str, ColumnMapping]:
    """Return sheet -> the mapping that its columns come from."""
    found = {name: session.get(ColumnMapping, number) for name, number in options.mappings.items()}
    return {name: mapping for name, mapping in found.items() if mapping is not None}


def with_defaults(session: Session, options: Options, sheets: Iterable[Sheet]) -> Options:
    """Return `options` with what was chosen for lists with these headers before."""
    sheets = list(sheets)
    marks = {mark for sheet in sheets for mark in headers_in(sheet)}
    known = session.scalars(
        select(ColumnMapping)
        .where(ColumnMapping.name.is_(None), ColumnMapping.fingerprint.in_(marks))
        .order_by(ColumnMapping.id)
    )
    remembered = {mapping.fingerprint: mapping for mapping in known}
    return with_remembered(options, sheets, remembered) if remembered else options


def remember(
    session: Session, actor: Actor, now: datetime, tables: Iterable[Table], options: Options
) -> None:
    """Remember the columns that a person chose for `tables`, which are imported now."""
    for table in tables:
        sheet, mark = table.sheet.name, table.fingerprint
        chosen = options.columns.get(sheet, {})
        if chosen or options.header_rows.get(sheet):
            if not mark:
                continue
            stored = _unnamed(session, [mark])
            columns = columns_of(table, chosen)
            if stored is None:
                stored = ColumnMapping(fingerprint=mark)
                session.add(stored)
            if stored.columns != columns:
                stored.columns, stored.chosen_at, stored.chosen_by = columns, now, actor.name
        elif options.mappings.get(sheet) == AS_FOUND and (
            stored := _unnamed(session, headers_in(table.sheet))
        ):
            session.delete(stored)


def save(
    session: Session, actor: Actor, now: datetime, name: str, table: Table | None, options: Options
) -> ColumnMapping:
    """Save the columns of a table under a name; one of that name is replaced.

    Raises RuleBroken on "name".
    """
    try:
        name = parse_line(name).strip()
    except ValueError as error:
        raise RuleBroken(f"The name of the mapping: {error}", "name") from None
    if not name or len(name) > _NAME_LENGTH:
        raise RuleBroken(f"Give the mapping a name of 1 to {_NAME_LENGTH} characters", "name")
    if table is None or "mac" not in table.places:
        raise RuleBroken("Choose the column of the MACs first; then the mapping can be saved")
    mapping, before = find_named(session, name), None
    if mapping is None:
        mapping = ColumnMapping(name=name)
        session.add(mapping)
    else:
        before = _told(mapping)
    mapping.fingerprint = table.fingerprint
    mapping.columns = columns_of(table, options.columns.get(table.sheet.name, {}))
    mapping.chosen_at, mapping.chosen_by = now, actor.name
    session.flush()
    audit.record(session, actor, "mapping.save", mapping, {"columns": (before, _told(mapping))})
    return mapping


def delete_mapping(session: Session, actor: Actor, mapping: ColumnMapping) -> None:
    """Delete a mapping; lists that it was used for keep their columns."""
    audit.record(session, actor, "mapping.delete", mapping, {"columns": (_told(mapping), None)})
    session.delete(mapping)


def _unnamed(session: Session, marks: Collection[str]) -> ColumnMapping | None:
    found = select(ColumnMapping).where(
        ColumnMapping.fingerprint.in_(marks), ColumnMapping.name.is_(None)
    )
    return session.scalars(found.order_by(ColumnMapping.id.desc())).first()


def _told(mapping: ColumnMapping) -> dict[str, str]:
    return {name: " ".join(told) for name, told in mapping.columns.items()}
