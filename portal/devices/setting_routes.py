"""Own settings of a device and of its ports, and letting its phone set itself up."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from flask import abort, make_response, render_template
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session
from sqlalchemy.orm.exc import StaleDataError

from portal import htmx
from portal.devices import overrides, page, previews, service
from portal.devices.blueprint import bp, config, device_or_404, sealer
from portal.devices.overrides import OverrideForm
from portal.errors import RuleBroken
from portal.extensions import begin_write, db
from portal.models import Device
from portal.security import current_actor, require
from portal.settings.catalogue import CATALOGUE
from portal.shell import when
from portal.vendors import FAMILIES


@bp.get("/<mac>/settings")
@require("device.edit")
def edit_settings(mac: str) -> ResponseReturnValue:
    session, now = db.session(), datetime.now(UTC)
    device = device_or_404(session, mac)
    settings = previews.effective_settings(session.connection(), device, now)
    return _settings_page(device, settings, page.settings_form(device, settings))


@bp.post("/<mac>/settings")
@require("device.edit")
def override(mac: str) -> ResponseReturnValue:
    return _override(mac, None)


@bp.get("/<mac>/ports/<int:number>/settings")
@require("device.edit")
def edit_port_settings(mac: str, number: int) -> ResponseReturnValue:
    session, now = db.session(), datetime.now(UTC)
    device = device_or_404(session, mac)
    if not 1 <= number <= (service.port_limit(device) or 0):
        abort(404)
    settings = previews.effective_settings(session.connection(), device, now, number)
    return _settings_page(device, settings, page.settings_form(device, settings, number), number)


@bp.post("/<mac>/ports/<int:number>/settings")
@require("device.edit")
def override_port(mac: str, number: int) -> ResponseReturnValue:
    return _override(mac, number)


@bp.post("/<mac>/window")
@require("window.open")
def open_window(mac: str) -> ResponseReturnValue:
    session, now = db.session(), datetime.now(UTC)
    begin_write()
    device = device_or_404(session, mac)
    try:
        minutes = config().window_support_s // 60
        until = service.open_window(session, current_actor(), device, now, minutes)
    except RuleBroken as broken:
        session.rollback()
        htmx.toast(broken.message, "error")
    else:
        session.commit()
        htmx.toast(f"The phone may set itself up until {when(until)}. Restart it now.")
    if not htmx.wants_partial():
        return htmx.see_other("devices.show", mac=mac, tab="setup", _anchor="tab")
    context = page.context_of(session, device_or_404(session, mac), "setup", now)
    return htmx.render("devices/_window_opened.html", "devices/_window_opened.html", **context)


@bp.post("/<mac>/own-address")
@require("secret.show")
def show_own_address(mac: str) -> ResponseReturnValue:
    """Show the address that a phone proves itself with, once; it is in no other page."""
    session, now = db.session(), datetime.now(UTC)
    begin_write()
    device = device_or_404(session, mac)
    try:
        service.show_address(session, current_actor(), device, sealer())
    except RuleBroken as broken:
        session.rollback()
        htmx.toast(broken.message, "error")
        return htmx.see_other("devices.show", mac=mac, tab="setup", _anchor="tab")
    session.commit()
    context = page.context_of(session, device, "setup", now)
    _site, own = previews.addresses(session, device, sealer(), config().base_url)
    context["own_address"] = own
    return htmx.render("devices/show.html", "devices/_tab.html", **context)


def _override(mac: str, number: int | None) -> ResponseReturnValue:
    session, now = db.session(), datetime.now(UTC)
    begin_write()
    device = device_or_404(session, mac)
    settings = previews.effective_settings(session.connection(), device, now, number)
    form = page.settings_form(device, settings, number)
    if form.validate():
        if form.version.data != page.settings_version(device, number):
            return _conflict(session, device, form, number, now)
        try:
            _store(session, device, form, number, now)
            session.commit()
        except RuleBroken as broken:
            session.rollback()
            form.reject(broken)
        except StaleDataError:
            session.rollback()
            return _conflict(session, device_or_404(session, mac), form, number, now)
        else:
            what = f"port {number}" if number else "the device"
            htmx.toast(f"Own settings of {what} are saved")
            return htmx.see_other("devices.show", mac=device.mac)
    return _settings_page(device_or_404(session, mac), settings, form, number), 422


def _store(
    session: Session, device: Device, form: OverrideForm, number: int | None, now: datetime
) -> None:
    if number is not None:
        service.override_port(
            session, current_actor(), sealer(), now, device, number, form.chosen()
        )
        return
    parameters = overrides.parameters_in(
        form["parameters"].data or "", device.parameters, FAMILIES.get(device.family)
    )
    service.override(session, current_actor(), sealer(), now, device, form.chosen(), parameters)


def _conflict(
    session: Session, device: Device, form: OverrideForm, number: int | None, now: datetime
) -> ResponseReturnValue:
    """Show what somebody else stored beside what was typed; sending it again keeps the latter."""
    settings = previews.effective_settings(session.connection(), device, now, number)
    stored = device.settings if number is None else page.own_settings(device, number)
    mine = form.chosen()
    clashes = []
    for key in dict.fromkeys([*stored, *mine]):
        theirs, typed = _as_read(key, stored), _as_read(key, mine)
        if theirs != typed:
            clashes.append((CATALOGUE[key].label, theirs, typed))
    if number is None:
        theirs = overrides.text_of(device.parameters, FAMILIES.get(device.family))
        if theirs != (typed := form["parameters"].data or ""):
            clashes.append((form["parameters"].label.text, theirs or "none", typed or "none"))
    form.version.data = page.settings_version(device, number)
    shown = _settings_page(device, settings, form, number, clashes)
    return make_response(shown, 409)


def _as_read(key: str, layer: dict[str, Any]) -> str:
    if key not in layer:
        return "inherited"
    setting = CATALOGUE[key]
    return setting.show(setting.parse(layer[key]))


def _settings_page(
    device: Device,
    settings: list[previews.EffectiveSetting],
    form: OverrideForm,
    number: int | None = None,
    clashes: list[tuple[str, str, str]] | None = None,
) -> str:
    shown = settings if number is None else page.for_port(settings)
    return render_template(
        "devices/settings.html",
        device=device,
        form=form,
        groups=page.grouped(shown),
        number=number,
        family=FAMILIES.get(device.family),
        origin="this device" if number is None else f"port {number}",
        inherited=overrides.inherited,
        clashes=clashes or [],
    )
