"""What the phone sent: taking it down, and deleting it. It may hold passwords and call lists."""

from __future__ import annotations

from flask import Response, abort
from flask.typing import ResponseReturnValue

from portal import htmx
from portal.devices import queries, setup_service
from portal.devices.blueprint import bp, device_or_404
from portal.extensions import begin_write, db
from portal.security import current_actor, require


@bp.post("/<mac>/uploads/<int:upload_id>")
@require("secret.show")
def take_upload(mac: str, upload_id: int) -> ResponseReturnValue:
    """Send an upload as a file to keep, never as something that a browser shows."""
    begin_write()
    session = db.session()
    device = device_or_404(session, mac)
    upload = queries.find_upload(session, device, upload_id) or abort(404)
    setup_service.take_upload(session, current_actor(), device, upload)
    session.commit()
    response = Response(upload.content, content_type="application/octet-stream")
    response.headers.set("Content-Disposition", "attachment", filename=upload.name)
    return response


@bp.post("/<mac>/uploads/<int:upload_id>/delete")
@require("device.edit")
def delete_upload(mac: str, upload_id: int) -> ResponseReturnValue:
    begin_write()
    session = db.session()
    device = device_or_404(session, mac)
    upload = queries.find_upload(session, device, upload_id) or abort(404)
    setup_service.delete_upload(session, current_actor(), device, upload)
    session.commit()
    htmx.toast(f"{upload.name} is deleted")
    return htmx.see_other("devices.show", mac=mac, tab="uploads", _anchor="tab")
