"""The configuration of single sign-on: is it whole, and which group has which role? Pure."""

from __future__ import annotations

from urllib.parse import urlsplit

from portal.config import Config


def role_of(roles: str, groups: tuple[str, ...]) -> str | None:
    """Return the highest role that `roles` (“group=role; …”) gives one of `groups`, if any.

    A group may be a distinguished name, with commas and equals signs.

    Raises ValueError when `roles` is written otherwise or names an unknown role.
    """
    rank = ("viewer", "operator", "admin")
    found = []
    for pair in filter(str.strip, roles.split(";")):
        group, _, role = (part.strip() for part in pair.rpartition("="))
        if not group or role not in rank:
            raise ValueError(
                f"PORTAL_OIDC_ROLES: “{pair.strip()}” is not group=role with role viewer, operator "
                "or admin"
            )
        if group in groups:
            found.append(role)
    return max(found, key=rank.index, default=None)


def check(config: Config) -> None:
    """Raise ValueError that says what the configuration of single sign-on lacks."""
    if not config.oidc_issuer:
        return
    parts = urlsplit(config.oidc_issuer)
    is_here = parts.scheme == "http" and parts.hostname in ("localhost", "127.0.0.1", "::1")
    if parts.scheme != "https" and not is_here:
        raise ValueError("PORTAL_OIDC_ISSUER is an https:// address")
    if not config.oidc_client_id:
        raise ValueError("PORTAL_OIDC_CLIENT_ID is missing; PORTAL_OIDC_ISSUER needs it")
    if config.oidc_client_secret_file and not config.oidc_client_secret_file.is_file():
        raise ValueError(
            f"PORTAL_OIDC_CLIENT_SECRET_FILE: {config.oidc_client_secret_file} is missing"
        )
    if config.oidc_roles:
        role_of(config.oidc_roles, ())
