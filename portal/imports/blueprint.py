"""The blueprint of the import, and what its routes have in common."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, abort
from sqlalchemy.orm import Session

from portal import security
from portal.imports import queries
from portal.imports.handing_out import holds_secrets
from portal.models import Import

bp = Blueprint("imports", __name__, url_prefix="/imports")
security.guard(bp)


def upload_or_404(session: Session, import_id: int) -> Import:
    """Return an upload of devices; lists of other things have pages of their own."""
    return queries.find_import(session, import_id) or abort(404)


def may_discard(upload: Import) -> bool:
    """May the person delete an upload that waits? Its uploader and administrators may."""
    return upload.uploaded_by == security.current_user().name or security.can("import.discard")


def discarded(upload: Import) -> list[Any]:
    """Return what deleting an upload depends on: that nothing of it is imported.

    Not on the choices: the dialog stays while they change.
    """
    return [upload.id, upload.sha256, upload.applied_at, upload.queued_at]


def may_download(session: Session, upload: Import) -> bool:
    """May the person have the file? One with passwords only who uploaded it, or may see secrets."""
    if upload.uploaded_by == security.current_user().name or security.can("secret.show"):
        return True
    return not holds_secrets(session, upload)
