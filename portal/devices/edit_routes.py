"""Adding, editing, retiring and deleting devices."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import partial

from flask import render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from portal import htmx
from portal.confirming import Question, act, ask
from portal.customer_limits import limits_of
from portal.customers import queries as customers
from portal.devices import service
from portal.devices.blueprint import bp, config, device_or_404
from portal.devices.forms import DeviceForm, NewDeviceForm, model_options
from portal.devices.port_answers import say
from portal.devices.service import DeviceFacts
from portal.extensions import begin_write, db
from portal.marks import mark_of
from portal.models import Device
from portal.profiles import queries as profiles
from portal.security import current_actor, require
from portal.values import format_mac, id_in
from portal.writing import attempt

_TEXTS = ("description", "inventory_id", "serial", "redirect_pin")


@bp.get("/new")
@require("device.create")
def new() -> ResponseReturnValue:
    form = NewDeviceForm(formdata=None, mac=request.args.get("mac", ""))
    return _page(_offered(form))


@bp.post("")
@require("device.create")
def create() -> ResponseReturnValue:
    begin_write()
    session, form = db.session(), NewDeviceForm()
    if not _offered(form).validate():
        return _page(form), 422
    mac, facts, now = form.mac.data, _facts(session, form), datetime.now(UTC)
    status = attempt(
        form,
        lambda: service.create_device(session, current_actor(), config(), now, mac, facts),
    )
    if status:
        return _page(form), status
    htmx.toast(f"{format_mac(mac)} is in the inventory")
    return htmx.see_other("devices.show", mac=mac)


@bp.get("/<mac>/edit")
@require("device.edit")
def edit(mac: str) -> ResponseReturnValue:
    device = device_or_404(db.session(), mac)
    stored = {**_stored(device), "version": _mark_of(device)}
    return _page(_offered(DeviceForm(formdata=None, data=stored)), device)


@bp.post("/<mac>/edit")
@require("device.edit")
def update(mac: str) -> ResponseReturnValue:
    begin_write()
    session, form = db.session(), DeviceForm()
    device = device_or_404(session, mac)
    if _offered(form).is_stale(_mark_of(device)):
        return _page(form, device, overtaken=form.differences(_as_read(form, device))), 409
    if not form.validate():
        return _page(form, device), 422
    facts, now = _facts(session, form), datetime.now(UTC)
    status = attempt(
        form,
        lambda: service.update_device(session, current_actor(), config(), now, device, facts),
    )
    if status:
        return _page(form, device_or_404(session, mac)), status
    say(session, device, f"{format_mac(device.mac)} is saved")
    return htmx.see_other("devices.show", mac=device.mac)


@bp.get("/<mac>/retire")
@require("device.edit")
def ask_retire(mac: str) -> ResponseReturnValue:
    return ask(_retiring(device_or_404(db.session(), mac)))


@bp.post("/<mac>/retire")
@require("device.edit")
def retire(mac: str) -> ResponseReturnValue:
    begin_write()
    session, now = db.session(), datetime.now(UTC)
    device = device_or_404(session, mac)
    verb = partial(service.retire_device, session, current_actor(), now, device)
    if refused := act(_retiring(device), verb):
        return refused
    say(session, device, f"{format_mac(device.mac)} is retired")
    return htmx.see_other("devices.show", mac=device.mac)


@bp.post("/<mac>/reinstate")
@require("device.edit")
def reinstate(mac: str) -> ResponseReturnValue:
    begin_write()
    session, now = db.session(), datetime.now(UTC)
    device = device_or_404(session, mac)
    text = "It may set itself up again, and its ports can have accounts."
    asked = _question(device, "Put {} back into service?", text, "Put it back")
    verb = partial(service.reinstate_device, session, current_actor(), config(), now, device)
    if refused := act(asked, verb):
        return refused
    say(session, device, f"{format_mac(device.mac)} is in service again")
    return htmx.see_other("devices.show", mac=mac)


@bp.get("/<mac>/delete")
@require("device.delete")
def ask_delete(mac: str) -> ResponseReturnValue:
    return ask(_deleting(device_or_404(db.session(), mac)))


@bp.post("/<mac>/delete")
@require("device.delete")
def delete(mac: str) -> ResponseReturnValue:
    begin_write()
    session, now = db.session(), datetime.now(UTC)
    device = device_or_404(session, mac)
    verb = partial(service.delete_device, session, current_actor(), now, device)
    if refused := act(_deleting(device), verb):
        return refused
    htmx.toast(f"{format_mac(mac)} is deleted")
    return htmx.see_other("devices.index")


def _retiring(device: Device) -> Question:
    text = (
        "Its accounts are freed, and its address and credentials end at once. Its history stays, "
        "and it can be put back into service."
    )
    return _question(device, "Retire {}?", text, "Retire")


def _deleting(device: Device) -> Question:
    text = (
        "Its ports, settings and history of check-ins go with it; its accounts stay. To keep the "
        "history, retire it instead."
    )
    return _question(device, "Delete {}?", text, "Delete")


def _question(device: Device, question: str, text: str, act: str) -> Question:
    back = url_for("devices.show", mac=device.mac)
    return Question([device], question.format(format_mac(device.mac)), text, act, back)


def _offered(form: DeviceForm) -> DeviceForm:
    session = db.session()
    needs_customer = limits_of(session) is not None
    form.offer(customers.all_customers(session), profiles.all_profiles(session), needs_customer)
    return form


def _page(
    form: DeviceForm,
    device: Device | None = None,
    overtaken: list[tuple[str, str, str]] | None = None,
) -> str:
    return render_template(
        "devices/form.html",
        form=form,
        device=device,
        overtaken=overtaken,
        models=model_options(),
    )


def _facts(session: Session, form: DeviceForm) -> DeviceFacts:
    customer, profile = id_in(form.customer.data), id_in(form.profile.data)
    return DeviceFacts(
        model=(form.model.data or "").strip(),
        customer=customers.find_customer(session, customer) if customer else None,
        profile=profiles.find_profile(session, profile) if profile else None,
        **{name: getattr(form, name).data or "" for name in _TEXTS},
    )


def _stored(device: Device) -> dict[str, str]:
    """Return a device as its form sends it."""
    return {
        "model": device.model,
        "customer": str(device.customer_id or ""),
        "profile": str(device.profile_id or ""),
        **{name: getattr(device, name) or "" for name in _TEXTS},
    }


def _mark_of(device: Device) -> str:
    """Return a mark of what the form edits, and of nothing else: ports change all the time."""
    return mark_of(_stored(device))


def _as_read(form: DeviceForm, device: Device) -> dict[str, str]:
    """Return a device as people read it in the form: choices by their labels."""
    stored = _stored(device)
    for name in ("customer", "profile"):
        stored[name] = dict(form[name].choices).get(stored[name], "")
    return stored
