"""Profiles: settings that devices inherit, as drafts and published versions."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from portal.api import answers, represent, shapes
from portal.api.blueprint import named, resource, sealer
from portal.api.guard import check, current_actor, require
from portal.errors import RuleBroken
from portal.extensions import begin_write, db
from portal.models import Profile
from portal.profiles import checks, listing, queries, service

bp = resource("profiles", "Shared settings that devices inherit")


@bp.get("")
@require("profile.view")
@bp.arguments(shapes.ProfileQuery, location="query")
@bp.response(200, shapes.ProfileList)
def index(given: dict[str, Any]) -> dict[str, Any]:
    """List profiles by name, all at once."""
    now = datetime.now(UTC)
    rows = listing.all_rows(db.session(), given["q"], now=now)
    items = [represent.profile(row.profile, row.devices, now) for row in rows]
    return {"items": items, "total": len(items), "next": None}


@bp.post("")
@require("profile.edit")
@bp.arguments(shapes.NewProfile)
@bp.response(201, shapes.Profile)
def create(given: dict[str, Any]) -> ResponseReturnValue:
    """Add a profile; no device has it yet, so its first version is in force at once."""
    begin_write()
    session = db.session()
    parent = named("parent", given["parent"], lambda n: queries.find_profile_named(session, n))
    made = service.create_profile(
        session,
        current_actor(),
        sealer(),
        datetime.now(UTC),
        given["name"],
        given["family"],
        parent,
        given["description"],
        given["settings"],
    )
    session.commit()
    body, _, headers = _answer(session, made)
    return body, 201, {"Location": f"/api/v1/profiles/{made.id}", **headers}


@bp.get("/<int:profile_id>")
@require("profile.view")
@bp.response(200, shapes.Profile)
def show(profile_id: int) -> ResponseReturnValue:
    """Show a profile: the version in force, and the draft."""
    session = db.session()
    return _answer(session, _find(session, profile_id))


@bp.patch("/<int:profile_id>")
@require("profile.edit")
@bp.arguments(shapes.ProfileChange)
@bp.response(200, shapes.Profile)
def update(given: dict[str, Any], profile_id: int) -> ResponseReturnValue:
    """Change settings, as a draft or at once; the rest stays."""
    if given["publish"]:
        check("profile.publish")
    begin_write()
    session, actor = db.session(), current_actor()
    found = _find(session, profile_id)
    answers.check_version(queries.mark_of(found), given.get("version"))
    changes, unset = given.get("set", {}), given.get("unset", [])
    parameters = given.get("parameters", {})
    if changes or unset or parameters:
        draft = service.change_settings(session, actor, sealer(), found, changes, unset)
        if parameters:
            merged = {**draft.parameters, **parameters}
            draft.parameters = checks.check_parameters(found.family, merged)
    elif not given["publish"]:
        raise RuleBroken("Nothing to change: send “set”, “unset”, “parameters” or “publish”")
    if given["publish"]:
        service.publish(session, actor, found, datetime.now(UTC), given["note"])
    session.commit()
    return _answer(session, found)


@bp.post("/<int:profile_id>/publish")
@require("profile.publish")
@bp.arguments(shapes.Publication)
@bp.response(200, shapes.Profile)
def publish(given: dict[str, Any], profile_id: int) -> ResponseReturnValue:
    """Put the draft in force: phones get it at their next fetch."""
    begin_write()
    session = db.session()
    found = _find(session, profile_id)
    answers.check_version(queries.mark_of(found), given.get("version"))
    service.publish(session, current_actor(), found, datetime.now(UTC), given["note"])
    session.commit()
    return _answer(session, found)


@bp.delete("/<int:profile_id>/draft")
@require("profile.edit")
@bp.response(200, shapes.Profile)
def discard_draft(profile_id: int) -> ResponseReturnValue:
    """Drop the draft."""
    begin_write()
    session = db.session()
    found = _find(session, profile_id)
    answers.check_version(queries.mark_of(found))
    service.discard_draft(session, current_actor(), found)
    session.commit()
    return _answer(session, found)


def _find(session: Session, profile_id: int) -> Profile:
    found = queries.find_profile(session, profile_id)
    if found is None:
        raise answers.missing("profile", profile_id)
    return found


def _answer(session: Session, found: Profile) -> tuple[dict[str, Any], int, dict[str, str]]:
    devices = queries.count_devices(session, found)
    body = represent.profile(found, devices, datetime.now(UTC))
    return body, 200, {"ETag": f'"{body["version"]}"'}
