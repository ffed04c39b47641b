"""Adding, editing, retiring and deleting devices."""

from __future__ import annotations

from datetime import UTC, datetime

from flask import Response, make_response, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session
from sqlalchemy.orm.exc import StaleDataError
from wtforms import Field

from portal import htmx
from portal.customers import queries as customers
from portal.devices import overrides, service
from portal.devices.blueprint import bp, config, device_or_404
from portal.devices.forms import DeviceForm, NewDeviceForm, model_options, number_in
from portal.devices.service import DeviceFacts
from portal.errors import RuleBroken
from portal.extensions import begin_write, db
from portal.models import Device
from portal.profiles import queries as profiles
from portal.security import current_actor, require
from portal.values import format_mac

_TEXTS = ("description", "serial", "inventory_id", "redirect_pin")
_EDITED = ("model", "customer", "profile", *_TEXTS)


@bp.get("/new")
@require("device.create")
def new() -> ResponseReturnValue:
    form = NewDeviceForm(formdata=None, mac=request.args.get("mac", ""))
    return _form_page(db.session(), form)


@bp.post("")
@require("device.create")
def create() -> ResponseReturnValue:
    session, form = db.session(), NewDeviceForm()
    begin_write()
    _offer(session, form)
    if form.validate():
        try:
            device = service.create_device(
                session,
                current_actor(),
                config(),
                datetime.now(UTC),
                form.mac.data,
                _facts(session, form),
            )
        except RuleBroken as broken:
            session.rollback()
            form.reject(broken)
        else:
            session.commit()
            htmx.toast(f"{format_mac(device.mac)} is in the inventory")
            return htmx.see_other("devices.show", mac=device.mac)
    return _form_page(session, form), 422


@bp.get("/<mac>/edit")
@require("device.edit")
def edit(mac: str) -> ResponseReturnValue:
    session = db.session()
    device = device_or_404(session, mac)
    return _form_page(session, DeviceForm(formdata=None, data=_typed(device)), device)


@bp.post("/<mac>/edit")
@require("device.edit")
def update(mac: str) -> ResponseReturnValue:
    session, form = db.session(), DeviceForm()
    begin_write()
    device = device_or_404(session, mac)
    _offer(session, form)
    if form.validate():
        if form.version.data != _typed(device)["version"]:
            return _conflict(session, form, device)
        try:
            facts = _facts(session, form)
            # What other tools stored is kept as it is, though no family knows it.
            known = not device.model or bool(device.family) or facts.model != device.model
            service.update_device(
                session, current_actor(), config(), datetime.now(UTC), device, facts, not known
            )
            session.commit()
        except RuleBroken as broken:
            session.rollback()
            form.reject(broken)
        except StaleDataError:
            session.rollback()
            return _conflict(session, form, device_or_404(session, mac))
        else:
            htmx.toast(f"{format_mac(device.mac)} is changed")
            return htmx.see_other("devices.show", mac=device.mac)
    return _form_page(session, form, device_or_404(session, mac)), 422


@bp.get("/<mac>/retire")
@require("device.edit")
def confirm_retire(mac: str) -> ResponseReturnValue:
    return _ask(
        mac,
        "Retire {name}?",
        "Its accounts are freed and its address and credentials end at once. Its history stays, "
        "and it can be put back into service.",
        "Retire",
    )


@bp.post("/<mac>/retire")
@require("device.edit")
def retire(mac: str) -> ResponseReturnValue:
    session = db.session()
    begin_write()
    device = device_or_404(session, mac)
    service.retire_device(session, current_actor(), datetime.now(UTC), device)
    session.commit()
    htmx.toast(f"{format_mac(device.mac)} is retired")
    return htmx.see_other("devices.show", mac=device.mac)


@bp.post("/<mac>/reinstate")
@require("device.edit")
def reinstate(mac: str) -> ResponseReturnValue:
    session = db.session()
    begin_write()
    device = device_or_404(session, mac)
    try:
        service.reinstate_device(session, current_actor(), config(), datetime.now(UTC), device)
    except RuleBroken as broken:
        session.rollback()
        htmx.toast(broken.message, "info")
    else:
        session.commit()
        htmx.toast(f"{format_mac(device.mac)} is in service again")
    return htmx.see_other("devices.show", mac=mac)


@bp.get("/<mac>/delete")
@require("device.delete")
def confirm_delete(mac: str) -> ResponseReturnValue:
    return _ask(
        mac,
        "Delete {name}?",
        "Its ports, settings and history of check-ins go with it; its accounts stay. To keep the "
        "history, retire it instead.",
        "Delete",
    )


@bp.post("/<mac>/delete")
@require("device.delete")
def delete(mac: str) -> ResponseReturnValue:
    session = db.session()
    begin_write()
    device = device_or_404(session, mac)
    service.delete_device(session, current_actor(), device)
    session.commit()
    htmx.toast(f"{format_mac(device.mac)} is deleted")
    return htmx.see_other("devices.index")


def _ask(mac: str, question: str, text: str, act: str) -> ResponseReturnValue:
    device = device_or_404(db.session(), mac)
    return render_template(
        "shared/confirm.html",
        question=question.format(name=format_mac(device.mac)),
        text=text,
        act=act,
        back=url_for("devices.show", mac=device.mac),
    )


def _form_page(session: Session, form: DeviceForm, device: Device | None = None) -> str:
    _offer(session, form)
    return render_template(
        "devices/form.html", form=form, device=device, models=model_options(), clashes=()
    )


def _conflict(session: Session, form: DeviceForm, device: Device) -> Response:
    """Show what somebody else stored beside what was typed; sending it again keeps the latter."""
    stored = DeviceForm(formdata=None, data=_typed(device))
    _offer(session, stored)
    _offer(session, form)
    clashes = [
        (field.label.text, _as_read(stored[field.name]), _as_read(field))
        for field in form
        if field.name in _EDITED and (field.data or "") != (stored[field.name].data or "")
    ]
    form.version.data = stored.version.data
    form.version.raw_data = None
    return make_response(
        render_template(
            "devices/form.html", form=form, device=device, models=model_options(), clashes=clashes
        ),
        409,
    )


def _as_read(field: Field) -> str:
    """Return a field's value as people read it: the label of a choice, not its id."""
    labels = dict(field.choices) if hasattr(field, "choices") else {}
    return str(labels.get(field.data, field.data or "")) or "empty"


def _offer(session: Session, form: DeviceForm) -> None:
    form.offer(customers.all_customers(session), profiles.all_profiles(session))


def _facts(session: Session, form: DeviceForm) -> DeviceFacts:
    customer, profile = number_in(form.customer.data), number_in(form.profile.data)
    return DeviceFacts(
        model=(form.model.data or "").strip(),
        customer=customers.find_customer(session, customer) if customer else None,
        profile=profiles.find_profile(session, profile) if profile else None,
        **{name: getattr(form, name).data or "" for name in _TEXTS},
    )


def _typed(device: Device) -> dict[str, str]:
    """Return a device as its form shows it, with a mark of all that as `version`."""
    typed = {
        "model": device.model,
        "customer": str(device.customer_id or ""),
        "profile": str(device.profile_id or ""),
        **{name: getattr(device, name) or "" for name in _TEXTS},
    }
    return {**typed, "version": overrides.version_of(typed)}
