"""Where a form takes a layout of line keys from: a profile, or the keys that some device has."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session
from werkzeug.datastructures import MultiDict

from portal import line_keys_form
from portal.devices import previews
from portal.models import Device
from portal.profiles import queries, reach_queries
from portal.settings.line_keys import LineKey, merge
from portal.values import id_in


@dataclass(frozen=True)
class Taken:
    """The rows that a form gets; None: it keeps its own, as several `devices` fit what was typed,
    or none does, which `problem` says."""

    rows: list[Mapping[str, Any]] | None = None
    devices: Sequence[Device] = ()
    problem: str = ""
    typed: str = ""


def taken(
    session: Session, form: MultiDict[str, str], inherited: Collection[LineKey], now: datetime
) -> Taken | None:
    """Return what a sent form asks for; None when it asks for nobody's keys.

    Of a device all keys are taken as it shows them, but those that are `inherited` here anyhow.
    """
    if "line_key_copy" in form:
        profile = queries.find_profile(session, id_in(form.get("line_key_source")) or 0)
        version = queries.current_version(profile, now) if profile else None
        if version is None:
            return Taken(problem="This profile is not there any more; choose another one")
        return Taken(line_keys_form.rows_for(version.line_keys))
    picked, text = form.get("line_key_mac", ""), form.get("line_key_device", "").strip()
    if not picked and "line_key_copy_device" not in form:
        return None
    if picked:
        found = reach_queries.find_by_macs(session, [picked])
    else:
        found = reach_queries.find_devices(session, text, [], "") if text else []
    if len(found) != 1:
        said = f"No device is named by “{text}”" if text else "Type the last digits of its MAC"
        return Taken(devices=found, problem="" if found else said, typed=text)
    device = found[0]
    above = previews.inherited_keys(session.connection(), device, now)
    keys = merge([[key.as_json() for key in above], device.line_keys])
    rows = [key.as_json() for key in keys if key not in inherited]
    if not rows:
        return Taken(problem="No layout names a key of this device, or it has the same", typed=text)
    return Taken(line_keys_form.rows_for(rows), typed=text)
