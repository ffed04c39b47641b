"""The blueprint of SIP accounts."""

from __future__ import annotations

from flask import Blueprint

from portal import security

bp = Blueprint("sip_accounts", __name__, url_prefix="/accounts")
security.guard(bp)
