"""Taking the last change of a device back: the button of a toast, of the page, of the time line."""

from __future__ import annotations

from datetime import UTC, datetime

from flask import abort, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm.exc import StaleDataError

from portal import htmx
from portal.devices import undo_service
from portal.devices.blueprint import bp, config, device_or_404, sealer
from portal.devices.port_answers import say
from portal.errors import RuleBroken
from portal.extensions import begin_write, db
from portal.security import current_actor, require


@bp.post("/<mac>/changes/<int:entry_id>/undo")
@require("device.edit")
def undo(mac: str, entry_id: int) -> ResponseReturnValue:
    """Take a change back, with all that the same act changed on other devices."""
    begin_write()
    session = db.session()
    device = device_or_404(session, mac)
    change = undo_service.find_change(session, device, entry_id) or abort(404)
    who = session, current_actor(), config(), sealer()
    try:
        devices = undo_service.take_back(*who, datetime.now(UTC), change)
        session.commit()
    except RuleBroken as broken:
        session.rollback()
        htmx.toast(broken.message, "error")
    except StaleDataError:
        session.rollback()
        htmx.toast("Somebody else changed this at the same moment. Nothing is taken back.", "error")
    else:
        say(session, device, "The change is taken back", others=devices)
    return htmx.go_to(url_for("devices.show", mac=device.mac))
