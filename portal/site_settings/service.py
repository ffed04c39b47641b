"""Writing what holds for the whole portal."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy.orm import Session

from portal import audit, crypto
from portal.audit import Actor
from portal.models import Site
from portal.models.base import utc_now
from portal.profiles.checks import check_settings
from portal.profiles.service import SECRETS


def set_settings(
    session: Session,
    actor: Actor,
    sealer: crypto.Sealer,
    site: Site,
    settings: Mapping[str, object],
) -> None:
    """Replace the portal's layer of settings. Raises RuleBroken on the setting's key."""
    before = site.settings
    site.settings = check_settings(settings, sealer)
    if changes := audit.diff(before, site.settings, SECRETS):
        site.settings_changed_at = utc_now()
        audit.record(session, actor, "site.settings", site, changes)
