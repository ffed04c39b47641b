"""The blueprint of people, and what its routes have in common."""

from __future__ import annotations

from typing import cast

from flask import Blueprint, current_app

from portal import security
from portal.config import Config
from portal.crypto import Sealer
from portal.signed_in import Present
from portal.users.browsers import browser_of
from portal.users.passkeys import Door

HOME = "/"

bp = Blueprint("users", __name__)
security.guard(bp)
bp.add_app_template_filter(browser_of, "browser")


def config() -> Config:
    return cast(Config, current_app.config["PORTAL"])


def sealer() -> Sealer:
    return cast(Sealer, current_app.extensions["sealer"])


def door() -> Door:
    """Return the address that passkeys are bound to."""
    return Door(config().pages_url)


def here() -> Present:
    """Return the sign-in of this request; for views that `require` something."""
    found = security.present()
    if found is None:
        raise RuntimeError("nobody is signed in")
    return found
