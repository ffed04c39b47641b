"""What support does to a device: its ports, its set-up window, its addresses."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from flask.typing import ResponseReturnValue

from portal.api import answers, represent, shapes
from portal.api.blueprint import config, sealer
from portal.api.devices import bp, device_of
from portal.api.guard import current_actor, require
from portal.devices import port_service, previews, setup_service
from portal.extensions import begin_write, db
from portal.sip_accounts import queries as accounts


@bp.patch("/<mac>/ports/<int:number>")
@require("device.edit")
@bp.arguments(shapes.PortChange)
@bp.response(200, shapes.PortAnswer)
def update_port(given: dict[str, Any], mac: str, number: int) -> dict[str, Any]:
    """Put a SIP account on a port, or free it with null; name it."""
    begin_write()
    session, now = db.session(), datetime.now(UTC)
    found = device_of(session, mac)
    answers.check_version(found.version)
    notices: list[str] = []
    if "account" in given:
        name = given["account"]
        account = accounts.account_for(session, name, found.customer) if name else None
        notices = port_service.assign_port(
            session, current_actor(), config(), now, found, number, account, sealer()
        )
    if "label" in given:
        port_service.label_port(session, current_actor(), now, found, number, given["label"])
    session.commit()
    return {**represent.port(found, number), "notices": notices}


@bp.delete("/<mac>/ports/<int:number>")
@require("device.edit")
@bp.response(200, shapes.PortAnswer)
def release_port(mac: str, number: int) -> dict[str, Any]:
    """Free a port."""
    begin_write()
    session = db.session()
    found = device_of(session, mac)
    answers.check_version(found.version)
    port_service.assign_port(
        session, current_actor(), config(), datetime.now(UTC), found, number, None
    )
    session.commit()
    return {**represent.port(found, number), "notices": []}


@bp.post("/<mac>/window")
@require("window.open")
@bp.arguments(shapes.WindowChange)
@bp.response(200, shapes.Window)
def open_window(given: dict[str, Any], mac: str) -> dict[str, Any]:
    """Let the phone fetch its first file over the site address for a while."""
    begin_write()
    session = db.session()
    found = device_of(session, mac)
    until = setup_service.open_window(
        session, current_actor(), found, datetime.now(UTC), given["minutes"]
    )
    session.commit()
    return {"mac": found.mac, "window_until": until}


@bp.post("/<mac>/addresses")
@require("secret.show")
@bp.response(200, shapes.Addresses)
def show_addresses(mac: str) -> ResponseReturnValue:
    """Show the addresses to give to the phone. Its own is a secret: asking is noted."""
    begin_write()
    session = db.session()
    found = device_of(session, mac)
    setup_service.show_address(session, current_actor(), found, sealer())
    site, own = previews.addresses(session, found, sealer(), config().base_url)
    session.commit()
    return {"site": site, "own": own}
