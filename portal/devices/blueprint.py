"""The blueprint of the inventory, and what its routes have in common."""

from __future__ import annotations

from typing import cast

from flask import Blueprint, abort, current_app
from sqlalchemy.orm import Session

from portal import security
from portal.config import Config
from portal.crypto import Sealer
from portal.devices import queries
from portal.models import Device
from portal.values import parse_mac
from portal.vendors.render import Renderer

bp = Blueprint("devices", __name__, url_prefix="/devices")
security.guard(bp)


def device_or_404(session: Session, mac: str) -> Device:
    """Return the device of an address; the MAC may stand there in any notation."""
    try:
        stored = parse_mac(mac)
    except ValueError:
        abort(404)
    return queries.find_device(session, stored) or abort(404)


def config() -> Config:
    return cast(Config, current_app.config["PORTAL"])


def sealer() -> Sealer:
    return cast(Sealer, current_app.extensions["sealer"])


def renderer() -> Renderer:
    return cast(Renderer, current_app.extensions["renderer"])
