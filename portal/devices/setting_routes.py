"""Own settings, parameters and line keys of a device, and own settings of its ports."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from flask import Response, request
from flask.typing import ResponseReturnValue

from portal import htmx, line_keys_form, settings_form
from portal.devices import page, parameters, port_service, previews, service
from portal.devices.blueprint import bp, device_or_404, sealer
from portal.devices.port_answers import check_exists, say
from portal.errors import RuleBroken
from portal.extensions import begin_write, db
from portal.forms import SettingsForm
from portal.marks import mark_of
from portal.models import Device
from portal.profiles import key_sources
from portal.profiles import queries as profiles
from portal.profiles.key_sources import Taken
from portal.security import current_actor, require
from portal.settings.catalogue import CATALOGUE, zone_names
from portal.vendors import FAMILIES
from portal.writing import attempt


@dataclass(frozen=True)
class Typed:
    """What the form says: as stored, or as it was sent. `number`: of the port, if it is one's."""

    number: int | None
    layer: Mapping[str, Any]
    parameters: str
    key_rows: list[Mapping[str, Any]]
    errors: Mapping[str, str] = field(default_factory=dict)
    # Where somebody else, who was faster, stored something else: label, theirs, typed.
    overtaken: list[tuple[str, str, str]] | None = None
    taken: Taken | None = None


@bp.get("/<mac>/settings")
@require("device.edit")
def edit_settings(mac: str) -> ResponseReturnValue:
    return _edit(device_or_404(db.session(), mac), None)


@bp.post("/<mac>/settings")
@require("device.edit")
def override(mac: str) -> ResponseReturnValue:
    return _override(mac, None)


@bp.post("/<mac>/line-keys")
@require("device.edit")
def refill_line_keys(mac: str) -> ResponseReturnValue:
    """Show the form as typed, with fewer or more rows of line keys; nothing is saved."""
    device = device_or_404(db.session(), mac)
    layer = settings_form.read(request.form, device.settings)
    again = settings_form.passwords_to_type_again(layer)
    session, now = db.session(), datetime.now(UTC)
    inherited = previews.inherited_keys(session.connection(), device, now)
    taken = key_sources.taken(session, request.form, inherited, now)
    rows = taken.rows if taken else None
    if rows is None:
        rows = line_keys_form.refill(request.form)
    typed = Typed(None, layer, request.form.get("parameters", ""), rows, again, taken=taken)
    return _page(device, typed, SettingsForm(), 200, "devices/_line_keys.html")


@bp.get("/<mac>/ports/<int:number>/settings")
@require("device.edit")
def edit_port_settings(mac: str, number: int) -> ResponseReturnValue:
    device = device_or_404(db.session(), mac)
    check_exists(device, number)
    return _edit(device, number)


@bp.post("/<mac>/ports/<int:number>/settings")
@require("device.edit")
def override_port(mac: str, number: int) -> ResponseReturnValue:
    return _override(mac, number)


def _edit(device: Device, number: int | None) -> Response:
    text = settings_form.show_parameters(
        parameters.shown(device.parameters, FAMILIES.get(device.family))
    )
    rows = line_keys_form.rows_for(device.line_keys)
    typed = Typed(number, _own(device, number), text, rows)
    return _page(device, typed, SettingsForm(formdata=None, version=_mark_of(device, number)))


def _override(mac: str, number: int | None) -> ResponseReturnValue:
    begin_write()
    session, form = db.session(), SettingsForm()
    device = device_or_404(session, mac)
    layer = settings_form.read(request.form, _own(device, number))
    form.rejected |= settings_form.problems(layer)
    raw = _typed_parameters(form, device)
    status, overtaken = 422, None
    if form.is_stale(_mark_of(device, number)):
        status, overtaken = 409, _differences(device, number, layer, raw)
    elif not form.rejected:
        status = attempt(form, lambda: _store(device, number, layer, raw))
    if not status:
        what = f"port {number}" if number else "this device"
        say(db.session(), device, f"Own settings of {what} are saved")
        return htmx.see_other("devices.show", mac=device.mac)
    errors = settings_form.passwords_to_type_again(layer) | form.rejected
    rows = line_keys_form.rows_for(line_keys_form.read(request.form))
    text = request.form.get("parameters", "")
    typed = Typed(number, layer, text, rows, errors, overtaken)
    return _page(device_or_404(session, mac), typed, form, status)


def _store(
    device: Device, number: int | None, layer: Mapping[str, object], raw: dict[str, str] | None
) -> None:
    who, now = (db.session(), current_actor(), sealer()), datetime.now(UTC)
    if number is not None:
        port_service.override_port(*who, now, device, number, layer)
        return
    has_keys = "line_key_number" in request.form
    keys: list[Mapping[str, Any]] = [*line_keys_form.read(request.form)]
    service.override(*who, now, device, layer, raw, keys if has_keys else None)


def _typed_parameters(form: SettingsForm, device: Device) -> dict[str, str] | None:
    """Return the typed raw parameters; None when the form has none, or they cannot be read."""
    if "parameters" not in request.form:
        return None
    try:
        typed = settings_form.read_parameters(request.form["parameters"])
    except RuleBroken as broken:
        form.reject(broken)
        return None
    return parameters.restored(typed, device.parameters, FAMILIES.get(device.family))


def _own(device: Device, number: int | None) -> Mapping[str, Any]:
    return device.settings if number is None else page.own_settings(device, number)


def _mark_of(device: Device, number: int | None) -> str:
    """Return a mark of what the form edits: one made from something else is stale."""
    if number is not None:
        return mark_of(sorted(_own(device, number).items()))
    told = sorted(device.settings.items()), sorted(device.parameters.items()), device.line_keys
    return mark_of(*told)


def _differences(
    device: Device, number: int | None, layer: Mapping[str, object], raw: dict[str, str] | None
) -> list[tuple[str, str, str]]:
    stored = _own(device, number)
    pairs = [
        (CATALOGUE[key].label, _as_read(key, stored), _as_read(key, layer))
        for key in dict.fromkeys([*stored, *layer])
    ]
    if number is None and raw is not None:
        family = FAMILIES.get(device.family)
        theirs, mine = (
            settings_form.show_parameters(parameters.shown(told, family))
            for told in (device.parameters, raw)
        )
        pairs.append(("Raw parameters", theirs, mine))
    return [pair for pair in pairs if pair[1] != pair[2]]


def _as_read(key: str, layer: Mapping[str, Any]) -> str:
    if key not in layer:
        return "inherited"
    try:
        return CATALOGUE[key].show(CATALOGUE[key].parse(layer[key]))
    except ValueError:
        return str(layer[key])


def _page(
    device: Device,
    typed: Typed,
    form: SettingsForm,
    status: int = 200,
    partial: str = "devices/settings.html",
) -> Response:
    connection, now = db.session.connection(), datetime.now(UTC)
    family = FAMILIES.get(device.family)
    inherited = previews.inherited_settings(connection, device, now, typed.number)
    return htmx.render(
        "devices/settings.html",
        partial,
        status,
        device=device,
        family=family,
        form=form,
        typed=typed,
        q=request.args.get("show", ""),
        groups=settings_form.fields_for(
            typed.layer,
            inherited,
            family.ignores if family else (),
            typed.errors,
            request.args.get("show", ""),
            "port" if typed.number is not None else "",
        ),
        key_types=line_keys_form.types(family.line_key_types if family else ()),
        key_panels=_key_panels(device, typed, now) if typed.number is None else [],
        key_moved=line_keys_form.moved(request.form),
        key_sources=profiles.profiles_with_keys(db.session(), now) if typed.number is None else [],
        key_taken=typed.taken,
        zones=sorted(zone_names()),
    )


def _key_panels(device: Device, typed: Typed, now: datetime) -> list[line_keys_form.Panel]:
    """Return the line keys as they lie on the device's model; empty while that is not known."""
    known = FAMILIES.known(device.family, device.model)
    if known is None:
        return []
    model = known[1]
    inherited = previews.inherited_keys(db.session.connection(), device, now)
    sizes = model.line_keys, model.modules, model.module_keys
    return line_keys_form.layout(typed.key_rows, inherited, *sizes)
