"""Put the admin pages into the app: the features' blueprints, static files, the API."""

from __future__ import annotations

from typing import Any

from flask import Flask, Response, g
from werkzeug.exceptions import HTTPException
from werkzeug.routing import IntegerConverter, Map

from portal import error_pages, security, shell, signed_in, static_files
from portal.api import describe as api
from portal.audit import routes as audit
from portal.catalogue import routes as catalogue
from portal.certificates import routes as certificates
from portal.contacts import routes as contacts
from portal.custom_families import routes as custom_families
from portal.customers import routes as customers
from portal.dashboard import routes as dashboard
from portal.devices import routes as devices
from portal.firmware import routes as firmware
from portal.imports import routes as imports
from portal.labels import routes as labels
from portal.profiles import draft_routes as profile_drafts
from portal.profiles import routes as profiles
from portal.profiles import version_routes as profile_versions
from portal.search import routes as search
from portal.sip_accounts import routes as sip_accounts
from portal.site_settings import routes as site_settings
from portal.tokens import routes as tokens
from portal.trust import routes as trust
from portal.unknown_phones import routes as unknown_phones
from portal.users import oidc_config
from portal.users import routes as users
from portal.values import MAX_ID

FEATURES = (
    users.bp,
    dashboard.bp,
    search.bp,
    unknown_phones.bp,
    devices.bp,
    profiles.bp,
    profile_drafts.bp,
    profile_versions.bp,
    sip_accounts.bp,
    customers.bp,
    contacts.bp,
    imports.bp,
    labels.bp,
    firmware.bp,
    certificates.bp,
    catalogue.bp,
    custom_families.bp,
    trust.bp,
    tokens.bp,
    audit.bp,
    site_settings.bp,
)


class Id(IntegerConverter):
    """``<int:...>`` in an address: a number that no row can have is not found."""

    def __init__(self, map: Map, **given: Any) -> None:
        super().__init__(map, **{"max": MAX_ID} | given)


def init_app(app: Flask) -> None:
    """Register every feature; none of it runs for phones.

    Raises ValueError when single sign-on is configured by half.
    """
    app.url_map.converters["int"] = Id
    oidc_config.check(app.config["PORTAL"])
    shell.init_app(app)
    app.register_blueprint(static_files.bp)
    for blueprint in FEATURES:
        app.register_blueprint(blueprint)
    api.init_app(app)
    for status in (404, 405):
        app.register_error_handler(status, _astray)


def _astray(error: HTTPException) -> Response | HTTPException:
    """Answer an address or a verb that no route takes: with a page to who is signed in.

    Nobody else is told more than that it is so; phones have no cookie, so nothing is read for them.
    """
    g.present = signed_in.find()
    if g.present is None:
        return error
    return security.finish(error_pages.answer(error))
