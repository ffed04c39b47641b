"""Where a kind of list has its pages, and what the routes of one upload have in common."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from flask import abort, current_app, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from portal.imports import queries
from portal.list_imports import choices, page, previews
from portal.list_imports.kinds import Kind
from portal.models import Import


@dataclass(frozen=True, slots=True)
class Road:
    """Where a kind of list has its pages: its blueprint, the page of the feature, their names."""

    kind: Kind
    blueprint: str
    feature: str
    title: str
    sub: str

    def url(self, view: str, **args: object) -> str:
        """Return the address of one of its pages."""
        return url_for(f"{self.blueprint}.{view}", **args)  # type: ignore[arg-type]


def find(road: Road, session: Session, import_id: int) -> Import:
    """Return an upload of the road's kind, or 404."""
    return queries.find_import(session, import_id, road.kind.key) or abort(404)


def locked(road: Road, session: Session, import_id: int) -> Import:
    """Return an upload as it is now, that nobody else changes in this transaction, or 404."""
    return queries.lock_import(session, import_id, road.kind.key) or abort(404)


def preview(road: Road, session: Session, upload: Import) -> previews.ListPreview:
    """Return what an upload would do now."""
    return previews.preview_of(session, road.kind, current_app.extensions["sealer"], upload)


def shown(
    road: Road,
    session: Session,
    import_id: int,
    error: str,
    status: int,
    typed: Mapping[str, str] | None = None,
) -> ResponseReturnValue:
    """Answer with the page as it is now and why something was refused; `typed` choices stay."""
    context = page.context_of(session, road.kind, find(road, session, import_id), error, typed)
    return render_template("list_imports/show.html", road=road, **context), status


def overtaken_choices(road: Road, session: Session, import_id: int) -> ResponseReturnValue:
    """Answer with the page as it is now, and beside it what was typed, to keep or to drop."""
    upload = find(road, session, import_id)
    if upload.applied_at is not None:
        return shown(road, session, import_id, "This list is imported already", 409)
    context = page.context_of(session, road.kind, upload)
    context["overtaken"] = choices.differences(
        context["plan"].tables, road.kind.fields, context["customer"], request.form
    )
    context["sent"] = [pair for pair in request.form.items(multi=True) if pair[0] not in _ANEW]
    return render_template("list_imports/show.html", road=road, **context), 409


# What each form has anew.
_ANEW = ("csrf_token", "version")
