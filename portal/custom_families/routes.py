"""Custom families: list, form, preview."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import partial

from flask import Blueprint, abort, current_app, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from portal import htmx, security
from portal.confirming import Question, act, ask
from portal.custom_families import declared, queries, service
from portal.custom_families.declared_files import FileText
from portal.custom_families.forms import AUTHS, FamilyForm, PreviewForm, blank
from portal.errors import RuleBroken
from portal.extensions import begin_write, db
from portal.models import CustomFamily
from portal.security import current_actor, require
from portal.vendors.loader import BadDeclaration
from portal.writing import attempt

bp = Blueprint("custom_families", __name__, url_prefix="/catalogue/custom")
security.guard(bp)


@bp.get("")
@require("family.view")
def index() -> ResponseReturnValue:
    session = db.session()
    devices = queries.count_devices(session)
    rows = [
        (family, devices.get(family.key, 0), _fault_of(family))
        for family in queries.all_families(session)
    ]
    return render_template("custom_families/index.html", rows=rows)


@bp.get("/new")
@require("family.edit")
def new() -> ResponseReturnValue:
    form = FamilyForm()
    form.show("", blank())
    return _page(form, None)


@bp.post("")
@require("family.edit")
def create() -> ResponseReturnValue:
    form = FamilyForm()
    if not form.validate_on_submit():
        return _page(form, None), 422
    key = form.key.data
    try:
        declaration = service.tried(key, form.text)
    except RuleBroken as broken:
        form.reject(broken)
        return _page(form, None), 422
    begin_write()
    session, now = db.session(), datetime.now(UTC)
    status = attempt(
        form, lambda: service.create_family(session, current_actor(), now, key, declaration)
    )
    return (_page(form, None), status) if status else _saved(declaration[0]["label"], key)


@bp.get("/<key>/edit")
@require("family.edit")
def edit(key: str) -> ResponseReturnValue:
    family = _find(db.session(), key)
    form = FamilyForm()
    form.show(family.key, declared.text_of(family.declaration, family.templates))
    form.version.data = str(family.version)
    return _page(form, family)


@bp.post("/<key>/edit")
@require("family.edit")
def update(key: str) -> ResponseReturnValue:
    session, form = db.session(), FamilyForm()
    form.key.data = key  # is not sent, and cannot be changed
    family = _find(session, key)
    if form.is_stale(family.version):
        return _page(form, family, _differences(form, family)), 409
    if not form.validate_on_submit():
        return _page(form, family), 422
    try:
        declaration = service.tried(key, form.text)
    except RuleBroken as broken:
        form.reject(broken)
        return _page(form, family), 422
    db.session.rollback()
    begin_write()
    family = _find(session, key)
    session.refresh(family)
    if form.is_stale(family.version):
        return _page(form, family, _differences(form, family)), 409
    now = datetime.now(UTC)
    status = attempt(
        form, lambda: service.update_family(session, current_actor(), now, family, declaration)
    )
    return (_page(form, family), status) if status else _saved(family.label, key)


@bp.post("/preview")
@require("family.edit")
def preview() -> ResponseReturnValue:
    """Render what is typed, unsaved."""
    form, asked = FamilyForm(), PreviewForm()
    family = _edited()
    if family:
        form.key.data = family.key
    files: list[tuple[str, str]] = []
    if form.validate() and asked.validate():
        try:
            files = service.previews(
                form.key.data, form.text, asked.preview_model.data or "", asked.preview_case.data
            )
        except RuleBroken as broken:
            (asked if broken.field == "preview_model" else form).reject(broken)
    faults = form.all_errors + [error for field in asked for error in field.errors]
    return htmx.render(
        "custom_families/form.html",
        "custom_families/_preview.html",
        422 if faults else 200,
        form=form,
        family=family,
        asked=asked,
        files=files,
        faults=faults,
        is_tried=True,
    )


@bp.post("/fields")
@require("family.edit")
def fields() -> ResponseReturnValue:
    """Draw the form again with one file more or one less; nothing is saved."""
    form = FamilyForm()
    removed = request.form.get("remove", "")
    if removed.isdecimal() and len(form.files.entries) > 1:
        form.files.entries = [e for e in form.files.entries if e.name != f"files-{removed}"]
    elif "more" in request.form and len(form.files.entries) < form.files.max_entries:
        form.files.append_entry(FileText(name="", template=""))
    return htmx.render(
        "custom_families/form.html",
        "custom_families/_files.html",
        form=form,
        family=_edited(),
        asked=PreviewForm(),
    )


@bp.get("/<key>/delete")
@require("family.edit")
def ask_delete(key: str) -> ResponseReturnValue:
    return ask(_deleting(_find(db.session(), key)))


@bp.post("/<key>/delete")
@require("family.edit")
def delete(key: str) -> ResponseReturnValue:
    begin_write()
    session = db.session()
    family = _find(session, key)
    verb = partial(service.delete_family, session, current_actor(), family)
    if refused := act(_deleting(family), verb):
        return refused
    current_app.extensions["custom_families"].refresh()
    htmx.toast(f"{family.label} is deleted")
    return htmx.see_other("custom_families.index")


def _deleting(family: CustomFamily) -> Question:
    text = "Its templates go with it. This cannot be undone."
    back = url_for("custom_families.edit", key=family.key)
    return Question([family], f"Delete the family {family.label}?", text, "Delete", back)


def _find(session: Session, key: str) -> CustomFamily:
    return queries.find_family(session, key) or abort(404)


def _edited() -> CustomFamily | None:
    """Return the family whose form asks; None for a new one."""
    key = request.args.get("key", "")
    return _find(db.session(), key) if key else None


def _saved(label: str, key: str) -> ResponseReturnValue:
    current_app.extensions["custom_families"].refresh()
    htmx.toast(f"{label} is saved; its phones are served from now on")
    return htmx.see_other("catalogue.show", key=key)


def _page(
    form: FamilyForm,
    family: CustomFamily | None,
    overtaken: list[tuple[str, str, str]] | None = None,
) -> str:
    return render_template(
        "custom_families/form.html",
        form=form,
        family=family,
        asked=PreviewForm(),
        overtaken=overtaken,
    )


def _differences(form: FamilyForm, family: CustomFamily) -> list[tuple[str, str, str]]:
    stored = declared.text_of(family.declaration, family.templates)
    plain = {name: getattr(stored, name) for name in stored.__dataclass_fields__ if name != "files"}
    told = form.differences({**plain, "auth": AUTHS[stored.auth]})
    if stored.files != form.text.files:
        told.append(("Files", "changed", "as below"))
    return told


def _fault_of(family: CustomFamily) -> str:
    """Why the family cannot be served; a newer version of the portal may check more."""
    try:
        declared.load(family.key, family.declaration, family.templates)
    except BadDeclaration as bad:
        return str(bad)
    return ""
