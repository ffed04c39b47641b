"""What holds for the whole portal: its settings with who overrides them, and its site address."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import partial
from typing import Any

from flask import Blueprint, current_app, render_template, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from portal import htmx, security, settings_pages
from portal.confirming import Question, act, ask
from portal.customers import site_address, trust_service
from portal.extensions import begin_write, db
from portal.forms import SettingsForm
from portal.models import Site
from portal.security import current_actor, require
from portal.settings.catalogue import CATALOGUE
from portal.site_settings import queries, service

bp = Blueprint("site_settings", __name__, url_prefix="/settings")
security.guard(bp)


@bp.get("")
@require("settings.edit")
def show() -> ResponseReturnValue:
    session = db.session()
    site = queries.the_site(session)
    token = current_app.extensions["sealer"].open(site.site_token_sealed)
    return render_template(
        "site_settings/show.html",
        own=[(CATALOGUE[key], CATALOGUE[key].show(v)) for key, v in site.settings.items()],
        owner=site,
        site=site_address.guide(current_app.config["PORTAL"].base_url, token),
        **_reach(session),
    )


@bp.get("/edit")
@require("settings.edit")
def edit() -> ResponseReturnValue:
    site = queries.the_site(db.session())
    return _page(SettingsForm(version=site.version), site.settings)


@bp.post("/edit")
@require("settings.edit")
def update() -> ResponseReturnValue:
    begin_write()
    session = db.session()
    site = queries.the_site(session)
    sealer, actor = current_app.extensions["sealer"], current_actor()
    form, layer, status = settings_pages.take(
        site.settings,
        site.version,
        lambda typed: service.set_settings(session, actor, sealer, site, typed),
    )
    if status:
        return _page(form, layer, status)
    htmx.toast("The portal's settings are saved; phones have them after their next fetch")
    return htmx.see_other("site_settings.show")


@bp.get("/site-address")
@require("settings.edit")
def ask_renew_site_address() -> ResponseReturnValue:
    return ask(_renewing(queries.the_site(db.session())))


@bp.post("/site-address")
@require("settings.edit")
def renew_site_address() -> ResponseReturnValue:
    begin_write()
    session, sealer = db.session(), current_app.extensions["sealer"]
    site = queries.the_site(session)
    verb = partial(trust_service.renew_site_address, session, current_actor(), sealer, site)
    if refused := act(_renewing(site), verb):
        return refused
    htmx.toast("The portal has a new site address; the one before is worthless")
    return htmx.see_other("site_settings.show")


def _renewing(site: Site) -> Question:
    question, back = "Make a new site address for the portal?", url_for("site_settings.show")
    return Question([site], question, site_address.RENEWING, "Make a new one", back)


def _page(form: SettingsForm, layer: dict[str, Any], status: int = 200) -> ResponseReturnValue:
    session = db.session()
    return settings_pages.show(
        "site_settings/edit.html",
        form,
        layer,
        queries.the_site(session).settings,
        queries.inherited_settings(),
        status,
        **_reach(session),
    )


def _reach(session: Session) -> dict[str, Any]:
    """Return how many devices a change reaches, and who says otherwise."""
    return {
        "devices": queries.count_devices(session),
        "overrides": queries.overrides(session, datetime.now(UTC)),
    }
