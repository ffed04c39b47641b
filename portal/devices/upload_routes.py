"""What the phone sent: taking it down, and deleting it. It may hold passwords and call lists."""

from __future__ import annotations

from flask import Response, abort, url_for
from flask.typing import ResponseReturnValue

from portal import htmx
from portal.confirming import Question, overtaken, press
from portal.devices import queries, setup_service
from portal.devices.blueprint import bp, device_or_404
from portal.extensions import begin_write, db
from portal.models import Device, Upload
from portal.security import current_actor, require


@bp.post("/<mac>/uploads/<int:upload_id>")
@require("secret.show")
def take_upload(mac: str, upload_id: int) -> ResponseReturnValue:
    """Send an upload as a file to keep, never as something that a browser shows."""
    begin_write()
    session = db.session()
    device = device_or_404(session, mac)
    upload = queries.find_upload(session, device, upload_id) or abort(404)
    text = "It may hold passwords and call lists. The audit notes that you took it."
    if again := overtaken(_question(device, upload, "Download {}?", text, "Download")):
        return again
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

    def verb() -> str:
        setup_service.delete_upload(session, current_actor(), device, upload)
        return f"{upload.name} is deleted"

    asked = _question(device, upload, "Delete {}?", "The phone may send it again.", "Delete")
    return press(asked, verb) or htmx.go_to(asked.back)


def _question(device: Device, upload: Upload, text: str, comes_of_it: str, label: str) -> Question:
    back = url_for("devices.show", mac=device.mac, tab="uploads", _anchor="tab")
    return Question([upload], text.format(upload.name), comes_of_it, label, back)
